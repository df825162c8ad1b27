//! The file of a model: locked, read, and replaced as a whole.

pub(super) mod disk;
pub(super) mod lock;
pub(super) mod transaction;
