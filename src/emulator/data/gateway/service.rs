//! A service in the form that its gateway uses: APIs by path, and the scope of each key.

use std::collections::HashMap;

use hyper::{HeaderMap, Method, Uri, header::HeaderName};
use sha2::{Digest as _, Sha256};

use super::{elements, operation::GatewayOperation, routes::Routes, upstream::Upstream};
use crate::{
    emulator::data::token::TokenCheck,
    model::{
        self, ApiId, ApiOperation, ApimPolicy, ApimPolicyId, ApimService, ApimServiceId, ApimSubscription,
        ApimSubscriptionId, ArmType, Key, ProductApiId, ProductId, Resource, SubscriptionState, Versioning,
        without_revision,
    },
    provider::json::Everything,
};

/// A service, with all data for its gateway's decisions.
pub(in crate::emulator::data) struct GatewayService {
    /// The service's id.
    pub(in crate::emulator::data) id: ApimServiceId,
    /// The hostname of its gateway.
    pub(in crate::emulator::data) host: String,
    /// Whether a site, which calls from the public internet, can reach the gateway.
    pub(in crate::emulator::data) reachable: bool,
    routes: Routes,
    apis: Vec<GatewayApi>,
    products: Vec<GatewayProduct>,
    /// The element of the service's policy for which all requests are refused.
    pub(super) refused: Option<String>,
    /// The scope of each key, by the key's SHA-256.
    grants: HashMap<[u8; 32], Scope>,
}

/// An API that the gateway serves.
pub(super) struct GatewayApi {
    /// The name of the API.
    pub(super) name: String,
    /// The path at which it is served, without leading and trailing slashes.
    pub(super) path: String,
    /// Whether it requires a key.
    pub(super) subscription_required: bool,
    /// The name of the header for the key, as spelled in the model.
    pub(super) key_name: String,
    /// The same, if it is a valid header name.
    pub(super) key_header: Option<HeaderName>,
    /// The query parameter for the key, which is used if the header is absent.
    pub(super) key_parameter: String,
    /// The backend to which admitted requests are sent.
    pub(super) upstream: Option<Upstream>,
    /// Its operations; without any, it serves all paths.
    operations: Vec<GatewayOperation>,
    /// The element of its policy for which all requests are refused.
    pub(super) refused: Option<String>,
    /// The index of the first revision of the API.
    family: usize,
    /// The indices of the products that contain it.
    products: Vec<usize>,
}

/// A product, with the checks of its policy.
pub(super) struct GatewayProduct {
    /// The name of the product.
    pub(super) name: String,
    subscription_required: bool,
    /// The checks of its policy, or `None` if they cannot be carried out.
    pub(super) checks: Option<Vec<TokenCheck>>,
    /// The element of its policy for which all requests are refused.
    pub(super) refused: Option<String>,
}

/// The scope of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// All APIs: the built-in subscription, or one for `/apis`.
    Everything,
    /// The revisions of the API whose first revision has this index.
    Api(usize),
    /// The APIs of the product with this index.
    Product(usize),
    /// No existing API.
    Nothing,
}

/// The context in which a request is served: it selects the policy that applies.
pub(super) enum PolicyContext<'a> {
    /// The context of a product.
    Product(&'a GatewayProduct),
    /// The context of the API or of the whole service, where product policies do not apply.
    Beyond,
}

impl PolicyContext<'_> {
    /// What the context gives access to, for a reader.
    pub(super) fn scope(&self) -> String {
        match self {
            Self::Product(product) => format!("the product `{}`", product.name),
            Self::Beyond => "the API, without a product".to_owned(),
        }
    }
}

impl GatewayService {
    /// Returns the API of a request, and the rest of the path.
    pub(super) fn api<'p>(&self, uri: &'p Uri, headers: &HeaderMap) -> Option<(&GatewayApi, &'p str)> {
        self.routes.find(uri, headers).map(|(at, rest)| (&self.apis[at], rest))
    }

    /// Returns the context in which a key gives access to an API, if it does.
    pub(super) fn context_of_key(&self, key: &[u8], api: &GatewayApi) -> Option<PolicyContext<'_>> {
        match *self.grants.get::<[u8; 32]>(&Sha256::digest(key).into())? {
            Scope::Everything => Some(PolicyContext::Beyond),
            Scope::Api(family) => (family == api.family).then_some(PolicyContext::Beyond),
            Scope::Product(at) => {
                api.products.contains(&at).then(|| PolicyContext::Product(&self.products[at]))
            }
            Scope::Nothing => None,
        }
    }

    /// Returns the context in which an API is accessible without a key, if it is.
    pub(super) fn context_without_key(&self, api: &GatewayApi) -> Option<PolicyContext<'_>> {
        let products = api.products.iter().map(|at| &self.products[*at]);
        let open = products.into_iter().find(|product| !product.subscription_required);
        match open {
            Some(product) => Some(PolicyContext::Product(product)),
            None => (!api.subscription_required).then_some(PolicyContext::Beyond),
        }
    }
}

impl GatewayApi {
    /// Whether it has an operation for the request.
    pub(super) fn serves(&self, method: &Method, rest: &str) -> bool {
        self.operations.is_empty() || self.operation(method, rest).is_some()
    }

    /// Returns the operation for the request.
    pub(super) fn operation(&self, method: &Method, rest: &str) -> Option<&GatewayOperation> {
        self.operations.iter().find(|it| it.serves(method, rest))
    }
}

/// Returns the hostname at which clients call a service's gateway.
pub(in crate::emulator::data) fn host(service: &ApimService) -> String {
    let given = service.gateway_host();
    let usual = || format!("{}.azure-api.net", service.id.name());
    given.map_or_else(usual, str::to_owned).to_ascii_lowercase()
}

/// Compiles all data for the gateways' decisions. `issuers` contains the hosts that publish a site's signing keys.
pub(in crate::emulator::data) fn compile_all(
    view: &Everything,
    services: &[ApimService],
    issuers: &HashMap<Box<str>, String>,
) -> Vec<GatewayService> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut compiled: Vec<GatewayService> = services.iter().map(GatewayService::new).collect();
    for (at, service) in services.iter().enumerate() {
        places.insert(service.id.lower_case().to_owned(), at);
    }
    let mut refused = elements::refused(view);
    let mut parts = Parts { services: &mut compiled, places, apis: HashMap::new(), products: HashMap::new() };
    parts.add_apis(view, &mut refused);
    parts.add_products(view, issuers, &mut refused);
    parts.add_grants(view);
    for service in &mut compiled {
        service.refused = refused.remove(service.id.lower_case());
    }
    compiled
}

impl GatewayService {
    fn new(service: &ApimService) -> Self {
        let is = |text: &Option<String>, word: &str| {
            text.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(word))
        };
        Self {
            id: service.id.clone(),
            host: host(service),
            reachable: !is(&service.virtual_network_type, "Internal")
                && !is(&service.public_network_access, "Disabled"),
            routes: Routes::default(),
            apis: Vec::new(),
            products: Vec::new(),
            refused: None,
            grants: HashMap::new(),
        }
    }
}

/// Services during compilation: the index of each, and of each API and product within its service.
struct Parts<'a> {
    services: &'a mut Vec<GatewayService>,
    places: HashMap<String, usize>,
    /// The revisions of each API, by the key of its id.
    apis: HashMap<String, Vec<usize>>,
    products: HashMap<String, usize>,
}

impl Parts<'_> {
    fn service(&mut self, key: &str) -> Option<&mut GatewayService> {
        self.places.get(key).map(|at| &mut self.services[*at])
    }

    fn add_apis(&mut self, view: &Everything, refused: &mut HashMap<String, String>) {
        let mut operations = operations(view, refused);
        let mut apis = apis(view);
        // The API itself comes before the revisions with a number in their names.
        apis.sort_by_key(|api| without_revision(api.id.name()).is_some());
        for api in apis {
            let Some(parent) = api.id.parent() else { continue };
            let operations = operations.remove(api.id.lower_case()).unwrap_or_default();
            let family = without_revision(api.id.lower_case()).unwrap_or(api.id.lower_case()).to_owned();
            let first = self.apis.get(&family).and_then(|revisions| revisions.first()).copied();
            let Some(service) = self.service(parent.lower_case()) else { continue };
            let at = service.apis.len();
            service.routes.add(&api, at);
            let refused = refused.remove(api.id.lower_case());
            service
                .apis
                .push(GatewayApi { refused, ..GatewayApi::new(&api, operations, first.unwrap_or(at)) });
            self.apis.entry(family).or_default().push(at);
        }
    }

    fn add_products(
        &mut self,
        view: &Everything,
        issuers: &HashMap<Box<str>, String>,
        refused: &mut HashMap<String, String>,
    ) {
        let policies = view.of_type(ApimPolicyId::TYPE, ApimPolicy::read);
        let mut policies: HashMap<ProductId, ApimPolicy> =
            policies.into_iter().map(|policy| (policy.id.product(), policy)).collect();
        for product in view.of_type(ProductId::TYPE, model::Product::read) {
            let policy = policies.remove(&product.id);
            let Some(service) = self.service(product.id.service().lower_case()) else { continue };
            let (at, subscription_required) = (service.products.len(), product.subscription_required);
            let (checks, refused) =
                (checks(policy.as_ref(), issuers), refused.remove(product.id.lower_case()));
            let name = product.id.name().to_owned();
            service.products.push(GatewayProduct { name, subscription_required, checks, refused });
            self.products.insert(product.id.lower_case().to_owned(), at);
        }
        for place in view.of_type(ProductApiId::TYPE, |it| ProductApiId::try_from(it.id().clone())) {
            let found =
                (self.apis.get(place.api().lower_case()), self.products.get(place.product().lower_case()));
            let (Some(revisions), Some(&product)) = found else { continue };
            let revisions = revisions.clone();
            if let Some(service) = self.service(place.product().service().lower_case()) {
                for api in revisions {
                    service.apis[api].products.push(product);
                }
            }
        }
    }

    fn add_grants(&mut self, view: &Everything) {
        for subscription in view.of_type(ApimSubscriptionId::TYPE, ApimSubscription::read) {
            let Some(parent) = subscription.id.parent() else { continue };
            let Some(keys) = view.subscription_keys.get(&*subscription.id) else { continue };
            if subscription.state != SubscriptionState::Active {
                continue;
            }
            let scope = self.scope(parent.lower_case(), &subscription.scope);
            let Some(service) = self.service(parent.lower_case()) else { continue };
            for key in [&keys.primary, &keys.secondary] {
                service.grants.insert(digest(key), scope);
            }
        }
    }

    /// Parses a scope, which is a whole id or relative to the service.
    fn scope(&self, service: &str, scope: &str) -> Scope {
        let scope = scope.trim_end_matches('/').to_ascii_lowercase();
        let relative = scope.strip_prefix(service).unwrap_or(&scope);
        if relative.is_empty() || relative == "/apis" {
            return Scope::Everything;
        }
        let key = format!("{service}{relative}");
        let product = || self.products.get(&key).map(|at| Scope::Product(*at));
        let first = self.apis.get(&key).and_then(|revisions| revisions.first());
        first.map(|at| Scope::Api(*at)).or_else(product).unwrap_or(Scope::Nothing)
    }
}

impl GatewayApi {
    fn new(api: &model::Api, operations: Vec<GatewayOperation>, family: usize) -> Self {
        Self {
            name: api.id.name().to_owned(),
            path: api.served_path().unwrap_or_default(),
            family,
            refused: None,
            subscription_required: api.subscription_required,
            key_name: api.key_header.clone(),
            key_header: HeaderName::try_from(&api.key_header).ok(),
            key_parameter: api.key_parameter.clone(),
            upstream: api.service_url.as_deref().and_then(Upstream::parse),
            operations,
            products: Vec::new(),
        }
    }
}

/// Returns every API with its versioning scheme. A revision without a path is offline.
pub(in crate::emulator::data) fn apis(view: &Everything) -> Vec<model::Api> {
    let sets = view.resources.iter().filter(|resource| resource.id().is_a(ArmType::ApiVersionSet.name()));
    let sets: HashMap<&str, &Resource> = sets.map(|set| (set.id().lower_case(), set)).collect();
    let is_online = |resource: &Resource| {
        without_revision(resource.id().name()).is_none() || resource.field("properties.path").is_some()
    };
    let found =
        view.resources.iter().filter(|resource| resource.id().is_a(ApiId::TYPE) && is_online(resource));
    let with_scheme = |mut api: model::Api| {
        let Versioning::Undetermined { set: Some(set), .. } = &api.versioning else { return api };
        if let Some(set) = sets.get(set.lower_case()) {
            api.versioning = api.versioning.by_set(set);
        }
        api
    };
    found.filter_map(|resource| model::Api::read(resource).ok()).map(with_scheme).collect()
}

/// Returns the operations of each API, by the key of its id.
fn operations(
    view: &Everything,
    refused: &HashMap<String, String>,
) -> HashMap<String, Vec<GatewayOperation>> {
    let read = |resource: &Resource| {
        let mut operation = GatewayOperation::new(&ApiOperation::read(resource)?);
        operation.refused = refused.get(resource.id().lower_case()).cloned();
        Ok::<_, model::Malformed>((resource.id().parent(), operation))
    };
    let mut found: HashMap<String, Vec<GatewayOperation>> = HashMap::new();
    for (api, operation) in view.of_type(ArmType::ApiOperation.name(), read) {
        if let Some(api) = api {
            found.entry(api.lower_case().to_owned()).or_default().push(operation);
        }
    }
    found
}

fn checks(policy: Option<&ApimPolicy>, issuers: &HashMap<Box<str>, String>) -> Option<Vec<TokenCheck>> {
    let Some(policy) = policy else { return Some(Vec::new()) };
    match policy.token_checks() {
        Ok(rules) => rules.into_iter().map(|rule| TokenCheck::new(rule, issuers)).collect(),
        Err(error) => {
            tracing::warn!(policy = %policy.id, %error, "a policy that is not supported accepts no request");
            None
        }
    }
}

fn digest(key: &Key) -> [u8; 32] {
    Sha256::digest(key.expose().as_bytes()).into()
}
