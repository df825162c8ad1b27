//! The text of a model, parsed without copying it.

pub(super) mod document;
pub(super) mod keyed;
pub(super) mod top;
