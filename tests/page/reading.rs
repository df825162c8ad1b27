//! What pages show.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;

use crate::{support::Sandbox, world::Served};

#[tokio::test]
async fn every_env_is_listed_and_found_by_its_words() {
    let sandbox = Sandbox::with_sites(3);
    sandbox.succeed(&["link", "--env", "e1"]);
    let served = Served::of(sandbox, &[]);
    let visitor = served.visitor().await;
    let all = visitor.get("/").await;
    all.says("e0 unlinked site-0").says("e1 linked site-1 shop-apim").says("e2 unlinked");
    all.does_not_say("site-0 shop-apim");
    let found = visitor.get("/?q=LINKED+site-1").await;
    found.says("e1 linked").does_not_say("/links/e0").does_not_say("/links/e2");
    visitor.get("/?q=nothing").await.says("No link matches the filter");
}

#[tokio::test]
async fn a_link_shows_its_parts_its_findings_and_no_key() {
    let sandbox = Sandbox::with_sites(1);
    sandbox.succeed(&["link", "--all"]);
    drift(&sandbox);
    let served = Served::of(sandbox, &[]);
    let visitor = served.visitor().await;
    let page = visitor.get("/links/e0").await;
    page.says("e0: drifted").says("no key required").says("SWAAPIM").says("subscriptionRequired");
    page.says("Repair").says("API Management").says("key fingerprints");
    let (services, picture) = (visitor.get("/services").await, visitor.get("/picture").await);
    services.says("shop-apim").says("site-0").says("in use");
    picture.says("site-0").does_not_say("<style");
    assert!(picture.text.contains("<a href=\"/links/e0\">"), "{}", picture.text);
    let secrets = served.sandbox.model()["secrets"].to_string();
    let keys: Vec<&str> = secrets.split('"').filter(|part| part.len() == 32).collect();
    assert!(keys.len() >= 2, "{secrets}");
    for page in [page, services, picture, visitor.get("/links/e0/relink").await] {
        for key in &keys {
            page.does_not_say(key);
        }
    }
}

/// Makes the product of the only link open without a key.
fn drift(sandbox: &Sandbox) {
    let mut model = sandbox.model();
    let resources = model["resources"].as_array_mut().unwrap();
    let is_product = |resource: &&mut Value| resource["type"].as_str().unwrap().ends_with("/products");
    resources.iter_mut().find(is_product).unwrap()["properties"]["subscriptionRequired"] = false.into();
    sandbox.write("control-plane.json", &model.to_string());
}

#[tokio::test]
async fn names_that_contain_markup_stay_text() {
    let sandbox = Sandbox::with_sites(1);
    let env = "<script>alert(1)</script>";
    let config = String::from_utf8(sandbox.read("swa-apim.toml")).unwrap();
    sandbox.write("swa-apim.toml", &config.replace("[env.e0]", &format!("[env.'{env}']")));
    sandbox.succeed(&["link", "--all"]);
    let mut model = sandbox.model();
    for resource in model["resources"].as_array_mut().unwrap() {
        if resource["type"].as_str().unwrap().ends_with("/apis") {
            resource["properties"]["path"] = r#"api/"><img src=x onerror=alert(2)>"#.into();
        }
    }
    sandbox.write("control-plane.json", &model.to_string());
    let served = Served::of(sandbox, &[]);
    let visitor = served.visitor().await;
    let of_env = "/links/%3Cscript%3Ealert%281%29%3C%2Fscript%3E";
    for path in ["/", of_env, &format!("{of_env}/relink"), "/services", "/picture"] {
        let page = visitor.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
        page.does_not_say("<script>alert").does_not_say("<img");
    }
    visitor.get("/?q=%22%3E%3Cscript%3E").await.does_not_say("<script>");
}

#[tokio::test]
async fn a_model_that_is_damaged_is_reported_with_what_to_do() {
    let served = Served::with_sites(1);
    let visitor = served.visitor().await;
    served.sandbox.write("control-plane.json", "{\"schemaVersion\": 1,");
    tokio::time::sleep(Duration::from_millis(300)).await;
    let page = visitor.get("/links/e0").await;
    assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
    page.says("This could not be done").says("control-plane.json").says("line 1");
    assert_eq!(visitor.get("/links/missing").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(visitor.get("/nowhere").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_open_window_learns_of_a_change_by_the_command_line() {
    let sandbox = Sandbox::with_sites(2);
    sandbox.succeed(&["link", "--env", "e1"]);
    let served = Served::of(sandbox, &[]);
    let visitor = served.visitor().await;
    let mut windows = Vec::new();
    for path in ["/", "/links/e0", "/services", "/picture"] {
        windows.push((path, visitor.get(path).await));
    }
    for (path, page) in &windows {
        let unchanged = [StatusCode::NO_CONTENT, StatusCode::ACCEPTED];
        let status = visitor.get(&page.question()).await.status;
        assert!(unchanged.contains(&status), "{path}: {status}");
    }
    served.sandbox.succeed(&["link", "--env", "e0"]);
    for (_, page) in &windows {
        visitor.told_of_a_change(page).await;
    }
    let other = visitor.get("/links/e1").await;
    served.sandbox.succeed(&["unlink", "--env", "e1", "--purge", "--yes"]);
    visitor.told_of_a_change(&other).await;
    assert_eq!(visitor.get("/news?of=nothing&seen=").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_window_recovers_when_a_problem_is_over() {
    let served = Served::with_sites(1);
    let visitor = served.visitor().await;
    let good = served.sandbox.read("control-plane.json");
    served.sandbox.write("control-plane.json", "{\"schemaVersion\": 1,");
    let page = loop {
        let page = visitor.get("/links/e0").await;
        if page.status != StatusCode::OK {
            break page;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    page.says("This could not be done").says("line 1").says("Try again");
    served.sandbox.write("control-plane.json", std::str::from_utf8(&good).unwrap());
    visitor.told_of_a_change(&page).await;
    visitor.get("/links/e0").await.says("e0: unlinked");
}

#[tokio::test]
async fn a_site_of_the_model_that_no_env_names_can_be_linked() {
    let served = Served::of(with_a_site_outside(2), &[]);
    let visitor = served.visitor().await;
    let list = visitor.get("/").await;
    list.says("1 env and 1 other site").says("no env : site-1 unlinked site-1");
    let choice = visitor.get(&list.address(r#"href="(/site\?[^"]+)""#)).await;
    choice.says("site-1: unlinked").says("shop-apim");
    let service: String = form_urlencoded::byte_serialize(crate::support::service_id().as_bytes()).collect();
    let site: String = form_urlencoded::byte_serialize(crate::support::site_id(1).as_bytes()).collect();
    let link = visitor.get(&format!("/site?id={site}&environment=default&apim={service}")).await;
    let command = link.says("This command adds one").plain();
    let command = command.split("swa-apim init").nth(1).unwrap().split(" Link").next().unwrap().to_owned();
    let plan = visitor.get(&link.address(r#"href="(/site/link\?[^"]+)""#)).await;
    plan.says("put-product").says("connect");
    visitor.apply(&plan, "").await.says("Applied");
    visitor.get("/").await.says("linked site-1 shop-apim");
    let words: Vec<&str> = command.split_whitespace().collect();
    served.sandbox.succeed(&[&["init", "--no-input"], words.as_slice()].concat());
    visitor.get("/").await.says("2 envs in").says("site-1 linked site-1");
}

/// Envs for all sites but the last.
pub(crate) fn with_a_site_outside(sites: usize) -> Sandbox {
    let sandbox = Sandbox::with_sites(sites);
    let config = String::from_utf8(sandbox.read("swa-apim.toml")).unwrap();
    let (envs, rest) = config.split_once(&format!("[env.e{}]", sites - 1)).unwrap();
    let (_, model) = rest.split_once("[provider").unwrap();
    sandbox.write("swa-apim.toml", &format!("{envs}[provider{model}"));
    sandbox
}
