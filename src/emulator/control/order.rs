//! The order of the values in a list, and the fields that a list can be filtered by.

use super::filter::{self, Fields};
use crate::{
    model::{ArmType, Resource},
    provider::Versioned,
};

/// Sorts the resources of a list in Azure's order: subscriptions by creation time, all other resources by display name.
pub(super) fn sort(found: &mut [Versioned<Resource>], kind: ArmType) {
    let text = |found: &Versioned<Resource>, name: &str| {
        let text = found.value.text(&format!("properties.{name}")).ok().flatten();
        text.unwrap_or_default().to_lowercase()
    };
    let is_current =
        |found: &Versioned<Resource>| found.value.flag("properties.isCurrent").ok().flatten().unwrap_or(true);
    found.sort_by_cached_key(|found| {
        let first =
            text(found, if kind == ArmType::ApimSubscription { "createdDate" } else { "displayName" });
        (first, is_current(found), found.value.id().clone())
    });
}

/// Returns the fields that a list of a type can be filtered by.
pub(super) fn fields(kind: ArmType) -> Fields {
    match kind {
        ArmType::Product => filter::OF_PRODUCTS,
        ArmType::Api | ArmType::ProductApi => filter::OF_APIS,
        ArmType::ApimSubscription => filter::OF_SUBSCRIPTIONS,
        ArmType::ApiOperation
        | ArmType::ApiVersionSet
        | ArmType::ProductPolicy
        | ArmType::ApimService
        | ArmType::StaticSite
        | ArmType::SiteEnvironment
        | ArmType::LinkedBackend => filter::FIELDS,
    }
}
