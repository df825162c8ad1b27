//! Control planes: the one trait that the engine needs, and what implements it.

pub mod arm;
mod browser;
mod control_plane;
mod error;
pub mod json;
mod shared;

pub use browser::{Answered, Browser, Visit};
pub use control_plane::{
    Collection, ControlPlane, Depth, ETag, Expected, GatewayAnswer, Sight, Transactions, Versioned,
};
pub use error::{Failure, ProviderError};
pub use shared::Shared;
