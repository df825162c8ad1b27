//! What clients see of Resource Manager: status codes, envelopes, entity tags, aliases, lists.

use serde_json::{Value, json};

use crate::world::{APIM, Answer, Emulated, GROUP, WEB, service, site};

fn apim(tail: &str) -> String {
    let mark = if tail.contains('?') { '&' } else { '?' };
    format!("{}{tail}{mark}api-version={APIM}", service())
}

fn web(tail: &str) -> String {
    format!("{}{tail}?api-version={WEB}", site(0))
}

fn link(emulated: &Emulated, name: &str) -> Answer {
    let body = json!({"properties": {"backendResourceId": service(), "region": null}});
    emulated.send("PUT", &web(&format!("/linkedBackends/{name}")), &body)
}

const LABEL: &str = "site-0";

#[test]
fn a_site_and_its_production_are_the_same_to_a_linked_backend_in_any_case() {
    let emulated = Emulated::start(&["--log", "off"]);
    let put = link(&emulated, "Mine");
    assert_eq!(put.status, 200);
    assert_eq!(put.body["id"], format!("{}/builds/default/linkedBackends/Mine", site(0)));
    assert_eq!(put.body["type"], "Microsoft.Web/staticSites/builds/linkedBackends");
    assert_eq!(put.body["location"], "Central US");
    assert!(put.body["properties"]["createdOn"].as_str().unwrap().ends_with('Z'));
    for path in
        ["/linkedBackends/mine", "/builds/default/linkedBackends/MINE", "/BUILDS/Default/LINKEDBACKENDS/mine"]
    {
        let got = emulated.get(&web(path));
        assert_eq!((got.status, &got.body["id"]), (200, &put.body["id"]), "{path}");
        assert!(!got.body["properties"]["createdOn"].as_str().unwrap().ends_with('Z'));
    }
    let shouted = web("/linkedBackends").replace("Microsoft.Web/staticSites", "MICROSOFT.WEB/STATICSITES");
    assert_eq!(emulated.get(&shouted).names(), ["Mine"]);
    let of_site = emulated.get(&web("")).body["properties"]["linkedBackends"].clone();
    let of_build = emulated.get(&web("/builds/default")).body["properties"]["linkedBackends"].clone();
    assert_eq!((of_site.as_array().unwrap().len(), &of_site), (1, &of_build));
    let old = emulated.get(&web("/linkedBackends/mine").replace(WEB, "2022-03-01"));
    let mut fields: Vec<&String> = old.body["properties"].as_object().unwrap().keys().collect();
    fields.sort();
    assert_eq!(
        fields,
        [
            "areAutomatedDeploymentsEnabled",
            "backendResourceId",
            "createdOn",
            "managedServiceIdentityType",
            "provisioningState",
            "region",
            "storageAccountResourceId",
            "userAssignedManagedIdentityResourceId"
        ]
    );
}

#[test]
fn a_link_is_refused_in_the_words_that_azure_has_for_it() {
    let emulated = Emulated::start(&["--log", "off"]);
    let validate = |path: &str, target: &str| {
        let body = json!({"properties": {"backendResourceId": target, "region": "westus"}});
        emulated.send("POST", &web(&format!("{path}/validate")), &body)
    };
    assert_eq!(validate("/linkedBackends/b", &service()).status, 204);
    assert_eq!(validate("/builds/default/linkedBackends/b", &service()).status, 204);
    let gone = validate("/linkedBackends/b", &format!("{GROUP}/providers/Microsoft.Web/sites/gone"));
    assert_eq!((gone.status, &gone.body["Message"]), (404, &json!("Cannot find WebSite with name gone.")));
    assert_eq!(gone.body["Details"][2]["ErrorEntity"]["ExtendedCode"], "51004");
    let other = validate("/linkedBackends/b", &format!("{GROUP}/providers/Microsoft.Web/containerApps/x"));
    assert_eq!(
        other.body["Message"],
        "Linked backends are not supported for the resource type Microsoft.Web/containerApps."
    );
    let nowhere = validate("/builds/7/linkedBackends/b", &service());
    assert_eq!(
        (nowhere.status, &nowhere.body["Message"]),
        (404, &json!("Cannot find StaticSiteBuild with name 7."))
    );
    let no_region =
        json!({"properties": {"backendResourceId": format!("{GROUP}/providers/Microsoft.Web/sites/x")}});
    let no_region = emulated.send("PUT", &web("/linkedBackends/b"), &no_region);
    assert_eq!((no_region.status, no_region.body), (500, json!({"Message": "An error has occurred."})));
    assert_eq!(link(&emulated, "one").status, 200);
    assert_eq!(link(&emulated, "ONE").status, 200, "the same again");
    let second = link(&emulated, "two");
    assert_eq!((second.status, second.code()), (400, "BadRequest"));
    assert_eq!(second.body["Message"], "One Static Web App can not have more than one linked backend.");
    assert_eq!(second.body["Details"][2]["ErrorEntity"]["ExtendedCode"], "59363");
    assert_eq!(emulated.get(&web("/linkedBackends")).names(), ["one"]);
    let unlink = web("/linkedBackends/one") + "&isCleaningAuthConfig=false";
    assert_eq!([0, 1].map(|_| emulated.send("DELETE", &unlink, &Value::Null).status), [204, 204]);
    let empty = emulated.get(&web("/linkedBackends")).body;
    assert_eq!(empty, json!({"value": [], "nextLink": null, "id": null}));
}

#[test]
fn entity_tags_hold_changes_to_their_conditions() {
    let emulated = Emulated::start(&["--log", "off"]);
    assert_eq!(link(&emulated, "b").status, 200);
    let policy = "<policies><inbound><base /></inbound></policies>";
    let (product, subscription) = (format!("/products/{LABEL}"), format!("/subscriptions/{LABEL}"));
    let whole = |path: &str| match path.split('/').nth(1) {
        Some("products") if path.ends_with("policy") => json!({"format": "xml", "value": policy}),
        Some("products") => json!({"displayName": "p", "description": "d"}),
        Some("apis") => json!({"displayName": "o", "path": "api/orders"}),
        _ => json!({"displayName": "s", "scope": product}),
    };
    for (path, can_patch) in [
        (product.clone(), true),
        (format!("{product}/policies/policy"), false),
        (subscription, true),
        ("/apis/orders".to_owned(), true),
    ] {
        let tag = |answer: &Answer| answer.header("etag").map(str::to_owned);
        let before = tag(&emulated.get(&apim(&path))).unwrap_or_else(|| panic!("{path} has no tag"));
        assert!(before.starts_with('"') && before.ends_with('"'));
        assert_eq!(tag(&emulated.send("HEAD", &apim(&path), &Value::Null)).as_ref(), Some(&before), "{path}");
        let body = json!({ "properties": whole(&path) });
        let send = |method: &str, condition: Option<&str>| {
            let headers: Vec<(&str, &str)> = condition.map(|tag| ("If-Match", tag)).into_iter().collect();
            let body = if method == "DELETE" { Value::Null } else { body.clone() };
            emulated.send_with(method, &apim(&path), &headers, &body)
        };
        let stale = send("PUT", Some("\"AAAAAAAACb0=\""));
        assert_eq!((stale.status, stale.code()), (412, "PreconditionFailed"), "{path}");
        let put = send("PUT", Some(&before));
        assert_eq!(put.status, 200, "{path}: {}", put.text);
        let after = tag(&put).unwrap();
        assert_ne!(after, before, "{path}");
        assert_eq!(tag(&send("PUT", None)).as_ref(), Some(&after), "{path}: no change, no new tag");
        if can_patch {
            let bare = send("PATCH", None);
            assert_eq!((bare.status, bare.code()), (400, "ValidationError"), "{path}");
            assert_eq!(send("PATCH", Some(&before)).status, 412, "{path}");
            assert_eq!(send("PATCH", Some("*")).status, 200, "{path}");
        }
        assert_eq!(send("DELETE", Some(&before)).status, 412, "{path}");
        if path != product {
            // since 2024, an API goes as slowly as a service
            let gone = if path.starts_with("/apis") { 202 } else { 200 };
            let after = if path.starts_with("/apis") { None } else { Some(after.as_str()) };
            assert_eq!(send("DELETE", after).status, gone, "{path}: a condition is not required");
            assert_eq!(send("DELETE", Some("*")).status, 204, "{path}: gone already");
            assert_eq!(send("PUT", Some(&before)).status, 412, "{path}: that version is gone");
            assert_eq!(send("PUT", Some("*")).status, 201, "{path}: what does not exist is created");
        }
    }
}

#[test]
fn an_api_is_in_a_product_or_is_not() {
    let emulated = Emulated::start(&["--log", "off"]);
    assert_eq!(link(&emulated, "b").status, 200);
    let place = apim(&format!("/products/{LABEL}/apis/orders"));
    let send = |method: &str| emulated.send(method, &place, &Value::Null);
    assert_eq!(send("HEAD").status, 404);
    let put = send("PUT");
    assert_eq!((put.status, &put.body["properties"]["path"]), (201, &json!("api/orders")));
    assert_eq!((send("PUT").status, send("HEAD").status), (200, 204));
    let listed = emulated.get(&apim(&format!("/products/{LABEL}/apis")));
    assert_eq!((listed.names(), &listed.body["count"]), (vec!["orders"], &json!(1)));
    let api = &listed.body["value"][0];
    assert_eq!(api["id"], format!("{}/products/{LABEL}/apis/orders", service()));
    assert_eq!(api["type"], "Microsoft.ApiManagement/service/products/apis");
    let products = emulated.get(&apim("/apis/orders/products"));
    assert_eq!(products.names(), [LABEL]);
    assert_eq!(products.body["value"][0]["id"], format!("{}/apis/orders/products/{LABEL}", service()));
    assert_eq!(products.body["value"][0]["type"], "Microsoft.ApiManagement/service/apis/products");
    let get = send("GET");
    assert_eq!((get.status, get.header("allow")), (405, Some("HEAD,PUT,DELETE")));
    assert_eq!(get.body, json!({"Message": "The requested resource does not support http method 'GET'."}));
    assert_eq!([0, 1].map(|_| send("DELETE").status), [200, 204]);
    let nothing = emulated.send("PUT", &place.replace("orders", "nothing"), &Value::Null);
    assert_eq!((nothing.status, &nothing.body["error"]["message"]), (404, &json!("Api not found.")));
}

#[test]
fn keys_are_in_answers_to_changes_and_never_in_what_is_read() {
    let emulated = Emulated::start(&["--log", "off"]);
    let path = apim("/subscriptions/s");
    let body = |more: Value| {
        let mut properties = json!({"displayName": "s", "scope": "/apis"});
        properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "properties": properties })
    };
    let put = emulated.send("PUT", &path, &body(json!({})));
    assert_eq!((put.status, &put.body["properties"]["state"]), (201, &json!("active")));
    assert_eq!(put.body["properties"]["scope"], format!("{}/apis", service()));
    let key = |answer: &Answer, name: &str| answer.body["properties"][name].as_str().map(str::to_owned);
    let first = key(&put, "primaryKey").unwrap();
    assert!(first.len() == 32 && first.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(key(&emulated.get(&path), "primaryKey"), None);
    assert!(!emulated.get(&apim("/subscriptions")).text.contains(&first));
    let act =
        |action: &str| emulated.send("POST", &apim(&format!("/subscriptions/s/{action}")), &Value::Null);
    let secrets = act("listSecrets");
    assert_eq!((secrets.status, secrets.body["primaryKey"].as_str()), (200, Some(first.as_str())));
    assert_eq!(secrets.header("etag"), put.header("etag"));
    let regenerated = act("regeneratePrimaryKey");
    assert_eq!((regenerated.status, regenerated.text.as_str()), (204, ""));
    let after = act("listsecrets");
    assert_ne!(after.body["primaryKey"], secrets.body["primaryKey"]);
    assert_eq!(after.body["secondaryKey"], secrets.body["secondaryKey"]);
    assert_ne!(after.header("etag"), secrets.header("etag"), "the tag tells that keys have changed");
    assert_eq!(act("regenerateSecondaryKey").status, 204);
    assert_ne!(act("listSecrets").body["secondaryKey"], secrets.body["secondaryKey"]);
    let own = emulated.send_with(
        "PATCH",
        &path,
        &[("If-Match", "*")],
        &json!({"properties": {"primaryKey": "mine"}}),
    );
    assert_eq!(key(&own, "primaryKey").as_deref(), Some("mine"));
    assert_eq!(emulated.send("PUT", &path, &body(json!({"primaryKey": ""}))).status, 400);
    assert_eq!(emulated.send("PUT", &path, &body(json!({"displayName": "x".repeat(101)}))).status, 400);
}

#[test]
fn a_product_is_held_to_its_rules() {
    let emulated = Emulated::start(&["--log", "off"]);
    let put = |name: &str, properties: Value| {
        emulated.send("PUT", &apim(&format!("/products/{name}")), &json!({ "properties": properties }))
    };
    let made = put("p", json!({"displayName": "one"}));
    assert_eq!((made.status, &made.body["properties"]["state"]), (201, &json!("notPublished")));
    assert_eq!(made.body["properties"]["subscriptionRequired"], true);
    let taken = put("q", json!({"displayName": "one"}));
    assert_eq!(taken.body["error"]["details"][0]["message"], "Product with the same name already exists");
    let empty = put("q", json!({"displayName": ""}));
    assert_eq!((empty.status, &empty.body["error"]["details"][0]["target"]), (400, &json!("name")));
    let subscription = json!({"properties": {"displayName": "s", "scope": "/products/p"}});
    assert_eq!(emulated.send("PUT", &apim("/subscriptions/s"), &subscription).status, 201);
    let any = [("If-Match", "*")];
    let kept = emulated.send_with("DELETE", &apim("/products/p"), &any, &Value::Null);
    assert!(
        kept.body["error"]["message"].as_str().unwrap().contains("deleteSubscriptions=true"),
        "{}",
        kept.text
    );
    let gone =
        emulated.send_with("DELETE", &apim("/products/p?deleteSubscriptions=true"), &any, &Value::Null);
    assert_eq!((gone.status, emulated.get(&apim("/subscriptions/s")).status), (200, 404));
    let policy = json!({"properties": {"format": "rawxml", "value": "<policies><oops></policies>"}});
    assert_eq!(put("p", json!({"displayName": "one"})).status, 201);
    assert_eq!(emulated.send("PUT", &apim("/products/p/policies/policy"), &policy).status, 400);
    let missing = emulated.get(&apim("/products/p/policies/policy"));
    assert_eq!(
        (missing.status, &missing.body["error"]["message"]),
        (404, &json!("PoliciesConfiguration not found."))
    );
    let spaced =
        json!({"properties": {"format": "xml", "value": "<policies>\n        <inbound />\n</policies>"}});
    assert_eq!(emulated.send("PUT", &apim("/products/p/policies/policy"), &spaced).status, 201);
    let written = emulated.get(&apim("/products/p/policies/policy?format=rawxml")).body;
    assert_eq!(
        written["properties"],
        json!({"format": "rawxml", "value": "<policies>\r\n\t<inbound />\r\n</policies>"})
    );
}

#[test]
fn a_product_that_is_put_has_a_subscription_of_the_administrator_at_once() {
    let emulated = Emulated::start(&["--log", "off"]);
    let path = apim("/products/p");
    let body = json!({"properties": {"displayName": "p"}});
    let made = emulated.send("PUT", &path, &body);
    assert_eq!((made.status, &made.body["properties"]["groups"][0]["name"]), (201, &json!("Administrators")));
    let listed = emulated.get(&apim("/products/p/subscriptions"));
    let own = &listed.body["value"][0];
    assert_eq!((&listed.body["count"], &own["properties"]["displayName"]), (&json!(1), &Value::Null));
    assert_eq!(own["properties"]["ownerId"], format!("{}/users/1", service()));
    assert_eq!(own["type"], "Microsoft.ApiManagement/service/products/subscriptions");
    let name = own["name"].as_str().unwrap();
    assert_eq!(own["id"], format!("{}/products/p/subscriptions/{name}", service()));
    assert!(name.len() == 24 && name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
    let text = |field: &str| own["properties"][field].as_str().unwrap().to_owned();
    let created: jiff::Timestamp = text("createdDate").parse().unwrap();
    assert_eq!(format!("{:08x}", created.as_second()), name[..8], "{}", text("createdDate"));
    assert_eq!(text("startDate"), format!("{}T00:00:00Z", &text("createdDate")[..10]));
    let secrets = emulated.send("POST", &apim(&format!("/subscriptions/{name}/listSecrets")), &Value::Null);
    assert_eq!(secrets.body["primaryKey"].as_str().unwrap().len(), 32);
    assert_eq!(emulated.send("PUT", &path, &body).body["properties"]["groups"], json!([]));
    assert_eq!(emulated.get(&apim("/products/p/subscriptions")).body["count"], 1, "a second PUT makes none");
    let kept = emulated.send("DELETE", &path, &Value::Null);
    assert_eq!(
        (kept.status, kept.code(), &kept.body["error"]["details"]),
        (400, "ValidationError", &Value::Null)
    );
    let gone = emulated.send("DELETE", &apim("/products/p?deleteSubscriptions=true"), &Value::Null);
    assert_eq!((gone.status, emulated.get(&apim("/subscriptions")).names().len()), (200, 0));
}

#[test]
fn a_body_is_checked_against_the_types_of_the_definitions() {
    let emulated = Emulated::start(&["--log", "off"]);
    for (path, properties, target) in [
        ("/products/p", json!({"displayName": "p", "terms": {}}), "terms"),
        ("/products/p", json!({"displayName": "p", "subscriptionRequired": "yes"}), "subscriptionRequired"),
        ("/products/p", json!({"displayName": "p", "state": "open"}), "state"),
        ("/products/p", json!({"displayName": "x".repeat(301)}), "displayName"),
        ("/subscriptions/s", json!({"displayName": "s", "scope": ["/apis"]}), "scope"),
        ("/subscriptions/s", json!({"displayName": "s"}), "scope"),
        ("/apis/a", json!({"displayName": "a", "path": 7}), "path"),
        ("/apis/a", json!({"displayName": "a"}), "path"),
        ("/apis/orders/operations/o", json!({"displayName": "o", "method": "GET"}), "urlTemplate"),
        ("/products/p", json!(7), "properties"),
    ] {
        let answer = emulated.send("PUT", &apim(path), &json!({ "properties": properties }));
        assert_eq!((answer.status, answer.code()), (400, "ValidationError"), "{path} {properties}");
        assert_eq!(answer.body["error"]["details"][0]["target"], target, "{path} {properties}");
    }
    let open =
        json!({"properties": {"displayName": "p", "subscriptionRequired": false, "approvalRequired": false}});
    let refused = emulated.send("PUT", &apim("/products/p"), &open);
    assert!(refused.body["error"]["message"].as_str().unwrap().starts_with("Cannot provide values for"));
    let unknown = json!({"properties": {"displayName": "p", "colour": "red"}, "etag": 7, "name": "q"});
    let made = emulated.send("PUT", &apim("/products/p"), &unknown);
    assert_eq!(
        (made.status, &made.body["name"], made.body["properties"].get("colour")),
        (201, &json!("p"), None)
    );
    let tags = json!({"location": "Central US", "tags": {"a": {}}});
    let answer = emulated.send("PUT", &web(""), &tags);
    assert_eq!((answer.status, answer.code()), (400, "InvalidRequestContent"));
    let answer = emulated.send("PUT", &web(""), &json!({"properties": {"branch": 7}}));
    assert_eq!(answer.body["Message"], "The parameter branch has an invalid value.");
}

#[test]
fn types_that_are_not_emulated_are_listed_for_every_client() {
    let emulated = Emulated::start(&["--log", "off"]);
    let limits = emulated.get("/_emulator/limits");
    assert_eq!(limits.status, 200, "without the admin routes too");
    let types: Vec<&str> =
        limits.body["resourceTypes"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert!(types.contains(&"Microsoft.ApiManagement/service/namedValues"));
    assert!(limits.body["policyElements"].is_array() && limits.body["configuration"].is_array());
    let answer = emulated.get(&apim("/namedValues/x"));
    assert_eq!(
        (answer.status, &answer.body["error"]["target"]),
        (501, &json!(types.iter().find(|it| it.ends_with("/namedValues"))))
    );
    let import = json!({"properties": {"displayName": "a", "path": "a", "format": "openapi", "value": "{}"}});
    assert_eq!(emulated.send("PUT", &apim("/apis/a"), &import).code(), "NotEmulated");
}

#[test]
fn a_revision_is_an_api_of_its_own_name_until_its_api_is_deleted() {
    let emulated = Emulated::start(&["--log", "off"]);
    let source = json!({"properties": {"sourceApiId": "/apis/orders", "apiRevisionDescription": "second",
        "serviceUrl": "https://new.example", "path": "api/orders"}});
    let made = emulated.send("PUT", &apim("/apis/orders%3Brev%3D2"), &source);
    assert_eq!((made.status, &made.body["name"]), (201, &json!("orders;rev=2")), "{}", made.text);
    let properties = &made.body["properties"];
    assert_eq!((&properties["apiRevision"], properties.get("isCurrent")), (&json!("2"), None));
    assert_eq!(properties["displayName"], "orders", "from the source");
    assert_eq!(emulated.get(&apim("/apis")).names(), ["catalog", "orders;rev=2", "orders"]);
    let revisions = emulated.get(&apim("/apis/orders/revisions")).body;
    assert_eq!((&revisions["count"], &revisions["nextLink"]), (&json!(2), &Value::Null));
    assert_eq!(revisions["value"][0]["apiId"], "/apis/orders;rev=2");
    assert_eq!(revisions["value"][1]["isCurrent"], true);
    let deleted = emulated.send("DELETE", &apim("/apis/orders?deleteRevisions=true"), &Value::Null);
    assert_eq!(deleted.status, 202);
    let at =
        |name: &str| deleted.header(name).unwrap().strip_prefix(&emulated.endpoint()).unwrap().to_owned();
    assert_eq!(emulated.get(&at("azure-asyncoperation")).body, json!({"status": "Succeeded"}));
    assert_eq!(emulated.get(&at("location")).status, 204);
    assert_eq!(emulated.get(&apim("/apis")).names(), ["catalog"]);
}

#[test]
fn a_question_that_is_not_understood_is_refused_and_never_answered_in_part() {
    let emulated = Emulated::start(&["--log", "off"]);
    let ask = |version: &str, query: &str| {
        let path = format!("/providers/Microsoft.ResourceGraph/resources?api-version={version}");
        emulated.send("POST", &path, &json!({ "query": query }))
    };
    let refused = ask("2021-03-01", "resources | where name == 'x' | summarize count() by type");
    assert_eq!((refused.status, refused.code()), (400, "InvalidQuery"));
    assert_eq!(refused.body["error"]["details"][0]["code"], "ParserFailure");
    let answer = ask("2021-03-01", "resources | where type =~ 'microsoft.web/staticsites' | project name");
    assert_eq!(answer.body["data"], json!([{"name": "site-0"}]));
    assert_eq!(answer.header("x-ms-user-quota-remaining"), Some("14"));
    let table = ask("2019-04-01", "project name, type | where type endswith 'service'").body;
    assert_eq!(table["data"]["rows"], json!([["shop-apim", "microsoft.apimanagement/service"]]));
}

#[test]
fn lists_come_in_pages_and_as_filters_say() {
    let emulated = Emulated::start(&["--log", "off"]);
    for number in 0..5 {
        let body = json!({"properties": {"displayName": format!("Product {number}"), "state": if number < 2 { "published" } else { "notPublished" }}});
        assert_eq!(emulated.send("PUT", &apim(&format!("/products/p{number}")), &body).status, 201);
    }
    let page = emulated.get(&apim("/products?$top=2&$skip=1"));
    assert_eq!(page.names(), ["p1", "p2"]);
    let next = page.body["nextLink"].as_str().unwrap();
    assert!(next.ends_with(&format!("/products?%24top=2&api-version={APIM}&%24skip=3")), "{next}");
    let next = emulated.get(next.strip_prefix(&emulated.endpoint()).unwrap());
    assert_eq!((next.names(), next.body.get("nextLink")), (vec!["p3", "p4"], None));
    assert_eq!(emulated.get(&apim("/products?$filter=name%20eq%20'Product%204'")).names(), ["p4"]);
    assert_eq!(emulated.get(&apim("/products?$filter=colour%20eq%20'red'")).code(), "ValidationError");
    assert_eq!(emulated.get(&apim("/products?$filter=state%20eq%20'published'")).names(), ["p0", "p1"]);
    assert_eq!(emulated.get(&apim("/products?$filter=contains(displayName,'3')")).names(), ["p3"]);
    assert_eq!(emulated.get(&apim("/products?%24filter=displayName+eq+%27Product+4%27")).names(), ["p4"]);
    assert_eq!(emulated.get(&apim("/products?$filter=oops")).code(), "ValidationError");
    let body = emulated.get(&apim("/products")).body;
    assert_eq!((&body["count"], body.get("nextLink")), (&json!(5), None));
}

#[test]
fn a_scene_can_be_set_from_nothing_and_be_taken_away() {
    let emulated = Emulated::start(&["--log", "off"]);
    let group = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/other";
    let at = |tail: &str, version: &str| format!("{group}{tail}?api-version={version}");
    let new = at("/providers/Microsoft.Web/staticSites/new", WEB);
    let site = emulated.send("PUT", &new, &json!({"location": "centralus", "sku": {"name": "Standard"}}));
    assert_eq!((site.status, &site.body["location"]), (200, &json!("Central US")));
    assert!(site.body["properties"]["defaultHostname"].as_str().unwrap().ends_with(".5.azurestaticapps.net"));
    let service = at("/providers/Microsoft.ApiManagement/service/gate", APIM);
    let body = json!({"location": "Central US", "sku": {"name": "Consumption", "capacity": 0},
        "properties": {"publisherEmail": "api@example.com", "publisherName": "Shop"}});
    let made = emulated.send("PUT", &service, &body);
    assert_eq!(
        (made.status, &made.body["properties"]["gatewayUrl"]),
        (201, &json!("https://gate.azure-api.net"))
    );
    assert!(made.body["etag"].is_string());
    let api = at("/providers/Microsoft.ApiManagement/service/gate/apis/a", APIM);
    let body =
        json!({"properties": {"displayName": "a", "path": "api/a", "serviceUrl": "http://localhost:3000"}});
    assert_eq!(emulated.send("PUT", &api, &body).status, 201);
    let operation = at("/providers/Microsoft.ApiManagement/service/gate/apis/a/operations/get", APIM);
    let body = json!({"properties": {"displayName": "get", "method": "GET", "urlTemplate": "/{id}"}});
    assert_eq!(emulated.send("PUT", &operation, &body).status, 201);
    let found = emulated.get("/subscriptions?api-version=2022-12-01").body;
    assert_eq!(found["value"].as_array().unwrap().len(), 2);
    assert_eq!((&found["count"], found.get("nextLink")), (&json!({"type": "Total", "value": 2}), None));
    assert_eq!(emulated.get(&at("/providers/Microsoft.Web/staticSites", WEB)).names(), ["new"]);
    assert_eq!(
        emulated.get(&at("", "2022-12-01").replace("resourceGroups", "resourcegroups")).body["name"],
        "other"
    );
    let graph = json!({"query": "resources | where type =~ 'microsoft.web/staticsites' and name =~ 'NEW'"});
    let rows = emulated
        .send("POST", "/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01", &graph)
        .body;
    assert_eq!((&rows["count"], &rows["data"][0]["resourceGroup"]), (&json!(1), &json!("other")));
    let deleted = emulated.send("DELETE", &service, &Value::Null);
    assert_eq!((deleted.status, deleted.header("retry-after")), (202, Some("1")));
    let progress = deleted.header("location").unwrap().strip_prefix(&emulated.endpoint()).unwrap().to_owned();
    assert_eq!(emulated.get(&progress).status, 200);
    assert_eq!(emulated.get(&api).status, 404);
    assert_eq!([0, 1].map(|_| emulated.send("DELETE", &new, &Value::Null).status), [202, 204]);
    assert_eq!(emulated.get(&new).code(), "ResourceNotFound");
}

#[test]
fn missing_and_unknown_resources_are_reported_as_azure_does() {
    let emulated = Emulated::start(&["--log", "off"]);
    let v = |path: &str| format!("{path}?api-version={WEB}");
    for (method, path, status, code) in [
        ("GET", site(0), 400, "MissingApiVersionParameter"),
        ("GET", format!("{}?api-version=2021-02-01", site(0)), 400, "InvalidApiVersionParameter"),
        ("GET", v(&site(9)), 404, "ResourceNotFound"),
        ("GET", v(&format!("{}/linkedBackends/b", site(9))), 404, "ResourceNotFound"),
        ("GET", v(&format!("{}/linkedBackends/b", site(0))), 404, "NotFound"),
        ("GET", apim("/products/x"), 404, "ResourceNotFound"),
        ("GET", apim("/products/x/apis"), 404, "ResourceNotFound"),
        ("PUT", apim("/products/x/policies/policy"), 400, "ValidationError"),
        ("GET", v(&format!("{GROUP}/providers/Microsoft.Compute/disks/x")), 501, "NotEmulated"),
        ("GET", v(&format!("{GROUP}/providers/Microsoft.Web/sites/x")), 501, "NotEmulated"),
        ("GET", apim("/namedValues"), 501, "NotEmulated"),
        ("PUT", apim("/backends/b"), 501, "NotEmulated"),
        ("GET", v(&format!("{}/config/appsettings", site(0))), 501, "NotEmulated"),
        ("GET", v(&format!("{GROUP}/providers/Contoso.Compute/disks/x")), 404, "InvalidResourceNamespace"),
        ("GET", v(&format!("{GROUP}/providers/Microsoft.Web/siteses/x")), 404, "InvalidResourceType"),
        ("GET", v("/nowhere"), 404, "InvalidResourceType"),
        ("POST", v(&site(0)), 405, "MethodNotAllowed"),
        ("POST", apim("/subscriptions/x/listSecrets"), 404, "ResourceNotFound"),
        ("GET", v(&GROUP.replace("rg-shop", "none")), 404, "ResourceGroupNotFound"),
        ("GET", v("/subscriptions/s/resourceGroups/none"), 404, "SubscriptionNotFound"),
    ] {
        let answer = emulated.send(method, &path, &Value::Null);
        assert_eq!((answer.status, answer.code()), (status, code), "{method} {path}: {}", answer.text);
    }
    let not_json = [("Content-Type", "application/json")];
    let answer = emulated.send_with("PUT", &apim("/products/x"), &not_json, &json!("{"));
    assert_eq!((answer.status, answer.code()), (400, "InvalidRequestContent"));
}

#[test]
fn request_ids_are_returned_and_created() {
    let emulated = Emulated::start(&["--log", "off"]);
    let asked = [
        ("x-ms-client-request-id", "mine"),
        ("x-ms-return-client-request-id", "true"),
        ("x-ms-correlation-request-id", "together"),
    ];
    let answer = emulated.send_with("GET", &apim(""), &asked, &Value::Null);
    assert_eq!(answer.header("x-ms-client-request-id"), Some("mine"));
    assert_eq!(answer.header("x-ms-correlation-request-id"), Some("together"));
    let id = answer.header("x-ms-request-id").unwrap();
    assert!(answer.header("x-ms-routing-request-id").unwrap().ends_with(id));
    assert_ne!(emulated.get(&apim("")).header("x-ms-request-id"), Some(id));
    assert_eq!(emulated.get(&apim("")).header("x-ms-client-request-id"), None);
}
