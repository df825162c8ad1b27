//! What the verbs share that change links: propose, show, ask, carry out, print.

use std::path::Path;

use anyhow::Context as _;

use crate::{
    cli::{
        args::PlanArgs,
        error::{self, command_line},
        session::Session,
    },
    config::EnvSettings,
    diagnosis::{Cure, ExitCode},
    engine::{Intent, Target},
    files::is_standard_output,
    output,
    report::ChangeReport,
    workflow::{self, LinkChange, PlaneLocation, Proposal, Saved, SavedPlan, WriteAccess},
};

/// Plans a change for each env, then prints or saves the plan, or prompts and applies it.
pub(crate) async fn change(
    cx: &Session,
    envs: Vec<EnvSettings>,
    change: LinkChange,
    options: PlanArgs,
) -> anyhow::Result<ExitCode> {
    cx.journal.begin(change.intent.verb());
    let change = LinkChange { rehearses: options.only_shows(), ..change };
    let shown = cx.listener();
    let proposal = workflow::propose(&cx.work, &envs, &change, &shown).await?;
    drop(shown);
    if proposal.is_on_models() {
        cx.note_azure_flags();
    }
    if options.only_shows() {
        return show(cx, &proposal, &options).await;
    }
    if !cx.yes {
        confirm(cx, &proposal)?;
    }
    carry_out(cx, proposal).await
}

/// Applies saved plans: all of them, or none.
pub(crate) async fn run_saved(cx: &Session, saved: &[SavedPlan]) -> anyhow::Result<ExitCode> {
    cx.journal.begin(saved.first().map_or("apply", SavedPlan::verb));
    // A plan that was applied in part is not applied again: a new plan has the remaining steps.
    let again = if let [only] = saved { Some(only.again()) } else { None };
    cx.journal.complete_with(again.map(|(cure, target)| command_line(&cure, &target.selection)));
    let shown = cx.listener();
    let proposal = workflow::reopen(&cx.work, saved, &shown).await?;
    drop(shown);
    carry_out(cx, proposal).await
}

/// Compares saved plans with what exists now, and shows them.
pub(crate) async fn show_saved(
    cx: &Session,
    saved: &[SavedPlan],
    detailed: bool,
) -> anyhow::Result<ExitCode> {
    let shown = cx.listener();
    let proposal = workflow::reopen(&cx.work, saved, &shown).await?;
    drop(shown);
    let code = print(cx, &proposal.report())?;
    Ok(if detailed && proposal.has_steps() { code.worst(ExitCode::Changes) } else { code })
}

async fn show(cx: &Session, proposal: &Proposal, options: &PlanArgs) -> anyhow::Result<ExitCode> {
    let to_save = options.out.as_deref().and_then(|file| Some((file, proposal.to_save()?)));
    if let Some((file, plans)) = &to_save {
        save(cx, file, plans).await?;
    }
    let report = proposal.report();
    // A plan on standard output is alone there.
    let code = if options.out.as_deref().is_some_and(is_standard_output) {
        cx.ui.print_beside(&report);
        print_failures(cx, &report)
    } else {
        print(cx, &report)?
    };
    if let Some(((file, _), place)) = to_save.zip(proposal.place()) {
        say_saved(cx, file, &place);
    }
    let tell = proposal.has_steps() && options.detailed_exitcode;
    Ok(if tell { code.worst(ExitCode::Changes) } else { code })
}

/// Writes a plan to a file.
pub(crate) async fn save(cx: &Session, file: &Path, plan: &Saved) -> anyhow::Result<()> {
    Ok(workflow::saved::write(&cx.work, file, plan).await?)
}

/// Prints where a plan was saved, and the command that applies it.
pub(crate) fn say_saved(cx: &Session, file: &Path, place: &PlaneLocation) {
    cx.ui.say(&workflow::saved::next(&cx.work, file, place));
}

/// Prompts for the name of each site whose product and keys will be deleted, because a deletion cannot be
/// undone.
fn confirm(cx: &Session, proposal: &Proposal) -> anyhow::Result<()> {
    if let Some(more) = proposal.beyond().filter(|_| cx.ui.can_ask()) {
        cx.ui.preview(&more);
        cx.ui.confirm("This is more than the command asks for. Continue?")?;
    }
    for question in proposal.questions() {
        if cx.ui.can_ask() {
            cx.ui.preview(&question.about);
        }
        cx.ui.confirm_by_typing(&question.text, &question.name, "`--yes`")?;
    }
    Ok(())
}

async fn carry_out(cx: &Session, proposal: Proposal) -> anyhow::Result<ExitCode> {
    let next = proposal.only().and_then(|(target, intent, place)| next_step(cx, target, intent, &place));
    let shown = cx.listener();
    let report = proposal.carry_out(&cx.work, WriteAccess::grant(), &shown).await;
    drop(shown);
    let code = print(cx, &report)?;
    if let Some(next) = next.filter(|_| code == ExitCode::Success && cx.ui.is_for_people()) {
        cx.ui.say(&next);
    }
    Ok(code)
}

/// The next command after a link was created.
fn next_step(cx: &Session, target: &Target, intent: &Intent, place: &PlaneLocation) -> Option<String> {
    match intent {
        Intent::Link { .. } | Intent::Relink | Intent::AddApis { .. } => {}
        Intent::Unlink { .. } | Intent::RemoveApis { .. } => return None,
    }
    let next = format!("next: {}", command_line(&Cure::Status, &target.selection));
    let PlaneLocation::Model(model) = place else { return Some(next) };
    if !cx.work.is_sample() {
        return Some(next);
    }
    let model = model.display();
    Some(format!(
        "the model of the sample is {model}: change it, then run `status` to see the effect\n{next}"
    ))
}

fn print(cx: &Session, report: &ChangeReport) -> anyhow::Result<ExitCode> {
    cx.ui.print(report).context("the command has finished, but its result could not be printed")?;
    Ok(print_failures(cx, report))
}

/// Prints the failures, and returns the exit code of the command.
fn print_failures(cx: &Session, report: &ChangeReport) -> ExitCode {
    let several = report.results.len() > 1;
    let repeats_nothing = output::explains_each_finding(report, &cx.ui);
    for result in &report.results {
        let error = if repeats_nothing { result.error_beside_findings() } else { result.error.clone() };
        if let Some(error) = error {
            error::print(&cx.ui, several.then_some(result.env.as_str()), &error);
        }
    }
    report.exit()
}
