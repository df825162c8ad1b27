//! The sites that may use a product, and the resources that each is linked to.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, stream};

use super::{Gap, HostSeen, SiteKeys, SitesSeen, Unread, Wanted};
use crate::{
    model::{
        ApimServiceId, Hostname, LinkedBackend, PRODUCTION, Resource, ResourceId, SiteEnvironment,
        SiteEnvironmentId, StaticSite,
    },
    provider::{Collection, Reads, Sight, at_once},
};

/// All sites that were listed, or the reason why the list could not be read.
pub(in crate::engine) type Listed = Result<ListedSites, Unread>;

/// Sites that were listed. Their resources are not kept: those of many sites need much memory.
#[derive(Clone, Debug)]
pub(in crate::engine) struct ListedSites {
    sites: Vec<StaticSite>,
    unreadable: Vec<Unread>,
}

impl ListedSites {
    fn of(resources: impl IntoIterator<Item = Resource>) -> Self {
        let mut listed = Self { sites: Vec::new(), unreadable: Vec::new() };
        for resource in resources {
            match StaticSite::read(&resource) {
                Ok(site) => listed.sites.push(site),
                Err(error) => listed.unreadable.push(Unread::new(name_of(resource.id()), error)),
            }
        }
        listed
    }
}

/// Lists the sites that the caller can see.
pub(in crate::engine) async fn list_sites(plane: &dyn Reads) -> Listed {
    let found = plane.list(&Collection::StaticSitesOfEach).await;
    let found = found.map_err(|error| Unread::new("the static web apps", error))?;
    Ok(ListedSites::of(found.into_iter().map(|found| found.value)))
}

/// Reads one site only; if it does not exist, lists all sites.
pub(in crate::engine) async fn list_one(plane: &dyn Reads, site: &ResourceId) -> Listed {
    match plane.get(site).await {
        Ok(Some(found)) => Ok(ListedSites::of([found.value])),
        Ok(None) => list_sites(plane).await,
        Err(error) => Err(Unread::new(format!("`{}`", site.name()), error)),
    }
}

/// Reads the sites that may use one of the wanted products, their previews included, and their linked backends.
///
/// A list that contains a site's linked backends is trusted. If it contains none, the site is read separately, since
/// not every list includes them.
pub(in crate::engine) async fn look_at_sites(
    plane: &dyn Reads,
    listed: &Listed,
    wanted: &Wanted,
) -> SitesSeen {
    let site_keys = match plane.capabilities().sight {
        Sight::Everything => SiteKeys::Shown,
        Sight::WhatIsAllowed => SiteKeys::Hidden,
    };
    let mut seen = SitesSeen { site_keys, ..SitesSeen::default() };
    let gap = |unread: &Unread| Gap { of: None, unread: unread.clone() };
    let sites = match listed {
        Ok(ListedSites { sites, unreadable }) => {
            seen.gaps.extend(unreadable.iter().map(gap));
            sites.as_slice()
        }
        Err(unread) => {
            seen.gaps.push(gap(unread));
            &[]
        }
    };
    let of_sites = stream::iter(sites).map(async |site| look_at_site(plane, site, wanted).await);
    seen.hosts = of_sites.buffered(at_once::READS_OF_AUDIT).filter_map(async |host| host).collect().await;
    let previews = preview_sites(sites, &seen.hosts, wanted);
    let of_previews = stream::iter(previews).map(async |site| look_at_previews(plane, site, wanted).await);
    for found in of_previews.buffered(at_once::READS_OF_AUDIT).collect::<Vec<_>>().await {
        match found {
            Ok(hosts) => seen.hosts.extend(hosts),
            Err(gap) => seen.gaps.push(gap),
        }
    }
    look_up_services(plane, &mut seen).await;
    seen
}

fn name_of(id: &ResourceId) -> String {
    format!("`{}`", id.name())
}

async fn look_at_site(plane: &dyn Reads, site: &StaticSite, wanted: &Wanted) -> Option<HostSeen> {
    let environment = site.id.environment(PRODUCTION).ok()?;
    let hostname = site.default_hostname.clone();
    let links = if site.linked_to.is_empty() && wanted.is_used_by(&hostname) {
        links_of(plane, &environment).await
    } else {
        Ok(site.linked_to.clone())
    };
    Some(HostSeen { environment, hostname, links })
}

async fn links_of(plane: &dyn Reads, environment: &SiteEnvironmentId) -> Result<Vec<ResourceId>, Unread> {
    let what = format!("the linked backend of `{}`", environment.site().name());
    let found = plane.list(&Collection::LinkedBackends(environment.clone())).await;
    let found = found.map_err(|error| Unread::new(&what, error))?;
    let named = found.iter().map(|found| LinkedBackend::read(&found.value).map(|backend| backend.backend));
    named.collect::<Result<_, _>>().map_err(|error| Unread::new(&what, error))
}

/// Returns the sites that may have a preview with one of the wanted hostnames that were not found.
fn preview_sites<'a>(sites: &'a [StaticSite], hosts: &[HostSeen], wanted: &Wanted) -> Vec<&'a StaticSite> {
    let known: BTreeSet<&str> = hosts.iter().map(|host| host.hostname.as_str()).collect();
    let missing: Vec<Hostname> =
        wanted.hostnames().filter(|hostname| !known.contains(hostname.as_str())).collect();
    let may_have = |site: &&StaticSite| {
        missing.iter().any(|hostname| hostname.may_be_preview_of(&site.default_hostname))
    };
    sites.iter().filter(may_have).collect()
}

async fn look_at_previews(
    plane: &dyn Reads,
    site: &StaticSite,
    wanted: &Wanted,
) -> Result<Vec<HostSeen>, Gap> {
    let gap = |error: &dyn std::fmt::Display| {
        let what = format!("the environments of `{}`", site.id.name());
        Gap { of: Some(site.default_hostname.clone()), unread: Unread::new(what, error) }
    };
    let found = plane.list(&Collection::SiteEnvironments(site.id.clone())).await;
    let mut hosts = Vec::new();
    for found in found.map_err(|error| gap(&error))? {
        let environment = SiteEnvironment::read(&found.value).map_err(|error| gap(&error))?;
        if !environment.id.is_production() && wanted.is_used_by(&environment.hostname) {
            let links = links_of(plane, &environment.id).await;
            hosts.push(HostSeen { environment: environment.id, hostname: environment.hostname, links });
        }
    }
    Ok(hosts)
}

/// Checks which of the services that sites are linked to exist.
async fn look_up_services(plane: &dyn Reads, seen: &mut SitesSeen) {
    let named = seen.hosts.iter().filter_map(|host| host.links.as_ref().ok()).flatten();
    let services: BTreeSet<ApimServiceId> =
        named.filter_map(|id| ApimServiceId::try_from(id.clone()).ok()).collect();
    let looked_up = stream::iter(services).map(async |id| {
        let found = plane.get(&id).await;
        (id, found)
    });
    for (id, found) in looked_up.buffered(at_once::READS_OF_AUDIT).collect::<Vec<_>>().await {
        match found {
            Ok(None) if plane.would_see(&id) => seen.gone.push(id),
            Ok(Some(_) | None) => {}
            Err(error) => seen.doubtful.push(Unread::new(name_of(&id), error)),
        }
    }
}
