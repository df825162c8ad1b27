//! Answers of a site with a `staticwebapp.config.json`.

use hyper::{
    Method, Request, Response, StatusCode, Uri,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION},
    http::uri::PathAndQuery,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    auth,
    called::Called,
    edges::Edges,
    page, proxy,
    rules::{self, Route, Rules},
};
use crate::{
    emulator::{
        data::{
            path::{below, is_api},
            principal::Principal,
            routing::Site,
        },
        reply::Body,
    },
    provider::emulated::HopPlace,
};

/// The header that names the setting that the emulator does not carry out.
const REFUSED: HeaderName = HeaderName::from_static("x-emulator-refused");
/// The placeholder in a redirect for the requested address.
const REFERRER: &str = ".referrer";

/// A site with its rules.
#[derive(Clone, Copy)]
pub(super) struct Ruled<'a> {
    pub(super) edges: &'a Edges,
    pub(super) site: &'a Site,
    pub(super) rules: &'a Rules,
}

impl Ruled<'_> {
    /// Answers by the first rule that matches the request. The rules are not applied again to the rule's own target.
    pub(super) async fn answer(self, mut request: Request<Incoming>, called: Called<'_>) -> Response<Body> {
        let asked = request.uri().clone();
        let trace = called.trace;
        let Some(path) = rules::plain(asked.path()) else {
            trace.refused(HopPlace::Edge, || "the path is not UTF-8".to_owned());
            return page::bad_request("the path is not UTF-8");
        };
        if !self.rules.lets_in(called.peer.ip(), request.headers()) {
            trace.refused(HopPlace::Edge, || {
                by_rules("`networking` or `forwardingGateway` does not admit the client")
            });
            let refused = self.instead(&asked, StatusCode::FORBIDDEN).await;
            return self.with_headers(None, refused);
        }
        let Some(route) = self.rules.route(request.method(), &path) else {
            return self.unless_stopped(None, request, called).await;
        };
        if let Some(key) = &route.unknown {
            trace.refused(HopPlace::Edge, || by_rules(&format!("`{key}` is not supported")));
            return refused(key);
        }
        let principal = Principal::of_request(request.headers());
        if let Some(status) = route.refusal(principal.as_ref()) {
            trace.refused(HopPlace::Edge, || {
                by_rules(&format!("`allowedRoles` requires another role ({})", status.as_u16()))
            });
            let refused = self.instead(&asked, status).await;
            return self.with_headers(Some(route), refused);
        }
        if let Some(target) = &route.answer.redirect {
            let sent = redirect(target.clone(), route.answer.status.unwrap_or(StatusCode::FOUND));
            trace.answered(HopPlace::Edge, || by_rules("the rule redirects the client"));
            return self.with_headers(Some(route), sent);
        }
        if let Some(target) = &route.answer.rewrite {
            readdress(request.uri_mut(), target);
            trace.passed(HopPlace::Edge, || by_rules(&format!("the rule rewrites the path to `{target}`")));
        }
        self.unless_stopped(Some(route), request, called).await
    }

    /// Answers with the resource at the address, unless the rule's status is an error.
    async fn unless_stopped(
        self,
        route: Option<&Route>,
        request: Request<Incoming>,
        called: Called<'_>,
    ) -> Response<Body> {
        let answer = route.map(|route| &route.answer);
        let status = answer.and_then(|answer| answer.status);
        let stopped = status.filter(|status| {
            let is_error = status.is_client_error() || status.is_server_error();
            is_error && answer.is_none_or(|answer| answer.rewrite.is_none())
        });
        if let Some(status) = stopped {
            called
                .trace
                .refused(HopPlace::Edge, || by_rules(&format!("the rule answers {}", status.as_u16())));
            let request = request.map(|_| ());
            let stopped = if status == StatusCode::NOT_FOUND {
                self.missing(&request).await
            } else {
                self.instead(request.uri(), status).await
            };
            return self.with_headers(route, stopped);
        }
        let path = request.uri().path();
        if is_api(path) {
            return proxy::answer(self.edges, self.site, request, called).await;
        }
        if below(path, "/.auth").is_some() {
            let answer = auth::answer(self.edges, self.site, request).await;
            called.answered(self.site, &answer);
            return answer;
        }
        let mut file = self.file(request.map(|_| ())).await;
        if let Some(status) = status.filter(|_| file.status() == StatusCode::OK) {
            *file.status_mut() = status;
        }
        called.answered(self.site, &file);
        self.with_headers(route, file)
    }

    async fn file(self, request: Request<()>) -> Response<Body> {
        let found = match below(request.uri().path(), "/.swa") {
            Some(_) => None,
            None => self.edges.folders.file(self.site, request.clone()).await,
        };
        match found {
            Some(found) => self.typed(request.uri().path(), found),
            None => self.missing(&request).await,
        }
    }

    /// The answer for a missing file: the fallback, or the override for 404.
    async fn missing(self, request: &Request<()>) -> Response<Body> {
        let path = rules::plain(request.uri().path()).unwrap_or_default();
        let is_file_of_rules = path.trim_start_matches('/') == rules::FILE;
        let fallback = self.rules.fallback(request.method(), &path).filter(|_| !is_file_of_rules);
        if let Some(fallback) = fallback
            && let Some(found) = self.at(fallback).await
        {
            return found;
        }
        self.instead(request.uri(), StatusCode::NOT_FOUND).await
    }

    /// The answer that replaces an error.
    async fn instead(self, asked: &Uri, status: StatusCode) -> Response<Body> {
        let Some(answer) = self.rules.override_of(status) else { return page::of_status(status) };
        if let Some(target) = &answer.redirect {
            let target = with_referrer(target, asked);
            return redirect(target, answer.status.unwrap_or(StatusCode::FOUND));
        }
        let status = answer.status.unwrap_or(status);
        let found = match &answer.rewrite {
            Some(target) => self.at(target).await,
            None => None,
        };
        let mut answer = found.unwrap_or_else(|| page::of_status(status));
        *answer.status_mut() = status;
        answer
    }

    /// Returns a file of the site, independent of the request.
    async fn at(self, target: &str) -> Option<Response<Body>> {
        let mut request = Request::new(());
        *request.method_mut() = Method::GET;
        readdress(request.uri_mut(), target);
        let path = request.uri().path().to_owned();
        let found = self.edges.folders.file(self.site, request).await?;
        Some(self.typed(&path, found))
    }

    fn typed(self, path: &str, mut file: Response<Body>) -> Response<Body> {
        if let Some(media_type) = self.rules.media_type(path).filter(|_| file.status().is_success()) {
            file.headers_mut().insert(CONTENT_TYPE, media_type.clone());
        }
        file
    }

    fn with_headers(self, route: Option<&Route>, mut answer: Response<Body>) -> Response<Body> {
        self.rules.set_headers(route, answer.headers_mut());
        answer
    }
}

/// Replaces the path of a request. Its query is kept, unless the target has one.
fn readdress(uri: &mut Uri, target: &str) {
    let whole = match uri.query().filter(|_| !target.contains('?')) {
        Some(query) => format!("{target}?{query}"),
        None => target.to_owned(),
    };
    if let Ok(whole) = PathAndQuery::try_from(whole) {
        *uri = Uri::from(whole);
    }
}

fn redirect(target: HeaderValue, status: StatusCode) -> Response<Body> {
    let mut response = page::with_type(status, "text/plain; charset=utf-8", "");
    response.headers_mut().insert(LOCATION, target);
    response
}

/// Returns the target with the requested path in place of `.referrer`.
fn with_referrer(target: &HeaderValue, asked: &Uri) -> HeaderValue {
    let own = asked.path_and_query().map_or("/", PathAndQuery::as_str);
    let own = utf8_percent_encode(own, NON_ALPHANUMERIC).to_string();
    let replaced =
        target.to_str().ok().and_then(|text| Some(format!("{}{own}", text.strip_suffix(REFERRER)?)));
    replaced.and_then(|text| HeaderValue::try_from(text).ok()).unwrap_or_else(|| target.clone())
}

/// A decision of the site's configuration, for the trace.
fn by_rules(decision: &str) -> String {
    format!("staticwebapp.config.json: {decision}")
}

/// Refuses a request because its rule has an unknown key, which could be an access check.
fn refused(key: &str) -> Response<Body> {
    let text = "<p>A rule of staticwebapp.config.json for this address contains a key that the emulator does \
                not support.</p>";
    let mut response = page::html(StatusCode::INTERNAL_SERVER_ERROR, "500: Server Error", text);
    if let Ok(key) = HeaderValue::try_from(key) {
        response.headers_mut().insert(REFUSED, key);
    }
    response
}
