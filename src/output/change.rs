//! The text form of plans and their results.

use comfy_table::Cell;

use super::{
    findings::findings,
    format::{Rows, trimmed},
    notes,
    style::{Style, cell},
    ui::Report,
};
use crate::{
    engine::{ChangeKind, StepAction},
    report::{ChangeReport, ChangeResult, Event, Outcome, StepReport, StepStatus, UndoReport, one_line},
};

impl Report for ChangeReport {
    fn text(&self, style: Style) -> String {
        let texts: Vec<String> = self.results.iter().map(|result| one(result, style)).collect();
        texts.join(if self.results.iter().any(|result| !result.steps.is_empty()) { "\n" } else { "" })
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
    let mut text = format!("{}: {}\n", one_line(&result.env), one_line(&result.summary));
    if !result.steps.is_empty() {
        let mut table = style.table();
        result.steps.iter().for_each(|step| {
            table.add_row(step_cells(step, style));
        });
        text += &trimmed(&table);
    }
    if let Some(keys) = &result.keys {
        let (before, after) = (&keys.before, &keys.after);
        let lines = [("before:", before), ("after: ", after)];
        let lines =
            lines.map(|(when, keys)| format!("keys {when} {} and {}\n", keys.primary, keys.secondary));
        text += &lines.concat();
    }
    if let Some(undo) = result.undo.as_ref().filter(|_| result.outcome == Outcome::Applied) {
        text += &undone_by(undo);
    }
    // An error is printed once, on stderr. A refused change also lists the codes of the findings that block it.
    if result.error.is_none() || result.outcome == Outcome::Refused {
        text += &findings(&result.findings, style);
    }
    text
}

fn undone_by(undo: &UndoReport) -> String {
    let text = match undo {
        UndoReport::By { command, note: None } => format!("to take it back: {command}"),
        UndoReport::By { command, note: Some(note) } => format!("to take it back: {command} ({note})"),
        UndoReport::Impossible { impossible } => format!("it cannot be taken back: {impossible}"),
    };
    format!("{}\n", one_line(&text))
}

fn step_cells(step: &StepReport, style: Style) -> Vec<Cell> {
    let name = step.target_name();
    let mut cells = vec![style.sign(step.kind)];
    cells.extend([what(step), &name, &step.reason].map(cell));
    let status = match (step.status, step.seconds) {
        (StepStatus::Applied, Some(seconds)) => format!("{seconds:.1} s"),
        (StepStatus::Planned | StepStatus::Applied, _) => String::new(),
        (StepStatus::Failed, _) => "failed".to_owned(),
        (StepStatus::Unknown, _) => "unknown".to_owned(),
        (StepStatus::Pending, _) => "not done".to_owned(),
        (StepStatus::Skipped, _) => "not needed".to_owned(),
    };
    cells.push(cell(status));
    cells
}

fn what(step: &StepReport) -> &'static str {
    match step.action {
        StepAction::PutProduct | StepAction::DeleteProduct => "product",
        StepAction::PutSubscription | StepAction::DeleteSubscription => "subscription",
        StepAction::PutPolicy => "policy",
        StepAction::AddApi | StepAction::RemoveApi => "API in the product",
        StepAction::Connect if step.kind == ChangeKind::Create => "linked backend",
        StepAction::Connect => "linked backend: connect",
        StepAction::Disconnect => "linked backend",
        StepAction::SwapKeys => "keys: swap",
        StepAction::RetireSecondary => "keys: retire the old one",
        StepAction::ProveKey => "wait for the gateway",
        StepAction::Settle => "wait for the site",
    }
}
