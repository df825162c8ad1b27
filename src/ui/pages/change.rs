//! Plans, and changes as they run.

use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};

use super::{Frame, Head, OFTEN, Section, failure, findings, page, prose, sign};
use crate::{
    engine::ChangeKind,
    report::{
        ChangeReport, ChangeResult, Mark, Outcome, PruneReport, StepReport, StepStatus, UndoReport, one_line,
    },
    ui::{
        jobs::{End, Job, Part, Progress},
        plans::ShownPlan,
        subject::Subject,
    },
};

/// A plan that can be applied.
pub(in crate::ui) struct Applicable<'a> {
    pub(in crate::ui) id: String,
    /// The name that the user types to confirm.
    pub(in crate::ui) confirm: Option<String>,
    /// The value that shows that the form is one of this page.
    pub(in crate::ui) form: &'a str,
}

/// The plan of a change of one link.
pub(in crate::ui) fn plan(
    title: &str,
    subject: &Subject,
    report: &ChangeReport,
    apply: Option<&Applicable<'_>>,
    frame: Frame,
) -> Response {
    let back = subject.address();
    let body = html! {
        p.crumbs { a href="/" { "Links" } " / " a href=(back) { (one_line(subject.name())) } " / plan" }
        h1 { (one_line(title)) }
        @for result in &report.results { (planned(result)) }
        (form(&back, apply))
    };
    page(StatusCode::OK, &Head::still(title, Section::Links), frame, &body)
}

fn planned(result: &ChangeResult) -> Markup {
    html! {
        @if let Some(error) = &result.error { (failure(error)) }
        @else if result.steps.is_empty() { p { "No change is needed." } }
        @else {
            p { "Nothing has been changed yet. These steps would be applied, in this order:" }
            (steps(&result.steps, None))
            (facts(result))
        }
        (findings(&result.findings, |_| None))
    }
}

/// The plan of a prune of one service.
pub(in crate::ui) fn prune(
    title: &str,
    report: &PruneReport,
    apply: Option<&Applicable<'_>>,
    frame: Frame,
) -> Response {
    let body = html! {
        p.crumbs { a href="/services" { "Services" } " / plan" }
        h1 { (one_line(title)) }
        @if report.products.is_empty() { p { "No product of this service is left over." } }
        @for product in &report.products {
            h2 { (one_line(&product.name)) }
            p { (prose(&product.message)) }
            (steps(&product.steps, None))
        }
        @if !report.spared.is_empty() {
            h2 { "Not deleted" }
            ul { @for spared in &report.spared { li { strong { (one_line(&spared.name)) } ": " (prose(&spared.message)) } } }
        }
        (form("/services", apply))
    };
    page(StatusCode::OK, &Head::still(title, Section::Services), frame, &body)
}

fn form(back: &str, apply: Option<&Applicable<'_>>) -> Markup {
    html! {
        @if let Some(apply) = apply {
            form.apply method="post" action={ "/plans/" (apply.id) } data-confirm=[apply.confirm.as_deref()] {
                input type="hidden" name="form" value=(apply.form);
                @if let Some(name) = &apply.confirm {
                    p { "This deletes a product and its keys. They cannot be restored." }
                    label for="name" { "Type " code { (one_line(name)) } " to confirm" }
                    input #name type="text" name="name" autocomplete="off" autocapitalize="off" spellcheck="false" required;
                }
                p {
                    button.danger[apply.confirm.is_some()] type="submit" { "Apply this plan" }
                    " " a href=(back) { "Cancel" }
                }
            }
        } @else {
            p { a href=(back) { "Back" } }
        }
    }
}

/// The page for a plan whose deletion was confirmed with another name.
pub(in crate::ui) fn not_confirmed(plan: &ShownPlan, frame: Frame) -> Response {
    let name = plan.confirm.as_deref().unwrap_or_default();
    let body = html! {
        h1 { "Not applied" }
        p role="alert" { "The name that was typed is not " code { (one_line(name)) } ". Nothing has been changed." }
        p { a href=(plan.back) { "Back" } }
    };
    page(StatusCode::UNPROCESSABLE_ENTITY, &Head::still("Not applied", Section::None), frame, &body)
}

/// A change as it runs, or its result.
pub(in crate::ui) fn job(job: &Job, frame: Frame) -> Response {
    let mark = job.mark();
    let progress = job.progress();
    let news = format!("/jobs/{}/news?seen=", job.id);
    let runs = progress.end.is_none();
    let body = html! {
        p.crumbs { a href=(job.back) { "Back" } }
        h1 { (one_line(&job.title)) }
        @match &progress.end {
            None => (running(&progress)),
            Some(End::Changed(report)) => (changed(report)),
            Some(End::Pruned(report)) => (pruned(report)),
            Some(End::Failed(problem)) => (failure(&problem.error)),
        }
        @if !runs { p { a.button href=(job.back) { "See what there is now" } } }
    };
    let head = Head {
        news: runs.then_some((news, mark)),
        reload: runs.then_some(2),
        every: runs.then_some(OFTEN),
        ..Head::still(&job.title, Section::None)
    };
    page(StatusCode::OK, &head, frame, &body)
}

fn running(progress: &Progress) -> Markup {
    html! {
        p role="status" {
            "Running. " (prose(&progress.doing))
            @if let Some(wait) = progress.wait { ", at most " (wait.as_secs()) " s" }
        }
        @for part in &progress.parts { (part_of(part)) }
    }
}

fn part_of(part: &Part) -> Markup {
    let total = part.steps.len();
    html! {
        h2 { (one_line(&part.of)) @if let Some(at) = part.current { " " span.detail { "step " (at + 1) " of " (total) } } }
        (steps(&part.steps, part.current))
    }
}

fn changed(report: &ChangeReport) -> Markup {
    html! {
        @for result in &report.results {
            p role="status" { (sign(outcome_mark(result.outcome))) " " strong { (outcome(result.outcome)) } " " (prose(&result.summary)) }
            @if let Some(error) = &result.error { (failure(error)) }
            (facts(result))
            (steps(&result.steps, None))
            (findings(&result.findings, |_| None))
        }
    }
}

/// What a change has come to, apart from its steps.
fn facts(result: &ChangeResult) -> Markup {
    html! {
        dl.facts {
            @if let Some(address) = &result.address { dt { "Address" } dd { code { (one_line(address)) } } }
            @if let Some(keys) = &result.keys {
                dt { "Keys" }
                dd {
                    "fingerprints " del { code { (keys.before.primary) } " " code { (keys.before.secondary) } }
                    " → " ins { code { (keys.after.primary) } " " code { (keys.after.secondary) } }
                }
            }
            @if let Some(note) = &result.note { dt { "Note" } dd { (prose(note)) } }
            @match &result.undo {
                Some(UndoReport::By { command, note }) => {
                    dt { "To undo it" }
                    dd { code { (one_line(command)) } @if let Some(note) = note { " " (prose(note)) } }
                }
                Some(UndoReport::Impossible { impossible }) => { dt { "To undo it" } dd { (prose(impossible)) } }
                None => {}
            }
        }
    }
}

fn pruned(report: &PruneReport) -> Markup {
    html! {
        p role="status" { (one_line(&report.summary)) }
        @for product in &report.products {
            h2 { (one_line(&product.name)) }
            p { (prose(&product.message)) }
            @if let Some(error) = &product.error { (failure(error)) }
            (steps(&product.steps, None))
        }
    }
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Applied => "Applied.",
        Outcome::Unchanged => "No change was needed.",
        Outcome::Planned => "Planned.",
        Outcome::Refused => "Refused; nothing was changed.",
        Outcome::Failed => "Failed.",
    }
}

fn outcome_mark(outcome: Outcome) -> Mark {
    match outcome {
        Outcome::Applied | Outcome::Unchanged => Mark::Good,
        Outcome::Planned => Mark::Noted,
        Outcome::Refused => Mark::Degraded,
        Outcome::Failed => Mark::Failed,
    }
}

fn steps(steps: &[StepReport], current: Option<usize>) -> Markup {
    html! {
        ol.steps {
            @for (at, step) in steps.iter().enumerate() { (one_step(step, current == Some(at))) }
        }
    }
}

fn one_step(step: &StepReport, is_current: bool) -> Markup {
    html! {
        li aria-current=[is_current.then_some("step")] {
            @if step.status == StepStatus::Planned { (kind_sign(step.kind)) }
            @else if is_current { span.sign.now title="running" { span aria-hidden="true" { "…" } span.unseen { "running" } } }
            @else { (sign(step_mark(step.status))) }
            " " strong { (step.action) } " " (one_line(&step.target_name()))
            @if let Some(seconds) = step.seconds { " " span.detail { (seconds) " s" } }
            @if step.status == StepStatus::Unknown && !is_current { " " span.detail { "whether it was done is unknown" } }
            div.detail { (prose(&step.reason)) }
            @for change in &step.changes {
                div.change {
                    code { (one_line(change.field.strip_prefix("properties.").unwrap_or(&change.field))) } ": "
                    del { (one_line(&change.before)) } " → " ins { (one_line(&change.after)) }
                }
            }
        }
    }
}

/// The sign of a planned step.
fn kind_sign(kind: ChangeKind) -> Markup {
    let word = match kind {
        ChangeKind::Create => "create",
        ChangeKind::Update => "change",
        ChangeKind::Delete => "delete",
        ChangeKind::Wait => "wait",
    };
    html! { span class={ "sign kind " (word) } title=(word) { span aria-hidden="true" { (kind.sign()) } span.unseen { (word) } } }
}

fn step_mark(status: StepStatus) -> Mark {
    match status {
        StepStatus::Planned | StepStatus::Pending | StepStatus::Skipped => Mark::Absent,
        StepStatus::Applied => Mark::Good,
        StepStatus::Failed => Mark::Failed,
        StepStatus::Unknown => Mark::Warning,
    }
}
