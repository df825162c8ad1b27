//! The rules of a model: what a resource is, what it requires, and which changes are refused.

pub(super) mod kind;
pub(super) mod put;
