//! The resources of Azure Resource Manager: read, listed, changed, and followed until a change has ended.

mod acknowledged;
mod activity;
mod condition;
pub(super) mod control_plane;
pub(super) mod list;
mod missing_groups;
pub(super) mod operation;
pub(super) mod reading;
mod rights;
mod route;
mod scope;
mod sites;
pub(super) mod version;

pub use self::{
    control_plane::ArmControlPlane,
    operation::Wait,
    scope::{AzureSubscription, SearchScope},
    sites::FoundSites,
};
