//! How often the page asks: Azure for tokens, and an emulator for links.

use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::StatusCode;
use serde_json::json;

use crate::{
    authority::{Authority, Given},
    azure::{FakeAzure, TOKEN},
    in_azure::{one_env, scene},
    support::Sandbox,
    world::{Served, Visitor},
};

/// The pages that are made from Azure. The last one is not kept, so each visit of it reads Azure.
const PAGES: [&str; 5] = ["/", "/links/prod", "/services", "/picture", "/links/prod/link"];
/// A token of one Azure subscription is not used for another, nor for a request that is about none.
const SUBSCRIPTIONS: usize = 2;

fn token(seconds: u64) -> Given {
    let body = json!({"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": TOKEN});
    (200, body.to_string())
}

/// A page that signs in as an application.
fn signed_in(azure: &FakeAzure, authority: &Authority) -> Served {
    let sandbox = Sandbox::empty();
    sandbox.write("swa-apim.toml", &one_env());
    sandbox.write("authority.pem", &authority.certificate);
    let mut command = sandbox.command(&["ui"]);
    command.env("SWA_APIM_ENDPOINT", azure.endpoint()).env("AZURE_AUTHORITY_HOST", &authority.origin);
    command.env("AZURE_TENANT_ID", "contoso.example").env("AZURE_CLIENT_ID", "the-application");
    command
        .env("AZURE_CLIENT_SECRET", "of-the-application")
        .env("SSL_CERT_FILE", sandbox.path("authority.pem"));
    Served::start(sandbox, command)
}

async fn read_everything(visitor: &Visitor) {
    for path in PAGES {
        let page = visitor.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.plain());
    }
}

#[tokio::test]
async fn a_token_is_fetched_once_for_all_reads() {
    let (azure, authority) = (scene(), Authority::with_tls(|_| token(3600)));
    let served = signed_in(&azure, &authority);
    let visitor = served.visitor().await;
    for _ in 0..4 {
        read_everything(&visitor).await;
    }
    let asked = authority.asked().len();
    assert!((1..=SUBSCRIPTIONS).contains(&asked), "{asked} tokens");
}

#[tokio::test]
async fn a_token_is_fetched_again_before_it_expires() {
    // A token is renewed five minutes before it expires.
    let given = AtomicUsize::new(0);
    let authority = Authority::with_tls(move |_| {
        let is_first = given.fetch_add(1, Ordering::Relaxed) < SUBSCRIPTIONS;
        token(if is_first { 303 } else { 3600 })
    });
    let azure = scene();
    let served = signed_in(&azure, &authority);
    let visitor = served.visitor().await;
    read_everything(&visitor).await;
    let first = authority.asked().len();
    for _ in 0..600 {
        if authority.asked().len() > first {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        read_everything(&visitor).await;
    }
    assert!(authority.asked().len() > first, "the token was not renewed");
    for _ in 0..4 {
        read_everything(&visitor).await;
    }
    let asked = authority.asked().len();
    assert!(asked <= 2 * SUBSCRIPTIONS, "{asked} tokens");
}

#[cfg(feature = "emulator")]
#[tokio::test]
async fn a_picture_costs_as_much_as_the_status_of_its_links() {
    use crate::{emulated::Emulator, world::client};

    let sandbox = Sandbox::with_sites(30);
    sandbox.succeed(&["link", "--all"]);
    let emulator = Emulator::over(&sandbox, &["--admin"]);
    let endpoint = emulator.control_plane().to_owned();
    let requests = async || {
        let answer = client().get(format!("{endpoint}/_emulator/requests")).send().await.unwrap();
        let answer: serde_json::Value = answer.json().await.unwrap();
        let all = answer["value"].as_array().unwrap();
        all.iter().filter(|one| !one.to_string().contains("/_emulator/")).count()
    };
    let azure = ["--provider", "arm", "--endpoint", &endpoint];
    let read = sandbox.command(&["status", "--all"]).args(azure).env("SWA_APIM_ACCESS_TOKEN", TOKEN).output();
    assert!(read.unwrap().status.success());
    let status = requests().await;
    let mut command = sandbox.command(&["ui"]);
    command.args(azure).env("SWA_APIM_ACCESS_TOKEN", TOKEN);
    let served = Served::start(sandbox, command);
    let visitor = served.visitor().await;
    visitor.get("/").await.says("e29 linked");
    let before = requests().await;
    visitor.get("/picture").await.says("site-29");
    let picture = requests().await - before;
    assert!(picture <= status, "{picture} requests for a picture, {status} for the status");
    assert!(status < 30 * 3, "{status} requests for 30 links");
}
