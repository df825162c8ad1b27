//! Fuzzing entry point: the rules of a site.

use std::net::{IpAddr, Ipv4Addr};

use hyper::{HeaderMap, Method, StatusCode};

use super::{FILE, Rules, plain};

const PATHS: [&str; 8] =
    ["/", "/index.html", "/API/orders", "/.auth/me", "/a//b/%2e%2e/c.PNG", "/%ff", "//", "/admin/x?y=1"];

/// Parses a text as `staticwebapp.config.json`, and applies its rules to some requests.
pub(in crate::emulator) fn fuzz(text: &str) {
    let Ok(rules) = Rules::read(text, FILE) else { return };
    let mut headers = HeaderMap::new();
    rules.lets_in(IpAddr::V4(Ipv4Addr::LOCALHOST), &headers);
    let mut targets: Vec<&str> = Vec::new();
    for path in PATHS.iter().filter_map(|path| plain(path)) {
        for method in [Method::GET, Method::POST] {
            let route = rules.route(&method, &path);
            targets.extend(route.and_then(|route| route.answer.rewrite.as_deref()));
            targets.extend(rules.fallback(&method, &path));
            route.and_then(|route| route.refusal(None));
            rules.set_headers(route, &mut headers);
        }
        rules.media_type(&path);
    }
    targets.extend(rules.override_of(StatusCode::NOT_FOUND).and_then(|answer| answer.rewrite.as_deref()));
    for target in targets {
        assert!(target.starts_with('/') && !target.starts_with("//"), "`{target}` leads out of the site");
    }
}
