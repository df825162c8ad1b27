//! Control planes: the traits that the engine needs, and their implementations.

mod activity;
pub mod arm;
pub(crate) mod at_once;
#[cfg(any(feature = "emulator", feature = "ui"))]
pub mod emulated;
mod error;
mod grants;
pub mod json;
mod plane;
mod probe;
mod request_kind;
mod shared;

pub use activity::ActivityLog;
use error::see_status;
pub use error::{Failure, ProviderError};
pub use grants::Grants;
pub use plane::{
    Asked, Capabilities, Collection, ControlPlane, Depth, ETag, Expected, ReadRequest, Readable, Reads,
    Sight, Transactions, Versioned, WriteAccess, Writes,
};
pub use probe::{Answered, Browser, GatewayAnswer, Gateways, Visit};
pub(crate) use request_kind::RequestKind;
pub use shared::Shared;
