//! A control plane in one JSON file: lock, schema version, serial, atomic replace.

mod control_plane;
mod disk;
mod document;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod import;
mod index;
mod keyed;
mod kind;
mod lock;
mod put;
mod read;
mod snapshot;
mod store;
mod top;
mod transaction;

pub use control_plane::JsonControlPlane;
pub use disk::files_of_model;
pub use error::ModelError;
pub use import::{ImportError, ImportReport, Pages};
pub use read::{Everything, FileStamp, Savepoint};
