//! The page over Azure, played by a server: how often it is read, what it shows, and what it does when it is refused.

use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::json;

use crate::{
    azure::{FakeAzure, Fault, Kind, LABEL, Options, SERVICE, SITE, TOKEN, activity::event, site},
    support::Sandbox,
    world::Served,
};

const ENV: &str = "[env.prod]\nstatic-web-app = \"SITE\"\napim = \"SERVICE\"\nprovider = \"arm\"\n";
const OTHER: &str = "-other";

/// A page over the stand-in, with an env for its site and another site beside it.
pub(crate) fn served(azure: &FakeAzure, config: &str) -> Served {
    let sandbox = Sandbox::empty();
    if !config.is_empty() {
        sandbox.write("swa-apim.toml", config);
    }
    let mut command = sandbox.command(&["ui", "--grace", "0s"]);
    command.env("SWA_APIM_ENDPOINT", azure.endpoint()).env("SWA_APIM_ACCESS_TOKEN", TOKEN);
    if config.is_empty() {
        command.env("SWA_APIM_PROVIDER", "arm");
    }
    Served::start(sandbox, command)
}

pub(crate) fn one_env() -> String {
    ENV.replace("SITE", SITE).replace("SERVICE", SERVICE)
}

pub(crate) fn scene() -> FakeAzure {
    let azure = FakeAzure::with_scene(Options::default());
    azure.put(&site(&format!("{SITE}{OTHER}"), "calm-other.5.azurestaticapps.net"));
    azure
}

#[tokio::test]
async fn ten_windows_cost_as_much_as_one() {
    let azure = scene();
    let mut config = one_env();
    for number in 0..30 {
        let id = format!("{SITE}-{number}");
        azure.put(&site(&id, &format!("calm-{number}.5.azurestaticapps.net")));
        config +=
            &ENV.replace("prod", &format!("e{number}")).replace("SITE", &id).replace("SERVICE", SERVICE);
    }
    let mut requests = Vec::new();
    for windows in [1, 10] {
        azure.take_seen();
        let served = served(&azure, &config);
        let visitor = served.visitor().await;
        let pages = join_all((0..windows).map(|_| visitor.get("/"))).await;
        assert!(pages.iter().all(|page| page.status == StatusCode::OK), "{}", pages[0].plain());
        pages[0].says("e29 unlinked").says("31 envs and 1 other site");
        let asked = join_all(pages.iter().map(async |page| visitor.get(&page.question()).await)).await;
        assert!(asked.iter().all(|answer| answer.status.is_success()));
        requests.push(azure.take_seen().len());
    }
    // A slow machine may take longer than an answer is kept.
    assert!(requests[1] <= requests[0] * 2, "requests of one window and of ten: {requests:?}");
    assert!(requests[0] < 31 * 4, "{requests:?} requests for 31 envs");
}

#[tokio::test]
async fn a_site_outside_the_configuration_is_listed_and_can_be_linked() {
    let azure = scene();
    let served = served(&azure, &one_env());
    let visitor = served.visitor().await;
    let list = visitor.get("/").await;
    list.says("1 env and 1 other site").says("prod unlinked shop").says("no env");
    let site = visitor.get(&list.address(r#"href="(/site\?[^"]+)""#)).await;
    site.says("shop-other: unlinked").says("No env of the configuration names this site").says("gate");
    let (id, apim) = (encoded(&format!("{SITE}{OTHER}")), encoded(SERVICE));
    let link = visitor.get(&format!("/site?id={id}&environment=default&apim={apim}")).await;
    link.says("shop-other: unlinked").says("swa-apim init --env shop-other");
    let plan = visitor.get(&link.address(r#"href="(/site/link\?[^"]+)""#)).await;
    visitor.apply(&plan, "").await.says("Applied");
    visitor.get("/").await.says("connected shop-other gate");
    assert!(azure.state().get(&format!("{SERVICE}/products/calm-other")).is_some());
    let named = visitor.get(&format!("/site?id={}", encoded(SITE))).await;
    assert_eq!((named.status, named.location.as_deref()), (StatusCode::SEE_OTHER, Some("/links/prod")));
    assert_eq!(visitor.get("/site?id=%2Fnothing").await.status, StatusCode::NOT_FOUND);
    let invalid = visitor.get("/site/link?id=x&environment=default&apim=y").await;
    assert_eq!(invalid.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", invalid.plain());
}

#[tokio::test]
async fn without_a_configuration_the_sites_that_can_be_seen_are_listed() {
    let azure = scene();
    let served = served(&azure, "");
    let visitor = served.visitor().await;
    visitor.get("/").await.says("0 envs and 2 other sites").says("shop-other").says("unlinked");
}

#[tokio::test]
async fn a_link_shows_who_changed_it_and_when() {
    let azure = scene();
    let served = served(&azure, &one_env());
    let visitor = served.visitor().await;
    visitor.apply(&visitor.get("/links/prod/link").await, "").await.says("Applied");
    let product = format!("{SERVICE}/products/{LABEL}");
    let ago = |seconds| {
        let now = swa_apim::ambient::Ambient::now(&swa_apim::ambient::System);
        format!("{:.7}", now.saturating_sub(jiff::SignedDuration::from_secs(seconds)).unwrap())
    };
    azure.log([event(
        "Microsoft.ApiManagement/service/products/write",
        &product,
        (1, "Succeeded", &ago(90)),
    )]);
    let mut open = azure.state().get(&product).unwrap().clone();
    open["properties"]["subscriptionRequired"] = json!(false);
    azure.put(&open);
    let page = loop {
        let page = visitor.get("/links/prod").await;
        if page.plain().contains("drifted") {
            break page;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    };
    page.says("History").says("ann@contoso.com").says("Last change:").says("Succeeded");
    assert!(page.text.contains("<time datetime=\""), "times have a machine-readable form");
}

#[tokio::test]
async fn a_log_that_may_not_be_read_is_a_note() {
    let azure = scene();
    let denied =
        Kind::Error(403, "AuthorizationFailed", "no authorization to perform action 'x' over scope '/y'");
    azure.fault(Fault::always("GET", "microsoft.insights", denied));
    let served = served(&azure, &one_env());
    let page = served.visitor().await.get("/links/prod").await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("prod: unlinked").says("History").says("could not read the activity log");
}

#[tokio::test]
async fn sites_that_cannot_be_listed_are_a_note_and_the_envs_are_shown() {
    let azure = scene();
    let denied =
        || Kind::Error(403, "AuthorizationFailed", "no authorization to perform action 'x' over scope '/y'");
    azure.fault(Fault::always("POST", "microsoft.resourcegraph", denied()));
    azure.fault(Fault::always("GET", "00000001/providers/microsoft.web/staticsites", denied()));
    let served = served(&azure, &one_env());
    let page = served.visitor().await.get("/").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.plain());
    page.says("prod unlinked shop").says("Sites outside the configuration could not be listed");
}

/// What a name or a message of another party may contain.
const HOSTILE: &str = "<img src=x onerror=alert(1)>\u{202e}\u{7}\u{1b}[31m";

#[tokio::test]
async fn names_and_messages_of_azure_stay_text() {
    let azure = scene();
    let long = "x".repeat(10_000);
    let hostile = format!("{HOSTILE}{long}");
    let mut other = site(&format!("{SITE}{OTHER}"), "calm-other.5.azurestaticapps.net");
    other["sku"]["name"] = json!(hostile);
    azure.put(&other);
    let served = served(&azure, &one_env());
    let visitor = served.visitor().await;
    visitor.apply(&visitor.get("/links/prod/link").await, "").await.says("Applied");
    let mut product = azure.state().get(&format!("{SERVICE}/products/{LABEL}")).unwrap().clone();
    product["properties"]["state"] = json!(hostile);
    azure.put(&product);
    let mut api = azure.state().get(&format!("{SERVICE}/apis/orders")).unwrap().clone();
    api["properties"]["displayName"] = json!(hostile);
    api["properties"]["path"] = json!(format!("api/{hostile}"));
    azure.put(&api);
    let product = format!("{SERVICE}/products/{LABEL}");
    let mut change = event(
        "Microsoft.ApiManagement/service/products/write",
        &product,
        (1, "Succeeded", "2026-01-01T00:00:00Z"),
    );
    change["caller"] = json!(hostile);
    azure.log([change]);
    let outside = format!("/site?id={}", encoded(&format!("{SITE}{OTHER}")));
    for path in
        ["/", "/links/prod", "/links/prod/relink", "/links/prod/purge", "/services", "/picture", &outside]
    {
        let page = visitor.get(path).await;
        is_plain(&page.text, path);
    }
    let refused = Kind::Error(403, "AuthorizationFailed", HOSTILE);
    azure.fault(Fault::always("GET", "", refused.clone()));
    azure.fault(Fault::always("POST", "", refused));
    for path in ["/links/prod/link", "/links/prod/relink"] {
        let page = visitor.get(path).await;
        page.says("img src=x");
        is_plain(&page.text, path);
    }
}

/// Whether a page has no element and no control character of another party.
fn is_plain(text: &str, path: &str) {
    assert!(!text.contains("<img"), "{path}: {text}");
    let hazard = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
    assert_eq!(hazard, None, "{path}");
}

#[tokio::test]
async fn a_credential_that_has_expired_is_reported_with_what_to_do() {
    let azure = scene();
    let expired = Kind::Error(401, "ExpiredAuthenticationToken", "The access token expiry is in the past.");
    azure.fault(Fault::always("GET", "", expired.clone()));
    azure.fault(Fault::always("POST", "", expired));
    let served = served(&azure, &one_env());
    let visitor = served.visitor().await;
    for path in ["/links/prod", "/", "/services"] {
        let page = visitor.get(path).await;
        page.says("The access token expiry is in the past").does_not_say(TOKEN);
        assert!(page.text.contains("data-news"), "{path} is read again by itself: {}", page.text);
    }
    azure.mend();
    loop {
        let page = visitor.get("/").await;
        if page.status == StatusCode::OK && page.plain().contains("prod unlinked shop") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

pub(crate) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
