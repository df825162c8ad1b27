//! The text of a model, parsed without copying it.

mod again;
pub(super) mod document;
pub(super) mod keyed;
pub(super) mod parsed;
pub(super) mod top;
