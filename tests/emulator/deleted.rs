//! Changes that Azure answers before they are done: the addresses of the operation, and what polls of them return.

use serde_json::{Value, json};

use crate::world::{Answer, Emulated, GROUP, WEB, service, site};

fn of_site(tail: &str) -> String {
    format!("{}{tail}?api-version={WEB}", site(0))
}

/// The path of an address in a header.
fn path(answer: &Answer, header: &str) -> String {
    let address = answer.header(header).unwrap_or_else(|| panic!("no `{header}`: {:?}", answer.headers));
    address.split_once("://").unwrap().1.split_once('/').map(|(_, path)| format!("/{path}")).unwrap()
}

#[test]
fn deleting_a_site_or_an_environment_is_an_operation_as_recorded() {
    let emulated = Emulated::start(&["--log", "off"]);
    let made = emulated.send("PUT", &of_site("/builds/7"), &json!({}));
    assert_eq!(made.status, 200, "{}", made.text);
    for tail in ["/builds/7", ""] {
        let deleted = emulated.send("DELETE", &of_site(tail), &Value::Null);
        assert_eq!((deleted.status, deleted.text.as_str()), (202, ""), "{tail}");
        assert_eq!(deleted.header("retry-after"), Some("1"));
        let (status, location) = (path(&deleted, "azure-asyncoperation"), path(&deleted, "location"));
        let place =
            "/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.Web/locations/centralus";
        assert!(status.starts_with(&format!("{place}/operationResults/")), "{status}");
        assert!(location.starts_with(&format!("{place}/operations/")), "{location}");
        assert!(status.ends_with("?api-version=2019-01-01") && location.ends_with("?api-version=2019-01-01"));
        let polled = emulated.get(&status);
        let id = status.split('?').next().unwrap();
        assert_eq!((polled.status, &polled.body), (200, &json!({"id": id, "status": "Succeeded"})));
        assert_eq!(polled.header("content-type"), Some("application/json"));
        let last = emulated.get(&location);
        assert_eq!((last.status, last.text.as_str()), (204, ""), "{tail}");
        assert_eq!(emulated.get(&of_site(tail)).status, 404, "{tail}");
        assert!(
            emulated.send("DELETE", &of_site(tail), &Value::Null).status >= 204,
            "{tail}: nothing is left"
        );
    }
}

#[test]
fn production_cannot_be_deleted_and_the_answer_says_so() {
    let emulated = Emulated::start(&["--log", "off"]);
    let body = json!({"properties": {"backendResourceId": service(), "region": null}});
    assert_eq!(emulated.send("PUT", &of_site("/linkedBackends/b"), &body).status, 200);
    let refused = emulated.send("DELETE", &of_site("/builds/Default"), &Value::Null);
    assert_eq!((refused.status, refused.code()), (501, "NotEmulated"), "{}", refused.text);
    assert_eq!(emulated.get(&of_site("/linkedBackends")).names(), ["b"]);
    let nowhere = of_site("/builds/default").replace("/staticSites/", "/staticSites/no-");
    assert_eq!(emulated.send("DELETE", &nowhere, &Value::Null).code(), "ResourceNotFound");
}

/// The API versions of a service whose operations were recorded, and the addresses of the last number.
const OF_SERVICES: [(&str, Option<&str>, &str); 4] = [
    ("2021-08-01", None, "SERVICE/operationresults/N?api-version=V"),
    (
        "2022-08-01",
        Some("SERVICE/operationresults/N?api-version=V&asyncResponse"),
        "SERVICE/operationresults/N?api-version=V&asyncResponse",
    ),
    (
        "2023-05-01-preview",
        Some("PROVIDER/locations/westus2/operationsStatuses/N?api-version=V"),
        "PROVIDER/locations/westus2/operationResults/N?api-version=V",
    ),
    (
        "2024-05-01",
        Some("PROVIDER/locations/westus2/operationsStatuses/N?api-version=V"),
        "PROVIDER/locations/westus2/operationResults/N?api-version=V",
    ),
];

/// Checks the addresses of an operation, and returns them.
fn addresses(answer: &Answer, id: &str, version: &str) -> (Option<String>, String) {
    let (_, status, location) = OF_SERVICES.into_iter().find(|(of, ..)| *of == version).unwrap();
    let form = |path: &str| {
        let provider =
            format!("{}/providers/Microsoft.ApiManagement", id.split("/resourceGroups").next().unwrap());
        let (whole, query) = path.split_once('?').unwrap();
        let (before, _) = whole.rsplit_once('/').unwrap();
        let text = format!("{before}/N?{query}");
        text.replace(id, "SERVICE").replace(&provider, "PROVIDER").replace(version, "V")
    };
    let found = (
        answer.header("azure-asyncoperation").map(|_| path(answer, "azure-asyncoperation")),
        path(answer, "location"),
    );
    assert_eq!(found.0.as_deref().map(form).as_deref(), status, "{version}");
    assert_eq!(form(&found.1), location, "{version}");
    assert_eq!(answer.header("retry-after"), Some("1"), "{version}");
    found
}

#[test]
fn creating_and_deleting_a_service_are_operations_as_recorded() {
    let emulated = Emulated::start(&["--log", "off"]);
    let body = json!({"location": "West US 2", "sku": {"name": "Developer", "capacity": 1},
        "properties": {"publisherEmail": "a@b.example", "publisherName": "A"}});
    for (version, ..) in OF_SERVICES {
        let id = format!("{GROUP}/providers/Microsoft.ApiManagement/service/s-{version}");
        let at = format!("{id}?api-version={version}");
        let made = emulated.send("PUT", &at, &body);
        assert_eq!(made.status, 201, "{version}: {}", made.text);
        let (status, location) = addresses(&made, &id, version);
        let polled = emulated.get(status.as_ref().unwrap_or(&location));
        match status {
            Some(_) => assert_eq!(polled.body, json!({"status": "Succeeded"}), "{version}"),
            None => assert_eq!(polled.body["id"], *id, "{version}"),
        }
        assert_eq!(polled.status, 200, "{version}");
        let again = emulated.send("PUT", &at, &body);
        assert_eq!((again.status, again.header("location")), (200, None), "{version}: nothing has changed");
        let deleted = emulated.send("DELETE", &at, &Value::Null);
        assert_eq!((deleted.status, &deleted.body["id"]), (202, &json!(id)), "{version}");
        assert_eq!(deleted.body["properties"]["targetProvisioningState"], "Deleting", "{version}");
        let (status, location) = addresses(&deleted, &id, version);
        let polled = emulated.get(status.as_ref().unwrap_or(&location));
        let ended = status.map_or(Value::Null, |_| json!({"status": "Succeeded"}));
        assert_eq!((polled.status, &polled.body), (200, &ended), "{version}");
        assert_eq!(emulated.get(&at).status, 404, "{version}");
    }
}
