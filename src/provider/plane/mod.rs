//! The interface that the engine needs of a control plane: reads, changes and capabilities.

mod asked;
mod capability;
mod read;
mod write;

pub use asked::{Asked, ReadRequest};
pub use capability::{Capabilities, Depth, Sight, Transactions};
pub use read::{Collection, ETag, Reads, Versioned};
pub use write::{Expected, WriteAccess, Writes};

use super::{Gateways, Grants};

/// The interface for a command that changes nothing: the control plane, the gateways of its services, and the caller's
/// permissions.
pub trait Readable: Reads + Gateways + Grants {}

impl<T: Reads + Gateways + Grants + ?Sized> Readable for T {}

/// The interface for a command that changes a link.
pub trait ControlPlane: Writes + Readable {}

impl<T: Writes + Readable + ?Sized> ControlPlane for T {}
