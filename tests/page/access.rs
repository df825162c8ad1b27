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
async fn an_address_that_other_machines_reach_needs_a_flag() {
    let sandbox = Sandbox::with_sites(1);
    let refused = sandbox.run(&["ui", "--listen", "0.0.0.0:0"]);
    assert_eq!(refused.status.code(), Some(2));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("other machines can reach") && told.contains("--allow-remote"), "{told}");
}

#[tokio::test]
async fn an_address_that_is_taken_is_reported_as_one_of_the_emulator() {
    let served = Served::with_sites(1);
    let taken = served.base().trim_start_matches("http://");
    for args in
        [vec!["ui", "--listen", taken], vec!["emulate", "--listen", taken, "--data-plane", "127.0.0.1:0"]]
    {
        let refused = served.sandbox.run(&args);
        let told = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(5), "{told}");
        assert!(told.contains(&format!("could not listen on {taken}")), "{told}");
        assert!(told.contains("hint: specify another address; port 0 selects a free port"), "{told}");
    }
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

#[tokio::test]
async fn a_page_on_another_port_of_this_machine_cannot_load_a_part_of_this_one() {
    let served = Served::with_sites(1);
    let visitor = served.visitor().await;
    let ask = async |path: &str, site: &str, mode: &str, dest: &str| {
        let request =
            visitor.client.get(format!("{}{path}", served.base())).header("cookie", &visitor.cookie);
        let request = request.header("sec-fetch-site", site).header("sec-fetch-mode", mode);
        request.header("sec-fetch-dest", dest).send().await.unwrap().status()
    };
    for path in ["/", "/links/e0/link", "/news?of=links&seen=", "/assets/app.js"] {
        for (mode, dest) in
            [("no-cors", "image"), ("no-cors", "script"), ("cors", "empty"), ("navigate", "iframe")]
        {
            assert_eq!(
                ask(path, "same-site", mode, dest).await,
                StatusCode::FORBIDDEN,
                "{path} {mode} {dest}"
            );
        }
    }
    assert_eq!(ask("/", "same-origin", "cors", "empty").await, StatusCode::OK);
    assert_eq!(ask("/", "same-site", "navigate", "document").await, StatusCode::OK);
}

#[tokio::test]
async fn every_answer_forbids_what_a_page_does_not_need() {
    let served = Served::with_sites(1);
    let visitor = served.visitor().await;
    for path in ["/", "/links/e0", "/links/e0/link", "/nowhere", "/assets/app.js", "/assets/app.css", "/news"]
    {
        let answer = visitor.client.get(format!("{}{path}", served.base())).header("cookie", &visitor.cookie);
        let headers = answer.send().await.unwrap().headers().clone();
        let policy = headers["content-security-policy"].to_str().unwrap();
        for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "same-origin", "{path}");
        assert_eq!(headers["cross-origin-resource-policy"], "same-origin", "{path}");
        let kept = headers["cache-control"].to_str().unwrap();
        assert_eq!(kept == "no-store", !path.starts_with("/assets/"), "{path}: {kept}");
        assert!(!headers.contains_key("set-cookie"), "{path}");
    }
    let page = visitor.get("/").await;
    assert!(
        !page.text.contains("<style") && !page.text.contains(" style=") && !page.text.contains(" on"),
        "{}",
        page.text
    );
    let scripts = page.text.matches("<script").count();
    assert_eq!(
        scripts,
        page.text.matches("<script src=\"/assets/app.js\"").count(),
        "no script is in the page"
    );
}

#[tokio::test]
async fn neither_the_token_nor_the_cookie_is_in_a_page_or_in_the_log() {
    let mut served = Served::of(Sandbox::with_sites(1), &["-vv"]);
    let visitor = served.visitor().await;
    let token = served.address.split_once("token=").unwrap().1.to_owned();
    let cookie = visitor.cookie.split_once('=').unwrap().1.to_owned();
    for path in ["/", "/links/e0", "/links/e0/link", "/nowhere", "/services"] {
        visitor.get(path).await.does_not_say(&token).does_not_say(&cookie);
    }
    let log = served.stop_and_read();
    assert!(!log.contains(&token) && !log.contains(&cookie), "{log}");
}

#[tokio::test]
async fn a_head_that_is_too_large_and_a_method_that_does_not_exist_are_refused() {
    let served = Served::with_sites(1);
    let visitor = served.visitor().await;
    let long = format!("/links/{}", "x".repeat(60_000));
    let request = visitor.client.get(format!("{}{long}", served.base())).header("cookie", &visitor.cookie);
    let refused = request.send().await.map(|answer| answer.status());
    assert!(refused.is_err() || refused.is_ok_and(|status| status.is_client_error()));
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::POST] {
        let request = visitor.client.request(method.clone(), format!("{}/links/e0/link", served.base()));
        let request = request.header("cookie", &visitor.cookie).header("origin", served.base());
        assert_eq!(request.send().await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
    }
    assert_eq!(served.sandbox.status()["links"][0]["state"], "unlinked");
}
