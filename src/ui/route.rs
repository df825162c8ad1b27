//! Which address shows or does what.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, Path, Query, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use serde::Deserialize;
use tokio::time::timeout;

use super::{
    access::{Access, Refused},
    changes::{self, Changes},
    emulated,
    kept::Need,
    news::{Question, Topic, told},
    pages::{self, Frame},
    problem::Problem,
    site::{Shown, Site, SiteQuery, failed, problem},
    subject::Subject,
};

/// The largest form.
const FORM: usize = 16 << 10;
/// What a page may load: its own files.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The page. Without `changes`, no address of it changes anything. A form must arrive within `form_time`.
pub(super) fn router(site: Site, changes: Option<Changes>, form_time: Duration) -> Router {
    let frame = Frame { can_change: changes.is_some(), has_emulator: site.emulated.is_some() };
    let shows = Router::new()
        .route("/", get(links))
        .route("/links/{env}", get(link))
        .route("/site", get(site_page))
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
    let changes = changes.map(|changes| changes::routes().with_state((site.clone(), changes)));
    shows
        .merge(of_emulator)
        .merge(changes.unwrap_or_default())
        .layer(middleware::from_fn_with_state(Arc::clone(&site.access), only_the_session))
        .route("/assets/app.css", get(async || asset("text/css", include_str!("assets/app.css"))))
        .route("/assets/icon.svg", get(async || asset("image/svg+xml", include_str!("assets/icon.svg"))))
        .route("/assets/app.js", get(async || asset("text/javascript", include_str!("assets/app.js"))))
        .fallback(async move || {
            pages::problem(&Problem::not_found("there is no page at this address"), None, frame)
        })
        .layer(Extension(frame))
        .layer(DefaultBodyLimit::max(FORM))
        .layer(middleware::from_fn_with_state((site.access, form_time), only_this_host))
}

/// Refuses requests for other hosts and from other origins, and sets the headers of every answer.
async fn only_this_host(
    State((access, form_time)): State<(Arc<Access>, Duration)>,
    request: Request,
    next: Next,
) -> Response {
    let has_form = request.method() == Method::POST;
    let mut answer = match access.check_origin(request.method(), request.headers()) {
        Ok(()) if has_form => {
            let too_slow = |_| StatusCode::REQUEST_TIMEOUT.into_response();
            timeout(form_time, next.run(request)).await.unwrap_or_else(too_slow)
        }
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

#[derive(Deserialize)]
struct Filter {
    #[serde(default)]
    q: String,
}

async fn links(State(site): State<Site>, Extension(frame): Extension<Frame>, filter: Query<Filter>) -> Shown {
    let shown = site.desk.show_links(move |links| pages::links(links, &filter.q, frame)).await;
    shown.map_err(failed(frame, Topic::Links))
}

async fn link(
    State(site): State<Site>,
    Extension(frame): Extension<Frame>,
    Path(env): Path<String>,
) -> Shown {
    show_link(&site, Subject::Env(env), frame).await
}

async fn show_link(site: &Site, subject: Subject, frame: Frame) -> Shown {
    let link = site.desk.link(subject.clone(), Need::Page).await;
    let link = link.map_err(failed(frame, Topic::Link(subject.clone())))?;
    Ok(pages::link(&link, &subject, frame))
}

/// A site that no env names: its link, or the services that it can be linked to.
async fn site_page(
    State(site): State<Site>,
    Extension(frame): Extension<Frame>,
    Query(query): Query<SiteQuery>,
) -> Shown {
    if let Some(subject) = query.subject() {
        return show_link(&site, subject, frame).await;
    }
    let links = site.desk.links(Need::Page).await.map_err(failed(frame, Topic::Links))?;
    let links = &links.value;
    let is_asked = |id: &str, environment: &str| {
        id.eq_ignore_ascii_case(&query.id) && environment.eq_ignore_ascii_case(&query.environment)
    };
    let found = links.others.iter().find(|site| is_asked(&site.id, &site.environment));
    let Some(found) = found else {
        let mut reports = links.of_envs.iter().map(|link| &link.report);
        let named = reports.find(|link| is_asked(&link.static_site.id, &link.static_site.environment));
        let named = named.map(|link| Redirect::to(&Subject::Env(link.env.clone()).address()).into_response());
        let missing = || problem(frame)(Problem::not_found("no site with this id can be seen"));
        return named.ok_or_else(missing);
    };
    if let Some(subject) = pages::subject_of(found) {
        return Ok(Redirect::to(&subject.address()).into_response());
    }
    let services = site.desk.services().await.map_err(problem(frame))?;
    Ok(pages::choose(found, &services.value, frame))
}

async fn services(State(site): State<Site>, Extension(frame): Extension<Frame>) -> Shown {
    let shown = site.desk.show_audit(move |audit| pages::services(audit, frame)).await;
    shown.map_err(failed(frame, Topic::Services))
}

async fn picture(State(site): State<Site>, Extension(frame): Extension<Frame>) -> Shown {
    let shown = site.desk.show_picture(move |picture| pages::picture(picture, frame)).await;
    shown.map_err(failed(frame, Topic::Picture))
}

async fn job(State(site): State<Site>, Extension(frame): Extension<Frame>, Path(id): Path<String>) -> Shown {
    let job = site.jobs.get(&id).ok_or_else(|| problem(frame)(no_job()))?;
    Ok(pages::job(&job, frame))
}

fn no_job() -> Problem {
    Problem::not_found("this change is not known: the page keeps the last 50 since it was started")
}

async fn news(State(site): State<Site>, Query(question): Query<Question>) -> Response {
    let Some(topic) = question.topic() else { return StatusCode::NOT_FOUND.into_response() };
    match site.desk.mark(topic).await {
        Ok(mark) => told(mark, &question),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn job_news(
    State(site): State<Site>,
    Path(id): Path<String>,
    Query(question): Query<Question>,
) -> Response {
    match site.jobs.get(&id) {
        Some(job) => told(Some(job.mark()), &question),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
