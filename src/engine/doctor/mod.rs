//! The path of a request, hop by hop: browser → site → gateway → API; and what blocks it.

mod examine;
mod heard;
mod hop;
mod parts;
mod probe;
mod rights;

pub use self::{
    examine::{Examined, examine},
    hop::{Condition, Hop, HopName},
    parts::hops_of_parts,
    probe::{Probe, probe},
    rights::hop_of_rights,
};
