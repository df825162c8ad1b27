//! The rules of a site's `staticwebapp.config.json`: which users can access a path, and which answers are replaced.

mod document;
pub(in crate::emulator) mod fuzzing;
mod gate;
mod pattern;

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

use hyper::{
    HeaderMap, Method, StatusCode,
    header::{HeaderName, HeaderValue},
    http::uri::PathAndQuery,
};
use percent_encoding::percent_decode_str;

pub(in crate::emulator::data) use self::document::NOT_CARRIED_OUT;
use self::{document::RulesDocument, gate::Gate, pattern::Pattern};
use crate::{
    diagnosis::misfit_at,
    emulator::data::{
        limit::{Instead, Limit},
        path::{below, climbs},
        principal::Principal,
    },
};

/// The name of the file.
pub(super) const FILE: &str = "staticwebapp.config.json";

/// Why a site's configuration file is unusable.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// It could not be read.
    #[error("could not read `{path}`")]
    Unread {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Its content is invalid.
    #[error("`{path}` is not valid: {problem}")]
    Unfit {
        /// The file.
        path: PathBuf,
        /// The problem and its position.
        problem: String,
    },
}

/// The compiled rules of a site's file.
pub(super) struct Rules {
    gate: Gate,
    routes: Vec<Route>,
    fallback: Option<Fallback>,
    overrides: HashMap<u16, Answer>,
    headers: Vec<Header>,
    types: HashMap<String, HeaderValue>,
    /// The parts that are not carried out.
    pub(super) limits: Vec<Limit>,
}

/// A header to set, or to remove if it has no value.
type Header = (HeaderName, Option<HeaderValue>);

/// A rule for some requests.
pub(super) struct Route {
    pattern: Pattern,
    methods: Option<Vec<Method>>,
    roles: Vec<String>,
    headers: Vec<Header>,
    /// The answer.
    pub(super) answer: Answer,
    /// The position of an unknown key, which could be an access check.
    pub(super) unknown: Option<String>,
}

/// The answer that replaces the requested file.
#[derive(Clone, Default)]
pub(super) struct Answer {
    /// The address to which the client is redirected.
    pub(super) redirect: Option<HeaderValue>,
    /// The address that is served instead.
    pub(super) rewrite: Option<String>,
    /// The status.
    pub(super) status: Option<StatusCode>,
}

struct Fallback {
    rewrite: String,
    exclude: Vec<Pattern>,
}

impl Rules {
    /// Reads the file in a directory; `None` if there is none.
    pub(super) fn of_folder(folder: &Path) -> Result<Option<Self>, ConfigurationError> {
        let path = folder.join(FILE);
        let text = match regular(&path).and_then(|()| fs::read_to_string(&path)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(ConfigurationError::Unread { path, source }),
        };
        let text = crate::model::text_without_mark(&text);
        Self::read(text, &path.display().to_string())
            .map(Some)
            .map_err(|problem| ConfigurationError::Unfit { path, problem })
    }

    fn read(text: &str, file: &str) -> Result<Self, String> {
        let document: RulesDocument = serde_json::from_str(text).map_err(|error| misfit_at(&error))?;
        let value: serde_json::Value = serde_json::from_str(text).map_err(|error| misfit_at(&error))?;
        let unknown = document::unknown_in_routes(&value);
        let gate = Gate::of(document.networking.as_ref(), document.forwarding_gateway.as_ref())?;
        let limit = |what: String| {
            let instead = if gate.decides(&what) { Instead::Refused } else { Instead::Skipped };
            Limit { resource: file.to_owned(), what, instead }
        };
        let mut limits: Vec<Limit> = document::not_carried_out(&value).into_iter().map(limit).collect();
        let of_routes = unknown.iter().flatten().cloned();
        limits.extend(of_routes.map(|what| Limit {
            resource: file.to_owned(),
            what,
            instead: Instead::Refused,
        }));
        let routes = document.routes.into_iter().zip(unknown).enumerate();
        let routes = routes.map(|(at, (route, unknown))| {
            Route::of(route, unknown).map_err(|problem| format!("routes[{at}]: {problem}"))
        });
        let overrides = document.response_overrides.into_iter().map(|(status, answer)| {
            let read = Answer::of(answer.redirect, answer.rewrite, answer.status_code);
            let read = read.map_err(|problem| format!("responseOverrides.{status}: {problem}"))?;
            Ok::<_, String>((status.parse().ok(), read))
        });
        let overrides: Vec<(Option<u16>, Answer)> = overrides.collect::<Result<_, _>>()?;
        let types = document.mime_types.into_iter().map(|(extension, media_type)| {
            let value = HeaderValue::try_from(&media_type);
            let value = value.map_err(|_| format!("mimeTypes: `{media_type}` is not a media type"))?;
            Ok::<_, String>((extension.trim_start_matches('.').to_lowercase(), value))
        });
        Ok(Self {
            routes: routes.collect::<Result<_, _>>()?,
            fallback: document.navigation_fallback.map(Fallback::of).transpose()?,
            overrides: overrides.into_iter().filter_map(|(status, answer)| Some((status?, answer))).collect(),
            headers: headers_of(document.global_headers)
                .map_err(|problem| format!("globalHeaders: {problem}"))?,
            types: types.collect::<Result<_, _>>()?,
            gate,
            limits,
        })
    }

    /// Whether a client can call the site at all.
    pub(super) fn lets_in(&self, peer: std::net::IpAddr, headers: &HeaderMap) -> bool {
        self.gate.lets_in(peer, headers)
    }

    /// Returns the rule for a request; the path is in lower case. Rules apply to `/.auth` only if their pattern names
    /// it.
    pub(super) fn route(&self, method: &Method, path: &str) -> Option<&Route> {
        let signs_in = below(path, "/.auth").is_some();
        let applies = |route: &&Route| {
            let is_method = route.methods.as_ref().is_none_or(|methods| methods.contains(method));
            let is_path =
                if route.is_check() { route.pattern.covers(path) } else { route.pattern.fits(path) };
            is_method && is_path && (!signs_in || route.pattern.is_below("/.auth"))
        };
        self.routes.iter().find(applies)
    }

    /// Returns the file that replaces a missing file; the path is in lower case.
    pub(super) fn fallback(&self, method: &Method, path: &str) -> Option<&str> {
        let fallback = self.fallback.as_ref().filter(|_| [Method::GET, Method::HEAD].contains(method))?;
        let is_excluded = fallback.exclude.iter().any(|pattern| pattern.covers(path));
        (!is_excluded).then_some(fallback.rewrite.as_str())
    }

    /// Returns the answer that replaces an error.
    pub(super) fn override_of(&self, status: StatusCode) -> Option<&Answer> {
        self.overrides.get(&status.as_u16())
    }

    /// Returns the media type of a file, if the rules set one for its extension.
    pub(super) fn media_type(&self, path: &str) -> Option<&HeaderValue> {
        let file = path.rsplit('/').next().filter(|file| !file.is_empty()).unwrap_or("index.html");
        self.types.get(&file.rsplit_once('.')?.1.to_lowercase())
    }

    /// Sets the headers of all answers, then those of the matching rule.
    pub(super) fn set_headers(&self, route: Option<&Route>, headers: &mut HeaderMap) {
        let of_route = route.map(|route| route.headers.as_slice()).unwrap_or_default();
        for (name, value) in self.headers.iter().chain(of_route) {
            match value {
                Some(value) => drop(headers.insert(name, value.clone())),
                None => drop(headers.remove(name)),
            }
        }
    }
}

impl Route {
    fn of(route: document::Rule, unknown: Option<String>) -> Result<Self, String> {
        let methods = route.methods.map(|methods| methods.iter().map(|method| method_of(method)).collect());
        Ok(Self {
            pattern: Pattern::parse(&route.route)?,
            methods: methods.transpose()?,
            roles: route.allowed_roles.unwrap_or_default(),
            headers: headers_of(route.headers)?,
            answer: Answer::of(route.redirect, route.rewrite, route.status_code)?,
            unknown,
        })
    }

    /// Whether the rule restricts access.
    fn is_check(&self) -> bool {
        !self.roles.is_empty() || self.unknown.is_some()
    }

    /// Returns the status with which a request is refused, if the rule refuses it.
    pub(super) fn refusal(&self, principal: Option<&Principal>) -> Option<StatusCode> {
        let is_open = self.roles.is_empty() || self.roles.iter().any(|role| role == "anonymous");
        match principal {
            _ if is_open => None,
            None => Some(StatusCode::UNAUTHORIZED),
            Some(principal) => {
                (!self.roles.iter().any(|role| principal.has_role(role))).then_some(StatusCode::FORBIDDEN)
            }
        }
    }
}

impl Answer {
    fn of(redirect: Option<String>, rewrite: Option<String>, status: Option<u16>) -> Result<Self, String> {
        if redirect.is_some() && rewrite.is_some() {
            return Err("`redirect` and `rewrite` cannot be used together".to_owned());
        }
        let status = status.map(|status| {
            let fits =
                StatusCode::from_u16(status).ok().filter(|status| (200..600).contains(&status.as_u16()));
            fits.ok_or_else(|| format!("the statusCode {status} is not a response status"))
        });
        let status = status.transpose()?;
        if let Some(status) = status.filter(|status| redirect.is_some() && !status.is_redirection()) {
            return Err(format!("the statusCode {} is not the status of a redirect", status.as_u16()));
        }
        let redirect = redirect.map(|target| {
            HeaderValue::try_from(&target)
                .map_err(|_| format!("the redirect `{target}` is not a URL or a path"))
        });
        Ok(Self { redirect: redirect.transpose()?, rewrite: rewrite.map(address_of).transpose()?, status })
    }
}

impl Fallback {
    fn of(fallback: document::Fallback) -> Result<Self, String> {
        let at = |problem: String| format!("navigationFallback: {problem}");
        let exclude =
            fallback.exclude.iter().map(|pattern| Pattern::parse(pattern)).collect::<Result<_, _>>();
        Ok(Self { rewrite: address_of(fallback.rewrite).map_err(at)?, exclude: exclude.map_err(at)? })
    }
}

/// Checks that the target is a path within the site; it can have a query.
fn address_of(rewrite: String) -> Result<String, String> {
    let address = if rewrite.starts_with('/') { rewrite } else { format!("/{rewrite}") };
    match PathAndQuery::try_from(address.as_str()) {
        Ok(_) if !address.starts_with("//") && !climbs(&address) => Ok(address),
        Ok(_) | Err(_) => Err(format!("the rewrite `{address}` is not a path of the site")),
    }
}

fn method_of(text: &str) -> Result<Method, String> {
    const KNOWN: [Method; 9] = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::CONNECT,
        Method::OPTIONS,
        Method::TRACE,
        Method::PATCH,
    ];
    let found = KNOWN.into_iter().find(|method| method.as_str().eq_ignore_ascii_case(text));
    found.ok_or_else(|| format!("`{text}` is not an HTTP method"))
}

fn headers_of(headers: impl IntoIterator<Item = (String, String)>) -> Result<Vec<Header>, String> {
    let read = |(name, value): (String, String)| {
        let unfit = || format!("`{name}: {value}` is not a header");
        let (name, text) = (HeaderName::try_from(&name).map_err(|_| unfit())?, value.as_str());
        let value = (!text.is_empty()).then(|| HeaderValue::try_from(text).map_err(|_| unfit()));
        Ok((name, value.transpose()?))
    };
    headers.into_iter().map(read).collect()
}

/// Rejects everything except a regular file: reading a pipe would block on another process.
fn regular(path: &Path) -> io::Result<()> {
    let is_file = fs::metadata(path)?.is_file();
    let refused = || io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file");
    if is_file { Ok(()) } else { Err(refused()) }
}

/// Returns a path in the form that rules match: decoded, in lower case, without empty segments. `None` if it is not
/// UTF-8.
pub(super) fn plain(path: &str) -> Option<String> {
    let decoded = percent_decode_str(path).decode_utf8().ok()?.to_lowercase();
    let mut plain = String::with_capacity(decoded.len());
    for c in decoded.chars() {
        if c != '/' || !plain.ends_with('/') {
            plain.push(c);
        }
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        Rules::read(text, "f").err().unwrap_or_else(|| panic!("{text} is accepted"))
    }

    #[test]
    fn a_broken_file_is_refused_with_the_place_of_the_fault() {
        for (text, place) in [
            ("{", "line 1, column 1"),
            ("{\"routes\": [\n{}]}", "line 2, column 2: `route` is missing"),
            ("{\"routes\": [\n{\"route\": \"/a\", \"allowedRoles\": \"admin\"}]}", "line 2"),
            (r#"{"routes": [{"route": "/a"}, {"route": "/a/*/b"}]}"#, "routes[1]"),
            (
                r#"{"routes": [{"route": "/a", "redirect": "/b", "rewrite": "/c"}]}"#,
                "cannot be used together",
            ),
            (r#"{"routes": [{"route": "/a", "methods": ["FETCH"]}]}"#, "`FETCH` is not an HTTP method"),
            (r#"{"routes": [{"route": "/a", "statusCode": 99}]}"#, "99"),
            (
                r#"{"routes": [{"route": "/a", "redirect": "/b", "statusCode": 200}]}"#,
                "not the status of a redirect",
            ),
            (r#"{"routes": [{"route": "/a", "rewrite": "/../b"}]}"#, "not a path of the site"),
            (r#"{"responseOverrides": {"404": {"rewrite": "//b"}}}"#, "responseOverrides.404"),
            (r#"{"navigationFallback": {"exclude": []}}"#, "`rewrite` is missing"),
            (r#"{"globalHeaders": {"a b": "c"}}"#, "globalHeaders"),
            (r#"{"networking": {"allowedIpRanges": ["10.0.0.0/99"]}}"#, "networking"),
        ] {
            assert!(problem(text).contains(place), "{text}: {}", problem(text));
        }
    }

    #[test]
    fn keys_that_are_not_carried_out_are_named() {
        let text = r#"{"$schema": "x", "auth": {}, "platform": {"apiRuntime": "node:18"}, "trailingSlash": "auto",
            "networking": {"allowedIpRanges": ["10.0.0.0/8"]}, "invented": 1,
            "routes": [{"route": "/a", "allowRoles": ["x"]}],
            "navigationFallback": {"rewrite": "/index.html", "except": []},
            "responseOverrides": {"404": {"rewrite": "/404.html", "body": ""}, "500": {"rewrite": "/500.html"}}}"#;
        let rules = Rules::read(text, "f").unwrap_or_else(|problem| panic!("{problem}"));
        let named = |instead: Instead| -> Vec<&str> {
            let found = rules.limits.iter().filter(|limit| limit.instead == instead);
            found.map(|limit| limit.what.as_str()).collect()
        };
        assert_eq!(named(Instead::Refused), ["networking", "routes[0].allowRoles"]);
        assert_eq!(
            named(Instead::Skipped),
            [
                "auth",
                "platform",
                "trailingSlash",
                "invented",
                "navigationFallback.except",
                "responseOverrides.404.body",
                "responseOverrides.500"
            ]
        );
    }

    #[test]
    fn a_path_is_compared_as_it_is_served() {
        for path in ["/Admin/x", "//admin//x", "/%61dmin/x", "/admin%2Fx", "/%2fadmin/x"] {
            assert_eq!(plain(path).as_deref(), Some("/admin/x"), "{path}");
        }
        assert_eq!(plain("/%ff"), None);
    }
}
