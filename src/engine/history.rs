//! The changes of a link, from the events of an activity log; pure.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Finding, LastChange, Observed, Part, Severity, Target};
use crate::model::{
    ActivityEvent, ApimServiceId, ApimSubscriptionId, LinkNames, LinkedBackendId, ProductId, ResourceId,
    SiteEnvironmentId,
};

/// The resources whose changes are changes of a link.
#[derive(Clone, Debug)]
pub struct LinkResources {
    site_environment: Option<SiteEnvironmentId>,
    service: ApimServiceId,
    product: Option<ProductId>,
    apim_subscriptions: Vec<ApimSubscriptionId>,
}

/// A change of a link: all events of one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkEvent {
    /// When the operation started.
    pub time: Timestamp,
    /// The user's name, or the id of the application; `None` if the log has none.
    pub caller: Option<String>,
    /// The operation, as Azure names it.
    pub operation: String,
    /// The operation in words.
    pub summary: String,
    /// The resource.
    pub resource: ResourceId,
    /// The part of the link that the operation may have changed.
    pub part: Part,
    /// The latest status, as Azure names it.
    pub status: String,
    /// Whether the operation created its resource, as far as the log says so.
    pub created: bool,
    /// The id of the client's request.
    pub correlation_id: Option<String>,
}

impl LinkEvent {
    /// Returns the change as reports name it.
    #[must_use]
    pub fn as_last_change(&self) -> LastChange {
        let (caller, summary) = (self.caller.clone(), self.summary.clone());
        LastChange { time: format!("{:.0}", self.time), caller, summary }
    }

    /// Whether the operation ended, and was carried out.
    #[must_use]
    pub fn has_succeeded(&self) -> bool {
        self.status.eq_ignore_ascii_case("Succeeded")
    }
}

impl LinkResources {
    /// Returns the resources of an observed link, whether or not they exist at the moment.
    #[must_use]
    pub fn of(observed: &Observed) -> Self {
        let target = &observed.target;
        let product =
            observed.names.as_ref().and_then(|names: &LinkNames| names.product(&target.service).ok());
        let owned = observed.owned_subscriptions();
        let apim_subscriptions = owned.map(|(owned, _)| owned.id.clone()).collect();
        Self { product, apim_subscriptions, ..Self::of_target(target) }
    }

    /// Returns the resources of a link whose product and subscriptions are not known yet.
    #[must_use]
    pub fn of_target(target: &Target) -> Self {
        let (site_environment, service) = (Some(target.site_environment.clone()), target.service.clone());
        Self { site_environment, service, product: None, apim_subscriptions: Vec::new() }
    }

    /// Returns the resources of a product that a link created, with the subscriptions to it.
    #[must_use]
    pub fn of_product(product: &ProductId, apim_subscriptions: Vec<ApimSubscriptionId>) -> Self {
        let (service, product) = (product.service(), Some(product.clone()));
        Self { site_environment: None, service, product, apim_subscriptions }
    }

    /// Returns the resource groups whose logs have the events: that of the site and that of the service.
    #[must_use]
    pub fn groups(&self) -> Vec<ResourceId> {
        let site = self.site_environment.as_deref();
        let ends = site.into_iter().chain([&*self.service]);
        let group = |id: &ResourceId| ResourceId::resource_group(id.azure_subscription(), id.group()?).ok();
        let mut groups: Vec<ResourceId> = ends.filter_map(group).collect();
        groups.dedup();
        groups
    }

    /// Returns what the ids of the resources in the service begin with, in lower case.
    pub(super) fn prefixes(&self) -> Vec<String> {
        let known = self.apim_subscriptions.iter().map(|id| id.lower_case().to_owned());
        let named = self.product.iter().flat_map(|product| {
            let deleted =
                format!("{}/subscriptions/{}", self.service.lower_case(), product.name().to_lowercase());
            [product.lower_case().to_owned(), deleted]
        });
        named.chain(known).collect()
    }

    /// Returns the part of the link that a resource is; `None` if it is not of this link.
    fn part_of(&self, id: &ResourceId) -> Option<Part> {
        if id.is_a(LinkedBackendId::TYPE) {
            let is_of_site = id.parent()? == **self.site_environment.as_ref()?;
            return is_of_site.then_some(Part::LinkedBackend);
        }
        if id.is_a(ApimSubscriptionId::TYPE) {
            return self.is_subscription(id).then_some(Part::Subscription);
        }
        let product = self.product.as_ref()?;
        if *id == **product {
            return Some(Part::Product);
        }
        if *id == *product.policy() {
            return Some(Part::Policy);
        }
        (id.parent()? == **product).then_some(Part::Apis)
    }

    /// Whether a subscription is, or was, one of the link's product. A deleted one is recognised by its name: that of
    /// the product, with or without a number.
    fn is_subscription(&self, id: &ResourceId) -> bool {
        let is_known = self.apim_subscriptions.iter().any(|known| **known == *id);
        let is_of_service = id.parent().is_some_and(|parent| parent == *self.service);
        let named = self.product.as_ref().is_some_and(|product| {
            let (name, label) = (id.name().to_ascii_lowercase(), product.name().to_ascii_lowercase());
            name.strip_prefix(&label).is_some_and(|rest| {
                let number = rest.strip_prefix('-').unwrap_or(rest);
                number.bytes().all(|byte| byte.is_ascii_digit())
            })
        });
        is_known || (is_of_service && named)
    }
}

/// Returns the changes of a link, newest first. Reads, and the validation of a request, are left out.
#[must_use]
pub fn history(events: &[ActivityEvent], link: &LinkResources) -> Vec<LinkEvent> {
    let mut operations: BTreeMap<(String, String, String), Vec<&ActivityEvent>> = BTreeMap::new();
    for event in events.iter().filter(|event| is_change(&event.operation)) {
        let id = event.operation_id.as_ref().or(event.correlation_id.as_ref());
        // An event without an id is an operation by itself.
        let id = id.cloned().unwrap_or_else(|| event.time.to_string());
        let (operation, resource) =
            (event.operation.to_ascii_lowercase(), event.resource.lower_case().to_owned());
        operations.entry((id, operation, resource)).or_default().push(event);
    }
    let found = operations.into_values().flat_map(each_time);
    let mut found: Vec<LinkEvent> = found.filter_map(|events| one_operation(&events, link)).collect();
    found.sort_by(|a, b| (b.time, &b.resource).cmp(&(a.time, &a.resource)));
    found
}

/// Separates the events of operations that have an id in common, because they belong to one command of a client: each
/// has one event of its start.
fn each_time(mut events: Vec<&ActivityEvent>) -> Vec<Vec<&ActivityEvent>> {
    // Of two events of one moment, the end belongs to the operation before.
    events.sort_by_key(|event| match stage(&event.status) {
        END => (event.time, 0),
        stage => (event.time, stage.saturating_add(1)),
    });
    let mut operations: Vec<Vec<&ActivityEvent>> = Vec::new();
    let starts = |event: &ActivityEvent| stage(&event.status) == START;
    for event in events {
        match operations.last_mut() {
            Some(last) if !(starts(event) && last.iter().any(|before| starts(before))) => last.push(event),
            Some(_) | None => operations.push(vec![event]),
        }
    }
    operations
}

/// Folds the events of one operation.
fn one_operation(events: &[&ActivityEvent], link: &LinkResources) -> Option<LinkEvent> {
    let first = events.iter().min_by_key(|event| event.time)?;
    let last = events.iter().max_by_key(|event| (stage(&event.status), event.time))?;
    let part = link.part_of(&first.resource)?;
    let resource = first.resource.in_known_casing();
    let is_key = |slot: &str| first.operation.to_ascii_lowercase().ends_with(&format!("/{slot}/action"));
    let part = if is_key("regenerateprimarykey") { Part::SiteKey } else { part };
    Some(LinkEvent {
        time: first.time,
        caller: events.iter().find_map(|event| event.caller.clone()),
        operation: first.operation.clone(),
        summary: summary(&first.operation, &resource),
        resource,
        part,
        status: last.status.clone(),
        created: events.iter().any(|event| event.sub_status.as_deref() == Some("Created")),
        correlation_id: first.correlation_id.clone(),
    })
}

const START: u8 = 0;
const END: u8 = 2;

/// How far an operation has come by a status: later stages replace earlier ones, in any order of time.
fn stage(status: &str) -> u8 {
    let is = |known: &[&str]| known.iter().any(|known| known.eq_ignore_ascii_case(status));
    if is(&["Succeeded", "Failed", "Canceled", "Cancelled"]) {
        END
    } else if is(&["Started", "Start"]) {
        START
    } else {
        1
    }
}

/// The last segments of an operation, in lower case: `write`, `delete` or the name of an action.
fn verb(operation: &str) -> String {
    let lower = operation.to_ascii_lowercase();
    lower.strip_suffix("/action").unwrap_or(&lower).rsplit('/').next().unwrap_or_default().to_owned()
}

/// Whether an operation changes something. Keys are read with a POST, which the log has too.
fn is_change(operation: &str) -> bool {
    !matches!(verb(operation).as_str(), "listsecrets" | "validate" | "read")
}

/// Returns an operation in words, as the end of a sentence that begins with its caller.
fn summary(operation: &str, resource: &ResourceId) -> String {
    let (verb, name) = (verb(operation), resource.name());
    let kind = resource.resource_type().to_ascii_lowercase();
    let parent = resource.parent().map(|parent| parent.name().to_owned()).unwrap_or_default();
    let noun = match kind.rsplit('/').next().unwrap_or_default() {
        "linkedbackends" => format!("the linked backend `{name}`"),
        "products" => format!("the product `{name}`"),
        "policies" => format!("the policy of the product `{parent}`"),
        "subscriptions" => format!("the subscription `{name}`"),
        "apis" => {
            return match verb.as_str() {
                "write" => format!("added the API `{name}` to the product `{parent}`"),
                "delete" => format!("removed the API `{name}` from the product `{parent}`"),
                _ => format!("`{operation}` on `{name}`"),
            };
        }
        _ => format!("`{name}`"),
    };
    match verb.as_str() {
        "write" => format!("wrote {noun}"),
        "delete" => format!("deleted {noun}"),
        "regenerateprimarykey" => format!("regenerated the primary key of {noun}"),
        "regeneratesecondarykey" => format!("regenerated the secondary key of {noun}"),
        _ => format!("`{operation}` on {noun}"),
    }
}

/// Adds to each finding the last change that may have caused it: of the same part of the link, and carried out. Notes
/// are not caused by a change.
pub fn attribute(findings: &mut [Finding], history: &[LinkEvent]) {
    for finding in findings.iter_mut().filter(|finding| finding.severity > Severity::Note) {
        finding.last_change = last_cause(finding.code.part(), history).map(LinkEvent::as_last_change);
    }
}

fn last_cause(wanted: Part, history: &[LinkEvent]) -> Option<&LinkEvent> {
    let may_cause = |event: &&LinkEvent| {
        // A deleted product takes its policy along, and a change of a subscription can replace its keys.
        let takes_along = match wanted {
            Part::Policy | Part::Apis => event.part == Part::Product && verb(&event.operation) == "delete",
            Part::SiteKey => matches!(event.part, Part::Subscription | Part::LinkedBackend),
            Part::Subscription => event.part == Part::SiteKey,
            Part::StaticSite | Part::Service | Part::LinkedBackend | Part::Product => false,
        };
        event.has_succeeded() && (event.part == wanted || takes_along)
    };
    history.iter().find(may_cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a";
    const SITE: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/staticSites/shop";

    fn link() -> LinkResources {
        let service = ApimServiceId::parse(SERVICE).unwrap();
        let product = service.product("calm-sea").unwrap();
        let site = crate::model::StaticSiteId::parse(SITE).unwrap();
        let site_environment = Some(site.environment("default").unwrap());
        let own = service.apim_subscription("65").unwrap();
        LinkResources { site_environment, service, product: Some(product), apim_subscriptions: vec![own] }
    }

    fn event(operation: &str, resource: &str, status: &str, time: &str) -> ActivityEvent {
        ActivityEvent {
            time: time.parse().unwrap(),
            caller: Some("ann@contoso.com".to_owned()),
            operation: operation.to_owned(),
            resource: ResourceId::parse(resource).unwrap(),
            status: status.to_owned(),
            sub_status: None,
            correlation_id: Some("c".to_owned()),
            operation_id: Some(format!("{operation}{resource}")),
        }
    }

    #[test]
    fn resources_of_the_link_are_recognized_in_any_spelling() {
        let link = link();
        let part = |id: &str| link.part_of(&ResourceId::parse(id).unwrap());
        assert_eq!(part(&format!("{SITE}/linkedBackends/x")), Some(Part::LinkedBackend));
        assert_eq!(part(&format!("{SITE}/builds/DEFAULT/linkedbackends/x")), Some(Part::LinkedBackend));
        assert_eq!(part(&format!("{SITE}/builds/12/linkedBackends/x")), None);
        assert_eq!(part(&format!("{SERVICE}/products/Calm-Sea")), Some(Part::Product));
        assert_eq!(part(&format!("{SERVICE}/products/calm-sea/policies/policy")), Some(Part::Policy));
        assert_eq!(part(&format!("{SERVICE}/products/calm-sea/apis/orders")), Some(Part::Apis));
        assert_eq!(part(&format!("{SERVICE}/products/other")), None);
        assert_eq!(part(&format!("{SERVICE}/products/calm-sea/subscriptions/65")), Some(Part::Subscription));
        assert_eq!(part(&format!("{SERVICE}/subscriptions/65")), Some(Part::Subscription));
        assert_eq!(part(&format!("{SERVICE}/subscriptions/calm-sea-2")), Some(Part::Subscription), "deleted");
        assert_eq!(part(&format!("{SERVICE}/subscriptions/calm-sea-ann")), None);
        assert_eq!(part(&format!("{SERVICE}/apis/orders")), None);
    }

    #[test]
    fn the_events_of_an_operation_are_one_change_in_any_order() {
        let key = "Microsoft.ApiManagement/service/subscriptions/regeneratePrimaryKey/action";
        let id = format!("{SERVICE}/subscriptions/65");
        let events = [
            event(key, &id, "Succeeded", "2026-01-01T00:00:02Z"),
            event(key, &id, "Started", "2026-01-01T00:00:01Z"),
            event(key, &id, "Accepted", "2026-01-01T00:00:03Z"),
        ];
        let [change] = history(&events, &link()).try_into().unwrap();
        assert_eq!(
            (change.time.to_string().as_str(), change.status.as_str()),
            ("2026-01-01T00:00:01Z", "Succeeded")
        );
        assert_eq!(change.summary, "regenerated the primary key of the subscription `65`");
    }

    #[test]
    fn an_operation_that_a_command_repeats_is_a_change_each_time() {
        let (key, id) =
            ("Microsoft.ApiManagement/service/subscriptions/write", format!("{SERVICE}/subscriptions/65"));
        let at = |second: u8| format!("2026-01-01T00:00:0{second}Z");
        let events = [
            event(key, &id, "Failed", &at(4)),
            event(key, &id, "Started", &at(3)),
            event(key, &id, "Accepted", &at(2)),
            event(key, &id, "Started", &at(2)),
            event(key, &id, "Succeeded", &at(2)),
            event(key, &id, "Started", &at(1)),
        ];
        let changes = history(&events, &link());
        let told: Vec<_> = changes.iter().map(|it| (it.time.to_string(), it.status.as_str())).collect();
        assert_eq!(told, [(at(3), "Failed"), (at(2), "Accepted"), (at(1), "Succeeded")]);
    }

    #[test]
    fn a_finding_names_the_last_change_that_was_carried_out() {
        let write = "Microsoft.ApiManagement/service/products/policies/write";
        let id = format!("{SERVICE}/products/calm-sea/policies/policy");
        let mut refused = event(write, &id, "Failed", "2026-01-03T00:00:00Z");
        refused.operation_id = Some("refused".to_owned());
        let events = [event(write, &id, "Succeeded", "2026-01-02T00:00:00Z"), refused];
        let history = history(&events, &link());
        let mut findings =
            [crate::engine::FindingCode::PolicyWithoutCheck, crate::engine::FindingCode::ProductRenamed]
                .map(|code| Finding::new(code, &id));
        attribute(&mut findings, &history);
        let told = findings[0].last_change.as_ref().unwrap();
        let text = "2026-01-02 00:00:00 UTC, ann@contoso.com wrote the policy of the product `calm-sea`";
        assert_eq!(told.to_string(), text);
        assert_eq!(findings[1].last_change, None);
    }
}
