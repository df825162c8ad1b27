//! Every operation of the recordings, and what the program has to do with it.

use swa_apim::{
    model::{ApiId, ApimServiceId, KeySlot, ProductId, ResourceId, SiteEnvironmentId, StaticSiteId},
    provider::Collection,
};

/// How the program asks for an operation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ask {
    /// Reads one resource.
    Get,
    /// Creates or replaces one.
    Put,
    /// Deletes one.
    Delete,
    /// Lists a collection.
    List(fn(&ResourceId) -> Collection),
    /// Lists the Azure subscriptions, then the sites of each.
    SitesOfEach,
    /// Asks Resource Graph.
    Graph,
    /// Reads the caller's rights.
    Permissions,
    /// Replaces both keys of a subscription.
    SetKeys,
    /// Reads both keys of a subscription.
    Keys,
    /// Regenerates a key of a subscription.
    Regenerate(KeySlot),
}

/// What becomes of an interaction.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    /// The program asks, hears the recorded answer, and what it makes of it is checked.
    Asked(Ask),
    /// The program has no way to ask; of a recorded failure the envelope is read all the same.
    Never,
}

/// Operations that the program sends.
const SENT: &[(&str, Ask)] = &[
    ("GET {service}", Ask::Get),
    ("GET {service}/products/{}", Ask::Get),
    ("GET {service}/products/{}/policies/{}", Ask::Get),
    ("HEAD {service}/products/{}/apis/{}", Ask::Get),
    ("GET {service}/subscriptions/{}", Ask::Get),
    ("GET {service}/apis/{}", Ask::Get),
    ("GET {site}", Ask::Get),
    ("GET {site}/builds/{}", Ask::Get),
    ("PUT {service}/products/{}", Ask::Put),
    ("PUT {service}/products/{}/policies/{}", Ask::Put),
    ("PUT {service}/products/{}/apis/{}", Ask::Put),
    ("PUT {service}/subscriptions/{}", Ask::Put),
    ("PUT {site}/builds/{}/linkedbackends/{}", Ask::Put),
    ("DELETE {service}/products/{}", Ask::Delete),
    ("DELETE {service}/products/{}/policies/{}", Ask::Delete),
    ("DELETE {service}/products/{}/apis/{}", Ask::Delete),
    ("DELETE {service}/subscriptions/{}", Ask::Delete),
    ("DELETE {site}/builds/{}/linkedbackends/{}", Ask::Delete),
    ("PATCH {service}/subscriptions/{}", Ask::SetKeys),
    ("POST {service}/subscriptions/{}/listsecrets", Ask::Keys),
    ("POST {service}/subscriptions/{}/regenerateprimarykey", Ask::Regenerate(KeySlot::Primary)),
    ("POST {service}/subscriptions/{}/regeneratesecondarykey", Ask::Regenerate(KeySlot::Secondary)),
    ("GET {service}/apis", Ask::List(|id| Collection::Apis(service(id)))),
    ("GET {service}/products", Ask::List(|id| Collection::Products(service(id)))),
    ("GET {service}/subscriptions", Ask::List(|id| Collection::Subscriptions(service(id)))),
    ("GET {service}/products/{}/apis", Ask::List(|id| Collection::ProductApis(product(id)))),
    (
        "GET {service}/products/{}/subscriptions",
        Ask::List(|id| Collection::ProductSubscriptions(product(id))),
    ),
    ("GET {service}/apis/{}/products", Ask::List(|id| Collection::ApiProducts(api(id)))),
    ("GET {service}/apis/{}/operations", Ask::List(|id| Collection::ApiOperations(api(id)))),
    ("GET {site}/builds", Ask::List(|id| Collection::SiteEnvironments(site(id)))),
    ("GET {site}/builds/{}/linkedbackends", Ask::List(|id| Collection::LinkedBackends(environment(id)))),
    ("GET /subscriptions", Ask::SitesOfEach),
    ("GET /subscriptions/{}/providers/microsoft.web/staticsites", Ask::SitesOfEach),
    ("POST /providers/microsoft.resourcegraph/resources", Ask::Graph),
    ("GET {group}/providers/microsoft.authorization/permissions", Ask::Permissions),
    (
        "GET {group}/providers/microsoft.devcenter/projects/{}/providers/microsoft.authorization/permissions",
        Ask::Permissions,
    ),
];

/// Operations that the program could send, since its provider takes any resource, and never does. They show
/// more of how Azure answers: operations that take long, other policies, other resource types, failures.
const POSSIBLE: &[(&str, Ask)] = &[
    ("PUT {service}", Ask::Put),
    ("DELETE {service}", Ask::Delete),
    ("PUT {service}/apis/{}", Ask::Put),
    ("DELETE {service}/apis/{}", Ask::Delete),
    ("GET {service}/apis/{}/releases/{}", Ask::Get),
    ("DELETE {service}/apis/{}/releases/{}", Ask::Delete),
    ("GET {service}/apis/{}/operations/{}", Ask::Get),
    ("PUT {service}/apis/{}/operations/{}", Ask::Put),
    ("DELETE {service}/apis/{}/operations/{}", Ask::Delete),
    ("GET {service}/apis/{}/operations/{}/policies/{}", Ask::Get),
    ("PUT {service}/apis/{}/operations/{}/policies/{}", Ask::Put),
    ("DELETE {service}/apis/{}/operations/{}/policies/{}", Ask::Delete),
    ("GET {service}/apis/{}/resolvers/{}/policies/{}", Ask::Get),
    ("PUT {service}/apis/{}/resolvers/{}/policies/{}", Ask::Put),
    ("DELETE {service}/apis/{}/resolvers/{}/policies/{}", Ask::Delete),
    ("GET {service}/apis/{}/policies/{}", Ask::Get),
    ("PUT {service}/apis/{}/policies/{}", Ask::Put),
    ("DELETE {service}/apis/{}/policies/{}", Ask::Delete),
    ("GET {service}/policies/{}", Ask::Get),
    ("PUT {service}/policies/{}", Ask::Put),
    ("DELETE {service}/policies/{}", Ask::Delete),
    ("GET {service}/policyfragments/{}", Ask::Get),
    ("PUT {service}/policyfragments/{}", Ask::Put),
    ("DELETE {service}/policyfragments/{}", Ask::Delete),
    ("GET {service}/apiversionsets/{}", Ask::Get),
    ("PUT {service}/apiversionsets/{}", Ask::Put),
    ("DELETE {service}/apiversionsets/{}", Ask::Delete),
    ("PUT {site}", Ask::Put),
    ("DELETE {site}", Ask::Delete),
    ("DELETE {site}/builds/{}", Ask::Delete),
    ("GET {site}/customdomains/{}", Ask::Get),
    ("PUT {site}/customdomains/{}", Ask::Put),
    ("GET {site}/userprovidedfunctionapps/{}", Ask::Get),
    ("PUT {site}/userprovidedfunctionapps/{}", Ask::Put),
    ("DELETE {site}/userprovidedfunctionapps/{}", Ask::Delete),
    ("GET {site}/builds/{}/userprovidedfunctionapps/{}", Ask::Get),
    ("PUT {site}/builds/{}/userprovidedfunctionapps/{}", Ask::Put),
    ("GET {group}", Ask::Get),
    ("PUT {group}", Ask::Put),
    ("DELETE {group}", Ask::Delete),
    ("PUT {group}/providers/microsoft.web/sites/{}", Ask::Put),
    ("PUT {group}/providers/microsoft.web/serverfarms/{}", Ask::Put),
    ("GET {group}/providers/microsoft.recoveryservices/vaults/{}/backupjobs/{}", Ask::Get),
    ("GET {group}/providers/microsoft.classicstorage/storageaccounts/{}", Ask::Get),
    ("PUT {group}/providers/microsoft.media/mediaservices/{}", Ask::Put),
    ("PUT {group}/providers/microsoft.network/virtualnetworkgateways/{}", Ask::Put),
    ("GET /subscriptions/{}/providers/microsoft.containerservice/locations/{}/operations/{}", Ask::Get),
    ("GET {group}/providers/microsoft.network/dnszones/{}/soa/{}", Ask::Get),
    ("GET {group}/providers/microsoft.network/locations/{}/dnsresolveroperationstatuses/{}", Ask::Get),
    ("DELETE {group}/providers/microsoft.storage/storageaccounts/{}", Ask::Delete),
    ("GET {group}/providers/microsoft.network/trafficmanagerprofiles/{}/nestedendpoints/{}", Ask::Get),
    ("DELETE {group}/providers/microsoft.managedidentity/userassignedidentities/{}", Ask::Delete),
];

/// Operations that the program has no way to send, and how often each is recorded without being the progress
/// of something that it did send.
pub(crate) const NEVER_SENT: &[(&str, usize)] = &[
    ("DELETE {service}/authorizationproviders/{}/authorizations/{}", 2),
    ("DELETE {service}/authorizationproviders/{}/authorizations/{}/accesspolicies/{}", 1),
    (
        "GET /subscriptions/{}/providers/microsoft.apimanagement/locations/{}/deletedservices/{}/operationresults/{}",
        1,
    ),
    ("GET /subscriptions/{}/providers/microsoft.apimanagement/service", 1),
    ("GET /subscriptions/{}/providers/microsoft.web/locations/{}/operations/{}", 2),
    ("GET /tenants", 1),
    ("GET {group}/providers/microsoft.apimanagement/service", 2),
    (
        "GET {group}/providers/microsoft.authorization//{}/d0b41e1f-491a-4071-aad7-8a691425a373/{}/microsoft.authorization/{}",
        1,
    ),
    ("GET {group}/providers/microsoft.web//{}/csmr744/{}/microsoft.authorization/{}", 1),
    ("GET {group}/providers/microsoft.web/staticsites", 1),
    ("GET {service}/apis/{}/operations/{}/policies", 1),
    ("GET {service}/apis/{}/policies", 1),
    ("GET {service}/apis/{}/releases", 2),
    ("GET {service}/apis/{}/revisions", 2),
    ("GET {service}/apisbytags", 1),
    ("GET {service}/apiversionsets", 2),
    ("GET {service}/operationresults/{}", 2),
    ("GET {service}/policies", 1),
    ("GET {service}/products/{}/apis/{}", 3),
    ("GET {service}/products/{}/groups", 1),
    ("GET {service}/products/{}/policies", 1),
    ("GET {service}/productsbytags", 1),
    ("GET {service}/tenant/{}/68c7336f00bfd91b90dbc8ac", 1),
    ("GET {service}/tenant/{}/68c73370588c8e235045cad7", 1),
    ("GET {service}/users/{}/subscriptions", 3),
    ("GET {site}/builds/{}/userprovidedfunctionapps", 1),
    ("GET {site}/customdomains", 1),
    ("GET {site}/userprovidedfunctionapps", 2),
    ("HEAD {service}/apis/{}", 4),
    ("HEAD {service}/apis/{}/operations/{}", 3),
    ("HEAD {service}/apis/{}/operations/{}/policies/{}", 2),
    ("HEAD {service}/apis/{}/policies/{}", 3),
    ("HEAD {service}/apis/{}/releases/{}", 1),
    ("HEAD {service}/apiversionsets/{}", 3),
    ("HEAD {service}/policies/{}", 2),
    ("HEAD {service}/products/{}", 3),
    ("HEAD {service}/products/{}/policies/{}", 3),
    ("HEAD {service}/subscriptions/{}", 1),
    ("PATCH {group}/providers/microsoft.network/privatednszones/{}/a/{}", 1),
    ("PATCH {service}", 1),
    ("PATCH {service}/apis/{}", 2),
    ("PATCH {service}/apis/{}/operations/{}", 2),
    ("PATCH {service}/apis/{}/releases/{}", 1),
    ("PATCH {service}/apiversionsets/{}", 2),
    ("PATCH {service}/products/{}", 2),
    ("PATCH {site}", 1),
    ("POST /subscriptions/{}/providers/microsoft.apimanagement/checknameavailability", 1),
    ("POST {site}/customdomains/{}/validate", 1),
    ("POST {site}/detach", 1),
    ("POST {site}/listappsettings", 3),
    ("POST {site}/listsecrets", 1),
    ("POST {site}/resetapikey", 1),
    ("PUT {site}/config/{}", 3),
];

/// What is done with the interactions of an operation.
pub(crate) fn fate(operation: &str) -> Fate {
    let found = SENT.iter().chain(POSSIBLE).find(|(known, _)| *known == operation);
    found.map_or(Fate::Never, |(_, ask)| Fate::Asked(*ask))
}

/// Every row of both tables.
pub(crate) fn rows() -> impl Iterator<Item = &'static str> {
    SENT.iter().chain(POSSIBLE).map(|(operation, _)| *operation)
}

fn service(id: &ResourceId) -> ApimServiceId {
    ApimServiceId::try_from(id.clone()).unwrap()
}

fn product(id: &ResourceId) -> ProductId {
    ProductId::try_from(id.clone()).unwrap()
}

fn api(id: &ResourceId) -> ApiId {
    ApiId::try_from(id.clone()).unwrap()
}

fn site(id: &ResourceId) -> StaticSiteId {
    StaticSiteId::try_from(id.clone()).unwrap()
}

fn environment(id: &ResourceId) -> SiteEnvironmentId {
    SiteEnvironmentId::try_from(id.clone()).unwrap()
}
