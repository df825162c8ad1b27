//! Fuzzing entry points: arbitrary bytes as requests to the emulator and as the configuration of a site.

use hyper::{
    HeaderMap, Uri,
    header::{HOST, HeaderValue, ORIGIN},
};

use super::{
    control::fuzzing as of_control,
    data::edge::rules::fuzzing as of_rules,
    front::guard::{Guard, Remote},
    host::name_of,
};

/// Parses bytes as the `Host` and the `Origin` of a request.
///
/// # Panics
///
/// If the emulator accepts a host that is not this machine.
pub fn host(bytes: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
    let guard = Guard::new(Vec::new(), Remote::Refused);
    let address = Uri::from_static("/");
    let origin =
        HeaderMap::from_iter([(HOST, HeaderValue::from_static("localhost")), (ORIGIN, value.clone())]);
    // A refusal is a valid result.
    let _ = guard.check(&origin, &address);
    if let Ok(authority) = guard.check(&HeaderMap::from_iter([(HOST, value)]), &address) {
        let host = name_of(&authority).to_ascii_lowercase();
        let is_local =
            host.contains("localhost") || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
        assert!(is_local, "`{authority}` is not this machine");
    }
}

/// Parses bytes as the `$filter` of a list.
pub fn filter(bytes: &[u8]) {
    of_control::filter(&String::from_utf8_lossy(bytes));
}

/// Parses bytes as a Resource Graph query, and answers it.
pub fn graph_query(bytes: &[u8]) {
    of_control::graph_query(&String::from_utf8_lossy(bytes));
}

/// Parses bytes as `staticwebapp.config.json`, and applies its rules to some requests.
///
/// # Panics
///
/// If a rule leads out of the site.
pub fn site_configuration(bytes: &[u8]) {
    of_rules::fuzz(&String::from_utf8_lossy(bytes));
}
