//! The interface that the engine needs of a control plane: reads, changes and capabilities.

mod capability;
mod read;
mod write;

pub use capability::{Capabilities, Depth, Sight, Transactions};
pub use read::{Collection, ETag, Reads, Versioned};
pub use write::{Expected, Writes};

use super::{Gateways, Grants};

/// The interface for a command that changes a link: the control plane, the gateways of its services, and the caller's
/// permissions. Code that only reads takes [`Reads`].
pub trait ControlPlane: Writes + Gateways + Grants {}

impl<T: Writes + Gateways + Grants + ?Sized> ControlPlane for T {}
