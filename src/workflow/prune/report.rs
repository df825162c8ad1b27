//! The report of a prune: its orphans, the result for each, and a summary in one sentence.

use std::cmp::Ordering;

use crate::{
    diagnosis::{ExitCode, Render},
    engine::{Fate, Orphan, PlannedStep, PrunePlan, Pruned},
    report::{PruneOutcome, PruneReport, PrunedReport, SCHEMA_VERSION, SparedReport, StepReport, StepStatus},
    workflow::error::{WorkflowError, diagnose, report as failure},
};

/// The report of a plan that is only shown. The orphans of a saved plan for which `exists` is false were deleted since.
pub(super) fn planned(plan: &PrunePlan, exists: impl Fn(&Orphan) -> bool) -> PruneReport {
    let (mut left, mut changes) = (0, 0);
    let products = plan.orphans.iter().map(|orphan| {
        if exists(orphan) {
            left += 1;
            changes += orphan.steps.len();
            PrunedReport::of(orphan, PruneOutcome::Planned, steps(orphan, |_| StepStatus::Planned))
        } else {
            PrunedReport::of(orphan, PruneOutcome::Unchanged, steps(orphan, |_| StepStatus::Skipped))
        }
    });
    let products = products.collect();
    let name = plan.service.name();
    let summary = match left {
        0 => format!("{name}: no products to delete"),
        1 => format!("{name}: 1 product would be deleted, in {}", in_changes(changes)),
        count => format!("{name}: {count} products would be deleted, in {}", in_changes(changes)),
    };
    report(plan, products, summary)
}

/// The report of a saved plan that is not applied.
pub(super) fn refused(plan: &PrunePlan, error: &WorkflowError, render: Render) -> PruneReport {
    let exit = diagnose(error).exit;
    let refused = exit == ExitCode::Refused;
    let outcome = if refused { PruneOutcome::Refused } else { PruneOutcome::NotTried };
    let products = plan.orphans.iter().map(|orphan| {
        let report = PrunedReport::of(orphan, outcome, steps(orphan, |_| StepStatus::Pending));
        PrunedReport { error: Some(failure(error, render)), exit, ..report }
    });
    let what = if refused { "refused" } else { "failed" };
    let summary = format!("{}: {what}; nothing was deleted", plan.service.name());
    report(plan, products.collect(), summary)
}

fn in_changes(count: usize) -> String {
    if count == 1 { "1 change".to_owned() } else { format!("{count} changes") }
}

/// The report of an applied plan. `apart` says whether each deletion was applied by itself.
pub(super) fn done(plan: &PrunePlan, all: Vec<Pruned>, apart: bool, render: Render) -> PruneReport {
    let products: Vec<PrunedReport> = all.into_iter().map(|pruned| one(pruned, apart, render)).collect();
    let count = |outcome| products.iter().filter(|product| product.outcome == outcome).count();
    let deleted = count(PruneOutcome::Deleted);
    let rest = [
        (count(PruneOutcome::Unchanged), "already deleted"),
        (count(PruneOutcome::Kept), "kept"),
        (count(PruneOutcome::Failed), "failed"),
        (count(PruneOutcome::NotTried), "not attempted"),
    ];
    let rest = rest.iter().filter(|(count, _)| *count > 0);
    let rest: Vec<String> = rest.map(|(count, what)| format!(", {count} {what}")).collect();
    let rest = rest.concat();
    let noun = if deleted == 1 { "product" } else { "products" };
    let summary = format!("{}: {deleted} {noun} deleted{rest}", plan.service.name());
    report(plan, products, summary)
}

fn report(plan: &PrunePlan, products: Vec<PrunedReport>, summary: String) -> PruneReport {
    PruneReport {
        schema_version: SCHEMA_VERSION,
        command: "prune".to_owned(),
        service: plan.service.to_string(),
        products,
        spared: plan.spared.iter().map(SparedReport::of).collect(),
        summary,
    }
}

fn steps(orphan: &Orphan, status: impl Fn(usize) -> StepStatus) -> Vec<StepReport> {
    orphan.steps.iter().enumerate().map(|(at, planned)| StepReport::of(planned, status(at))).collect()
}

/// The steps of an orphan: the status of each that was sent is that of its place among those; a step that an earlier run
/// has applied was not needed.
fn sent_steps(
    orphan: &Orphan,
    sent: &[PlannedStep],
    status: impl Fn(usize) -> StepStatus,
) -> Vec<StepReport> {
    let status = |planned: &PlannedStep| {
        sent.iter().position(|step| step == planned).map_or(StepStatus::Skipped, &status)
    };
    orphan.steps.iter().map(|planned| StepReport::of(planned, status(planned))).collect()
}

fn one(Pruned { orphan, fate }: Pruned, apart: bool, render: Render) -> PrunedReport {
    let skipped = |orphan: &Orphan| steps(orphan, |_| StepStatus::Skipped);
    match fate {
        Fate::Deleted { sent } if sent.is_empty() => {
            PrunedReport::of(&orphan, PruneOutcome::Unchanged, skipped(&orphan))
        }
        Fate::Deleted { sent } => {
            let steps = sent_steps(&orphan, &sent, |_| StepStatus::Applied);
            PrunedReport::of(&orphan, PruneOutcome::Deleted, steps)
        }
        Fate::Kept { why, undetermined } => {
            let exit = if undetermined { ExitCode::Unavailable } else { ExitCode::Success };
            let report = PrunedReport::of(&orphan, PruneOutcome::Kept, skipped(&orphan));
            PrunedReport { message: why, exit, ..report }
        }
        Fate::Failed { sent, done, undetermined, error } => {
            let status = |at: usize| match at.cmp(&done) {
                Ordering::Less => StepStatus::Applied,
                Ordering::Equal if undetermined => StepStatus::Unknown,
                Ordering::Equal => StepStatus::Failed,
                Ordering::Greater => StepStatus::Pending,
            };
            let error = WorkflowError::from(error).explained("could not delete the product");
            let part_way = done > 0 && apart;
            let exit = if part_way { ExitCode::Partial } else { diagnose(&error).exit };
            let report = PrunedReport::of(&orphan, PruneOutcome::Failed, sent_steps(&orphan, &sent, status));
            PrunedReport { error: Some(failure(&error, render)), exit, ..report }
        }
        Fate::NotTried => {
            PrunedReport::of(&orphan, PruneOutcome::NotTried, steps(&orphan, |_| StepStatus::Pending))
        }
    }
}

/// The exit code of the command. A failure after a deletion means that the prune stopped part-way.
pub(super) fn exit_code(report: &PruneReport) -> ExitCode {
    let any = |outcome| report.products.iter().any(|product| product.outcome == outcome);
    let worst = report.products.iter().fold(ExitCode::Success, |code, product| code.worst(product.exit));
    let part_way = any(PruneOutcome::Failed) && any(PruneOutcome::Deleted);
    if part_way { ExitCode::Partial } else { worst }
}

/// The exit code of a plan: [`ExitCode::Unavailable`] if a product is kept only because it could not be read.
pub(super) fn undetermined(plan: &PrunePlan) -> ExitCode {
    let any = plan.spared.iter().any(|spared| spared.undetermined);
    if any { ExitCode::Unavailable } else { ExitCode::Success }
}
