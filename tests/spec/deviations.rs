//! Where Azure, as it is known to be, is not as its definitions say.

use std::sync::LazyLock;

use crate::check::{Fault, Part};

/// Which operations a deviation is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    /// Those of one resource of a collection, and the collection itself: the last word of their template.
    Collection(&'static str),
    /// Those whose template has this in it.
    Within(&'static str),
}

/// One way in which Azure differs from its definitions, on purpose so here.
#[derive(Debug)]
pub(crate) struct Deviation {
    /// How the operation begins; `*` for any.
    method: &'static str,
    of: Of,
    part: Part,
    /// How the fault's detail begins, of a list that of one of its values.
    detail: String,
    /// The recording that shows it, as a file of `recordings` and the number in it, or where else it is known from.
    source: &'static str,
}

impl Deviation {
    pub(crate) fn is(&self, fault: &Fault) -> bool {
        let (method, template) = fault.operation.split_once(' ').unwrap();
        let of = match self.of {
            Of::Collection(name) => {
                template.split('/').rfind(|segment| !segment.starts_with('{')) == Some(name)
            }
            Of::Within(part) => template.contains(part),
        };
        let detail = fault.detail.strip_prefix("/value[]").unwrap_or(&fault.detail);
        of && (self.method == "*" || self.method == method)
            && self.part == fault.part
            && detail.starts_with(&self.detail)
    }

    /// The deviation and its source, for a message.
    pub(crate) fn told(&self) -> String {
        let Self { method, of, part, detail, source } = self;
        format!("{part:?} of {method} {of:?}: {detail} ({source})")
    }
}

/// Every one that is known.
pub(crate) static DEVIATIONS: LazyLock<Vec<Deviation>> = LazyLock::new(|| {
    let all = [microsoft_web(), linked_backends(), sites(), connecting(), services(), products(), apis()];
    all.into_iter().flatten().chain(subscriptions()).chain(resource_manager()).collect()
});

/// Errors of `Microsoft.Web` are in no `error`, and begin with capitals; its lists end with an `id`.
fn microsoft_web() -> Vec<Deviation> {
    let members = ["Code", "Message", "Target", "Details", "Innererror"];
    let errors = members.map(|name| {
        answer(Of::Within("Microsoft.Web"), &format!("/{name}: is not"), "web-linked-backends #3")
    });
    let list = ["/nextLink: null", "/id: is not declared"];
    let lists = list.map(|detail| answer(Of::Within("staticSites"), detail, "web-linked-backends #8"));
    errors.into_iter().chain(lists).collect()
}

/// The properties of a linked backend that no definition has.
const BACKEND: [&str; 5] = [
    "areAutomatedDeploymentsEnabled",
    "storageAccountResourceId",
    "userAssignedManagedIdentityResourceId",
    "managedServiceIdentityType",
    "routingPath",
];

fn linked_backends() -> Vec<Deviation> {
    let of = Of::Collection("linkedBackends");
    let mut all = undefined(of, &BACKEND, "web-linked-backends #4 #6");
    all.push(answer(of, "/location: is not declared", "web-linked-backends #4 #6"));
    all.push(answer(of, "/properties/createdOn: \"", "web-linked-backends #6: reads tell no time zone"));
    all.push(answer(
        of,
        "/properties/region: null",
        "the definitions' own examples have null with a service",
    ));
    all
}

fn sites() -> Vec<Deviation> {
    let site = Of::Collection("staticSites");
    let extra = [
        "stableInboundIP",
        "trafficSplitting",
        "areStaticSitesDistributedBackendsEnabled",
        "targetResourceGroupResourceId",
        "trialExpirationTimeUtc",
        "prettyNameStatus",
        "prettyName",
        "prettyNameHostname",
        "backendRegion",
        "stagingEnvironmentRegion",
    ];
    let mut all = undefined(site, &extra, "web-linked-backends #2");
    let null = ["repositoryUrl", "branch", "userProvidedFunctionApps", "publicNetworkAccess"];
    all.extend(nulls(site, &null, "web-linked-backends #2"));
    all.extend(BACKEND.map(|name| {
        let detail = format!("/properties/linkedBackends[]/{name}: is not declared");
        answer(site, &detail, "web-linked-backends #5")
    }));
    all.push(answer(site, "/properties/linkedBackends[]/createdOn: \"", "web-linked-backends #5"));
    let region = "/properties/linkedBackends[]/region: null";
    all.push(answer(site, region, "the definitions' example GetStaticSite"));
    let build = Of::Collection("builds");
    all.push(answer(build, "/location: is not declared", "web-static-sites #4 #33"));
    all.extend(undefined(build, &["hasDataApiConfigFile"], "web-static-sites #33"));
    all.extend(nulls(build, &["pullRequestTitle", "linkedBackends"], "web-static-sites #33"));
    all.extend(
        ["createdTimeUtc", "lastUpdatedOn"].map(|name| {
            answer(build, &format!("/properties/{name}: \""), "web-static-sites #33: no time zone")
        }),
    );
    all
}

/// Connecting as newer definitions have it, and as other resources of the provider do.
fn connecting() -> Vec<Deviation> {
    let newer = "clients of newer definitions take it";
    let contract = "Resource Manager's contract for what takes long";
    let all = [
        (Part::Status, "201 is not declared", newer),
        (Part::Status, "202 is not declared", newer),
        (Part::AnswerHeader, "`location`", "newer definitions give the 200 a Location"),
        (Part::AnswerHeader, "`azure-asyncoperation`", contract),
        (Part::AnswerHeader, "`retry-after`", contract),
    ];
    let of = Of::Within("linkedBackends/{linkedBackendName}");
    let all = all.map(|(part, detail, source)| Deviation {
        method: "PUT",
        of,
        part,
        detail: detail.to_owned(),
        source,
    });
    all.into()
}

fn services() -> Vec<Deviation> {
    let of = Of::Collection("service");
    let null = [
        "gatewayRegionalUrl",
        "portalUrl",
        "developerPortalUrl",
        "managementApiUrl",
        "scmUrl",
        "hostnameConfigurations[]/encodedCertificate",
        "hostnameConfigurations[]/keyVaultId",
        "hostnameConfigurations[]/certificatePassword",
        "hostnameConfigurations[]/certificate",
        "hostnameConfigurations[]/identityClientId",
        "hostnameConfigurations[]/certificateStatus",
        "publicIPAddresses",
        "privateIPAddresses",
        "additionalLocations",
        "virtualNetworkConfiguration",
        "customProperties",
        "certificates",
        "outboundPublicIPAddresses",
        "apiVersionConstraint/minApiVersion",
        "publicIpAddressId",
        "privateEndpointConnections",
    ];
    let mut all = nulls(of, &null, "apim-service #5");
    all.extend(undefined(of, &["dataApiUrl"], "apim-service #5"));
    all.extend(
        ["identity", "systemData", "zones"]
            .map(|name| answer(of, &format!("/{name}: null"), "apim-service #5")),
    );
    let (part, detail) = (Part::AnswerHeader, "`etag`".to_owned());
    all.push(Deviation { method: "GET", of, part, detail, source: "apim-service #5" });
    all
}

fn products() -> Vec<Deviation> {
    let of = Of::Collection("products");
    let mut all = nulls(of, &["description", "terms", "subscriptionsLimit"], "apim-products #0 #3");
    all.extend(nulls(of, &["approvalRequired"], "apim-products #0: no subscription is required"));
    all.extend(undefined(of, &["groups"], "apim-products #0 #3"));
    all
}

fn apis() -> Vec<Deviation> {
    let of = Of::Collection("apis");
    let mut all = nulls(of, &["description", "serviceUrl"], "apim-apis #3");
    all.extend(undefined(of, &["backendId", "mcpProperties"], "apim-apis #3"));
    all.extend(nulls(
        of,
        &["authenticationSettings/oAuth2", "authenticationSettings/openid"],
        "apim-apis #3",
    ));
    let in_product = ["authenticationSettings", "subscriptionKeyParameterNames"];
    all.extend(nulls(of, &in_product, "apim-product-apis #12"));
    all.extend(nulls(of, &["protocols"], "apim-product-apis #0: in the answer to the PUT alone"));
    all.extend(undefined(of, &["specificationLastUpdated"], "apim-product-apis #0"));
    let (part, detail) = (Part::AnswerHeader, "`etag`".to_owned());
    let put = Of::Within("/products/{productId}/apis/{apiId}");
    all.push(Deviation { method: "PUT", of: put, part, detail, source: "apim-product-apis #0" });
    all.extend(nulls(Of::Collection("operations"), &["description", "policies"], "apim-api-operations #15"));
    all
}

fn subscriptions() -> Vec<Deviation> {
    let of = Of::Collection("subscriptions");
    let null = ["displayName", "startDate", "expirationDate", "endDate", "notificationDate", "stateComment"];
    nulls(of, &null, "apim-subscriptions #13 #15")
}

fn resource_manager() -> Vec<Deviation> {
    let (part, detail) = (Part::AnswerHeader, "`retry-after`".to_owned());
    let source = "documented: limits of requests and throttling";
    let own = "the definitions' own examples have an array, with objectArray";
    vec![
        answer(Of::Within("Microsoft.ApiManagement"), "/error/details: null", "apim-products #45"),
        Deviation { method: "*", of: Of::Within(""), part, detail, source },
        answer(Of::Within("ResourceGraph"), "/data: ", own),
        Deviation {
            method: "GET",
            of: Of::Within("Microsoft.Insights"),
            part: Part::Path,
            detail: "no such operation".to_owned(),
            source: "documented: the definition of the activity log is not among those here",
        },
    ]
}

/// Properties that are null where their definition has another type.
fn nulls(of: Of, properties: &[&str], source: &'static str) -> Vec<Deviation> {
    let detail = |name: &&str| format!("/properties/{name}: null");
    properties.iter().map(|name| answer(of, &detail(name), source)).collect()
}

/// Properties that no definition has.
fn undefined(of: Of, properties: &[&str], source: &'static str) -> Vec<Deviation> {
    let detail = |name: &&str| format!("/properties/{name}: is not declared");
    properties.iter().map(|name| answer(of, &detail(name), source)).collect()
}

fn answer(of: Of, detail: &str, source: &'static str) -> Deviation {
    Deviation { method: "*", of, part: Part::Answer, detail: detail.to_owned(), source }
}
