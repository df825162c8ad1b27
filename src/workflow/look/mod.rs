//! Links, looked at without changing them.

pub(crate) mod envs;
pub(crate) mod fleet;
