//! The use cases: what commands do, without the command line.

pub(crate) mod change;
pub(crate) mod look;
pub(crate) mod plane;
pub(crate) mod pruned;
pub(crate) mod saved;
pub(crate) mod select;
