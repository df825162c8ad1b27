//! Which address shows or does what.

use std::{rc::Rc, sync::Arc};

use axum::{
    Extension, Form, Router,
    extract::{DefaultBodyLimit, Path, Query, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;

use super::{
    access::{Access, Refused},
    desk::{Desk, Office, Problem},
    emulated::{self, Emulated},
    jobs::{End, Job, Jobs},
    pages::{self, Frame, Verb},
    plans::{Plans, ShownPlan},
    watch::{News, signs},
};
use crate::{
    config::{Source, Sourced},
    engine::GoneSites,
    workflow::{self, Deaf, LinkChange, PruneResult, Saved, emulated::EmulatorControls},
};

/// The largest form.
const FORM: usize = 16 << 10;
/// What a page may load: its own files.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What pages are made from. It cannot change a link.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) desk: Desk,
    pub(super) access: Arc<Access>,
    pub(super) jobs: Arc<Jobs>,
    pub(super) news: News,
    /// The emulator that the page is about, if there is one.
    pub(super) emulated: Option<Emulated>,
}

/// What changes of links need besides.
#[derive(Clone)]
pub(super) struct Changes {
    pub(super) plans: Arc<Plans>,
    /// The value that every form of the page contains, and that a form of another site cannot know.
    pub(super) form: Arc<str>,
    /// The switches of the emulator and calls of its sites, if there is one.
    pub(super) emulator: Option<EmulatorControls>,
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Changes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Changes").finish_non_exhaustive()
    }
}

/// The page. Without `changes`, no address of it changes anything.
pub(super) fn router(site: Site, changes: Option<Changes>) -> Router {
    let frame = Frame { can_change: changes.is_some(), has_emulator: site.emulated.is_some() };
    let shows = Router::new()
        .route("/", get(links))
        .route("/links/{env}", get(link))
        .route("/services", get(services))
        .route("/picture", get(picture))
        .route("/jobs/{id}", get(job))
        .route("/jobs/{id}/news", get(job_news))
        .route("/news", get(news))
        .with_state(site.clone());
    let forms = changes.as_ref().and_then(|changes| {
        let controls = changes.emulator.clone()?;
        Some(emulated::Forms { controls, form: Arc::clone(&changes.form) })
    });
    let of_emulator = emulated::router(site.emulated.clone(), forms);
    let changes = changes.map(|changes| {
        Router::new()
            .route("/links/{env}/{verb}", get(plan))
            .route("/prune", get(prune))
            .route("/plans/{id}", post(apply))
            .with_state((site.clone(), changes))
    });
    shows
        .merge(of_emulator)
        .merge(changes.unwrap_or_default())
        .layer(middleware::from_fn_with_state(Arc::clone(&site.access), only_the_session))
        .route("/assets/app.css", get(async || asset("text/css", include_str!("assets/app.css"))))
        .route("/assets/app.js", get(async || asset("text/javascript", include_str!("assets/app.js"))))
        .fallback(async move || {
            pages::problem(&Problem::not_found("there is no page at this address"), frame)
        })
        .layer(Extension(frame))
        .layer(DefaultBodyLimit::max(FORM))
        .layer(middleware::from_fn_with_state(site.access, only_this_host))
}

/// Refuses requests for other hosts and from other origins, and sets the headers of every answer.
async fn only_this_host(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    let mut answer = match access.check_origin(request.method(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refused) => pages::refused(refused),
    };
    let set = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // With `no-referrer`, browsers send the origin `null` with the forms of the page itself.
        (header::REFERRER_POLICY, "same-origin"),
    ];
    for (name, value) in set {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    let of_assets = HeaderValue::from_static("no-store");
    answer.headers_mut().entry(header::CACHE_CONTROL).or_insert(of_assets);
    let own = HeaderValue::from_static("same-origin");
    answer.headers_mut().insert("cross-origin-opener-policy", own.clone());
    answer.headers_mut().insert("cross-origin-resource-policy", own);
    answer
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
}

/// Lets only the browser in that has opened the printed address.
async fn only_the_session(
    State(access): State<Arc<Access>>,
    Query(Token { token }): Query<Token>,
    request: Request,
    next: Next,
) -> Response {
    let is_first = request.uri().path() == "/" && request.method() == Method::GET;
    match (access.check_session(request.headers()), token.filter(|_| is_first)) {
        (Ok(()), None) => next.run(request).await,
        (Ok(()), Some(_)) => Redirect::to("/").into_response(),
        (Err(refused), None) => pages::refused(refused),
        (Err(_), Some(token)) => match access.redeem(&token).map(|cookie| HeaderValue::from_str(&cookie)) {
            Ok(Ok(cookie)) => ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response(),
            Ok(Err(_)) => pages::refused(Refused::Session),
            Err(refused) => pages::refused(refused),
        },
    }
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=3600")], text)
}

type Shown = Result<Response, Response>;

fn problem(frame: Frame) -> impl Fn(Problem) -> Response {
    move |problem| pages::problem(&problem, frame)
}

#[derive(Deserialize)]
struct Filter {
    #[serde(default)]
    q: String,
}

async fn links(State(site): State<Site>, Extension(frame): Extension<Frame>, filter: Query<Filter>) -> Shown {
    let links = site.desk.links().await.map_err(problem(frame))?;
    Ok(pages::links(&links, &filter.q, frame))
}

async fn link(
    State(site): State<Site>,
    Extension(frame): Extension<Frame>,
    Path(env): Path<String>,
) -> Shown {
    let link = site.desk.link(env).await.map_err(problem(frame))?;
    Ok(pages::link(&link, frame))
}

async fn services(State(site): State<Site>, Extension(frame): Extension<Frame>) -> Shown {
    let audit = site.desk.audit().await.map_err(problem(frame))?;
    Ok(pages::services(&audit, frame))
}

async fn picture(State(site): State<Site>, Extension(frame): Extension<Frame>) -> Shown {
    let picture = site.desk.picture(pages::link_address).await.map_err(problem(frame))?;
    Ok(pages::picture(picture, frame))
}

async fn job(State(site): State<Site>, Extension(frame): Extension<Frame>, Path(id): Path<String>) -> Shown {
    let job = site.jobs.get(&id).ok_or_else(|| problem(frame)(no_job()))?;
    Ok(pages::job(&job, frame))
}

fn no_job() -> Problem {
    Problem::not_found("this change is not known: the page keeps the last 50 since it was started")
}

async fn news(State(site): State<Site>) -> Response {
    signs(site.news.subscribe()).into_response()
}

async fn job_news(State(site): State<Site>, Path(id): Path<String>) -> Response {
    match site.jobs.get(&id) {
        Some(job) => signs(job.subscribe()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
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
    let verb: Verb =
        verb.parse().map_err(|()| problem(frame)(Problem::not_found("there is no such command")))?;
    let change = verb.change(options.replace.is_some(), options.adopt.is_some());
    let name = env.clone();
    let proposed =
        site.desk.run(async move |office: Rc<Office>| propose(&office, &name, &change).await).await;
    let Proposed { report, saved, confirm } = proposed.map_err(problem(frame))?;
    let back = pages::link_address(&env);
    let title = format!("{} {env}", verb.title());
    let plan = saved.map(|saved| ShownPlan::new(title.clone(), back, confirm, saved));
    let kept = plan.map(|plan| {
        let confirm = plan.confirm.clone();
        pages::Applicable { id: changes.plans.keep(plan), confirm, form: &changes.form }
    });
    Ok(pages::plan(&title, &env, &report, kept.as_ref(), frame))
}

struct Proposed {
    report: crate::report::ChangeReport,
    /// The plan, if it has steps and every env can be changed.
    saved: Option<Saved>,
    confirm: Option<String>,
}

async fn propose(office: &Office, env: &str, change: &LinkChange) -> anyhow::Result<Proposed> {
    let work = office.workspace()?;
    let envs = [Office::env(&work, env)?];
    let proposal = workflow::propose(&work, &envs, change, &Deaf).await?;
    let saved = proposal.to_save().filter(|_| proposal.has_steps());
    let confirm = proposal.questions().into_iter().next().map(|question| question.name);
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
) -> anyhow::Result<(crate::report::PruneReport, String, Option<Saved>)> {
    let given = Sourced { value: service, source: Source::Flag("--apim") };
    let work = office.workspace_with(|overrides| overrides.apim = Some(given))?;
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
    tokio::spawn(carry_out(site, plan.saved, job));
    Ok(Redirect::to(&address).into_response())
}

async fn carry_out(site: Site, saved: Saved, job: Arc<Job>) {
    let listener = Arc::clone(&job);
    let ended = site.desk.run(async move |office: Rc<Office>| {
        let end = apply_saved(&office, saved, &listener).await;
        office.forget().await;
        end
    });
    job.end(ended.await.unwrap_or_else(End::Failed));
    site.news.changed();
}

async fn apply_saved(office: &Office, saved: Saved, job: &Job) -> anyhow::Result<End> {
    let work = office.workspace()?;
    match saved {
        Saved::Plans(plans) => {
            let proposal = workflow::reopen(&work, &plans, job).await?;
            Ok(End::Changed(proposal.carry_out(&work, job).await))
        }
        Saved::Prune(saved) => {
            let pruning = workflow::prune::reopen(&work, saved)?;
            let PruneResult { report, .. } = pruning.carry_out(job).await?;
            Ok(End::Pruned(report))
        }
    }
}
