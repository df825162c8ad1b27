//! What pages are made from, and what their addresses have in common.

use std::sync::Arc;

use axum::response::Response;
use serde::Deserialize;

use super::{
    access::Access,
    desk::Desk,
    emulated::Emulated,
    jobs::Jobs,
    news::Topic,
    pages::{self, Frame},
    problem::Problem,
    subject::{SiteLink, Subject},
};
use crate::model::PRODUCTION;

/// What pages are made from. It cannot change a link.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) desk: Desk,
    pub(super) access: Arc<Access>,
    pub(super) jobs: Arc<Jobs>,
    /// The emulator that the page is about, if there is one.
    pub(super) emulated: Option<Emulated>,
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site").finish_non_exhaustive()
    }
}

pub(super) type Shown = Result<Response, Response>;

pub(super) fn problem(frame: Frame) -> impl Fn(Problem) -> Response {
    move |problem| pages::problem(&problem, None, frame)
}

/// The page of a problem that is shown until the topic can be read.
pub(super) fn failed(frame: Frame, topic: Topic) -> impl Fn(Problem) -> Response {
    move |problem| pages::problem(&problem, Some(&topic), frame)
}

/// The parameters that name a site, and a service.
#[derive(Deserialize)]
pub(super) struct SiteQuery {
    pub(super) id: String,
    #[serde(default = "production")]
    pub(super) environment: String,
    apim: Option<String>,
}

fn production() -> String {
    PRODUCTION.to_owned()
}

impl SiteQuery {
    /// The link of the site with the service, if one is named.
    pub(super) fn subject(&self) -> Option<Subject> {
        let apim = self.apim.clone()?;
        Some(Subject::Site(SiteLink { site: self.id.clone(), environment: self.environment.clone(), apim }))
    }
}
