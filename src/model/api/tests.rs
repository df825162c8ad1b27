use serde_json::{Value, json};

use super::*;

const SERVICE: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a";

fn resource(tail: &str, properties: &Value) -> Resource {
    Resource::from_value(json!({"id": format!("{SERVICE}/{tail}"), "properties": properties})).unwrap()
}

fn api(properties: &Value) -> Api {
    Api::read(&resource("apis/o", properties)).unwrap()
}

fn operation(template: &str) -> ApiOperation {
    ApiOperation { method: "get".into(), url_template: template.into() }
}

/// Returns the API with a path, in version `v1` of a version set.
fn versioned(path: &str, set: &Value) -> Api {
    let found = api(&json!({"path": path, "apiVersion": "v1", "apiVersionSetId": "/apiVersionSets/s"}));
    let versioning = found.versioning.clone().by_set(&resource("apiVersionSets/s", set));
    Api { versioning, ..found }
}

#[test]
fn an_operation_has_an_address_that_can_be_called() {
    let api = api(&json!({"path": "api/orders"}));
    let at = |template| operation(template).example("https://g.example/", &api).unwrap().url;
    assert_eq!(at("/{id}/lines/{line}?expand={x}"), "https://g.example/api/orders/0/lines/0");
    assert_eq!(at("/"), "https://g.example/api/orders");
    assert_eq!(at("/files/*"), "https://g.example/api/orders/files/0");
    assert!(operation("/").is_safe());
}

#[test]
fn the_scheme_of_the_version_set_decides_the_address() {
    let address = |set: &Value| operation("/{id}").example("https://g", &versioned("api/orders", set));
    let at = |url: &str, header: Option<(&str, &str)>| {
        let header = header.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Some(Address { url: url.to_owned(), header })
    };
    assert_eq!(address(&json!({"versioningScheme": "Segment"})), at("https://g/api/orders/v1/0", None));
    assert_eq!(
        address(&json!({"versioningScheme": "Query", "versionQueryName": "api-version"})),
        at("https://g/api/orders/0?api-version=v1", None)
    );
    assert_eq!(
        address(&json!({"versioningScheme": "Header", "versionHeaderName": "X-V"})),
        at("https://g/api/orders/0", Some(("X-V", "v1")))
    );
    for unfit in [
        json!({}),
        json!({"versioningScheme": "Query", "versionQueryName": null}),
        json!({"versioningScheme": "Header", "versionHeaderName": ""}),
        json!({"versioningScheme": "Cookie"}),
        json!({"versioningScheme": 1}),
    ] {
        assert_eq!(address(&unfit), None, "{unfit}");
    }
}

#[test]
fn a_version_is_of_the_set_that_the_api_names_in_any_form() {
    let whole = format!("{SERVICE}/apiVersionSets/s");
    for named in [whole.as_str(), "/apiVersionSets/s", "apiVersionSets/s", "s"] {
        let found = api(&json!({"apiVersion": "v1", "apiVersionSetId": named}));
        let set = Some(ResourceId::parse(&whole).unwrap());
        assert_eq!(found.versioning, Versioning::Undetermined { version: "v1".into(), set }, "{named}");
    }
    let original = api(&json!({"apiVersion": "", "apiVersionSetId": whole}));
    assert_eq!(original.versioning, Versioning::Unversioned, "the original version has no identifier");
    let embedded = json!({"apiVersion": "v1", "apiVersionSet": {"versioningScheme": "Segment"}});
    assert_eq!(api(&embedded).versioning, Versioning::Segment { version: "v1".into() });
}

#[test]
fn a_site_reaches_addresses_whose_first_segment_is_api() {
    use Reach::{Reachable, Undetermined, Unreachable};
    let segment = json!({"versioningScheme": "Segment"});
    for (path, reach) in
        [("api/orders", Reachable), ("/API", Reachable), ("orders", Unreachable), ("apis", Unreachable)]
    {
        assert_eq!(api(&json!({"path": path})).reach(), reach, "{path:?}");
        assert_eq!(versioned(path, &segment).reach(), reach, "{path:?} with a version");
        assert_eq!(versioned(path, &json!({})).reach(), reach, "{path:?} in any scheme");
    }
    assert_eq!(versioned("", &segment).reach(), Unreachable, "served at /v1");
    assert_eq!(versioned("", &json!({})).reach(), Undetermined);
    let with = |templates: &[&str]| {
        let operations = templates.iter().map(|template| operation(template)).collect();
        Api { operations: Some(operations), ..api(&json!({"path": ""})) }
    };
    assert_eq!(api(&json!({"path": ""})).reach(), Undetermined, "the operations were not read");
    for (templates, reach) in [
        (&["/api/orders/{id}"][..], Reachable),
        (&["/orders", "/API"], Reachable),
        (&["/*"], Reachable),
        (&["/{*path}"], Reachable),
        (&["/orders", "/apis"], Unreachable),
        (&[], Unreachable),
    ] {
        assert_eq!(with(templates).reach(), reach, "{templates:?}");
    }
    let at_root = with(&[]);
    assert_eq!(operation("/{a}/{b}").example("https://g", &at_root).unwrap().url, "https://g/api/0");
    assert!(operation("/api/x").is_below_api(&at_root) && !operation("/x").is_below_api(&at_root));
}

#[test]
fn an_api_with_its_own_key_header_does_not_take_the_sites_key() {
    let takes = |header: &str| {
        api(&json!({"path": "api", "subscriptionKeyParameterNames": {"header": header}})).takes_the_site_key()
    };
    assert!(!takes("X-Key") && takes("ocp-apim-subscription-key"));
}

#[test]
fn an_api_in_a_products_list_is_the_services_api_and_an_excerpt() {
    let listed = json!({"path": "api/o", "apiVersion": "v1", "subscriptionKeyParameterNames": null});
    let found = Api::read(&resource("products/p/apis/o", &listed)).unwrap();
    assert_eq!(found.id.as_str(), format!("{SERVICE}/apis/o"));
    assert!(found.is_excerpt);
    let whole = json!({"path": "api/o", "subscriptionKeyParameterNames": {"header": "H", "query": "q"}});
    assert!(!api(&whole).is_excerpt);
}

#[test]
fn a_revision_is_current_only_if_the_service_says_so() {
    let read = |tail: &str, properties: Value| Api::read(&resource(tail, &properties)).unwrap();
    let second = read("apis/o;rev=2", json!({"apiRevision": "2"}));
    assert_eq!((second.is_current, second.revision.as_deref()), (false, Some("2")));
    assert!(read("apis/o;rev=2", json!({"isCurrent": true})).is_current);
    assert!(read("apis/o", json!({})).is_current);
    assert_eq!((without_revision("o;rev=2"), without_revision("o")), (Some("o"), None));
}
