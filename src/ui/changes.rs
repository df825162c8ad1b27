//! Plans that are shown, confirmed and applied.

use std::{rc::Rc, sync::Arc};

use axum::{
    Extension, Form, Router,
    extract::{Path, Query, State},
    response::{IntoResponse as _, Redirect},
    routing::{get, post},
};
use serde::Deserialize;

use super::{
    access::Refused,
    jobs::{End, Job},
    office::Office,
    pages::{self, Frame, Verb},
    plans::{Plans, ShownPlan},
    problem::Problem,
    site::{Shown, Site, SiteQuery, problem},
    subject::Subject,
};
use crate::{
    config::{Source, Sourced},
    engine::{GoneSites, Grace},
    report::{ChangeReport, PruneReport, one_line},
    workflow::{self, Deaf, LinkChange, PruneResult, Saved, WriteAccess, emulated::EmulatorControls},
};

/// What changes of links need besides.
#[derive(Clone)]
pub(super) struct Changes {
    /// The permission to change links. A page that is read-only has none.
    pub(super) access: WriteAccess,
    pub(super) plans: Arc<Plans>,
    /// The value that every form of the page contains, and that a form of another site cannot know.
    pub(super) form: Arc<str>,
    /// How long a change waits in Azure for what cannot be observed.
    pub(super) grace: Grace,
    /// The switches of the emulator and calls of its sites, if there is one.
    pub(super) emulator: Option<EmulatorControls>,
}

impl std::fmt::Debug for Changes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Changes").finish_non_exhaustive()
    }
}

/// The addresses that plan and apply changes.
pub(super) fn routes() -> Router<(Site, Changes)> {
    Router::new()
        .route("/links/{env}/{verb}", get(plan))
        .route("/site/{verb}", get(site_plan))
        .route("/prune", get(prune))
        .route("/plans/{id}", post(apply))
}

#[derive(Deserialize)]
struct Options {
    #[serde(default)]
    replace: Option<String>,
    #[serde(default)]
    adopt: Option<String>,
}

async fn plan(
    State((site, changes)): State<(Site, Changes)>,
    Extension(frame): Extension<Frame>,
    Path((env, verb)): Path<(String, String)>,
    Query(options): Query<Options>,
) -> Shown {
    show_plan(&site, &changes, (Subject::Env(env), &verb), &options, frame).await
}

async fn site_plan(
    State((site, changes)): State<(Site, Changes)>,
    Extension(frame): Extension<Frame>,
    Path(verb): Path<String>,
    Query(query): Query<SiteQuery>,
    Query(options): Query<Options>,
) -> Shown {
    let missing = || problem(frame)(Problem::not_found("no API Management service is named"));
    let subject = query.subject().ok_or_else(missing)?;
    show_plan(&site, &changes, (subject, &verb), &options, frame).await
}

async fn show_plan(
    site: &Site,
    changes: &Changes,
    (subject, verb): (Subject, &str),
    options: &Options,
    frame: Frame,
) -> Shown {
    let verb: Verb =
        verb.parse().map_err(|()| problem(frame)(Problem::not_found("there is no such command")))?;
    let change = verb.change(options.replace.is_some(), options.adopt.is_some());
    let change = LinkChange { grace: changes.grace, ..change };
    let of = subject.clone();
    let proposed = site.desk.run(async move |office: Rc<Office>| propose(&office, &of, &change).await).await;
    let Proposed { report, saved, confirm } = proposed.map_err(problem(frame))?;
    let back = subject.address();
    let title = format!("{} {}", verb.title(), subject.name());
    let plan = saved.map(|saved| ShownPlan::new(title.clone(), back, confirm, saved));
    let kept = plan.map(|plan| {
        let confirm = plan.confirm.clone();
        pages::Applicable { id: changes.plans.keep(plan), confirm, form: &changes.form }
    });
    Ok(pages::plan(&title, &subject, &report, kept.as_ref(), frame))
}

struct Proposed {
    report: ChangeReport,
    /// The plan, if it has steps and every env can be changed.
    saved: Option<Saved>,
    confirm: Option<String>,
}

async fn propose(office: &Office, subject: &Subject, change: &LinkChange) -> anyhow::Result<Proposed> {
    let (work, env) = office.open(subject)?;
    let proposal = workflow::propose(&work, &[env], change, &Deaf).await?;
    let saved = proposal.to_save().filter(|_| proposal.has_steps());
    // The user types the name as it is shown.
    let confirm = proposal.questions().first().map(|question| one_line(&question.name).into_owned());
    Ok(Proposed { report: proposal.report(), saved, confirm })
}

#[derive(Deserialize)]
struct ServiceQuery {
    service: String,
}

async fn prune(
    State((site, changes)): State<(Site, Changes)>,
    Extension(frame): Extension<Frame>,
    Query(ServiceQuery { service }): Query<ServiceQuery>,
) -> Shown {
    let id = service.clone();
    let found = site.desk.run(async move |office: Rc<Office>| prune_plan(&office, id).await).await;
    let (report, name, saved) = found.map_err(problem(frame))?;
    let title = format!("Delete leftovers of {name}");
    let name = one_line(&name).into_owned();
    let plan = saved.map(|saved| ShownPlan::new(title.clone(), "/services".to_owned(), Some(name), saved));
    let kept = plan.map(|plan| {
        let confirm = plan.confirm.clone();
        pages::Applicable { id: changes.plans.keep(plan), confirm, form: &changes.form }
    });
    Ok(pages::prune(&title, &report, kept.as_ref(), frame))
}

async fn prune_plan(
    office: &Office,
    service: String,
) -> anyhow::Result<(PruneReport, String, Option<Saved>)> {
    let given = Sourced { value: service, source: Source::Flag("--apim") };
    let work = office.workspace_of_sites(|overrides| overrides.apim = Some(given))?;
    let pruning = workflow::prune::find(&work, GoneSites::Keep, &Deaf).await?;
    let name = pruning.about().0.to_owned();
    let saved = if pruning.is_empty() { None } else { Some(pruning.to_save().await?) };
    Ok((pruning.proposed().report, name, saved))
}

#[derive(Deserialize)]
struct Confirmation {
    form: String,
    #[serde(default)]
    name: String,
}

async fn apply(
    State((site, changes)): State<(Site, Changes)>,
    Extension(frame): Extension<Frame>,
    Path(id): Path<String>,
    Form(given): Form<Confirmation>,
) -> Shown {
    if given.form != *changes.form {
        return Err(pages::refused(Refused::Origin));
    }
    let gone = || Problem::not_found("this plan was applied already, or was shown more than 15 minutes ago");
    let plan = changes.plans.get(&id).ok_or_else(|| problem(frame)(gone()))?;
    if plan.confirm.as_ref().is_some_and(|name| *name != given.name.trim()) {
        return Err(pages::not_confirmed(&plan, frame));
    }
    let plan = changes.plans.take(&id).ok_or_else(|| problem(frame)(gone()))?;
    let job = site.jobs.begin(plan.title.clone(), plan.back.clone());
    let address = format!("/jobs/{}", job.id);
    tokio::spawn(carry_out(site, changes.access, plan.saved, job));
    Ok(Redirect::to(&address).into_response())
}

async fn carry_out(site: Site, access: WriteAccess, saved: Saved, job: Arc<Job>) {
    let listener = Arc::clone(&job);
    let ended = site.desk.run(async move |office: Rc<Office>| {
        let end = apply_saved(&office, access, saved, &listener).await;
        office.forget();
        end
    });
    job.end(ended.await.unwrap_or_else(End::Failed));
}

async fn apply_saved(office: &Office, access: WriteAccess, saved: Saved, job: &Job) -> anyhow::Result<End> {
    let work = office.workspace()?;
    match saved {
        Saved::Plans(plans) => {
            let proposal = workflow::reopen(&work, &plans, job).await?;
            Ok(End::Changed(proposal.carry_out(&work, access, job).await))
        }
        Saved::Prune(saved) => {
            let pruning = workflow::prune::reopen(&work, saved)?;
            let PruneResult { report, .. } = pruning.carry_out(access, job).await?;
            Ok(End::Pruned(report))
        }
    }
}
