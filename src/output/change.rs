//! The text form of plans and their results.

use std::fmt::Write as _;

use super::{
    findings::{self, findings, of_several},
    format::Rows,
    layout::wrapped,
    notes,
    overview::FEW,
    steps,
    style::{Detail, Style},
    ui::{Report, Ui},
};
use crate::{
    engine::ChangeKind,
    report::{
        ChangeReport, ChangeResult, Event, Mark, Outcome, StepReport, StepStatus, UndoReport, one_line,
    },
};

impl Report for ChangeReport {
    fn text(&self, style: Style) -> String {
        match self.results.as_slice() {
            [only] => one(only, style),
            many => several(many, style),
        }
    }

    fn rows(&self) -> Rows {
        let columns = ["env", "outcome", "state", "changes", "error"].map(str::to_owned).into();
        let row = |result: &ChangeResult| {
            let error = result.error.as_ref().map(|error| error.message.clone());
            vec![
                result.env.clone(),
                outcome(result.outcome).to_owned(),
                result.state.to_string(),
                changes(result).to_string(),
                error.unwrap_or_default(),
            ]
        };
        Rows { columns, rows: self.results.iter().map(row).collect() }
    }

    fn notes(&self) -> String {
        self.results.iter().map(notes::of_result).collect()
    }

    fn events(&self) -> Vec<Event> {
        Event::of_changes(self)
    }

    fn untold(&self) -> Vec<Event> {
        self.results.iter().flat_map(|result| Event::untold_of(&self.command, result)).collect()
    }
}

/// Returns the number of changes that were made, or would be made.
fn changes(result: &ChangeResult) -> usize {
    let counts = |step: &&StepReport| matches!(step.status, StepStatus::Applied | StepStatus::Planned);
    let waits = |step: &&StepReport| step.kind == ChangeKind::Wait;
    result.steps.iter().filter(counts).filter(|step| !waits(step)).count()
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Applied => "applied",
        Outcome::Unchanged => "unchanged",
        Outcome::Planned => "planned",
        Outcome::Refused => "refused",
        Outcome::Failed => "failed",
    }
}

fn one(result: &ChangeResult, style: Style) -> String {
    let mut text = headline(result, &result.summary, style);
    if let Some(note) = &result.note {
        text.push_str(&one_line(note));
        text.push('\n');
    }
    text += &steps::list_of(&result.steps, style);
    if let Some(keys) = &result.keys {
        let (before, after) = (&keys.before, &keys.after);
        let lines = [("before:", before), ("after: ", after)];
        let lines =
            lines.map(|(when, keys)| format!("keys {when} {} and {}\n", keys.primary, keys.secondary));
        text += &lines.concat();
    }
    if let Some(address) = result.address.as_ref().filter(|_| result.outcome == Outcome::Applied) {
        text += &wrapped(&format!("open: {}", one_line(address)), "  ", style);
    }
    if let Some(undo) = result.undo.as_ref().filter(|_| result.outcome == Outcome::Applied) {
        text += &undone_by(undo, style);
    }
    if shows_findings(result) {
        text += &findings(&result.findings, style);
    }
    text
}

/// Whether a reader sees the message and the hint of every finding of a refused change above its error: results and errors
/// are at one terminal, and no finding of many envs is explained only once.
pub(crate) fn explains_each_finding(report: &ChangeReport, ui: &Ui) -> bool {
    let is_together = ui.is_at_a_screen() && ui.beside.decorated;
    is_together
        && report.results.iter().filter(|result| result.outcome == Outcome::Refused).count() <= findings::FEW
        && report.results.iter().all(|result| result.error.is_none() || shows_findings(result))
}

fn headline(result: &ChangeResult, summary: &str, style: Style) -> String {
    let head = style.heading(mark(result));
    wrapped(&format!("{head}{}: {}", one_line(&result.env), one_line(summary)), "  ", style)
}

/// Returns the mark of a result: that of its most severe finding, unless the change itself was refused or failed.
fn mark(result: &ChangeResult) -> Mark {
    match result.outcome {
        Outcome::Applied | Outcome::Unchanged => {
            Mark::of(result.findings.iter().map(|finding| finding.severity).max())
        }
        Outcome::Planned => Mark::Absent,
        Outcome::Refused => Mark::Broken,
        Outcome::Failed => Mark::Failed,
    }
}

/// Whether the findings of a result are shown. An error is printed once, on stderr. A refused change also lists the
/// codes of the findings that block it.
fn shows_findings(result: &ChangeResult) -> bool {
    result.error.is_none() || result.outcome == Outcome::Refused
}

/// Returns one line for each env that was changed, the steps of those that failed or are only planned, and the totals.
/// Envs that needed no change are counted if they are more than [`FEW`].
fn several(results: &[ChangeResult], style: Style) -> String {
    if style.detail == Detail::Full || results.iter().all(|result| result.outcome == Outcome::Planned) {
        let texts: Vec<String> = results.iter().map(|result| one(result, style)).collect();
        return texts.join("\n") + "\n" + &totals(results);
    }
    let needs_nothing =
        |result: &&ChangeResult| result.outcome == Outcome::Unchanged && result.findings.is_empty();
    let unchanged = results.iter().filter(needs_nothing).count();
    let mut text = String::new();
    for result in results.iter().filter(|result| unchanged <= FEW || !needs_nothing(result)) {
        text += &headline(result, &counted(result), style);
        if let Some(note) = &result.note {
            text += &wrapped(&format!("  {}", one_line(note)), "  ", style);
        }
        if matches!(result.outcome, Outcome::Planned | Outcome::Failed) {
            text += &steps::list_of(&result.steps, style);
        }
    }
    if unchanged > FEW {
        let more = if text.is_empty() { "" } else { " more" };
        let head = style.heading(Mark::Good);
        let _ = writeln!(text, "{head}{unchanged}{more} in order; nothing to do");
    }
    let open = results.iter().filter(|result| shows_findings(result));
    let open: Vec<_> = open.map(|result| (result.env.as_str(), result.findings.as_slice())).collect();
    text + &of_several(&open, style) + "\n" + &totals(results)
}

/// Returns the summary of a result with the number of its changes.
fn counted(result: &ChangeResult) -> String {
    match changes(result) {
        0 => result.summary.clone(),
        1 => format!("{}, 1 change", result.summary),
        count => format!("{}, {count} changes", result.summary),
    }
}

/// Returns how many envs there are, and how many with each outcome.
fn totals(results: &[ChangeResult]) -> String {
    let all = [Outcome::Applied, Outcome::Unchanged, Outcome::Planned, Outcome::Refused, Outcome::Failed]
        .into_iter();
    let count = |wanted: Outcome| results.iter().filter(|result| result.outcome == wanted).count();
    let counts: Vec<String> = all
        .map(|wanted| (wanted, count(wanted)))
        .filter(|(_, count)| *count > 0)
        .map(|(wanted, count)| format!("{count} {}", outcome(wanted)))
        .collect();
    format!("{} envs: {}\n", results.len(), counts.join(", "))
}

fn undone_by(undo: &UndoReport, style: Style) -> String {
    let text = match undo {
        UndoReport::By { command, note: None } => format!("to undo: {command}"),
        UndoReport::By { command, note: Some(note) } => format!("to undo: {command} ({note})"),
        UndoReport::Impossible { impossible } => format!("this cannot be undone: {impossible}"),
    };
    wrapped(&one_line(&text), "  ", style)
}
