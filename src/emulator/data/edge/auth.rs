//! `/.auth`: sign-in as any user, without a password, and the keys with which the site's tokens are signed.

use http_body_util::{BodyExt as _, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{HeaderValue, LOCATION, SET_COOKIE},
};
use serde_json::json;

use super::{edges::Edges, page};
use crate::emulator::{
    data::{
        path::below,
        principal::{COOKIE_NAME, Principal},
        routing::Site,
    },
    reply::Body,
};

/// The maximum size of a form that is read, in bytes.
const LONGEST_FORM: usize = 16 << 10;

/// Handles requests below `/.auth`.
pub(super) async fn answer(edges: &Edges, site: &Site, request: Request<Incoming>) -> Response<Body> {
    let path = request.uri().path().to_owned();
    match below(&path, "/.auth").unwrap_or_default() {
        "/me" => me(&request),
        "/logout" => redirect(parameter(&request, "post_logout_redirect_uri"), &expired_cookie()),
        "/.well-known/openid-configuration" => page::json(&configuration(edges, site)),
        "/.well-known/jwks" => page::json(&edges.keyring.signer().await.key_set()),
        other => match below(other, "/login").and_then(|rest| rest.strip_prefix('/')) {
            Some(provider) if is_name(provider) => login(provider, request).await,
            Some(_) | None => page::not_found(),
        },
    }
}

fn is_name(provider: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=64).contains(&provider.len()) && provider.chars().all(fits)
}

fn me(request: &Request<Incoming>) -> Response<Body> {
    let principal = Principal::of_request(request.headers());
    page::json(&json!({"clientPrincipal": principal.map(|principal| principal.to_value())}))
}

/// The address of the keys is one that this machine can reach, regardless of the site's hostname in Azure.
fn configuration(edges: &Edges, site: &Site) -> serde_json::Value {
    let local =
        format!("{}://{}.localhost:{}", edges.scheme.as_str(), site.hostname.first_label(), edges.port);
    json!({
        "issuer": format!("https://{}/.auth", site.hostname),
        "jwks_uri": format!("{local}/.auth/.well-known/jwks"),
        "id_token_signing_alg_values_supported": ["RS256"],
    })
}

async fn login(provider: &str, request: Request<Incoming>) -> Response<Body> {
    let target = parameter(&request, "post_login_redirect_uri");
    if request.method() != Method::POST {
        return form(provider, target.as_deref());
    }
    let Ok(body) = Limited::new(request.into_body(), LONGEST_FORM).collect().await else {
        return page::bad_request("the form is not valid");
    };
    let body = body.to_bytes();
    let field = |name: &str| {
        let mut pairs = form_urlencoded::parse(&body);
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned())
    };
    let roles = field("userRoles").unwrap_or_default();
    let roles: Vec<String> = roles
        .split([',', '\n', ' '])
        .map(str::trim)
        .filter(|role| !role.is_empty())
        .map(str::to_owned)
        .collect();
    let details = field("userDetails").filter(|details| !details.is_empty());
    let principal = Principal::new(provider, details.as_deref().unwrap_or("user"), &roles);
    let cookie = format!("{COOKIE_NAME}={}; Path=/; HttpOnly; SameSite=Lax", principal.encoded());
    redirect(target.or_else(|| field("post_login_redirect_uri")), &cookie)
}

fn form(provider: &str, target: Option<&str>) -> Response<Body> {
    let target = page::escaped(target.unwrap_or("/"));
    let fields = format!(
        "<form method=\"post\"><input type=\"hidden\" name=\"post_login_redirect_uri\" value=\"{target}\">\
         <p><label>Name <input name=\"userDetails\" value=\"user\" autofocus></label></p>\
         <p><label>Roles besides anonymous and authenticated <input name=\"userRoles\"></label></p>\
         <p><button>Sign in</button></p></form>"
    );
    page::html(StatusCode::OK, &format!("Sign in with {provider}"), &fields)
}

fn expired_cookie() -> String {
    format!("{COOKIE_NAME}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")
}

fn parameter(request: &Request<Incoming>, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(request.uri().query()?.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// Redirects to an address of the same site; any other target is replaced by `/`.
fn redirect(target: Option<String>, cookie: &str) -> Response<Body> {
    let target = target.filter(|target| is_of_this_site(target)).unwrap_or_else(|| "/".to_owned());
    let mut response = page::with_type(StatusCode::FOUND, "text/plain; charset=utf-8", "");
    let headers = response.headers_mut();
    headers.insert(LOCATION, HeaderValue::try_from(target).unwrap_or(HeaderValue::from_static("/")));
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        headers.insert(SET_COOKIE, cookie);
    }
    response
}

/// Whether a browser takes the target for a path. Two slashes, or a slash and a backslash, would begin a host.
fn is_of_this_site(target: &str) -> bool {
    target.starts_with('/')
        && !target[1..].starts_with(['/', '\\'])
        && !target.chars().any(|c| c.is_ascii_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_never_redirects_to_another_site() {
        for elsewhere in ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", ""]
        {
            assert!(!is_of_this_site(elsewhere), "{elsewhere}");
        }
        assert!(is_of_this_site("/") && is_of_this_site("/orders?id=1"));
    }
}
