//! Deletions that Azure answers before they are done: the addresses of the operation, and what polls of them return.

use serde_json::{Value, json};

use crate::world::{Answer, Emulated, WEB, service, site};

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
