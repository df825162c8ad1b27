//! A fleet: many sites that are linked to one service, and some that are not yet.

use std::{
    fmt::Write as _,
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
};

use serde_json::{Value, json};

const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";

/// Writes `resources.json` to import, and the configurations `swa-apim.toml` (every env), `linked.toml`,
/// `new.toml` and `one.toml`.
pub(crate) fn write(folder: &Path, linked: usize, new: usize) {
    let providers = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-fleet/providers");
    let service = format!("{providers}/Microsoft.ApiManagement/service/fleet-apim");
    let mut resources = vec![
        json!({"id": service, "name": "fleet-apim", "type": "Microsoft.ApiManagement/service",
            "sku": {"name": "Premium", "capacity": 1}, "properties": {
                "gatewayUrl": "https://fleet-apim.azure-api.net", "provisioningState": "Succeeded",
                "virtualNetworkType": "None", "publicNetworkAccess": "Enabled"}}),
        json!({"id": format!("{service}/apis/orders"), "name": "orders",
            "type": "Microsoft.ApiManagement/service/apis", "properties": {
                "path": "api/orders", "displayName": "Orders", "subscriptionRequired": true}}),
    ];
    for number in 0..linked + new {
        let host = format!("{}.5.azurestaticapps.net", label(number));
        resources.push(site(&providers, number, &host));
        if number < linked {
            resources.extend(link(&providers, &service, number, &host));
        }
    }
    let mut file = BufWriter::new(File::create(folder.join("resources.json")).unwrap());
    serde_json::to_writer(&mut file, &resources).unwrap();
    file.flush().unwrap();
    let files = [
        ("swa-apim.toml", 0..linked + new),
        ("linked.toml", 0..linked),
        ("new.toml", linked..linked + new),
        ("one.toml", linked / 2..linked / 2 + 1),
    ];
    for (name, numbers) in files {
        let mut file = File::create(folder.join(name)).unwrap();
        file.write_all(configuration(numbers).as_bytes()).unwrap();
    }
}

fn label(number: usize) -> String {
    format!("calm-sea-{number:09x}")
}

fn configuration(numbers: std::ops::Range<usize>) -> String {
    numbers.fold("[provider.json]\nmodel = \"control-plane.json\"\n".to_owned(), |mut text, number| {
        let _ = write!(
            text,
            "\n[env.e{number:05}]\nstatic-web-app = \"site-{number:05}\"\napim = \"fleet-apim\"\n\
             resource-group = \"rg-fleet\"\nsubscription = \"{SUBSCRIPTION}\"\napis = [\"orders\"]\n"
        );
        text
    })
}

fn site(providers: &str, number: usize, host: &str) -> Value {
    let name = format!("site-{number:05}");
    json!({"id": format!("{providers}/Microsoft.Web/staticSites/{name}"), "name": name,
        "type": "Microsoft.Web/staticSites", "location": "Central US",
        "sku": {"name": "Standard", "tier": "Standard"}, "properties": {
            "defaultHostname": host, "repositoryUrl": null, "branch": null, "customDomains": [],
            "stagingEnvironmentPolicy": "Enabled", "allowConfigFileUpdates": true, "provider": "None",
            "userProvidedFunctionApps": null, "publicNetworkAccess": "Enabled"}})
}

fn link(providers: &str, service: &str, number: usize, host: &str) -> [Value; 5] {
    let label = label(number);
    let product = format!("{service}/products/{label}");
    let title = format!("Azure Static Web Apps - {host} (Linked)");
    let issuer = format!("https://{host}/.auth");
    let policy = format!(
        "<policies>\n    <inbound>\n        <base/>\n        <validate-jwt header-name=\"X-MS-AUTH-TOKEN\" \
         failed-validation-httpcode=\"401\" require-scheme=\"Bearer\">\n            <openid-config \
         url=\"{issuer}/.well-known/openid-configuration\"/>\n            <issuers>\n                \
         <issuer>{issuer}</issuer>\n            </issuers>\n        </validate-jwt>\n    </inbound>\n</policies>"
    );
    let site = format!("{providers}/Microsoft.Web/staticSites/site-{number:05}");
    [
        json!({"id": product, "name": label, "type": "Microsoft.ApiManagement/service/products", "properties": {
            "displayName": title, "subscriptionRequired": true, "approvalRequired": false, "state": "published"}}),
        json!({"id": format!("{product}/apis/orders"), "name": "orders",
            "type": "Microsoft.ApiManagement/service/products/apis", "properties": {}}),
        json!({"id": format!("{product}/policies/policy"), "name": "policy",
            "type": "Microsoft.ApiManagement/service/products/policies",
            "properties": {"format": "xml", "value": policy}}),
        json!({"id": format!("{service}/subscriptions/{label}"), "name": label,
            "type": "Microsoft.ApiManagement/service/subscriptions",
            "properties": {"scope": product, "displayName": title, "state": "active", "allowTracing": false}}),
        json!({"id": format!("{site}/builds/default/linkedBackends/fleet-apim"), "name": "fleet-apim",
            "type": "Microsoft.Web/staticSites/builds/linkedBackends", "properties": {
                "backendResourceId": service, "region": null, "createdOn": "2026-01-01T00:00:00Z",
                "provisioningState": "Succeeded"}}),
    ]
}
