//! Changes of links: planned, carried out, reported.

mod job;
pub(crate) mod plan;
pub(crate) mod report;
mod run;
