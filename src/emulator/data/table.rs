//! What the model says of each host, compiled once and then only read.

use std::{collections::HashMap, sync::Arc};

use hyper::header::HeaderValue;

use super::{
    gateway::service::{self, Service},
    token::Minted,
};
use crate::{
    emulator::view::ModelView,
    model::{
        ApimService, ApimServiceId, Hostname, LinkedBackend, LinkedBackendId, PRODUCTION, Provisioning,
        Resource, SiteEnvironment, SiteEnvironmentId, StaticSite, StaticSiteId,
    },
};

/// Who answers at which host.
#[derive(Default)]
pub(super) struct Table {
    sites: HashMap<Box<str>, Arc<Site>>,
    gateways: HashMap<Box<str>, Arc<Service>>,
    /// By the key of their ids.
    services: HashMap<Box<str>, Arc<Service>>,
}

/// A site environment, as its edge sees it.
pub(super) struct Site {
    /// The hostname that Azure generated for the environment.
    pub(super) hostname: Hostname,
    /// The site's name, if this is its production.
    pub(super) name: Option<String>,
    /// What `/api` is proxied to.
    pub(super) link: Option<Link>,
}

/// A site's linked backend.
pub(super) struct Link {
    /// The key of the id of what is linked.
    pub(super) backend: Box<str>,
    /// The key that the site holds, if it holds one that can be sent.
    pub(super) key: Option<HeaderValue>,
    /// The tokens that the site has signed for this backend.
    pub(super) tokens: Minted,
}

impl Table {
    /// Reads the model. What is malformed in it is not routed to.
    pub(super) fn compile(view: &ModelView) -> Self {
        let mut table = Self::default();
        let services = of_type(view, ApimServiceId::TYPE, ApimService::read);
        let hosts: HashMap<&str, String> =
            services.iter().map(|service| (service.id.key(), service::host(service))).collect();
        table.add_sites(view, &hosts);
        let issuers = table.issuers();
        for service in service::compile_all(view, &services, &issuers) {
            table.add_gateway(Arc::new(service));
        }
        table
    }

    /// The site environment at a host in lower case.
    pub(super) fn site(&self, host: &str) -> Option<&Site> {
        self.sites.get(host).map(AsRef::as_ref)
    }

    /// The service whose gateway is at a host in lower case.
    pub(super) fn gateway(&self, host: &str) -> Option<&Service> {
        self.gateways.get(host).map(AsRef::as_ref)
    }

    /// The service of an id, by the key of that.
    pub(super) fn service(&self, key: &str) -> Option<&Service> {
        self.services.get(key).map(AsRef::as_ref)
    }

    fn add_sites(&mut self, view: &ModelView, hosts: &HashMap<&str, String>) {
        let mut links = links(view, hosts);
        for site in of_type(view, StaticSiteId::TYPE, StaticSite::read) {
            let Ok(production) = site.id.environment(PRODUCTION) else { continue };
            let link = links.remove(production.key());
            let name = Some(site.id.name().to_owned());
            self.add_site(Site { hostname: site.default_hostname, name, link });
        }
        for build in of_type(view, SiteEnvironmentId::TYPE, SiteEnvironment::read) {
            if !build.id.is_production() {
                let link = links.remove(build.id.key());
                self.add_site(Site { hostname: build.hostname, name: None, link });
            }
        }
    }

    fn add_site(&mut self, site: Site) {
        let site = Arc::new(site);
        let local = format!("{}.localhost", site.hostname.first_label());
        self.sites.entry(local.into()).or_insert_with(|| Arc::clone(&site));
        self.sites.insert(site.hostname.as_str().into(), site);
    }

    fn add_gateway(&mut self, service: Arc<Service>) {
        let name = service.id.name().to_ascii_lowercase();
        for host in [format!("{name}.azure-api.net"), format!("{name}.localhost")] {
            self.gateways.entry(host.into()).or_insert_with(|| Arc::clone(&service));
        }
        self.gateways.insert(service.host.as_str().into(), Arc::clone(&service));
        self.services.insert(service.id.key().into(), service);
    }

    /// The hosts at which a site publishes how its tokens are signed, and whom they name as their issuer.
    fn issuers(&self) -> HashMap<Box<str>, String> {
        let issuer = |site: &Site| format!("https://{}/.auth", site.hostname);
        self.sites.iter().map(|(host, site)| (host.clone(), issuer(site))).collect()
    }
}

/// The link of each environment, by the key of its id.
fn links(view: &ModelView, hosts: &HashMap<&str, String>) -> HashMap<Box<str>, Link> {
    let backends = of_type(view, LinkedBackendId::TYPE, LinkedBackend::read);
    let works = |backend: &LinkedBackend| {
        matches!(backend.provisioning, Provisioning::Succeeded | Provisioning::Other(_))
    };
    let environment = |backend: &LinkedBackend| backend.id.parent().map(|id| id.key().into());
    let link = |backend: LinkedBackend| {
        let environment = environment(&backend)?;
        let audience = hosts.get(backend.backend.key()).map(|host| format!("https://{host}"));
        let key = view.site_keys.get(backend.id.key()).and_then(|key| {
            let mut value = HeaderValue::from_str(key.expose()).ok()?;
            value.set_sensitive(true);
            Some(value)
        });
        let tokens = Minted::for_audience(audience.unwrap_or_default());
        Some((environment, Link { backend: backend.backend.key().into(), key, tokens }))
    };
    backends.into_iter().filter(works).filter_map(link).collect()
}

/// Every well-formed resource of a type.
pub(super) fn of_type<T, E>(
    view: &ModelView,
    resource_type: &str,
    read: impl Fn(&Resource) -> Result<T, E>,
) -> Vec<T> {
    let found = view.resources.iter().filter(|resource| resource.id().is_a(resource_type));
    found.filter_map(|resource| read(resource).ok()).collect()
}
