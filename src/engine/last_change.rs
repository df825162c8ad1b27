//! The last change of each of many products, from one activity log; pure.

use std::{collections::BTreeMap, ops::Bound};

use super::{LastChange, LinkResources, history};
use crate::model::ActivityEvent;

/// Returns the last change of each product: of itself, its policy, its APIs or its subscriptions. `None` if the log has
/// none.
#[must_use]
pub fn last_changes(events: &[ActivityEvent], products: &[LinkResources]) -> Vec<Option<LastChange>> {
    let mut by_resource: BTreeMap<&str, Vec<&ActivityEvent>> = BTreeMap::new();
    for event in events {
        by_resource.entry(event.resource.lower_case()).or_default().push(event);
    }
    let of = |product: &LinkResources| {
        // Each product reads only the events near it, since a service can have many products and a long log.
        let near = product.prefixes().into_iter().flat_map(|prefix| {
            let from_there =
                by_resource.range::<str, _>((Bound::Included(prefix.as_str()), Bound::Unbounded));
            from_there.take_while(move |(id, _)| id.starts_with(&prefix)).flat_map(|(_, events)| events)
        });
        let mut near: Vec<&ActivityEvent> = near.copied().collect();
        near.sort_by_key(|event| std::ptr::from_ref(*event));
        near.dedup_by_key(|event| std::ptr::from_ref(*event));
        let near: Vec<ActivityEvent> = near.into_iter().cloned().collect();
        let changes = history(&near, product);
        changes.iter().find(|change| change.has_succeeded()).map(super::LinkEvent::as_last_change)
    };
    products.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ApimServiceId, ResourceId};

    const SERVICE: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a";

    fn event(minute: u32, operation: &str, resource: &str, status: &str) -> ActivityEvent {
        ActivityEvent {
            time: format!("2026-01-01T00:{minute:02}:00Z").parse().unwrap(),
            caller: Some("ann@contoso.com".to_owned()),
            operation: format!("Microsoft.ApiManagement/service/{operation}"),
            resource: ResourceId::parse(&format!("{SERVICE}/{resource}")).unwrap(),
            status: status.to_owned(),
            sub_status: None,
            correlation_id: None,
            operation_id: Some(minute.to_string()),
        }
    }

    #[test]
    fn the_last_change_of_a_product_is_that_of_any_of_its_parts() {
        let service = ApimServiceId::parse(SERVICE).unwrap();
        let product = |name: &str, subscriptions: &[&str]| {
            let own = subscriptions.iter().map(|name| service.apim_subscription(name).unwrap());
            LinkResources::of_product(&service.product(name).unwrap(), own.collect())
        };
        let products = [
            product("calm-1", &["other-name"]),
            product("calm-12", &[]),
            product("wild-2", &[]),
            product("none-3", &[]),
        ];
        let events = [
            event(1, "products/write", "products/CALM-1", "Succeeded"),
            event(2, "products/policies/write", "products/calm-1/policies/policy", "Succeeded"),
            event(3, "subscriptions/regeneratePrimaryKey/action", "subscriptions/other-name", "Succeeded"),
            event(4, "products/delete", "products/calm-1", "Failed"),
            event(5, "products/write", "products/calm-12", "Succeeded"),
            event(6, "subscriptions/listSecrets/action", "subscriptions/wild-2", "Succeeded"),
            event(7, "subscriptions/write", "subscriptions/wild-2", "Succeeded"),
        ];
        let found = last_changes(&events, &products);
        let times: Vec<Option<&str>> =
            found.iter().map(|found| found.as_ref().map(|change| &change.time[14..16])).collect();
        assert_eq!(times, [Some("03"), Some("05"), Some("07"), None]);
        let first = found[0].as_ref().unwrap();
        assert_eq!(first.caller.as_deref(), Some("ann@contoso.com"));
        assert!(first.summary.starts_with("regenerated the primary key"), "{}", first.summary);
    }
}
