//! A control plane in one JSON file: lock, schema version, serial, atomic replace.

mod changed;
mod control_plane;
mod error;
mod file;
#[doc(hidden)]
pub mod fuzzing;
mod import;
mod read;
mod rules;
mod snapshot;
mod store;
mod text;

pub use changed::{AnswerBasis, Changed};
pub use control_plane::JsonControlPlane;
pub use error::ModelError;
pub use file::{beside::files_of_model, disk::looks_like_a_model, stamp::FileStamp};
pub use import::{ImportError, Imported, Pages};
pub use read::{Everything, Savepoint};
pub use text::parsed::ParsedModels;
