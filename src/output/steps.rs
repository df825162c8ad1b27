//! The text form of the steps of a plan: sign, kind of resource, status, and the reason.

use std::time::Duration;

use super::{
    findings::distinct,
    layout::{Entry, list},
    style::{Label, Style, sign},
};
use crate::{
    engine::{ChangeKind, FieldChange, StepAction},
    report::{StepReport, StepStatus, one_line},
};

/// Returns the steps, one entry each. A name that several steps share is shown at the first of them.
pub(super) fn list_of(steps: &[StepReport], style: Style) -> String {
    let mut named: Vec<String> = Vec::new();
    let entries: Vec<Entry> = steps
        .iter()
        .map(|step| {
            let name = step.target_name();
            let is_new = !named.contains(&name);
            let text = if is_new { format!("{name}: {}", step.reason) } else { step.reason.clone() };
            named.push(name);
            let labels = [sign(step.kind), Label::from(what(step)), status(step)];
            let entry = Entry::new(labels).with(text);
            step.changes.iter().fold(entry, |entry, change| entry.with(changed(change, style)))
        })
        .collect();
    list(&entries, style)
}

/// Returns the old and the new value of a field.
fn changed(change: &FieldChange, style: Style) -> String {
    let (before, after) = distinct(&change.before, &change.after, style.detail);
    format!("{}: {before} {} {after}", short(&change.field), style.to())
}

/// Returns the path of a field without its first part, which all fields of ARM resources have.
pub(super) fn short(field: &str) -> &str {
    field.strip_prefix("properties.").unwrap_or(field)
}

/// A line about a step, where no terminal shows the list of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepLine {
    /// The step waits for this time, or less.
    Waits {
        /// The time.
        time: Duration,
    },
    /// The step was acknowledged.
    Done {
        /// The duration of the step.
        took: Duration,
    },
}

impl StepLine {
    /// Returns the line. `of` is the env of the step, `number` is its number, from 1, and `total` the number of steps.
    #[must_use]
    pub fn text(self, of: &str, (number, total): (usize, usize), step: &StepReport) -> String {
        let (what, seconds) = match self {
            Self::Waits { time } => (waiting(step).to_owned(), time.as_secs_f64()),
            Self::Done { took } => (title(step), took.as_secs_f64()),
        };
        format!("{}: {number}/{total} {what}, {seconds:.1} s", one_line(of))
    }
}

/// Returns a step in a few words.
pub(super) fn title(step: &StepReport) -> String {
    match step.action {
        StepAction::PutProduct
        | StepAction::PutSubscription
        | StepAction::PutPolicy
        | StepAction::AddApi
        | StepAction::RemoveApi
        | StepAction::Connect
        | StepAction::Disconnect
        | StepAction::DeleteSubscription
        | StepAction::DeleteProduct => format!("{} {}", what(step), one_line(&step.target_name())),
        StepAction::SwapKeys | StepAction::RetireSecondary | StepAction::ProveKey | StepAction::Settle => {
            what(step).to_owned()
        }
    }
}

/// Returns what a step waits for.
pub(super) fn waiting(step: &StepReport) -> &'static str {
    match step.action {
        StepAction::ProveKey => "waiting for the gateway to accept the key",
        StepAction::Settle => "waiting for the site's edges",
        StepAction::PutProduct
        | StepAction::PutSubscription
        | StepAction::PutPolicy
        | StepAction::AddApi
        | StepAction::RemoveApi
        | StepAction::Connect
        | StepAction::Disconnect
        | StepAction::SwapKeys
        | StepAction::RetireSecondary
        | StepAction::DeleteSubscription
        | StepAction::DeleteProduct => "waiting for Azure",
    }
}

fn status(step: &StepReport) -> Label {
    let text = match (step.status, step.seconds) {
        (StepStatus::Applied, Some(seconds)) => format!("{seconds:.1} s"),
        (StepStatus::Planned | StepStatus::Applied, _) => String::new(),
        (StepStatus::Failed, _) => "failed".to_owned(),
        (StepStatus::Unknown, _) => "unknown".to_owned(),
        (StepStatus::Pending, _) => "not done".to_owned(),
        (StepStatus::Skipped, _) => "not needed".to_owned(),
    };
    Label::toned(text, step.status.into())
}

/// Returns the resource that a step changes, or what the step does with it.
pub(super) fn what(step: &StepReport) -> &'static str {
    match step.action {
        StepAction::PutProduct | StepAction::DeleteProduct => "product",
        StepAction::PutSubscription | StepAction::DeleteSubscription => "subscription",
        StepAction::PutPolicy => "policy",
        StepAction::AddApi | StepAction::RemoveApi => "API in the product",
        StepAction::Connect if step.kind == ChangeKind::Create => "linked backend",
        StepAction::Connect => "linked backend: connect",
        StepAction::Disconnect => "linked backend",
        StepAction::SwapKeys => "keys: swap",
        StepAction::RetireSecondary => "keys: retire old key",
        StepAction::ProveKey => "wait for the gateway",
        StepAction::Settle => "wait for the site",
    }
}
