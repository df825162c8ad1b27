//! The targets of all hosts, compiled once from the model and then only read.

use std::{
    collections::HashMap,
    ops::Deref,
    sync::{Arc, LazyLock},
};

use hyper::header::HeaderValue;

use super::site::{Link, Site};
use crate::{
    emulator::data::{
        gateway::{GatewayService, service},
        token::Minted,
    },
    model::{
        ApimService, ApimServiceId, LinkedBackend, LinkedBackendId, PRODUCTION, ProvisioningState,
        SiteEnvironment, SiteEnvironmentId, StaticSite, StaticSiteId,
    },
    provider::{emulated::EmulatedSite, json::Everything},
};

/// The target of each host, compiled when the first request needs it.
pub(in crate::emulator::data) struct Routing(LazyLock<Table, Box<dyn FnOnce() -> Table + Send>>);

impl Routing {
    pub(in crate::emulator::data) fn of(model: Arc<Everything>) -> Self {
        Self(LazyLock::new(Box::new(move || Table::compile(&model))))
    }
}

impl Deref for Routing {
    type Target = Table;

    fn deref(&self) -> &Table {
        &self.0
    }
}

/// The target of each host.
#[derive(Default)]
pub(in crate::emulator::data) struct Table {
    sites: HashMap<Box<str>, Arc<Site>>,
    gateways: HashMap<Box<str>, Arc<GatewayService>>,
    /// The services by the key of their ids.
    services: HashMap<Box<str>, Arc<GatewayService>>,
}

impl Table {
    /// Compiles the model. Malformed resources are not routed to.
    pub(in crate::emulator::data) fn compile(view: &Everything) -> Self {
        let mut table = Self::default();
        let services = view.of_type(ApimServiceId::TYPE, ApimService::read);
        let hosts: HashMap<&str, String> =
            services.iter().map(|service| (service.id.lower_case(), service::host(service))).collect();
        table.add_sites(view, &hosts);
        let issuers = table.issuers();
        for service in service::compile_all(view, &services, &issuers) {
            table.add_gateway(Arc::new(service));
        }
        table
    }

    /// Returns the site environment at a host; the host is in lower case.
    pub(in crate::emulator::data) fn site(&self, host: &str) -> Option<&Site> {
        self.sites.get(host).map(AsRef::as_ref)
    }

    /// Returns every site environment, by name.
    pub(in crate::emulator::data) fn all_sites(&self) -> Vec<EmulatedSite> {
        let own = self.sites.iter().filter(|(host, site)| ***host == *site.hostname.as_str());
        let own = own.map(|(_, site)| EmulatedSite {
            name: site.name.clone().unwrap_or_else(|| site.hostname.to_string()),
            hostname: site.hostname.to_string(),
            linked: site.link.is_some(),
        });
        let mut all: Vec<EmulatedSite> = own.collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    /// Returns the service whose gateway is at a host; the host is in lower case.
    pub(in crate::emulator::data) fn gateway(&self, host: &str) -> Option<&GatewayService> {
        self.gateways.get(host).map(AsRef::as_ref)
    }

    /// Returns a service by the key of its id.
    pub(in crate::emulator::data) fn service(&self, key: &str) -> Option<&GatewayService> {
        self.services.get(key).map(AsRef::as_ref)
    }

    fn add_sites(&mut self, view: &Everything, hosts: &HashMap<&str, String>) {
        let mut links = links(view, hosts);
        for site in view.of_type(StaticSiteId::TYPE, StaticSite::read) {
            let Ok(production) = site.id.environment(PRODUCTION) else { continue };
            let link = links.remove(production.lower_case());
            let name = Some(site.id.name().to_owned());
            self.add_site(Site { hostname: site.default_hostname, name, link });
        }
        for build in view.of_type(SiteEnvironmentId::TYPE, SiteEnvironment::read) {
            if !build.id.is_production() {
                let link = links.remove(build.id.lower_case());
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

    fn add_gateway(&mut self, service: Arc<GatewayService>) {
        let name = service.id.name().to_ascii_lowercase();
        for host in [format!("{name}.azure-api.net"), format!("{name}.localhost")] {
            self.gateways.entry(host.into()).or_insert_with(|| Arc::clone(&service));
        }
        self.gateways.insert(service.host.as_str().into(), Arc::clone(&service));
        self.services.insert(service.id.lower_case().into(), service);
    }

    /// Returns the hosts at which sites publish their signing keys, with the issuer that each names.
    fn issuers(&self) -> HashMap<Box<str>, String> {
        let issuer = |site: &Site| format!("https://{}/.auth", site.hostname);
        self.sites.iter().map(|(host, site)| (host.clone(), issuer(site))).collect()
    }
}

/// Returns the link of each environment, by the key of its id.
fn links(view: &Everything, hosts: &HashMap<&str, String>) -> HashMap<Box<str>, Link> {
    let backends = view.of_type(LinkedBackendId::TYPE, LinkedBackend::read);
    let works = |backend: &LinkedBackend| {
        matches!(backend.provisioning, ProvisioningState::Succeeded | ProvisioningState::Other(_))
    };
    let environment = |backend: &LinkedBackend| backend.id.parent().map(|id| id.lower_case().into());
    let link = |backend: LinkedBackend| {
        let environment = environment(&backend)?;
        let audience = hosts.get(backend.backend.lower_case()).map(|host| format!("https://{host}"));
        let key = view.site_keys.get(&*backend.id).and_then(|key| {
            let mut value = HeaderValue::from_str(key.expose()).ok()?;
            value.set_sensitive(true);
            Some(value)
        });
        let tokens = Minted::for_audience(audience.unwrap_or_default());
        Some((environment, Link { backend: backend.backend.lower_case().into(), key, tokens }))
    };
    backends.into_iter().filter(works).filter_map(link).collect()
}
