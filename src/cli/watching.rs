//! `swa-apim status --watch` and `--wait-for`: what is shown of looking again and again.
#![warn(clippy::arithmetic_side_effects)]

use std::time::Duration;

use clap::Args;

use crate::{
    cli::{
        args::typed::{pause, word},
        session::Session,
    },
    diagnosis::{Diagnose as _, ExitCode},
    engine::LinkState,
    output::Screen,
    report::{LinkReport, StatusReport},
    workflow::{
        WorkflowError, spelt,
        watch::{self, Look, Waited},
        whole,
    },
};

/// Whether the links are read repeatedly, and until when.
#[derive(Clone, Debug, Args)]
pub(crate) struct WatchArgs {
    /// Print the status repeatedly: at a terminal in place, in a pipeline one line for each change
    #[arg(long)]
    watch: bool,
    /// Wait until every link is in this state; exit with 5 if the time limit of --timeout is reached first
    #[arg(long, value_name = "STATE", conflicts_with = "watch")]
    #[arg(value_parser = word::<LinkState>())]
    wait_for: Option<LinkState>,
    /// The pause between two checks
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = pause)]
    interval: Duration,
}

impl WatchArgs {
    pub(crate) fn is_asked_for(&self) -> bool {
        self.watch || self.wait_for.is_some()
    }
}

/// Reads the links until the command is interrupted, or until every link is in the expected state.
pub(crate) async fn run<F: Future<Output = Look>>(
    cx: &Session,
    links: usize,
    args: &WatchArgs,
    look: impl Fn() -> F,
) -> anyhow::Result<ExitCode> {
    let Some(wanted) = args.wait_for else {
        let mut shown = LastShown::default();
        let show = |seen: Look| match seen {
            Ok(status) => shown.show(cx, &status.report, args.interval),
            Err(error) => shown.show_failure(cx, &error),
        };
        return Err(watch::watch(&cx.work, links, args.interval, look, show).await);
    };
    match watch::wait_for(&cx.work, wanted, args.interval, look).await? {
        Waited::Reached(status) => {
            cx.ui.print(&status.report)?;
            Ok(ExitCode::Success)
        }
        Waited::Late { last, patience } => {
            if let Some(Ok(status)) = &last {
                cx.ui.print(&status.report)?;
            }
            Err(watch::late(wanted, patience, last.as_ref()).into())
        }
    }
}

/// The last output.
#[derive(Default)]
struct LastShown {
    screen: Screen,
    lines: Vec<String>,
    document: Option<serde_json::Value>,
    /// The last output for a pipeline.
    told: Option<serde_json::Value>,
}

impl LastShown {
    fn show(&mut self, cx: &Session, report: &StatusReport, interval: Duration) -> anyhow::Result<()> {
        let document = serde_json::to_value(report)?;
        let is_for_people = cx.ui.is_at_a_screen() || cx.ui.is_for_people();
        if is_for_people && self.told.as_ref() != Some(&document) {
            cx.ui.tell_of(report);
            self.told = Some(document.clone());
        }
        if cx.ui.is_at_a_screen() {
            let now = cx.ui.moment(cx.work.ambient().now());
            let below = format!("\nlast check at {now}, every {}; press Ctrl-C to stop", spelt(interval));
            return cx.ui.redraw(&mut self.screen, report, &below);
        }
        if cx.ui.is_for_people() {
            return self.show_lines(cx, report.links.iter().map(line).collect());
        }
        if self.document.as_ref() == Some(&document) {
            return Ok(());
        }
        self.document = Some(document);
        cx.ui.print_in_a_line(report)
    }

    /// Prints the lines that are new, each with the time.
    fn show_lines(&mut self, cx: &Session, lines: Vec<String>) -> anyhow::Result<()> {
        for new in lines.iter().filter(|line| !self.lines.contains(line)) {
            cx.ui.print_lines(&format!("{} {new}\n", now(cx)))?;
        }
        self.lines = lines;
        Ok(())
    }

    fn show_failure(&mut self, cx: &Session, error: &WorkflowError) -> anyhow::Result<()> {
        // A refusal is an answer: only what could not be read leaves the state unknown.
        let is_refused = error.diagnosis().exit == ExitCode::Refused;
        let what = if is_refused { "refused" } else { LinkState::Unknown.as_str() };
        let line = format!("{what}: {}", whole(error));
        if cx.ui.is_at_a_screen() {
            return cx.ui.redraw_text(&mut self.screen, &format!("{} {line}\n", now(cx)));
        }
        if cx.ui.is_for_people() {
            return self.show_lines(cx, vec![line]);
        }
        if self.document.take().is_some() {
            cx.ui.say(&line);
        }
        Ok(())
    }
}

fn now(cx: &Session) -> String {
    cx.work.ambient().now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A link as one line: its state, and the codes of its findings.
fn line(link: &LinkReport) -> String {
    let mut line = format!("{}: {}", link.env, link.state);
    for finding in &link.findings {
        line += " ";
        line += finding.code.as_str();
    }
    line
}
