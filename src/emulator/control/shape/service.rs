//! Services. Their answers contain all possible properties, most of them null.

use serde_json::{Map, Value, json};

use super::{Picked, Wanted};
use crate::{emulator::control::region, model::Resource};

/// The protocol settings of a gateway, for services of all tiers.
const PROTOCOLS: [&str; 6] = [
    "Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Protocols.Tls10",
    "Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Protocols.Tls11",
    "Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Backend.Protocols.Tls10",
    "Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Backend.Protocols.Tls11",
    "Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Backend.Protocols.Ssl30",
    "Microsoft.WindowsAzure.ApiManagement.Gateway.Protocols.Server.Http2",
];

/// The protocol settings that only the tiers of the first generation have.
const OLD_PROTOCOLS: [&str; 2] = [
    "Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Protocols.Ssl30",
    "Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Ciphers.TripleDes168",
];

/// An address from the range that is reserved for documentation.
const ADDRESS: &str = "203.0.113.20";

pub(super) fn shown(service: Resource, wanted: Wanted<'_>) -> Value {
    let id = service.id().clone();
    let mut body = match service.into_value() {
        Value::Object(body) => body,
        _ => Map::new(),
    };
    let from = match body.remove("properties") {
        Some(Value::Object(properties)) => properties,
        _ => Map::new(),
    };
    let tier = body.pointer_text("sku", "name");
    let location = body.get("location").and_then(Value::as_str).unwrap_or("Central US").to_owned();
    let mut picked = Picked { from, to: Map::new() };
    properties(&mut picked, &id.name().to_ascii_lowercase(), &tier, &region::id(&location), wanted);
    let mut taken = |name: &str| body.remove(name).unwrap_or_default();
    let tags = Some(taken("tags")).filter(Value::is_object).unwrap_or_else(|| json!({}));
    json!({"properties": picked.to, "sku": taken("sku"), "identity": taken("identity"), "zones": taken("zones"),
        "systemData": taken("systemData"), "location": region::display_name(&location), "tags": tags,
        "id": id.as_str(), "name": id.name(), "type": id.resource_type()})
}

trait PointerText {
    fn pointer_text(&self, outer: &str, inner: &str) -> String;
}

impl PointerText for Map<String, Value> {
    fn pointer_text(&self, outer: &str, inner: &str) -> String {
        let found = self.get(outer).and_then(|value| value.get(inner)).and_then(Value::as_str);
        found.unwrap_or_default().to_owned()
    }
}

fn properties(picked: &mut Picked, name: &str, tier: &str, region: &str, wanted: Wanted<'_>) {
    // Tiers without dedicated machines do not have the older addresses.
    let is_second = tier.ends_with("V2");
    let is_classic = !is_second && tier != "Consumption";
    let address = |kind: &str| {
        if is_classic { format!("https://{name}.{kind}azure-api.net").into() } else { Value::Null }
    };
    let host = format!("{name}.azure-api.net");
    picked.nullable("publisherEmail").nullable("publisherName");
    picked.or("notificationSenderEmail", "apimgmt-noreply@mail.windowsazure.com");
    picked.or("provisioningState", "Succeeded").or("targetProvisioningState", "").nullable("createdAtUtc");
    picked.or("gatewayUrl", format!("https://{host}"));
    let regional = is_classic.then(|| format!("https://{name}-{region}-01.regional.azure-api.net"));
    picked.or("gatewayRegionalUrl", regional);
    picked.or("portalUrl", address("portal.")).or("developerPortalUrl", address("developer."));
    if wanted.since("2023-05-01-preview") {
        picked.nullable("dataApiUrl");
    }
    let of_unit = is_second.then_some("https://smapi.api-emulator.p.azurewebsites.net/");
    let management = of_unit.map_or_else(|| address("management."), Value::from);
    picked.or("managementApiUrl", management).or("scmUrl", address("scm."));
    let hosts = picked.from.remove("hostnameConfigurations").unwrap_or_default();
    let hosts = hosts.as_array().filter(|hosts| !hosts.is_empty()).cloned();
    let hosts: Vec<Value> =
        hosts.unwrap_or_else(|| vec![json!({})]).iter().map(|it| filled(&host, it)).collect();
    picked.set("hostnameConfigurations", hosts);
    let addresses = if is_classic { json!([ADDRESS]) } else { Value::Null };
    picked.or("publicIPAddresses", addresses.clone()).nullable("privateIPAddresses");
    picked.nullable("additionalLocations").nullable("virtualNetworkConfiguration");
    picked
        .or("customProperties", protocols(is_classic))
        .or("virtualNetworkType", "None")
        .nullable("certificates");
    if !wanted.since("2023-05-01-preview") || picked.is_true("disableGateway", false) {
        picked.or("disableGateway", false);
    }
    if wanted.since("2022-08-01") {
        picked.or("natGatewayState", if is_second { "Enabled" } else { "Disabled" });
        picked.or("outboundPublicIPAddresses", addresses);
    }
    let constraint = picked.from.remove("apiVersionConstraint").unwrap_or_default();
    picked.set("apiVersionConstraint", json!({"minApiVersion": constraint.get("minApiVersion")}));
    picked.nullable("publicIpAddressId");
    picked.or("publicNetworkAccess", "Enabled").nullable("privateEndpointConnections");
    let platform = if is_second { "undetermined" } else { "mtv1" };
    picked.or("platformVersion", if is_classic { "stv2" } else { platform });
    if wanted.since("2023-05-01-preview") {
        picked.nullable("configurationApi").or("legacyPortalStatus", "Disabled");
        picked.or("developerPortalStatus", "Disabled");
    }
}

/// Returns a host of a service with all fields; without a configured one, the default host that Azure assigns.
fn filled(host: &str, given: &Value) -> Value {
    let mut filled = built_in(host);
    for (name, value) in given.as_object().into_iter().flatten() {
        filled[name] = value.clone();
    }
    filled
}

fn built_in(host: &str) -> Value {
    json!({"type": "Proxy", "hostName": host, "encodedCertificate": null, "keyVaultId": null,
        "certificatePassword": null, "negotiateClientCertificate": false, "certificate": null,
        "defaultSslBinding": true, "identityClientId": null, "certificateSource": "BuiltIn",
        "certificateStatus": null})
}

fn protocols(is_classic: bool) -> Value {
    let old = OLD_PROTOCOLS.iter().filter(|_| is_classic);
    PROTOCOLS
        .iter()
        .chain(old)
        .map(|name| ((*name).to_owned(), Value::from("False")))
        .collect::<Map<_, _>>()
        .into()
}
