//! The user interface: results on stdout, everything else on stderr, and prompts if a user can answer them.

#![warn(clippy::arithmetic_side_effects)]

use std::{
    io::{self, IsTerminal},
    path::PathBuf,
    time::Duration,
};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    ci::Pipeline,
    clean::printable,
    format::{Format, Rows, json, json_line, yaml},
    layout::wrapped,
    paint,
    progress::Progress,
    query::Query,
    stream::Stream,
    streams::Streams,
    style::{Detail, Style, prefixed},
};
use crate::report::{Event, one_line};

/// A result that can be printed in every format.
pub(crate) trait Report: Serialize {
    /// Returns the text format.
    fn text(&self, style: Style) -> String;

    /// Returns the rows for the formats `tsv` and `markdown`.
    fn rows(&self) -> Rows;

    /// Returns the text below the table in Markdown.
    fn notes(&self) -> String {
        String::new()
    }

    /// Returns the events for pipelines.
    fn events(&self) -> Vec<Event> {
        Vec::new()
    }

    /// Returns the events that were not written to the events file while the command ran.
    fn untold(&self) -> Vec<Event> {
        self.events()
    }
}

/// The options of the user interface.
#[derive(Clone, Debug, Default)]
pub struct UiOptions {
    /// The format of results.
    pub format: Format,
    /// The query that is applied to a result before it is printed.
    pub query: Option<Query>,
    /// Whether hints and progress are not printed.
    pub quiet: bool,
    /// Whether prompts are disabled.
    pub no_input: bool,
    /// The output for a pipeline, in addition to the result.
    pub pipeline: Pipeline,
    /// How much of a result is shown as text.
    pub detail: Detail,
}

/// Shows the text of a notice for some time.
pub type Notifier = Box<dyn Fn(&str, Duration) + Send>;

/// The user interface: results on stdout, everything else on stderr, and prompts if a user can answer them.
#[derive(Debug)]
pub struct Ui {
    pub(super) options: UiOptions,
    /// The style of results.
    pub(super) style: Style,
    /// The style of everything else.
    pub(super) beside: Style,
    pub(super) can_ask: bool,
    shows_progress: bool,
    streams: Streams,
}

impl Ui {
    /// Returns a user interface on the streams of this process.
    #[must_use]
    pub fn new(options: UiOptions) -> Self {
        let (asks, answers) = (io::stderr().is_terminal(), io::stdin().is_terminal());
        Self {
            style: Style::of(Stream::Out, options.detail),
            beside: Style::of(Stream::Err, options.detail),
            can_ask: asks && answers && !options.no_input,
            shows_progress: asks && !options.quiet,
            streams: Streams::Process,
            options,
        }
    }

    /// Returns a user interface on other streams. If those are not the streams of this process, there is no terminal.
    #[must_use]
    pub fn writing_to(self, streams: Streams) -> Self {
        if streams.are_of_process() {
            return Self { streams, ..self };
        }
        let style = Style { detail: self.options.detail, ..Style::PLAIN };
        Self { style, beside: style, can_ask: false, shows_progress: false, streams, ..self }
    }

    /// Prints a result in the requested format, and writes its events, outputs and annotations for the pipeline.
    ///
    /// # Errors
    ///
    /// Fails if stdout cannot be written, or the query does not fit the result.
    pub(crate) fn print(&self, report: &impl Report) -> anyhow::Result<()> {
        self.print_alone(report)?;
        self.happened(&report.untold());
        self.conclude(&report.events());
        Ok(())
    }

    /// Prints the text format of a result on stderr, since stdout is used for something else. The output for the
    /// pipeline is that of [`print`](Self::print).
    pub(crate) fn print_beside(&self, report: &impl Report) {
        self.say(report.text(self.beside).trim_end_matches('\n'));
        self.happened(&report.untold());
        self.conclude(&report.events());
    }

    /// Prints a result in the requested format, without any output for the pipeline.
    ///
    /// # Errors
    ///
    /// As [`print`](Self::print).
    pub(crate) fn print_alone(&self, report: &impl Report) -> anyhow::Result<()> {
        let text = match &self.options.query {
            None => self.whole(report)?,
            Some(query) => self.selected(&query.select(&serde_json::to_value(report)?)?)?,
        };
        self.print_text(&text)
    }

    /// Writes events to the events file, and their outputs and annotations for the pipeline.
    pub fn tell(&self, events: &[Event]) {
        self.happened(events);
        self.conclude(events);
    }

    /// Appends events to the events file while the command runs.
    pub fn happened(&self, events: &[Event]) {
        if let Err(error) = self.options.pipeline.happened(events) {
            self.warn(&format!("could not write the event file: {error}"));
        }
    }

    /// Prints a warning on stderr.
    pub fn warn(&self, text: &str) {
        self.complain(&format!("warning: {}\n", one_line(text)));
    }

    /// Prints a warning on stderr, unless `quiet` is set.
    pub fn warn_unless_quiet(&self, text: &str) {
        if !self.options.quiet {
            self.warn(text);
        }
    }

    /// Writes the output for the pipeline of a report that is not printed.
    pub(crate) fn tell_of(&self, report: &impl Report) {
        self.tell(&report.events());
    }

    /// Writes the outputs and annotations of events.
    fn conclude(&self, events: &[Event]) {
        let told = self.options.pipeline.tell(events).unwrap_or_else(|error| {
            // The command itself has succeeded, so this is only a warning.
            format!("warning: could not write the outputs for the pipeline: {error}\n")
        });
        self.streams.beside(&told);
    }

    /// Checks, before the command does anything, that the files for the pipeline can be written.
    ///
    /// # Errors
    ///
    /// The path of the file that cannot be written, and the reason.
    pub fn check_pipeline(&self) -> Result<(), (PathBuf, io::Error)> {
        self.options.pipeline.check()
    }

    /// Prints a JSON value that has no text format, or the part of it that the query selects.
    ///
    /// # Errors
    ///
    /// If stdout cannot be written, or the query does not fit the result.
    pub fn print_json(&self, value: &serde_json::Value) -> anyhow::Result<()> {
        let text = match (&self.options.query, self.options.format) {
            (None, Format::Table) => self.json(value)?,
            (None, _) => self.selected(value)?,
            (Some(query), _) => self.selected(&query.select(value)?)?,
        };
        self.print_text(&text)
    }

    /// Prints a result that has no text format on one line of JSON, or as [`print_json`](Self::print_json) does if another
    /// format than JSON or a query is requested.
    ///
    /// # Errors
    ///
    /// If stdout cannot be written, or the query does not fit the result.
    pub fn print_json_line(&self, report: &impl Serialize) -> anyhow::Result<()> {
        match (&self.options.query, self.options.format) {
            (None, Format::Table | Format::Json) => self.print_text(&json_line(report)?),
            (Some(_) | None, _) => self.print_json(&serde_json::to_value(report)?),
        }
    }

    /// Prints a result as one line of JSON, or as [`print`](Self::print) does if another format or a query is
    /// requested.
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

    /// Whether results are printed as text on a terminal, where they can be replaced.
    #[must_use]
    pub fn is_at_a_screen(&self) -> bool {
        self.style.decorated && self.is_for_people()
    }

    /// Prints a result that contains names and messages of other parties.
    ///
    /// # Errors
    ///
    /// If stdout cannot be written.
    pub fn print_lines(&self, text: &str) -> anyhow::Result<()> {
        self.print_text(&printable(text))
    }

    /// Prints a text that is the whole result, such as a script.
    ///
    /// # Errors
    ///
    /// If stdout cannot be written.
    pub fn print_text(&self, text: &str) -> anyhow::Result<()> {
        Ok(self.streams.result(text)?)
    }

    /// Returns a result in the requested format, as it is printed.
    pub(super) fn whole(&self, report: &impl Report) -> anyhow::Result<String> {
        Ok(match self.options.format {
            Format::Table => printable(&report.text(self.style)).into_owned(),
            Format::Json | Format::Jsonc => self.json(report)?,
            Format::Yaml | Format::Yamlc => self.yaml(report)?,
            Format::Tsv => printable(&report.rows().tsv()).into_owned(),
            Format::Markdown => printable(&(report.rows().markdown() + &report.notes())).into_owned(),
            Format::None => String::new(),
        })
    }

    /// Returns a JSON value in the requested format, as it is printed.
    pub(super) fn selected(&self, value: &serde_json::Value) -> anyhow::Result<String> {
        Ok(match self.options.format {
            Format::Table => printable(&Rows::of(value).table()).into_owned(),
            Format::Json | Format::Jsonc => self.json(value)?,
            Format::Yaml | Format::Yamlc => self.yaml(value)?,
            Format::Tsv => printable(&Rows::of(value).tsv()).into_owned(),
            Format::Markdown => printable(&Rows::of(value).markdown()).into_owned(),
            Format::None => String::new(),
        })
    }

    fn json(&self, value: &impl Serialize) -> anyhow::Result<String> {
        let text = printable(&json(value)?).into_owned();
        let is_painted = self.options.format == Format::Jsonc && self.style.colored;
        Ok(if is_painted { paint::json(&text) } else { text })
    }

    fn yaml(&self, value: &impl Serialize) -> anyhow::Result<String> {
        let text = printable(&yaml(value).map_err(anyhow::Error::msg)?).into_owned();
        let is_painted = self.options.format == Format::Yamlc && self.style.colored;
        Ok(if is_painted { paint::yaml(&text) } else { text })
    }

    /// Prints on stderr the text format of a report that the next prompt is about.
    pub(crate) fn preview(&self, report: &impl Report) {
        self.streams.beside(&printable(&report.text(self.beside)));
    }

    /// Prints a text on stderr, unless `quiet` is set.
    pub fn say(&self, text: &str) {
        if !self.options.quiet {
            self.complain(&format!("{text}\n"));
        }
    }

    /// Prints lines on stderr. A prefix such as `error:` is coloured, and its line is wrapped at words.
    pub(crate) fn complain(&self, text: &str) {
        let lines: String = text.split_inclusive('\n').map(|line| self.line_beside(line)).collect();
        self.streams.beside(&printable(&lines));
    }

    fn line_beside(&self, line: &str) -> String {
        match prefixed(line.trim_end_matches('\n'), self.beside) {
            Some(toned) => wrapped(&toned, "  ", self.beside),
            None => line.to_owned(),
        }
    }

    /// Prints a line that the user requested on stderr, even if `quiet` is set.
    pub fn tell_line(&self, line: &str) {
        self.streams.beside(&printable(&format!("{line}\n")));
    }

    /// Prints a text on stderr above the progress display, unless `quiet` is set.
    pub fn say_beside(&self, progress: &Progress, text: &str) {
        progress.suspend(|| self.say(text));
    }

    /// Returns a time as people read it: in the local zone, with its name.
    #[must_use]
    pub fn moment(&self, time: Timestamp) -> String {
        self.style.moment(time, "%Y-%m-%d %H:%M:%S %Z")
    }

    /// Whether the format of results is text.
    #[must_use]
    pub fn is_for_people(&self) -> bool {
        self.options.format == Format::Table && self.options.query.is_none()
    }

    /// Whether the user can be prompted.
    #[must_use]
    pub fn can_ask(&self) -> bool {
        self.can_ask
    }

    /// Displays progress if the operation takes longer than 100 ms.
    #[must_use]
    pub fn progress(&self) -> Progress {
        if self.shows_progress { Progress::shown(self.beside) } else { Progress::hidden() }
    }

    /// Returns a function that shows a notice for some time: below the progress display, or as a line on stderr.
    #[must_use]
    pub fn notifier(&self, progress: &Progress) -> Notifier {
        if progress.is_shown() {
            let progress = progress.clone();
            return Box::new(move |text, time| progress.notice(text, time));
        }
        let (streams, is_quiet) = (self.streams.clone(), self.options.quiet);
        Box::new(move |text, _| {
            if !is_quiet {
                streams.beside(&printable(&format!("{}\n", one_line(text))));
            }
        })
    }
}
