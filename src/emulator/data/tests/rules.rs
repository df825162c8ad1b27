//! `staticwebapp.config.json`: which users can access a path, and which answers are replaced.

use hyper::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    content::write,
    world::{Answer, SITE, World, request},
};

/// Creates a site with these rules next to its content.
async fn site(rules: &Value) -> (World, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("index.html", "home"),
        ("admin/index.html", "admin"),
        ("admin/a.html", "a"),
        ("login.html", "login"),
        ("404.html", "nothing here"),
        ("images/logo.png", "logo"),
        ("data.json", "{}"),
        ("calendar.html", "calendar"),
    ] {
        write(&folder.path().join(name), text);
    }
    write(&folder.path().join("staticwebapp.config.json"), &rules.to_string());
    (World::with_content(vec![("mango".to_owned(), folder.path().to_owned())]).await, folder)
}

async fn get_as(world: &World, path: &str, roles: &str) -> Answer {
    let login = format!("userDetails=mona&userRoles={roles}");
    let mut post = request(SITE, "/.auth/login/github", &[]);
    *post.method_mut() = Method::POST;
    *post.body_mut() = login.into();
    let cookie = world.send(post).await.header("set-cookie").split(';').next().unwrap().to_owned();
    world.get_with(SITE, path, &[("cookie", &cookie)]).await
}

fn location(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.header("location"))
}

#[tokio::test]
async fn only_allowed_roles_see_a_route() {
    let rules = json!({"routes": [
        {"route": "/admin*", "allowedRoles": ["administrator"]},
        {"route": "/images/*", "allowedRoles": ["authenticated"]},
        {"route": "/data.json", "allowedRoles": ["anonymous"]},
    ]});
    let (world, _folder) = site(&rules).await;
    for path in [
        "/admin",
        "/admin/",
        "/admin/a.html",
        "/ADMIN/a.html",
        "/%61dmin/a.html",
        "//admin/a.html",
        "/admin%2fa.html",
        "/%2fadmin/a.html",
    ] {
        assert_eq!(world.get(SITE, path).await.status, 401, "{path}");
        assert_eq!(get_as(&world, path, "reader").await.status, 403, "{path}");
    }
    assert_eq!(get_as(&world, "/admin/a.html", "administrator").await.body, "a");
    assert_eq!(world.get(SITE, "/images/logo.png").await.status, 401);
    assert_eq!(get_as(&world, "/images/logo.png", "").await.body, "logo");
    assert_eq!(world.get(SITE, "/data.json").await.status, 200);
    assert_eq!(world.get(SITE, "/").await.body, "home");
}

#[tokio::test]
async fn a_rule_for_a_directory_applies_to_its_index() {
    let (world, _folder) = site(&json!({"routes": [{"route": "/admin/*", "allowedRoles": ["x"]}]})).await;
    for path in ["/admin/", "/admin/index.html", "/admin/a.html"] {
        assert_eq!(world.get(SITE, path).await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn the_api_is_protected_before_it_is_proxied_and_by_method() {
    let rules = json!({"routes": [
        {"route": "/api/*", "methods": ["POST", "delete"], "allowedRoles": ["writer"]},
        {"route": "/api/*", "allowedRoles": ["authenticated"]},
    ]});
    let (world, _folder) = site(&rules).await;
    for path in ["/api/orders", "/API/orders", "/api/%6frders"] {
        assert_eq!(world.get(SITE, path).await.status, 401, "{path}");
    }
    let mut post = request(SITE, "/api/orders", &[]);
    *post.method_mut() = Method::POST;
    assert_eq!(world.send(post).await.status, 401);
    assert_eq!(world.api.calls(), 0);
    assert_eq!(get_as(&world, "/api/orders/7", "").await.status, 200);
    assert_eq!(world.api.last().uri.path(), "/orders/v1/7");
}

#[tokio::test]
async fn the_first_rule_that_fits_decides_and_signing_in_stays_open() {
    let rules = json!({"routes": [
        {"route": "/login", "rewrite": "/.auth/login/github"},
        {"route": "/.auth/login/twitter", "statusCode": 404},
        {"route": "/logout", "redirect": "/.auth/logout"},
        {"route": "/old", "redirect": "https://example.com/new", "statusCode": 301},
        {"route": "/data.json", "allowedRoles": ["anonymous"]},
        {"route": "/*", "allowedRoles": ["authenticated"]},
    ], "responseOverrides": {"401": {"redirect": "/login?post_login_redirect_uri=.referrer", "statusCode": 302}}});
    let (world, _folder) = site(&rules).await;
    let sent = world.get(SITE, "/calendar.html?a=b").await;
    assert_eq!(location(&sent), (302, "/login?post_login_redirect_uri=%2Fcalendar%2Ehtml%3Fa%3Db"));
    let form = world.get(SITE, "/login").await;
    assert!(form.status == 200 && form.body.contains("Sign in with github"), "{form:?}");
    assert_eq!(world.get(SITE, "/.auth/me").await.status, 200);
    assert_eq!(world.get(SITE, "/.auth/login/twitter").await.status, 404);
    assert_eq!(location(&world.get(SITE, "/logout").await), (302, "/.auth/logout"));
    assert_eq!(location(&world.get(SITE, "/old").await), (301, "https://example.com/new"));
    assert_eq!(world.get(SITE, "/data.json").await.body, "{}");
    assert_eq!(get_as(&world, "/", "").await.body, "home");
}

#[tokio::test]
async fn a_rewrite_serves_another_file_and_is_not_looked_up_again() {
    let rules = json!({"routes": [
        {"route": "/calendar*", "rewrite": "/calendar.html"},
        {"route": "/closed", "rewrite": "/admin/a.html"},
        {"route": "/orders", "rewrite": "/api/orders/7"},
        {"route": "/gone", "statusCode": 410},
        {"route": "/admin/*", "allowedRoles": ["x"]},
    ]});
    let (world, _folder) = site(&rules).await;
    assert_eq!(world.get(SITE, "/calendar/2020/01?x=1").await.body, "calendar");
    assert_eq!(world.get(SITE, "/closed").await.body, "a");
    assert_eq!(world.get(SITE, "/gone").await.status, 410);
    assert_eq!(world.get(SITE, "/orders?x=1").await.status, 200);
    assert_eq!(world.api.last().uri.to_string(), "/orders/v1/7?x=1");
}

#[tokio::test]
async fn the_fallback_is_served_where_no_file_is() {
    let rules = json!({
        "navigationFallback": {"rewrite": "index.html", "exclude": ["/images/*.{png,jpg}", "/css/*"]},
        "responseOverrides": {"404": {"rewrite": "/404.html"}},
    });
    let (world, _folder) = site(&rules).await;
    for (path, status, body) in [
        ("/about/us", 200, "home"),
        ("/images/logo.png", 200, "logo"),
        ("/images/icon.svg", 200, "home"),
        ("/images/unknown.png", 404, "nothing here"),
        ("/css/unknown.css", 404, "nothing here"),
        ("/staticwebapp.config.json", 404, "nothing here"),
        ("//StaticWebApp.config.json", 404, "nothing here"),
        ("/%73taticwebapp.config.json", 404, "nothing here"),
    ] {
        let answer = world.get(SITE, path).await;
        assert_eq!((answer.status, answer.body.as_str()), (status, body), "{path}");
    }
    let mut post = request(SITE, "/about", &[]);
    *post.method_mut() = Method::POST;
    assert_eq!(world.send(post).await.status, 404);
}

#[tokio::test]
async fn overrides_take_the_place_of_refusals() {
    let rules = json!({
        "routes": [{"route": "/admin*", "allowedRoles": ["x"]}, {"route": "/api/*", "allowedRoles": ["x"]}],
        "responseOverrides": {"401": {"rewrite": "/login.html"}, "403": {"rewrite": "/login.html", "statusCode": 200},
            "404": {"statusCode": 410}},
    });
    let (world, _folder) = site(&rules).await;
    let answer = world.get(SITE, "/admin/").await;
    assert_eq!((answer.status, answer.body.as_str()), (401, "login"));
    let answer = get_as(&world, "/admin/", "").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "login"));
    assert_eq!(world.get(SITE, "/api/orders").await.body, "login");
    assert_eq!(world.get(SITE, "/nothing").await.status, 410);
    assert_eq!(world.api.calls(), 0);
}

#[tokio::test]
async fn headers_and_media_types_are_set() {
    let rules = json!({
        "routes": [{"route": "/images/*", "headers": {"cache-control": "max-age=1", "X-Frame-Options": ""}}],
        "globalHeaders": {"X-Frame-Options": "DENY", "cache-control": "no-store", "last-modified": ""},
        "mimeTypes": {".json": "text/json", "html": "text/x-html"},
    });
    let (world, _folder) = site(&rules).await;
    let home = world.get(SITE, "/").await;
    assert_eq!((home.header("x-frame-options"), home.header("cache-control")), ("DENY", "no-store"));
    assert_eq!(home.header("content-type"), "text/x-html");
    assert!(!home.headers.contains_key("last-modified"));
    let image = world.get(SITE, "/images/logo.png").await;
    assert_eq!(image.header("cache-control"), "max-age=1");
    assert!(!image.headers.contains_key("x-frame-options"));
    assert_eq!(world.get(SITE, "/data.json").await.header("content-type"), "text/json");
    assert_eq!(world.get(SITE, "/nothing").await.header("x-frame-options"), "DENY");
}

#[tokio::test]
async fn a_check_that_the_emulator_does_not_know_lets_nothing_in() {
    let rules = json!({"routes": [{"route": "/admin*", "allowRoles": ["x"]}], "auth": {}});
    let (world, _folder) = site(&rules).await;
    let answer = world.get(SITE, "/admin/").await;
    assert_eq!((answer.status, answer.header("x-emulator-refused")), (500, "routes[0].allowRoles"));
    assert_eq!(world.get(SITE, "/").await.status, 200);
    let limits = world.limits()["inUse"].to_string();
    assert!(limits.contains("routes[0].allowRoles") && limits.contains("\"auth\""), "{limits}");
}

#[tokio::test]
async fn networks_and_headers_decide_who_may_call_the_site() {
    for (rules, status) in [
        (json!({"networking": {"allowedIpRanges": ["127.0.0.0/8"]}}), 200),
        (json!({"networking": {"allowedIpRanges": ["10.0.0.0/8", "AzureFrontDoor.Backend"]}}), 403),
        (json!({"forwardingGateway": {"requiredHeaders": {"X-Azure-FDID": "f"}}}), 403),
        (json!({"forwardingGateway": {"allowedForwardedHosts": ["example.org"]}}), 200),
    ] {
        let (world, _folder) = site(&rules).await;
        for path in ["/", "/api/orders"] {
            assert_eq!(world.get(SITE, path).await.status, status, "{rules} {path}");
        }
        let with = world.get_with(SITE, "/", &[("x-azure-fdid", "f")]).await.status;
        assert_eq!(with == 200, status == 200 || rules.get("forwardingGateway").is_some(), "{rules}");
    }
}
