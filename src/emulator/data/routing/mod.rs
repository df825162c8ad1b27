//! Routing: finds the site or service of a host, for the current and for earlier generations of the model.

mod history;
mod site;
mod table;

pub(super) use self::{
    history::Viewer,
    site::{Link, Site},
    table::Routing,
};
use crate::provider::json::Everything;

/// The latest generations of the model, and the routing that viewers use.
pub(super) type History = history::History<Everything, Routing>;

#[cfg(test)]
mod tests;
