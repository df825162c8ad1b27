//! A control plane over HTTP: Azure Resource Manager, in any cloud or at any address.

mod acknowledged;
mod body;
mod budget;
mod call;
mod clients;
mod control_plane;
mod credential;
mod cure;
mod endpoint;
mod envelope;
mod error;
mod failure;
mod fleet;
#[doc(hidden)]
pub mod fuzzing;
mod gateway;
mod http;
mod list;
mod meaning;
mod operation;
mod options;
mod pace;
mod percent;
mod reach;
mod reading;
mod redact;
mod retry;
mod rights;
mod route;
mod transport;

pub use budget::Budget;
pub use control_plane::ArmControlPlane;
pub use credential::{
    AccessToken, Authenticated, Caller, CredentialError, CredentialKind, CredentialOptions, Credentials,
    Tried,
};
pub use endpoint::{Endpoint, ForeignAddress, InvalidEndpoint};
pub use error::ArmError;
pub use failure::ArmFailure;
pub use fleet::FleetView;
pub use meaning::{FailureKind, Unproven};
pub use operation::Wait;
pub use options::ArmOptions;
pub use percent::percent_decoded;
pub use retry::{PollSchedule, Repeat, RetrySchedule};
pub use transport::{Transport, TransportError};

use self::{pace::Pacer, retry::Cause};
