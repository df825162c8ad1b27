//! How Azure spells a resource: by the path that was asked, with nulls, and with what no definition has. Every
//! spelling is one of a recording, named as its file and number.

use serde_json::{Map, Value, json};

use super::{
    Spelling,
    state::{State, type_of},
    text,
};

/// Why a resource is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// By a GET of itself.
    Alone,
    /// As one of a list.
    Listed,
    /// By a PUT that created it.
    Created,
    /// By a PUT or a PATCH of what was there.
    Changed,
}

/// What a request wants to see.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    /// The path that was asked for; of a list, that of the element below the collection.
    pub(super) path: &'a str,
    pub(super) asked: Asked,
    pub(super) version: &'a str,
    /// `format` of a policy.
    pub(super) format: &'a str,
}

const PRODUCT: [(&str, Value); 7] = [
    ("displayName", Value::Null),
    ("description", Value::Null),
    ("terms", Value::Null),
    ("subscriptionRequired", Value::Bool(true)),
    ("approvalRequired", Value::Bool(false)),
    ("subscriptionsLimit", Value::Null),
    ("state", Value::Null),
];

/// A resource under its own id: as it was put, or with all that Azure adds.
pub(super) fn shown(state: &State, body: &Value, view: View<'_>) -> Value {
    let id = body["id"].as_str().unwrap();
    let kind = type_of(id).to_lowercase();
    let mut shown = body.clone();
    if kind == "microsoft.web/staticsites" {
        shown["properties"]["linkedBackends"] = linked(state, &id.to_lowercase());
    }
    // Which path was asked decides id and type (apim-product-subscriptions #1, apim-product-apis #12,
    // apim-api-products #0); the name alone is always the same.
    if !view.path.eq_ignore_ascii_case(id) {
        shown["id"] = view.path.into();
        shown["type"] = type_of(view.path).into();
    }
    if kind == "microsoft.apimanagement/service/products/policies" {
        policy(&mut shown, view);
    }
    if state.options.spelling == Spelling::AsPut {
        return shown;
    }
    let properties = shown["properties"].as_object().cloned().unwrap_or_default();
    shown["properties"] = match kind.as_str() {
        "microsoft.apimanagement/service/products" => product(properties, body, view),
        "microsoft.apimanagement/service/subscriptions" => subscription(state, properties, id, view),
        "microsoft.apimanagement/service/apis" => api(properties, id, view),
        "microsoft.apimanagement/service/products/apis" => place(properties, view),
        "microsoft.apimanagement/service/apis/operations" => operation(properties),
        "microsoft.apimanagement/service/apiversionsets" => version_set(properties),
        "microsoft.apimanagement/service" => return service(state, shown, id),
        "microsoft.web/staticsites" => site(properties),
        "microsoft.web/staticsites/builds" => build(properties, id),
        "microsoft.web/staticsites/builds/linkedbackends" => backend(properties, view),
        _ => return shown,
    };
    if kind == "microsoft.web/staticsites/builds/linkedbackends" {
        shown["location"] = "Central US".into();
    }
    ordered(shown)
}

/// The envelope in the order in which the provider writes it.
fn ordered(resource: Value) -> Value {
    let Value::Object(mut given) = resource else { return resource };
    let of_web = given["type"].as_str().is_some_and(|it| it.starts_with("Microsoft.Web/"));
    let first = if of_web { ["id", "name", "type"] } else { ["id", "type", "name"] };
    let order = first.into_iter().chain(["location", "properties", "sku"]);
    let mut whole: Map<String, Value> =
        order.filter_map(|name| Some((name.to_owned(), given.shift_remove(name)?))).collect();
    whole.extend(given);
    Value::Object(whole)
}

/// Properties in Azure's order: those that are always there, each with its default, then any others.
fn filled(
    mut given: Map<String, Value>,
    always: impl IntoIterator<Item = (&'static str, Value)>,
) -> Map<String, Value> {
    let always = always.into_iter().map(|(name, default)| {
        let value = given.shift_remove(name).filter(|value| !value.is_null()).unwrap_or(default);
        (name.to_owned(), value)
    });
    let mut whole: Map<String, Value> = always.collect();
    whole.extend(given);
    whole
}

fn nulls(names: &[&'static str]) -> Vec<(&'static str, Value)> {
    names.iter().map(|name| (*name, Value::Null)).collect()
}

/// apim-products #0 #3 #35 #59
fn product(mut given: Map<String, Value>, body: &Value, view: View<'_>) -> Value {
    given.shift_remove("groups");
    let mut whole = filled(given, PRODUCT);
    if whole["state"].is_null() {
        whole["state"] = "notPublished".into();
    }
    if whole["subscriptionRequired"] == false {
        // Then there is nothing to approve.
        whole["approvalRequired"] = Value::Null;
    }
    let groups = match view.asked {
        Asked::Created => Some(json!([administrators(body["id"].as_str().unwrap())])),
        Asked::Changed => Some(json!([])),
        Asked::Alone if view.version >= "2024" => Some(json!([])),
        Asked::Alone | Asked::Listed => None,
    };
    whole.extend(groups.map(|groups| ("groups".to_owned(), groups)));
    Value::Object(whole)
}

fn administrators(product: &str) -> Value {
    let (service, _) = product.split_once("/products/").unwrap();
    json!({"id": format!("{service}/groups/administrators"), "name": "Administrators",
        "description": "Administrators is a built-in group containing the admin email account provided at the time of service creation. Its membership is managed by the system.",
        "builtIn": true, "type": "system", "externalId": null})
}

/// apim-subscriptions #0 #1 #13 #15 #16 #17
fn subscription(state: &State, mut given: Map<String, Value>, id: &str, view: View<'_>) -> Value {
    let (service, _) = id.rsplit_once("/subscriptions/").unwrap_or_default();
    // A scope within the service comes back as the full id (apim-subscriptions #36).
    let scope = given.get("scope").and_then(Value::as_str).unwrap_or_default();
    let full =
        if scope.starts_with("/subscriptions/") { scope.to_owned() } else { format!("{service}{scope}") };
    given.insert("scope".to_owned(), full.into());
    let owner = given.shift_remove("ownerId").filter(|owner| !owner.is_null());
    let keys =
        state.keys.get(&id.to_lowercase()).filter(|_| matches!(view.asked, Asked::Created | Asked::Changed));
    let key = |of: fn(&(String, String)) -> &String| keys.map_or(Value::Null, |keys| of(keys).clone().into());
    let made = state.made(id);
    let created = if view.asked == Asked::Created { made.precise() } else { made.rounded() };
    let start = given.shift_remove("startDate").unwrap_or_default();
    for written in ["createdDate", "startDate", "primaryKey", "secondaryKey"] {
        given.shift_remove(written);
    }
    let always = [
        ("scope", Value::Null),
        ("displayName", Value::Null),
        ("state", "active".into()),
        ("createdDate", created.into()),
        ("startDate", start),
        ("expirationDate", Value::Null),
        ("endDate", Value::Null),
        ("notificationDate", Value::Null),
        ("primaryKey", key(|keys| &keys.0)),
        ("secondaryKey", key(|keys| &keys.1)),
        ("stateComment", Value::Null),
        ("allowTracing", false.into()),
    ];
    let always = always.into_iter().filter(|(name, _)| keys.is_some() || !name.ends_with("aryKey"));
    let mut whole: Map<String, Value> =
        owner.map(|owner| ("ownerId".to_owned(), owner)).into_iter().collect();
    whole.extend(filled(given, always));
    Value::Object(whole)
}

/// The subscription of everything that each service has, in its lists as well (apim-subscriptions #15).
pub(super) fn master(service: &str) -> Value {
    json!({"id": format!("{service}/subscriptions/master"), "name": "master",
        "type": "Microsoft.ApiManagement/service/subscriptions",
        "properties": {"scope": format!("{service}/"), "displayName": "Built-in all-access subscription"}})
}

/// apim-apis #3 #82
fn api(mut given: Map<String, Value>, id: &str, view: View<'_>) -> Value {
    let trimmed =
        given.get("path").and_then(Value::as_str).map(|path| path.trim_start_matches('/').to_owned());
    given.extend(trimmed.map(|path| ("path".to_owned(), path.into())));
    let is_revision = id.contains(";rev=");
    let revision = id.rsplit_once(";rev=").map_or("1", |(_, number)| number);
    let newer = view.version >= "2024";
    let always = [
        ("displayName", Value::Null),
        ("apiRevision", revision.into()),
        ("description", Value::Null),
        ("subscriptionRequired", true.into()),
        ("serviceUrl", Value::Null),
        ("backendId", Value::Null),
        ("path", "".into()),
        ("protocols", json!(["https"])),
        ("mcpProperties", Value::Null),
        (
            "authenticationSettings",
            json!({"oAuth2": null, "openid": null, "oAuth2AuthenticationSettings": [], "openidAuthenticationSettings": []}),
        ),
        (
            "subscriptionKeyParameterNames",
            json!({"header": "Ocp-Apim-Subscription-Key", "query": "subscription-key"}),
        ),
        ("isCurrent", true.into()),
    ];
    let of_newer = |name: &str| ["backendId", "mcpProperties"].contains(&name);
    // Another revision than the current one does not say whether it is (apim-apis #69 #77).
    let own = |name: &str| !(is_revision && name == "isCurrent") && (newer || !of_newer(name));
    Value::Object(filled(given, always.into_iter().filter(|(name, _)| own(name))))
}

/// An API as it stands in a product: without how it is called (apim-product-apis #0 #12 #20).
fn place(given: Map<String, Value>, view: View<'_>) -> Value {
    let Value::Object(mut whole) = api(given, view.path, view) else { return Value::Null };
    let put = matches!(view.asked, Asked::Created | Asked::Changed);
    for unknown in ["authenticationSettings", "subscriptionKeyParameterNames"] {
        whole.insert(unknown.to_owned(), Value::Null);
    }
    for absent in ["apiVersionSetId", "termsOfServiceUrl", "contact", "license"] {
        whole.shift_remove(absent);
    }
    if put {
        whole.insert("protocols".to_owned(), Value::Null);
        whole.insert("specificationLastUpdated".to_owned(), "2025-09-14T21:29:50.547Z".into());
    }
    Value::Object(whole)
}

/// apim-api-operations #15 #16
fn operation(given: Map<String, Value>) -> Value {
    let always = [
        ("displayName", Value::Null),
        ("method", Value::Null),
        ("urlTemplate", Value::Null),
        ("templateParameters", json!([])),
        ("description", Value::Null),
        ("responses", json!([])),
        ("policies", Value::Null),
    ];
    Value::Object(filled(given, always))
}

/// apim-api-version-sets #0 #10
fn version_set(given: Map<String, Value>) -> Value {
    let names = ["displayName", "description", "versioningScheme", "versionQueryName", "versionHeaderName"];
    Value::Object(filled(given, nulls(&names)))
}

/// A policy in the format that is asked for; `xml` where none is (apim-policies #2 #9 #19).
fn policy(shown: &mut Value, view: View<'_>) {
    let stored = shown["properties"]["value"].as_str().unwrap_or_default().to_owned();
    let raw = view.format.eq_ignore_ascii_case("rawxml") && view.asked == Asked::Alone;
    let (format, value) = if raw { ("rawxml", text::raw(&stored)) } else { ("xml", stored) };
    shown["properties"] = json!({"format": format, "value": value});
}

/// A service: its version within, without quotes, and all that a tier of today tells (apim-service #5).
fn service(state: &State, mut shown: Value, id: &str) -> Value {
    let given = shown["properties"].as_object().cloned().unwrap_or_default();
    let name = id.rsplit('/').next().unwrap_or_default();
    let hostname = json!([{"type": "Proxy", "hostName": format!("{name}.azure-api.net"), "encodedCertificate": null,
        "keyVaultId": null, "certificatePassword": null, "negotiateClientCertificate": false, "certificate": null,
        "defaultSslBinding": true, "identityClientId": null, "certificateSource": "BuiltIn", "certificateStatus": null}]);
    let always = [
        ("publisherEmail", "user@example.com".into()),
        ("publisherName", "ExamplePublisher".into()),
        ("notificationSenderEmail", "apimgmt-noreply@mail.windowsazure.com".into()),
        ("provisioningState", "Succeeded".into()),
        ("targetProvisioningState", "".into()),
        ("createdAtUtc", "2025-09-14T21:20:00.3290561Z".into()),
        ("gatewayUrl", format!("https://{name}.azure-api.net").into()),
        ("gatewayRegionalUrl", Value::Null),
        ("portalUrl", Value::Null),
        ("developerPortalUrl", Value::Null),
        ("dataApiUrl", Value::Null),
        ("managementApiUrl", Value::Null),
        ("scmUrl", Value::Null),
        ("hostnameConfigurations", hostname),
        ("publicIPAddresses", Value::Null),
        ("privateIPAddresses", Value::Null),
        ("additionalLocations", Value::Null),
        ("virtualNetworkConfiguration", Value::Null),
        ("customProperties", Value::Null),
        ("virtualNetworkType", "None".into()),
        ("certificates", Value::Null),
        ("natGatewayState", "Enabled".into()),
        ("outboundPublicIPAddresses", Value::Null),
        ("apiVersionConstraint", json!({"minApiVersion": null})),
        ("publicIpAddressId", Value::Null),
        ("publicNetworkAccess", "Enabled".into()),
        ("privateEndpointConnections", Value::Null),
        ("platformVersion", "undetermined".into()),
        ("legacyPortalStatus", "Disabled".into()),
        ("developerPortalStatus", "Disabled".into()),
    ];
    let mut whole = Map::new();
    whole.insert("etag".to_owned(), state.etag(id).trim_matches('"').into());
    whole.insert("properties".to_owned(), Value::Object(filled(given, always)));
    for (member, default) in [
        ("sku", Value::Null),
        ("identity", Value::Null),
        ("zones", Value::Null),
        ("systemData", Value::Null),
        ("location", "East US".into()),
        ("tags", json!({})),
        ("id", Value::Null),
        ("name", Value::Null),
        ("type", Value::Null),
    ] {
        let given = shown[member].take();
        whole.insert(member.to_owned(), if given.is_null() { default } else { given });
    }
    Value::Object(whole)
}

/// web-linked-backends #2 #5
fn site(given: Map<String, Value>) -> Value {
    let always = [
        ("defaultHostname", Value::Null),
        ("repositoryUrl", Value::Null),
        ("branch", Value::Null),
        ("customDomains", json!([])),
        ("stableInboundIP", "20.106.1.90".into()),
        ("privateEndpointConnections", json!([])),
        ("stagingEnvironmentPolicy", "Enabled".into()),
        ("allowConfigFileUpdates", true.into()),
        ("contentDistributionEndpoint", "https://content-dm1.infrastructure.5.azurestaticapps.net".into()),
        ("keyVaultReferenceIdentity", "SystemAssigned".into()),
        ("userProvidedFunctionApps", Value::Null),
        ("linkedBackends", json!([])),
        ("provider", "None".into()),
        ("enterpriseGradeCdnStatus", "Disabled".into()),
        ("publicNetworkAccess", Value::Null),
        ("databaseConnections", json!([])),
        ("trafficSplitting", json!({"environmentDistribution": {"default": 100}})),
        ("areStaticSitesDistributedBackendsEnabled", false.into()),
        ("targetResourceGroupResourceId", Value::Null),
        ("trialExpirationTimeUtc", Value::Null),
        ("prettyNameStatus", Value::Null),
        ("prettyName", Value::Null),
        ("prettyNameHostname", Value::Null),
        ("backendRegion", json!({"regionName": null, "status": null})),
        ("stagingEnvironmentRegion", Value::Null),
    ];
    Value::Object(filled(given, always))
}

/// web-static-sites #33 #34: no time names its zone
fn build(given: Map<String, Value>, id: &str) -> Value {
    let always = [
        ("buildId", id.rsplit('/').next().unwrap_or_default().into()),
        ("sourceBranch", "main".into()),
        ("pullRequestTitle", Value::Null),
        ("hostname", Value::Null),
        ("createdTimeUtc", "2024-04-07T07:20:57.4708501".into()),
        ("lastUpdatedOn", "2024-04-07T07:31:58.2772412".into()),
        ("status", "Ready".into()),
        ("hasDataApiConfigFile", Value::Null),
        ("userProvidedFunctionApps", json!([])),
        ("linkedBackends", Value::Null),
        ("databaseConnections", json!([])),
    ];
    Value::Object(filled(given, always))
}

/// The environment that every site has, in its list as well (web-static-sites #4 #33).
pub(super) fn production(site: &Value) -> Value {
    let id = format!("{}/builds/default", site["id"].as_str().unwrap());
    json!({"id": id, "name": "default", "type": "Microsoft.Web/staticSites/builds", "location": "Central US",
        "properties": {"hostname": site["properties"]["defaultHostname"]}})
}

/// web-linked-backends #4 #6: the time has its zone in the answer to the PUT alone
fn backend(mut given: Map<String, Value>, view: View<'_>) -> Value {
    let created = given.get("createdOn").and_then(Value::as_str).unwrap_or_default().trim_end_matches('Z');
    let zone = if matches!(view.asked, Asked::Created | Asked::Changed) { "Z" } else { "" };
    given.insert("createdOn".to_owned(), format!("{created}{zone}").into());
    let names = [
        "backendResourceId",
        "region",
        "areAutomatedDeploymentsEnabled",
        "storageAccountResourceId",
        "userAssignedManagedIdentityResourceId",
    ];
    let always = nulls(&names).into_iter().chain([
        ("managedServiceIdentityType", "None".into()),
        ("createdOn", Value::Null),
        ("provisioningState", "Succeeded".into()),
        ("routingPath", Value::Null),
    ]);
    Value::Object(filled(given, always))
}

/// What a site's production is linked to, as the site itself tells it.
fn linked(state: &State, site: &str) -> Value {
    let prefix = format!("{site}/builds/default/linkedbackends/");
    let all = state.resources.iter().filter(|(id, _)| id.starts_with(&prefix));
    let view = View { path: "", asked: Asked::Listed, version: "", format: "" };
    let plain = state.options.spelling == Spelling::AsPut;
    let one = |body: &Value| {
        let properties = body["properties"].as_object().cloned().unwrap_or_default();
        if plain { Value::Object(properties) } else { backend(properties, view) }
    };
    all.map(|(_, body)| one(body)).collect()
}
