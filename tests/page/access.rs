//! Who is let in.

use reqwest::{Method, StatusCode};

use crate::{
    support::Sandbox,
    world::{Served, client},
};

#[tokio::test]
async fn the_token_opens_the_page_once_and_leaves_the_address() {
    let served = Served::with_sites(1);
    let visitor = served.visitor().await;
    assert_eq!(visitor.get("/").await.status, StatusCode::OK);
    let second = client().get(&served.address).send().await.unwrap();
    assert_eq!(second.status(), StatusCode::FORBIDDEN);
    assert!(second.text().await.unwrap().contains("was used before"));
    let with_cookie = visitor.get(&served.address[served.base().len()..]).await;
    assert_eq!((with_cookie.status, with_cookie.location.as_deref()), (StatusCode::SEE_OTHER, Some("/")));
}

#[tokio::test]
async fn without_the_cookie_no_page_is_shown() {
    let served = Served::with_sites(1);
    let _visitor = served.visitor().await;
    for path in
        ["/", "/links/e0", "/links/e0/link", "/services", "/picture", "/news", "/jobs/x", "/prune?service=x"]
    {
        let answer = client().get(format!("{}{path}", served.base())).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
        let text = answer.text().await.unwrap();
        assert!(!text.contains("site-0") && !text.contains("e0"), "{path}: {text}");
    }
}

#[tokio::test]
async fn another_host_and_another_origin_are_refused_before_anything_is_done() {
    let served = Served::with_sites(1);
    let visitor = served.visitor().await;
    for host in ["evil.example", "evil.example:80", "127.0.0.1:1"] {
        let request = visitor.client.get(format!("{}/", served.base())).header("cookie", &visitor.cookie);
        let answer = request.header("host", host).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{host}");
    }
    let plan = visitor.get("/links/e0/link").await;
    let (action, form) =
        (plan.captured(r#"action="([^"]+)""#), plan.captured(r#"name="form" value="([^"]+)""#));
    let own = served.base().to_owned();
    let send = async |origin: Option<&str>, form: &str| {
        let request = visitor.client.request(Method::POST, format!("{own}{action}"));
        let request = request.header("cookie", &visitor.cookie).body(format!("form={form}"));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = origin.into_iter().fold(request, |request, origin| request.header("origin", origin));
        request.send().await.unwrap().status()
    };
    assert_eq!(send(Some("http://evil.example"), &form).await, StatusCode::FORBIDDEN);
    assert_eq!(send(Some("null"), &form).await, StatusCode::FORBIDDEN);
    assert_eq!(send(None, &form).await, StatusCode::FORBIDDEN);
    assert_eq!(send(Some(&own), "guessed").await, StatusCode::FORBIDDEN);
    assert_eq!(served.sandbox.status()["links"][0]["state"], "unlinked");
    assert_eq!(send(Some(&own), &form).await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_page_that_is_read_only_has_no_form_and_no_address_that_changes() {
    let sandbox = Sandbox::with_sites(1);
    let before = sandbox.read("control-plane.json");
    let served = Served::of(sandbox, &["--read-only"]);
    let visitor = served.visitor().await;
    for path in ["/", "/links/e0", "/services", "/picture"] {
        let page = visitor.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        page.does_not_say("method=\"post\"").does_not_say("/links/e0/link").says("read-only");
    }
    for path in ["/links/e0/link", "/links/e0/purge", "/prune?service=x"] {
        assert_eq!(visitor.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(visitor.post("/plans/x", &[("form", "x")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(served.sandbox.read("control-plane.json"), before);
}

#[tokio::test]
async fn an_address_that_other_machines_reach_needs_a_flag() {
    let sandbox = Sandbox::with_sites(1);
    let refused = sandbox.run(&["ui", "--listen", "0.0.0.0:0"]);
    assert_eq!(refused.status.code(), Some(2));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("other machines can reach") && told.contains("--allow-remote"), "{told}");
}

#[tokio::test]
async fn a_form_that_is_too_large_is_refused() {
    let served = Served::with_sites(1);
    let visitor = served.visitor().await;
    let large = "x".repeat(20_000);
    let answer = visitor.post("/plans/x", &[("form", &large)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[test]
fn a_signal_ends_it_with_its_exit_code() {
    let mut served = Served::with_sites(1);
    assert_eq!(served.stop(), Some(130));
}
