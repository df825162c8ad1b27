//! The findings of an audit: about products, and about the service as a whole.

use super::{DanglingLink, Orphaned, ProductAudit, ServiceSeen, SitesSeen, Standing, made_for};
use crate::{
    diagnosis::{Cure, Hint, Selection},
    engine::{Finding, FindingCode as Code, Severity},
    model::{Api, ApiId, Ownership, Product, ProductId, ProductState, ResourceId},
};

/// Returns the findings about one product, given all products of the service.
pub(super) fn of_product(
    product: &Product,
    judged: &ProductAudit,
    all: &[ProductAudit],
    service: &ServiceSeen,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(standing(product, judged));
    findings.extend(second(judged, all));
    if judged.standing == Standing::InUse && judged.site_uses(service) {
        findings.extend(renamed(product, judged));
        findings.extend(strangers(judged));
        findings.extend(open(product));
    }
    findings.sort_by_key(|finding| finding.code);
    findings
}

impl ProductAudit {
    /// Whether the site that it was made for is linked to the service.
    fn site_uses(&self, service: &ServiceSeen) -> bool {
        self.links.contains(&service.id)
    }

    /// Returns the name of the site that it was made for, or the hostname, for messages.
    fn owner(&self) -> String {
        let site = self.site.as_ref().map(|environment| environment.site().name().to_owned());
        site.or_else(|| self.hostname.as_ref().map(ToString::to_string)).unwrap_or_default()
    }
}

fn standing(product: &Product, judged: &ProductAudit) -> Option<Finding> {
    let (id, owner) = (&product.id, judged.owner());
    let name = id.name();
    match &judged.standing {
        Standing::Orphan(reason) => {
            let (code, message) = match reason {
                Orphaned::SiteGone => {
                    (Code::OrphanOfGoneSite, format!("no static web app has the hostname `{owner}`"))
                }
                Orphaned::Unlinked => {
                    (Code::OrphanUnlinked, format!("`{owner}` is no longer linked; its product still exists"))
                }
                Orphaned::LinkedElsewhere => {
                    let to = names(&judged.links);
                    (
                        Code::OrphanLinkedElsewhere,
                        format!("`{owner}` is linked to {to}; its former product still exists"),
                    )
                }
            };
            let prune = Hint::command(Cure::Prune, Selection::of_service(id.service().name()));
            let hint = prune.then(" deletes the product");
            let gone = *reason == Orphaned::SiteGone;
            let hint = if gone { hint.then("; in Azure, add `--include-gone`") } else { hint };
            Some(Finding::new(code, id).message(message).hint(hint))
        }
        Standing::Unknown(unread) => {
            let reasons: Vec<String> = unread.iter().map(ToString::to_string).collect();
            let message =
                format!("it could not be determined whether `{name}` is in use: {}", reasons.join("; "));
            Some(Finding::new(Code::UseUnknown, id).message(message))
        }
        Standing::InUse if judged.links.contains(&id.service()) => None,
        Standing::InUse => {
            let finding = Finding::new(Code::LeftoverInUse, id);
            Some(if product.subscription_required {
                let users = users(judged);
                finding.message(format!("`{owner}` no longer uses `{name}`, and {users}"))
            } else {
                let message = format!(
                    "`{owner}` no longer uses `{name}`, and the product requires no subscription: anyone can call its APIs \
                     without a key"
                );
                let prune = Hint::command(Cure::Prune, Selection::of_service(id.service().name()));
                let hint = Hint::from("require a subscription for the product, then ").then(prune);
                let hint = hint.then(" deletes it");
                let finding = finding.message(message).hint(hint).severity(Severity::Broken);
                finding.field("properties.subscriptionRequired", true, false)
            })
        }
        Standing::Foreign => None,
    }
}

/// Returns who else uses a product, or may use it, in the words of `status` and `unlink --purge`.
fn users(judged: &ProductAudit) -> String {
    let of = |wanted: fn(Ownership) -> bool| {
        let found = judged.others.iter().filter(|(_, ownership)| wanted(*ownership));
        let names = found.map(|(it, _)| it.display_name.as_deref().unwrap_or_else(|| it.id.name()));
        names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    let partners = of(|ownership| match ownership {
        Ownership::Link | Ownership::Administrator | Ownership::Partner => true,
        Ownership::Presumed | Ownership::Undetermined => false,
    });
    let unclear = of(|ownership| ownership == Ownership::Undetermined);
    let presumed = of(|ownership| ownership == Ownership::Presumed);
    let clauses = [
        (partners, "it is used by {}"),
        (unclear, "who uses {} cannot be determined"),
        (presumed, "{} is probably the link's"),
    ];
    let clauses = clauses.into_iter().filter(|(names, _)| !names.is_empty());
    clauses.map(|(names, clause)| clause.replace("{}", &names)).collect::<Vec<_>>().join(", and ")
}

fn names(ids: &[ResourceId]) -> String {
    ids.iter().map(|id| format!("`{}`", id.name())).collect::<Vec<_>>().join(", ")
}

/// Returns the finding for a product that has the display name of a link's product but another id.
fn second(judged: &ProductAudit, all: &[ProductAudit]) -> Option<Finding> {
    let hostname = judged.hostname.as_ref()?;
    if judged.id.name().eq_ignore_ascii_case(hostname.first_label()) {
        return None;
    }
    let label = hostname.first_label();
    let first = all.iter().any(|other| other.id.name().eq_ignore_ascii_case(label));
    let (name, of) = (judged.id.name(), hostname.as_str());
    let message = if first {
        format!("`{name}` is a second product for `{of}`, in addition to `{label}`")
    } else {
        format!("`{name}` has the display name of the product for `{of}`, whose ID would be `{label}`")
    };
    Some(Finding::new(Code::SecondProduct, &judged.id).message(message).field("name", label, name))
}

fn renamed(product: &Product, judged: &ProductAudit) -> Option<Finding> {
    if made_for(product).is_some() {
        return None;
    }
    let message = format!(
        "`{}` uses the product `{}`, which does not have the display name of a link's product",
        judged.owner(),
        product.id.name()
    );
    Some(Finding::new(Code::ProductRenamed, &product.id).message(message))
}

fn strangers(judged: &ProductAudit) -> Option<Finding> {
    let (first, _) = judged.others.first()?;
    let message = format!("the product `{}` has other subscriptions: {}", judged.id.name(), users(judged));
    Some(Finding::new(Code::OtherSubscriptions, &first.id).message(message))
}

fn open(product: &Product) -> Option<Finding> {
    (!product.subscription_required).then(|| {
        let finding = Finding::new(Code::SubscriptionNotRequired, &product.id);
        let message = format!("the product `{}` requires no subscription", product.id.name());
        finding.message(message).field("properties.subscriptionRequired", true, false)
    })
}

/// Returns the findings about the service as a whole: failed reads, its APIs, and links to services that do not exist.
pub(super) fn of_service(
    service: &ServiceSeen,
    sites: &SitesSeen,
    products: &[ProductAudit],
    dangling: &[DanglingLink],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !service.exists {
        let message = format!("the service `{}` does not exist", service.id.name());
        findings.push(Finding::new(Code::ServiceMissing, &service.id).message(message));
    }
    for link in dangling {
        let (site, gone) = (link.environment.site(), link.service.name());
        let message = format!("`{}` is linked to `{gone}`, which does not exist", site.name());
        let on = Selection::of_link(site.as_str(), link.service.as_str());
        let hint = Hint::run(Cure::Unlink, on).then(
            "; if Azure reports that the linked backend does not exist, ask Azure support to remove it",
        );
        findings.push(Finding::new(Code::Dangling, &link.environment).message(message).hint(hint));
    }
    let unread = [service.subscriptions.as_ref().err(), service.apis.as_ref().err()];
    let of_apis = service.apis.iter().flatten().filter_map(|api| api.products.as_ref().err());
    for unread in unread.into_iter().flatten().chain(of_apis).chain(&sites.doubtful) {
        findings.push(Finding::new(Code::PartUnread, &service.id).message(unread.to_string()));
    }
    for part in &service.unreadable {
        findings.push(Finding::new(Code::PartUnread, &part.id).message(part.reason.to_string()));
    }
    findings.extend(apis(service, products));
    findings.sort_by_key(|finding| finding.code);
    findings
}

fn apis(service: &ServiceSeen, products: &[ProductAudit]) -> Vec<Finding> {
    let is_links = |id: &&ProductId| {
        products.iter().any(|product| product.id == **id && product.standing != Standing::Foreign)
    };
    let mut findings = Vec::new();
    for seen in service.apis.iter().flatten() {
        let Ok(holders) = &seen.products else { continue };
        let of_links: Vec<&ProductId> = holders.iter().filter(is_links).collect();
        if of_links.is_empty() {
            continue;
        }
        findings.extend(several_sites(&seen.api.id, products, service));
        findings.extend(open_elsewhere(&seen.api, holders, &of_links, service));
    }
    findings
}

fn several_sites(api: &ApiId, products: &[ProductAudit], service: &ServiceSeen) -> Option<Finding> {
    let holds = |product: &&ProductAudit| product.apis.iter().flatten().any(|id| id == api);
    let using = products.iter().filter(|product| product.site_uses(service)).filter(holds);
    let sites: Vec<String> = using.map(|product| format!("`{}`", product.owner())).collect();
    (sites.len() > 1).then(|| {
        let message =
            format!("{} sites can call the API `{}`: {}", sites.len(), api.name(), sites.join(", "));
        Finding::new(Code::ApiOfSeveralSites, api).message(message)
    })
}

/// Returns the findings for access to a link's API without the product of a link.
fn open_elsewhere(
    api: &Api,
    holders: &[ProductId],
    of_links: &[&ProductId],
    service: &ServiceSeen,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !api.subscription_required {
        let message = format!(
            "the API `{}`, which is in the product of a link, can be called without a key",
            api.id.name()
        );
        findings.push(Finding::new(Code::ApiWithoutKey, &api.id).message(message));
    }
    let is_open =
        |product: &&Product| !product.subscription_required && product.state == ProductState::Published;
    let others = service.products.iter().map(|seen| &seen.value);
    let others = others.filter(|product| holders.contains(&product.id) && !of_links.contains(&&product.id));
    for product in others.filter(is_open) {
        let message = format!(
            "the API `{}` can be called without a key through the product `{}`",
            api.id.name(),
            product.id.name()
        );
        findings.push(Finding::new(Code::ApiInOpenProduct, &api.id).message(message));
    }
    findings
}
