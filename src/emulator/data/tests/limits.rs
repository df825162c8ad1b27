//! Policies that the gateway does not carry out: refused if they could be a check, and always reported.

use serde_json::{Value, json};

use super::world::{SITE, World, id, policy, product};

const REFUSED: &str = "x-emulator-refused";

fn names(world: &World, what: &str) -> bool {
    let in_use = world.limits()["inUse"].clone();
    in_use.as_array().unwrap().iter().any(|limit| limit["what"] == what)
}

#[tokio::test]
async fn a_check_that_is_not_carried_out_refuses_the_request_and_is_named() {
    for element in [
        "<ip-filter action=\"allow\"><address>203.0.113.7</address></ip-filter>",
        "<check-header name=\"a\"><value>b</value></check-header>",
        "<validate-azure-ad-token tenant-id=\"t\" />",
        "<validate-client-certificate />",
        "<include-fragment fragment-id=\"f\" />",
        "<return-response><set-status code=\"403\" reason=\"x\" /></return-response>",
        "<rewrite-uri template=\"/other\" />",
        "<set-backend-service base-url=\"https://other.example\" />",
        "<invented-check />",
    ] {
        let name = element.trim_start_matches('<').split([' ', '>', '/']).next().unwrap();
        let world = World::linked().await;
        let wrapped = format!("<choose><when condition=\"@(true)\">{element}</when></choose>");
        for (owner, inbound) in [
            ("service", element),
            ("service/apis/orders", element),
            ("service/apis/orders/operations/get", element),
            ("service/apis/orders", &wrapped),
        ] {
            world.put("service/apis/orders/operations/get", &json!({"method": "GET", "urlTemplate": "/*"}));
            let tail = format!("{owner}/policies/policy");
            world.put(&tail, &policy(inbound));
            let answer = world.get(SITE, "/api/orders").await;
            answer.assert_says(500, "Internal server error");
            assert_eq!(answer.header(REFUSED), name, "{owner}");
            assert!(names(&world, name), "{owner} {name}: {}", world.limits());
            assert_eq!(world.api.calls(), 0);
            world.remove(&tail);
            assert!(!names(&world, name), "{owner} {name}");
        }
        assert_eq!(world.get(SITE, "/api/orders").await.status, 200, "{name}");
    }
}

#[tokio::test]
async fn a_check_in_the_policy_of_the_product_refuses_what_the_token_check_lets_in() {
    let world = World::linked().await;
    let own = id(&format!("{}/policies/policy", product()));
    world.edit(|view| {
        let found = view.resources.iter_mut().find(|it| *it.id() == own).unwrap();
        let value = found.text("properties.value").unwrap().unwrap();
        let value = value.replace("</inbound>", "<ip-filter action=\"forbid\" /></inbound>");
        found.set_property("value", value);
    });
    let answer = world.get(SITE, "/api/orders").await;
    assert_eq!((answer.status, answer.header(REFUSED)), (500, "ip-filter"));
    assert_eq!(
        world.get(super::world::OTHER_SITE, "/api/orders").await.status,
        200,
        "its product has no such check"
    );
}

#[tokio::test]
async fn an_element_that_is_harmless_is_skipped_and_named() {
    let world = World::linked().await;
    let inbound =
        "<rate-limit calls=\"1\" renewal-period=\"60\" /><cors /><set-variable name=\"a\" value=\"@(1)\" />";
    world.put("service/apis/orders/policies/policy", &policy(inbound));
    assert_eq!(world.get(SITE, "/api/orders").await.status, 200);
    let in_use = world.limits()["inUse"].clone();
    let skipped = |what: &str| json!({"resource": id("service/apis/orders/policies/policy").as_str(), "what": what, "instead": "skipped"});
    assert_eq!(
        in_use.as_array().unwrap()[..3],
        [skipped("rate-limit"), skipped("cors"), skipped("set-variable")]
    );
}

#[tokio::test]
async fn a_policy_that_is_not_xml_lets_nothing_in() {
    let world = World::linked().await;
    world.put("service/apis/orders/policies/policy", &json!({"value": "<policies><inbound>"}));
    let answer = world.get(SITE, "/api/orders").await;
    assert_eq!((answer.status, answer.header(REFUSED)), (500, "policy"));
}

#[tokio::test]
async fn an_api_without_a_service_url_and_a_version_without_a_scheme_are_named() {
    let world = World::linked().await;
    world.set(&id("service/apis/orders"), "serviceUrl", Value::Null);
    let answer = world.get(SITE, "/api/orders").await;
    assert_eq!((answer.status, answer.header(REFUSED)), (500, "serviceUrl"));
    world.set(&id("service/apis/catalog"), "apiVersion", "v1");
    let in_use = world.limits()["inUse"].to_string();
    assert!(in_use.contains("apis/orders") && in_use.contains("serviceUrl"), "{in_use}");
    assert!(in_use.contains("apis/catalog") && in_use.contains("version set"), "{in_use}");
}

#[tokio::test]
async fn the_report_names_every_element_that_azure_has() {
    let limits = World::linked().await.limits();
    for (list, name) in [
        ("policyElements", "ip-filter"),
        ("policyElements", "rate-limit"),
        ("policyElements", "set-backend-service"),
        ("configuration", "networking"),
        ("configuration", "trailingSlash"),
    ] {
        assert!(limits[list].as_array().unwrap().contains(&json!(name)), "{list} {name}");
    }
    assert_eq!(limits["inUse"], json!([]));
}
