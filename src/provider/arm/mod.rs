//! A control plane over HTTP: Azure Resource Manager, in any cloud or at any address.

mod connections;
mod converted;
mod credential;
mod error;
mod failure;
mod fleet;
#[doc(hidden)]
pub mod fuzzing;
mod gateway;
mod http;
mod options;
#[cfg(feature = "ui")]
mod own_routes;
mod resource;

pub use connections::Connections;
pub use credential::{
    AccessToken, Authenticated, Caller, CredentialError, CredentialKind, CredentialOptions, Credentials,
    Tried, UnknownKind,
};
pub use error::ArmError;
pub use failure::{ArmFailure, FailureKind, Unproven};
pub use fleet::FleetView;
pub use http::{
    Budget, Endpoint, ForeignAddress, InvalidEndpoint, PollSchedule, RETRIES, Repeat, RetrySchedule,
    Transport, TransportError,
};
pub use options::ArmOptions;
#[cfg(feature = "ui")]
pub use own_routes::EmulatorOverHttp;
pub use resource::{ArmControlPlane, AzureSubscription, FoundSites, SearchScope, Wait};

use self::http::{pace::Pacer, retry::Cause};
