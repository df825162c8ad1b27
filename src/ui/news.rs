//! What a window shows, and how it learns that it has changed, also by another program.
//!
//! Each page has a mark, a number that differs with its content. A window asks again and again whether the mark is
//! still the same. An answer does not wait for a control plane, and takes no connection while nothing changes: a browser
//! opens only six to one host.

use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use url::form_urlencoded::Serializer;

use super::subject::{SiteLink, Subject};

/// The mark of traffic that cannot be read.
pub(super) const UNREAD: u64 = u64::MAX;

/// What a window shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    Links,
    Services,
    Picture,
    Link(Subject),
    /// The requests of an emulator.
    Traffic,
}

/// A window's question whether its page has changed.
#[derive(Debug, Deserialize)]
pub(super) struct Question {
    #[serde(default)]
    of: String,
    /// The mark of the page that the window shows.
    #[serde(default)]
    pub(super) seen: String,
    env: Option<String>,
    id: Option<String>,
    environment: Option<String>,
    apim: Option<String>,
}

impl Topic {
    /// The address of the question, to which the mark of the page is appended.
    pub(super) fn address(&self) -> String {
        if *self == Self::Traffic {
            return "/traffic/news?seen=".to_owned();
        }
        let mut query = Serializer::new(String::new());
        match self {
            Self::Links => query.append_pair("of", "links"),
            Self::Services => query.append_pair("of", "services"),
            Self::Picture => query.append_pair("of", "picture"),
            Self::Traffic => &mut query,
            Self::Link(subject) => query.append_pair("of", "link").extend_pairs(subject.fields()),
        };
        format!("/news?{}&seen=", query.finish())
    }
}

impl Question {
    /// What the window shows; `None` if the question is not one of a page.
    pub(super) fn topic(&self) -> Option<Topic> {
        match self.of.as_str() {
            "links" => Some(Topic::Links),
            "services" => Some(Topic::Services),
            "picture" => Some(Topic::Picture),
            "link" => self.subject().map(Topic::Link),
            _ => None,
        }
    }

    fn subject(&self) -> Option<Subject> {
        if let Some(env) = &self.env {
            return Some(Subject::Env(env.clone()));
        }
        let (site, environment, apim) = (self.id.clone()?, self.environment.clone()?, self.apim.clone()?);
        Some(Subject::Site(SiteLink { site, environment, apim }))
    }
}

/// Answers whether the page of a window has changed: 200 if it has, 204 if not, 202 if that is being found out.
pub(super) fn told(mark: Option<u64>, question: &Question) -> Response {
    match mark {
        None => StatusCode::ACCEPTED.into_response(),
        Some(mark) if mark.to_string() == question.seen => StatusCode::NO_CONTENT.into_response(),
        Some(mark) => mark.to_string().into_response(),
    }
}
