//! The contents of a scope: a directory, an Azure subscription or a resource group.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{call::Call, manager::ResourceManager, read, refused::refused, shape::View, site};
use crate::{
    emulator::reply::Reply,
    model::{ArmType, ResourceId},
};

/// The directory (tenant) of all subscriptions.
pub(in crate::emulator) const TENANT: &str = "00000000-0000-0000-0000-000000000000";

/// Returns the Azure subscriptions that contain a resource, or have contained one; at least one, so that a user can
/// sign in.
pub(super) fn azure_subscriptions(manager: &ResourceManager) -> Result<BTreeSet<String>, Reply> {
    let all = manager.store.current().resources().map_err(|error| refused(&error))?;
    let named = all.iter().map(|resource| resource.id().azure_subscription().to_ascii_lowercase());
    let mut ids: BTreeSet<String> = named.chain(manager.emptied.azure_subscriptions()).collect();
    if ids.is_empty() {
        ids.insert(TENANT.to_owned());
    }
    Ok(ids)
}

/// Returns the sites and services of a scope, as their own lists show them.
pub(super) fn top_level(
    manager: &ResourceManager,
    call: &Call,
    scope: &ResourceId,
    wanted: Option<ArmType>,
) -> Result<Vec<Value>, Reply> {
    let plane = &*manager.store.current();
    let all = plane.resources().map_err(|error| refused(&error))?;
    let within = format!("{}/", scope.lower_case());
    let mut values = Vec::new();
    for resource in all.iter().filter(|resource| resource.id().lower_case().starts_with(&within)) {
        let kind = ArmType::of_name(&resource.id().resource_type()).filter(|kind| kind.is_top_level());
        let Some(kind) = kind.filter(|kind| wanted.is_none_or(|wanted| wanted == *kind)) else {
            continue;
        };
        if let Some(found) = plane.find(resource.id()).map_err(|error| refused(&error))? {
            values.push(if kind == ArmType::StaticSite {
                site::site(plane, &found.value, call)?
            } else {
                read::body(plane, found, kind, call, View::Listed)
            });
        }
    }
    Ok(values)
}
