//! Who answers at which host, by what the model is and was.

mod history;
mod site;
mod table;

pub(super) use self::{
    history::{History, Routing, Viewer},
    site::{Link, Site},
};
