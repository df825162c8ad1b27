//! The file of a model: locked, read, and replaced as a whole.

pub(super) mod beside;
mod commit;
pub(super) mod disk;
pub(super) mod lock;
pub(super) mod stamp;
pub(super) mod transaction;
