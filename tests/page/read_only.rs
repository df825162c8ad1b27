//! A page that is opened read-only: nothing that is sent to it changes anything, over a model and over an emulator.

use std::collections::BTreeMap;

use reqwest::{Method, StatusCode};

use crate::{
    azure::TOKEN,
    support::{Sandbox, service_id, site_id},
    world::{Served, Visitor},
};

/// Links in several states: one that can be relinked, one that can be created, and leftovers.
fn scene() -> Sandbox {
    let sandbox = Sandbox::with_sites(3);
    sandbox.succeed(&["link", "--env", "e0"]);
    sandbox.succeed(&["link", "--env", "e2"]);
    sandbox.succeed(&["unlink", "--env", "e2"]);
    sandbox
}

/// Every file of a folder with its content.
fn content(sandbox: &Sandbox) -> BTreeMap<String, Vec<u8>> {
    sandbox.files().into_iter().map(|name| (name.clone(), sandbox.read(&name))).collect()
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The addresses with which a page that may change links plans, applies, calls and switches.
fn addresses(plan: &str) -> Vec<String> {
    let site = format!("id={}&environment=default&apim={}", encoded(&site_id(0)), encoded(&service_id()));
    let verbs = ["link", "relink", "unlink", "purge"];
    let of_links = verbs.map(|verb| format!("/links/e0/{verb}"));
    let of_sites = verbs.map(|verb| format!("/site/{verb}?{site}"));
    let others = [
        plan.to_owned(),
        format!("/prune?service={}", encoded(&service_id())),
        "/try".to_owned(),
        "/switches".to_owned(),
    ];
    of_links.into_iter().chain(of_sites).chain(others).collect()
}

/// The address at which a page that may change links applies a plan of the same model, and the value of its forms.
async fn plan_elsewhere(sandbox: &Sandbox) -> (String, String) {
    let copy = Sandbox::empty();
    for name in ["swa-apim.toml", "control-plane.json"] {
        copy.write(name, &String::from_utf8(sandbox.read(name)).unwrap());
    }
    let served = Served::of(copy, &[]);
    let plan = served.visitor().await.get("/links/e0/relink").await;
    (plan.captured(r#"action="([^"]+)""#), plan.captured(r#"name="form" value="([^"]+)""#))
}

/// Sends every form to every address, and everything else that may change something.
async fn send_everything(visitor: &Visitor, base: &str, (plan, form): &(String, String)) {
    let fields = [
        ("form", form.as_str()),
        ("name", "site-0"),
        ("button", "reset"),
        ("latency", "7"),
        ("host", "site-0.5.azurestaticapps.net"),
        ("method", "POST"),
        ("path", "/api/orders"),
        ("headers", ""),
        ("body", ""),
    ];
    for path in addresses(plan) {
        let page = visitor.post(&path, &fields).await;
        assert!(page.status.is_client_error(), "POST {path}: {}", page.status);
        for method in [Method::PUT, Method::PATCH, Method::DELETE] {
            let request = visitor.client.request(method.clone(), format!("{base}{path}"));
            let request = request.header("cookie", &visitor.cookie).header("origin", base);
            let status = request.send().await.unwrap().status();
            assert!(status.is_client_error(), "{method} {path}: {status}");
        }
        let shown = visitor.get(&path).await;
        shown
            .does_not_say("method=\"post\"><input")
            .does_not_say("Apply this plan")
            .does_not_say("type=\"submit\"");
    }
    for path in ["/", "/links/e0", "/links/e1", "/services", "/picture", "/traffic"] {
        let page = visitor.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        page.does_not_say("method=\"post\"").says("read-only");
    }
}

#[tokio::test]
async fn nothing_that_is_sent_to_a_read_only_page_changes_a_model() {
    let sandbox = scene();
    let plan = plan_elsewhere(&sandbox).await;
    let before = content(&sandbox);
    let served = Served::of(sandbox, &["--read-only"]);
    let visitor = served.visitor().await;
    send_everything(&visitor, served.base(), &plan).await;
    assert!(content(&served.sandbox) == before, "a file has changed: {:?}", content(&served.sandbox).keys());
}

#[cfg(feature = "emulator")]
#[tokio::test]
async fn nothing_that_is_sent_to_a_read_only_page_changes_an_emulator() {
    use crate::{emulated::Emulator, world::client};

    let sandbox = scene();
    let plan = plan_elsewhere(&sandbox).await;
    let emulator = Emulator::over(&sandbox, &["--admin", "--latency", "1ms"]);
    let before = content(&sandbox);
    let endpoint = emulator.control_plane().to_owned();
    let state = async || {
        let mut state = Vec::new();
        for route in ["switches", "traffic"] {
            let answer = client().get(format!("{endpoint}/_emulator/{route}")).send().await.unwrap();
            state.push(answer.text().await.unwrap());
        }
        state
    };
    let switches = state().await;
    let mut command = sandbox.command(&["ui", "--provider", "arm", "--endpoint", &endpoint, "--read-only"]);
    command.env("SWA_APIM_ACCESS_TOKEN", TOKEN);
    let served = Served::start(sandbox, command);
    let visitor = served.visitor().await;
    send_everything(&visitor, served.base(), &plan).await;
    visitor.get("/switches").await.says("Delays in milliseconds");
    assert_eq!(state().await, switches, "no switch is set, and no site is called");
    assert!(content(&served.sandbox) == before, "a file has changed: {:?}", content(&served.sandbox).keys());
}

#[cfg(feature = "emulator")]
#[tokio::test]
async fn nothing_that_is_sent_to_a_read_only_page_beside_an_emulator_changes_its_model() {
    let sandbox = scene();
    let plan = plan_elsewhere(&sandbox).await;
    let before = sandbox.model();
    let (served, _) = Served::beside_emulator(sandbox, &["--ui-read-only"]);
    let visitor = served.visitor().await;
    send_everything(&visitor, served.base(), &plan).await;
    visitor.get("/traffic").await.says("No request has arrived yet");
    assert_eq!(served.sandbox.model(), before);
}

#[tokio::test]
async fn a_read_only_page_of_the_sample_creates_no_file() {
    let sandbox = Sandbox::empty();
    let before = sandbox.files();
    let served = Served::of(sandbox, &["--sample", "--read-only"]);
    let visitor = served.visitor().await;
    visitor.get("/").await.says("prod unlinked");
    visitor.get("/links/prod").await.says("prod: unlinked");
    visitor.get("/services").await.says("Services");
    assert_eq!(served.sandbox.files(), before);
    // Once the sample has a file, the page shows that.
    let page = visitor.get("/links/prod").await;
    served.sandbox.succeed(&["link", "--sample"]);
    visitor.told_of_a_change(&page).await;
    visitor.get("/links/prod").await.says("prod: linked");
}
