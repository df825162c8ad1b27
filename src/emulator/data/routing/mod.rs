//! Who answers at which host, by what the model is and was.

mod history;
mod site;
mod table;

pub(super) use self::{
    history::Viewer,
    site::{Link, Site},
    table::Routing,
};
use crate::provider::json::Everything;

/// The latest generations of the model, and the routing that viewers go by.
pub(super) type History = history::History<Everything, Routing>;

#[cfg(test)]
mod tests;
