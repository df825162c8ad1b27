//! The findings of a link, hop by hop.

use super::{Condition, Examined, Hop, HopName};
use crate::{
    diagnosis::Cure,
    engine::{Finding, FindingCode, LinkState, Observed, Part, Verdict},
    model::{Api, ApimServiceId, ArmType, ResourceId, SiteEnvironmentId, StaticSiteId, Versioning},
};

/// Returns the hops that the control plane describes: site, service, link and APIs.
#[must_use]
pub fn hops_of_parts(examined: &Examined) -> Vec<Hop> {
    let verdict = &examined.verdict;
    vec![site(examined), service(verdict), link(verdict), apis(verdict)]
}

fn findings(verdict: &Verdict, hop: HopName) -> Vec<Finding> {
    verdict.findings.iter().filter(|finding| hop_of(finding) == hop).cloned().collect()
}

/// Returns the hop that a finding belongs to. A resource that could not be read belongs to the hop of its type.
fn hop_of(finding: &Finding) -> HopName {
    if finding.code == FindingCode::Unreadable {
        let id = finding.resource.as_deref().and_then(|id| ResourceId::parse(id).ok());
        let is_a = |kind| id.as_ref().is_some_and(|id| id.is_a(kind));
        if is_a(StaticSiteId::TYPE) || is_a(SiteEnvironmentId::TYPE) {
            return HopName::StaticSite;
        }
        return if is_a(ApimServiceId::TYPE) { HopName::Service } else { HopName::Link };
    }
    match finding.code.part() {
        Part::StaticSite => HopName::StaticSite,
        Part::Service => HopName::Service,
        Part::LinkedBackend | Part::Product | Part::Subscription | Part::Policy | Part::SiteKey => {
            HopName::Link
        }
        Part::Apis => HopName::Apis,
    }
}

fn site(examined: &Examined) -> Hop {
    let observed = &examined.verdict.observed;
    let id = observed.target.site_environment.site();
    let found = findings(&examined.verdict, HopName::StaticSite);
    let Some(site) = &observed.site else {
        return Hop::ok(HopName::StaticSite, format!("`{}` was not found", id.name())).with(found);
    };
    let environment = observed.target.site_environment.name();
    let hostname = observed.names.as_ref().map(|names| names.hostname().to_string()).unwrap_or_default();
    let saw = format!("`{}`, {}, environment {environment}, {hostname}", id.name(), site.view.sku);
    match examined.deployment.as_deref() {
        Some("Ready") => Hop::ok(HopName::StaticSite, saw).also("an app has been deployed"),
        Some(word) => Hop::warning(HopName::StaticSite, saw)
            .also(format!("the state of its deployment is {word}"))
            .hint("deploy an app; without a deployed app, the site does not serve `/api`"),
        None => Hop::ok(HopName::StaticSite, saw),
    }
    .with(found)
}

fn service(verdict: &Verdict) -> Hop {
    let observed = &verdict.observed;
    let (name, found) = (observed.target.service.name(), findings(verdict, HopName::Service));
    let Some(service) = observed.service.as_ref().map(|seen| &seen.view) else {
        return Hop::ok(HopName::Service, format!("`{name}` was not found")).with(found);
    };
    let network = service.virtual_network_type.as_deref().unwrap_or("unknown");
    let access = service.public_network_access.as_deref().unwrap_or("unknown");
    Hop::ok(HopName::Service, format!("`{name}`, {}, {}", service.sku, service.provisioning.as_str()))
        .also(format!("virtual network {network}, public access {access}"))
        .with(found)
}

fn link(verdict: &Verdict) -> Hop {
    let found = findings(verdict, HopName::Link);
    let target = &verdict.observed.target;
    let state = verdict.state;
    match state {
        LinkState::Linked => Hop::ok(HopName::Link, linked(&verdict.observed)),
        LinkState::Unlinked | LinkState::Leftover => {
            let hop =
                Hop::warning(HopName::Link, format!("{state}: the site does not proxy `/api` to a service"));
            hop.hint(target.run(Cure::Link))
        }
        LinkState::Unknown => Hop::skipped(HopName::Link, "the state of the link could not be determined"),
        LinkState::Partial | LinkState::Drifted | LinkState::LinkedElsewhere | LinkState::Dangling => {
            Hop::warning(HopName::Link, state.to_string())
        }
    }
    .with(found)
}

fn linked(observed: &Observed) -> String {
    let product = observed.product.as_ref().map(|seen| seen.view.id.name().to_owned()).unwrap_or_default();
    match &observed.keys {
        Some(keys) => format!("linked, product `{product}`, keys {} and {}", keys.primary, keys.secondary),
        None => format!("linked, product `{product}`, keys unknown"),
    }
}

fn apis(verdict: &Verdict) -> Hop {
    let found = findings(verdict, HopName::Apis);
    let apis = &verdict.observed.product_apis;
    let names: Vec<&str> = apis.iter().map(|api| api.id.name()).collect();
    let hop = match names.as_slice() {
        [] if verdict.observed.own_backend().is_none() => {
            Hop::skipped(HopName::Apis, "the site is not linked")
        }
        [] => Hop::warning(HopName::Apis, "the product contains no API"),
        names => Hop::ok(HopName::Apis, names.join(", ")),
    };
    apis.iter().fold(hop, version).with(found)
}

/// Adds how requests name the version of an API.
fn version(hop: Hop, api: &Api) -> Hop {
    let name = api.id.name();
    match &api.versioning {
        Versioning::Unversioned => hop,
        Versioning::Segment { version } => {
            let path = api.served_path().unwrap_or_default();
            hop.also(format!("`{name}` in version {version} is served at `/{path}`"))
        }
        Versioning::Query { version, parameter } => hop
            .also(format!("requests to `{name}` specify its version in the query: `{parameter}={version}`")),
        Versioning::Header { version, header } => {
            hop.also(format!("requests to `{name}` specify its version in a header: `{header}: {version}`"))
        }
        Versioning::Undetermined { version, set } => {
            let set = set.as_ref().map_or_else(|| "its version set".to_owned(), |set| format!("`{set}`"));
            hop.no_better_than(Condition::Warning)
                .also(format!(
                    "`{name}` has the version {version}; how requests specify it could not be determined, \
                     because {set} could not be read"
                ))
                .hint(format!(
                    "check that the version set exists and that you have the right to read it ({}/read)",
                    ArmType::ApiVersionSet.name()
                ))
        }
    }
}
