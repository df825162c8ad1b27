//! A site environment in the list.

use crate::model::{APP, ApimServiceId, Hostname, ResourceId, SiteEnvironmentId, StaticSiteId};

/// A site environment, and the backend of its `/api`.
#[derive(Clone, Debug)]
pub(in crate::workflow) struct Row {
    /// The site environment.
    pub(in crate::workflow) environment: SiteEnvironmentId,
    /// The plan of the site, if it could be read.
    pub(in crate::workflow) sku: Option<String>,
    /// The hostname of the environment, if it could be read.
    pub(in crate::workflow) hostname: Option<Hostname>,
    /// The backend of `/api`.
    pub(in crate::workflow) backend: Backend,
}

/// The backend of a site environment's `/api`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::workflow) enum Backend {
    /// No backend is linked.
    Nothing,
    /// An API Management service.
    Service(ApimServiceId),
    /// A Functions app or an App Service app, by its id if the site shows it.
    App(Option<String>),
    /// A resource of another type.
    Other(ResourceId),
    /// The backend could not be read; the text that the site shows in place of an id, if there is one.
    Unreadable(Option<String>),
}

impl Backend {
    /// Returns the backend with this id.
    pub(super) fn of(id: ResourceId) -> Self {
        if id.is_a(APP) {
            return Self::App(Some(id.to_string()));
        }
        match ApimServiceId::try_from(id.clone()) {
            Ok(service) => Self::Service(service),
            Err(_) => Self::Other(id),
        }
    }

    /// Returns the service, if the backend is one.
    pub(in crate::workflow) fn service(&self) -> Option<&ApimServiceId> {
        match self {
            Self::Service(service) => Some(service),
            Self::Nothing | Self::App(_) | Self::Other(_) | Self::Unreadable(_) => None,
        }
    }
}

impl Row {
    /// Returns the site.
    pub(in crate::workflow) fn site(&self) -> StaticSiteId {
        self.environment.site()
    }
}
