//! What the engine needs of a control plane: reading, changing, and what can be expected of it.

mod capability;
mod read;
mod write;

pub use capability::{Capabilities, Depth, Sight, Transactions};
pub use read::{Collection, ETag, Reads, Versioned};
pub use write::{Expected, Writes};

use super::{Gateways, Grants};

/// All that a command which changes a link uses: the control plane, the gateways of its services, and what the caller
/// may do. What only reads takes [`Reads`].
pub trait ControlPlane: Writes + Gateways + Grants {}

impl<T: Writes + Gateways + Grants + ?Sized> ControlPlane for T {}
