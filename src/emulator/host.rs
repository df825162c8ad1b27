//! Reads the host of a request, which must be given once, be well-formed, and be the same in the address and the
//! header.

use hyper::{HeaderMap, Uri, header::HOST};

use crate::model::Authority;

/// A request that does not name exactly one host. Both planes answer it with 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidHost {
    #[error("The request has no Host header.")]
    Missing,
    #[error("The request has more than one Host header.")]
    Repeated,
    #[error("The host of the request must be a name or an IP address, optionally with a port.")]
    Malformed,
    #[error("The URL of the request has another host than its Host header.")]
    Contradicted,
    #[error("The request has no path.")]
    NoPath,
}

/// Returns the host and port of a request, as the client wrote them.
pub(super) fn authority_of(headers: &HeaderMap, uri: &Uri) -> Result<String, InvalidHost> {
    let mut all = headers.get_all(HOST).into_iter();
    let header = all.next().map(|value| value.to_str().map_err(|_| InvalidHost::Malformed)).transpose()?;
    if all.next().is_some() {
        return Err(InvalidHost::Repeated);
    }
    let named = match (uri.authority(), uri.scheme_str()) {
        (Some(_), None) => return Err(InvalidHost::NoPath),
        (Some(authority), Some(scheme)) => Some((authority.as_str(), default_port(scheme))),
        (None, _) => None,
    };
    let read = |text| Authority::parse(text).ok_or(InvalidHost::Malformed);
    if let (Some((address, default)), Some(header)) = (named, header) {
        let (of_address, of_header) = (read(address)?, read(header)?);
        let is_same_port = of_address.port.or(default) == of_header.port.or(default);
        if !of_address.host.eq_ignore_ascii_case(of_header.host) || !is_same_port {
            return Err(InvalidHost::Contradicted);
        }
    }
    let authority = named.map(|(address, _)| address).or(header).ok_or(InvalidHost::Missing)?;
    read(authority).map(|_| authority.to_owned())
}

/// Returns the name of an authority: its host, without a trailing dot.
pub(super) fn name_of(authority: &str) -> &str {
    let host = Authority::parse(authority).map_or(authority, Authority::bare_host);
    host.strip_suffix('.').unwrap_or(host)
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(uri: &str, hosts: &[&str]) -> Result<String, InvalidHost> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, host.parse().unwrap());
        }
        authority_of(&headers, &uri.parse().unwrap())
    }

    #[test]
    fn a_request_names_one_host() {
        for host in
            ["localhost", "LOCALHOST:8087", "a_b.localhost.", "127.0.0.1:1", "[::1]:8087", "[::1]", "a:"]
        {
            assert_eq!(named("/x", &[host]).as_deref(), Ok(host));
        }
        assert_eq!(named("/x", &[]), Err(InvalidHost::Missing));
        assert_eq!(named("/x", &["localhost", "localhost"]), Err(InvalidHost::Repeated));
        for malformed in [
            "",
            ":80",
            "localhost:80@evil.example",
            "user@localhost",
            "localhost:x",
            "localhost:+1",
            "localhost:70000",
            "localhost:80:80",
            "localhost/evil",
            "local host",
            "localhost, evil",
            "[::1",
            "[::1]x",
            "[evil]",
            "::1",
            "a%2eb",
            "a\\b",
            "h\u{f6}st",
        ] {
            assert_eq!(named("/x", &[malformed]), Err(InvalidHost::Malformed), "{malformed}");
        }
    }

    #[test]
    fn the_address_and_the_header_name_the_same_host() {
        assert_eq!(named("http://a:1/x", &["A:1"]).as_deref(), Ok("a:1"));
        assert_eq!(named("http://a/x", &["a:80"]).as_deref(), Ok("a"));
        assert_eq!(named("http://a/x", &[]).as_deref(), Ok("a"));
        for (address, header) in [("http://a/x", "b"), ("http://a:1/x", "a:2"), ("https://a/x", "a:80")] {
            assert_eq!(named(address, &[header]), Err(InvalidHost::Contradicted), "{address} {header}");
        }
        assert_eq!(named("http://u@a/x", &["a"]), Err(InvalidHost::Malformed));
        assert_eq!(named("a:443", &["a:443"]), Err(InvalidHost::NoPath));
    }
}
