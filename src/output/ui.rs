//! The terminal: results to stdout, everything else to stderr, and questions where somebody can answer.

use std::{
    io::{self, IsTerminal},
    path::PathBuf,
};

use anstream::{AutoStream, ColorChoice};
use dialoguer::console::{Term, measure_text_width};
use serde::Serialize;

use super::{
    ci::Pipeline,
    clean::printable,
    format::{Format, Query, Rows, json, json_line, yaml},
    progress::Progress,
    streams::Streams,
    style::Style,
};
use crate::report::{Event, one_line};

/// What can be printed in every format.
pub(crate) trait Report: Serialize {
    /// For people.
    fn text(&self, style: Style) -> String;

    /// For `tsv` and `markdown`.
    fn rows(&self) -> Rows;

    /// What stands under the table in Markdown.
    fn notes(&self) -> String {
        String::new()
    }

    /// For pipelines.
    fn events(&self) -> Vec<Event> {
        Vec::new()
    }

    /// Those of the events that were not written to their file while the command ran.
    fn untold(&self) -> Vec<Event> {
        self.events()
    }
}

/// How the caller wants to be talked to.
#[derive(Clone, Debug, Default)]
pub struct UiOptions {
    /// The format of results.
    pub format: Format,
    /// What to select from a result before it is printed.
    pub query: Option<Query>,
    /// Whether hints and progress stay away.
    pub quiet: bool,
    /// Whether nothing may be asked.
    pub no_input: bool,
    /// What a pipeline is told besides.
    pub pipeline: Pipeline,
}

/// Results to stdout, everything else to stderr, and questions where somebody can answer.
#[derive(Debug)]
pub struct Ui {
    pub(super) options: UiOptions,
    style: Style,
    pub(super) can_ask: bool,
    shows_progress: bool,
    streams: Streams,
}

impl Ui {
    /// A user interface on this process's streams.
    #[must_use]
    pub fn new(options: UiOptions) -> Self {
        let decorated = io::stdout().is_terminal();
        let colored = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
        let (asks, answers) = (io::stderr().is_terminal(), io::stdin().is_terminal());
        Self {
            style: Style { decorated, colored },
            can_ask: asks && answers && !options.no_input,
            shows_progress: asks && !options.quiet,
            streams: Streams::Process,
            options,
        }
    }

    /// The same on other streams. Where those are not this process's, there is no terminal.
    #[must_use]
    pub fn writing_to(self, streams: Streams) -> Self {
        if streams.are_of_process() {
            return Self { streams, ..self };
        }
        let style = Style { decorated: false, colored: false };
        Self { style, can_ask: false, shows_progress: false, streams, ..self }
    }

    /// Where it writes to.
    pub(crate) fn streams(&self) -> &Streams {
        &self.streams
    }

    /// Prints a result in the format that was asked for.
    ///
    /// # Errors
    ///
    /// If stdout cannot be written, or the query does not fit the result.
    pub(crate) fn print(&self, report: &impl Report) -> anyhow::Result<()> {
        self.print_alone(report)?;
        self.happened(&report.untold());
        self.conclude(&report.events());
        Ok(())
    }

    /// Prints a result for people on stderr, since stdout belongs to something else; a pipeline is told as by
    /// [`print`](Self::print).
    pub(crate) fn print_beside(&self, report: &impl Report) {
        let style = Style { colored: false, ..self.style };
        self.say(report.text(style).trim_end_matches('\n'));
        self.happened(&report.untold());
        self.conclude(&report.events());
    }

    /// Prints a result in the format that was asked for, and tells a pipeline nothing.
    ///
    /// # Errors
    ///
    /// As [`print`](Self::print).
    pub(crate) fn print_alone(&self, report: &impl Report) -> anyhow::Result<()> {
        let text = match &self.options.query {
            None => self.whole(report)?,
            Some(query) => self.selected(&query.select(&serde_json::to_value(report)?)?)?,
        };
        self.print_lines(&text)
    }

    /// Tells a pipeline what happened, in whichever ways it wants to be told.
    pub fn tell(&self, events: &[Event]) {
        self.happened(events);
        self.conclude(events);
    }

    /// Writes events to their file, as they happen.
    pub fn happened(&self, events: &[Event]) {
        if let Err(error) = self.options.pipeline.happened(events) {
            self.warn(&format!("could not write the file of events: {error}"));
        }
    }

    /// Prints a warning on stderr.
    pub fn warn(&self, text: &str) {
        self.streams.beside(&format!("warning: {}\n", one_line(text)));
    }

    /// Prints a warning on stderr, unless the caller wants quiet.
    pub fn warn_unless_quiet(&self, text: &str) {
        if !self.options.quiet {
            self.warn(text);
        }
    }

    /// Tells a pipeline of a report that is not printed as such.
    pub(crate) fn tell_of(&self, report: &impl Report) {
        self.tell(&report.events());
    }

    /// Writes outputs and annotations of what happened.
    fn conclude(&self, events: &[Event]) {
        let told = self.options.pipeline.tell(events).unwrap_or_else(|error| {
            // What was to be done is done, so this is no failure of the command.
            format!("warning: could not tell the pipeline what happened: {error}\n")
        });
        self.streams.beside(&told);
    }

    /// Makes sure, before anything is done, that a pipeline can be told of it.
    ///
    /// # Errors
    ///
    /// The file that cannot be written, and why.
    pub fn check_pipeline(&self) -> Result<(), (PathBuf, io::Error)> {
        self.options.pipeline.check()
    }

    /// Prints a result that is JSON by its nature, or what the query selects from it.
    ///
    /// # Errors
    ///
    /// If stdout cannot be written, or the query does not fit the result.
    pub fn print_json(&self, value: &serde_json::Value) -> anyhow::Result<()> {
        let text = match &self.options.query {
            None => json(value)?,
            Some(query) => self.selected(&query.select(value)?)?,
        };
        self.print_lines(&text)
    }

    /// Prints a result as one line of JSON, or as it is printed otherwise if another format or a query is wanted.
    ///
    /// # Errors
    ///
    /// If stdout cannot be written, or the query does not fit the result.
    pub(crate) fn print_in_a_line(&self, report: &impl Report) -> anyhow::Result<()> {
        if self.options.format == Format::Json && self.options.query.is_none() {
            self.print_text(&json_line(report)?)?;
            self.tell(&report.events());
            return Ok(());
        }
        self.print(report)
    }

    /// Whether results are shown to people at a terminal, where what was shown can be taken back.
    #[must_use]
    pub fn is_at_a_screen(&self) -> bool {
        self.style.decorated && self.is_for_people()
    }

    /// Shows a result in the place of the one that was shown before, with a line below it.
    ///
    /// # Errors
    ///
    /// If the terminal cannot be written.
    pub(crate) fn redraw(
        &self,
        screen: &mut Screen,
        report: &impl Report,
        below: &str,
    ) -> anyhow::Result<()> {
        self.redraw_text(screen, &format!("{}{below}\n", report.text(self.style)))
    }

    /// Shows a text in the place of what was shown before.
    ///
    /// # Errors
    ///
    /// If the terminal cannot be written.
    pub(crate) fn redraw_text(&self, screen: &mut Screen, text: &str) -> anyhow::Result<()> {
        let term = Term::stdout();
        let (height, width) = term.size();
        if screen.rows >= usize::from(height).max(2) {
            term.clear_screen()?;
        } else {
            term.clear_last_lines(screen.rows)?;
        }
        screen.rows = rows_of(text, usize::from(width));
        self.print_lines(text)
    }

    /// Prints a result in which names and messages of other parties stand.
    ///
    /// # Errors
    ///
    /// If stdout cannot be written.
    pub fn print_lines(&self, text: &str) -> anyhow::Result<()> {
        self.print_text(&printable(text))
    }

    /// Prints a text that is a result by itself, such as a script.
    ///
    /// # Errors
    ///
    /// If stdout cannot be written.
    pub fn print_text(&self, text: &str) -> anyhow::Result<()> {
        Ok(self.streams.result(text)?)
    }

    fn whole(&self, report: &impl Report) -> anyhow::Result<String> {
        Ok(match self.options.format {
            Format::Table => report.text(self.style),
            Format::Json => json(report)?,
            Format::Yaml => yaml(report).map_err(anyhow::Error::msg)?,
            Format::Tsv => report.rows().tsv(),
            Format::Markdown => report.rows().markdown() + &report.notes(),
        })
    }

    fn selected(&self, value: &serde_json::Value) -> anyhow::Result<String> {
        Ok(match self.options.format {
            Format::Table => Rows::of(value).table(),
            Format::Json => json(value)?,
            Format::Yaml => yaml(value).map_err(anyhow::Error::msg)?,
            Format::Tsv => Rows::of(value).tsv(),
            Format::Markdown => Rows::of(value).markdown(),
        })
    }

    /// Shows on stderr, for people, what a question will be about.
    pub(crate) fn preview(&self, report: &impl Report) {
        let style = Style { decorated: self.can_ask, colored: false };
        self.streams.beside(&printable(&report.text(style)));
    }

    /// Says something on stderr, unless the caller wants quiet.
    pub fn say(&self, text: &str) {
        if !self.options.quiet {
            self.streams.beside(&printable(&format!("{text}\n")));
        }
    }

    /// Writes a line that was asked for to stderr, also where the caller wants quiet.
    pub fn tell_line(&self, line: &str) {
        self.streams.beside(&printable(&format!("{line}\n")));
    }

    /// Says something on stderr above what shows the progress, unless the caller wants quiet.
    pub fn say_beside(&self, progress: &Progress, text: &str) {
        progress.suspend(|| self.say(text));
    }

    /// Whether results are for people.
    #[must_use]
    pub fn is_for_people(&self) -> bool {
        self.options.format == Format::Table && self.options.query.is_none()
    }

    /// Whether a question can be asked.
    #[must_use]
    pub fn can_ask(&self) -> bool {
        self.can_ask
    }

    /// Shows that something is under way, if it takes longer than a tenth of a second.
    #[must_use]
    pub fn progress(&self) -> Progress {
        if self.shows_progress { Progress::shown() } else { Progress::hidden() }
    }
}

/// What is shown at a terminal and will be replaced.
#[derive(Debug, Default)]
pub(crate) struct Screen {
    rows: usize,
}

/// How many rows a text takes at a terminal of this width.
fn rows_of(text: &str, width: usize) -> usize {
    text.lines().map(|line| measure_text_width(line).div_ceil(width.max(1)).max(1)).sum()
}
