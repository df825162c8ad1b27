//! Sign-in as any user.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hyper::Method;
use serde_json::{Value, json};

use super::world::{Answer, SITE, World, request};

async fn sign_in(world: &World, target: &str, form: &'static str) -> Answer {
    let path = format!("/.auth/login/github?post_login_redirect_uri={target}");
    let mut post = request(SITE, &path, &[("content-type", "application/x-www-form-urlencoded")]);
    *post.method_mut() = Method::POST;
    *post.body_mut() = form.into();
    world.send(post).await
}

fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

fn principal(headers: &hyper::HeaderMap) -> Value {
    let encoded = headers["x-ms-client-principal"].to_str().unwrap();
    serde_json::from_slice(&BASE64_STANDARD.decode(encoded).unwrap()).unwrap()
}

#[tokio::test]
async fn the_signed_in_user_is_reported_to_the_site_and_its_api() {
    let world = World::linked().await;
    let answer = sign_in(&world, "/orders", "userDetails=mona&userRoles=admin%2C+buyer").await;
    assert_eq!((answer.status, answer.header("location")), (302, "/orders"));
    assert!(answer.header("set-cookie").ends_with("; Path=/; HttpOnly; SameSite=Lax"));
    let cookie = cookie(&answer);
    let me = world.get_with(SITE, "/.auth/me", &[("cookie", &cookie)]).await;
    let me: Value = serde_json::from_str(&me.body).unwrap();
    let known = &me["clientPrincipal"];
    assert_eq!((&known["identityProvider"], &known["userDetails"]), (&json!("github"), &json!("mona")));
    assert_eq!(known["userRoles"], json!(["anonymous", "authenticated", "admin", "buyer"]));

    assert_eq!(world.get_with(SITE, "/api/orders", &[("cookie", &cookie)]).await.status, 200);
    let seen = world.api.last().headers;
    assert_eq!(principal(&seen), *known);
    let token = seen["x-ms-auth-token"].to_str().unwrap();
    let claims = token.split('.').nth(1).unwrap();
    let claims = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["sub"], known["userId"]);
    assert_eq!(claims["prn"], seen["x-ms-client-principal"].to_str().unwrap());
}

#[tokio::test]
async fn no_user_is_signed_in_before_and_after() {
    let world = World::linked().await;
    assert_eq!(world.get(SITE, "/.auth/me").await.body, r#"{"clientPrincipal":null}"#);
    let out = world.get(SITE, "/.auth/logout?post_logout_redirect_uri=/bye").await;
    assert_eq!((out.status, out.header("location")), (302, "/bye"));
    assert!(
        out.header("set-cookie").starts_with("StaticWebAppsAuthCookie=; ")
            && out.header("set-cookie").ends_with("Max-Age=0")
    );
}

#[tokio::test]
async fn a_form_asks_who_one_is_and_shows_nothing_unescaped() {
    let world = World::linked().await;
    let path = "/.auth/login/aad?post_login_redirect_uri=/%22%3E%3Cscript%3E";
    let form = world.get(SITE, path).await;
    assert_eq!(form.status, 200);
    assert!(form.body.contains("<form method=\"post\">") && !form.body.contains("<script>"), "{}", form.body);
    assert_eq!(world.get(SITE, "/.auth/login/%3Cscript%3E").await.status, 404);
    assert_eq!(world.get(SITE, "/.auth/login").await.status, 404);
}

#[tokio::test]
async fn signing_in_leads_to_no_other_site() {
    let world = World::linked().await;
    for elsewhere in ["//evil.example", "https://evil.example", "/%5Cevil.example"] {
        let answer = sign_in(&world, elsewhere, "userDetails=mona").await;
        assert_eq!((answer.status, answer.header("location")), (302, "/"), "{elsewhere}");
    }
}

#[tokio::test]
async fn a_form_without_end_is_not_read() {
    let world = World::linked().await;
    let mut post = request(SITE, "/.auth/login/github", &[]);
    *post.method_mut() = Method::POST;
    *post.body_mut() = vec![b'x'; 1 << 20].into();
    assert_eq!(world.send(post).await.status, 400);
}
