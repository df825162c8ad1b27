//! Which clients can call the control plane: programs on this machine, but not pages of another origin in a browser.

use std::net::{IpAddr, SocketAddr};

use hyper::{
    HeaderMap, StatusCode, Uri,
    header::{HeaderValue, ORIGIN},
};

use crate::emulator::{
    host::{authority_of, name_of},
    reply::Reply,
};
use crate::model::after_scheme;

/// The host names that the control plane answers to.
#[derive(Clone, Debug)]
pub(in crate::emulator) struct Guard {
    /// Names in addition to those of this machine.
    names: Vec<String>,
    /// Whether any address is accepted, because other machines can use the control plane.
    remote: Remote,
}

/// Whether other machines can reach the emulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remote {
    /// Only this machine can.
    Refused,
    /// Other machines can too.
    Allowed,
}

impl Guard {
    pub(in crate::emulator) fn new(names: Vec<String>, remote: Remote) -> Self {
        Self { names, remote }
    }

    /// Whether a listener can be opened at an address.
    pub(in crate::emulator) fn may_listen(remote: Remote, address: &SocketAddr) -> bool {
        remote == Remote::Allowed || address.ip().is_loopback()
    }

    /// Returns the authority by which a client reaches the control plane. Refuses a foreign DNS name that resolves to
    /// this machine, and pages of another origin.
    pub(in crate::emulator) fn check(&self, headers: &HeaderMap, uri: &Uri) -> Result<String, Reply> {
        let authority = authority_of(headers, uri)
            .map_err(|problem| Reply::arm(StatusCode::BAD_REQUEST, "BadRequest", problem.to_string()))?;
        if !self.is_own(&authority) {
            let message = "This emulator does not serve the host of the request.";
            return Err(Reply::arm(StatusCode::MISDIRECTED_REQUEST, "MisdirectedRequest", message));
        }
        let is_own = |origin: &HeaderValue| origin.to_str().is_ok_and(|origin| self.is_own_origin(origin));
        if headers.get_all(ORIGIN).into_iter().all(is_own) {
            return Ok(authority);
        }
        let message = "This emulator does not serve requests of pages from another origin.";
        Err(Reply::arm(StatusCode::FORBIDDEN, "ForbiddenOrigin", message))
    }

    fn is_own_origin(&self, origin: &str) -> bool {
        after_scheme(origin).is_some_and(|(_, authority)| self.is_own(authority))
    }

    fn is_own(&self, authority: &str) -> bool {
        let host = name_of(authority).to_ascii_lowercase();
        if let Ok(address) = host.parse::<IpAddr>() {
            return address.is_loopback() || self.remote == Remote::Allowed;
        }
        host == "localhost"
            || host.ends_with(".localhost")
            || self.names.iter().any(|name| name.eq_ignore_ascii_case(&host))
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HOST;

    use super::*;

    fn status(guard: &Guard, host: Option<&str>, origin: Option<&str>) -> u16 {
        let mut headers = HeaderMap::new();
        for (name, value) in [(HOST, host), (ORIGIN, origin)] {
            if let Some(value) = value {
                headers.insert(name, value.parse().unwrap());
            }
        }
        guard.check(&headers, &Uri::from_static("/x")).map_or_else(|reply| reply.status.as_u16(), |_| 200)
    }

    #[test]
    fn only_names_of_this_machine_are_answered_to() {
        let guard = Guard::new(vec!["emulator".to_owned()], Remote::Refused);
        for host in [
            "127.0.0.1:8087",
            "localhost",
            "LOCALHOST:1",
            "a.localhost:1",
            "[::1]:8087",
            "127.9.9.9",
            "Emulator:1",
        ] {
            assert_eq!(status(&guard, Some(host), None), 200, "{host}");
        }
        for host in
            ["evil.example", "evil.example:8087", "localhost.evil.example", "10.0.0.1", "127.0.0.1.evil"]
        {
            assert_eq!(status(&guard, Some(host), None), 421, "{host}");
        }
        for host in [None, Some(""), Some("localhost:80@evil.example"), Some("localhost:evil")] {
            assert_eq!(status(&guard, host, None), 400, "{host:?}");
        }
        assert_eq!(status(&Guard::new(vec![], Remote::Allowed), Some("10.0.0.1:1"), None), 200);
        assert_eq!(status(&Guard::new(vec![], Remote::Allowed), Some("evil.example"), None), 421);
    }

    #[test]
    fn a_page_of_another_origin_is_refused() {
        let guard = Guard::new(vec![], Remote::Refused);
        assert_eq!(status(&guard, Some("localhost:1"), Some("http://localhost:3000")), 200);
        for origin in [
            "https://evil.example",
            "null",
            "http://localhost.evil.example",
            "http://localhost:80@evil.example",
        ] {
            assert_eq!(status(&guard, Some("localhost:1"), Some(origin)), 403, "{origin}");
        }
    }

    #[test]
    fn a_listener_is_on_this_machine_unless_remote_access_is_allowed() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        assert!(Guard::may_listen(Remote::Refused, &at("127.0.0.1:0")));
        assert!(Guard::may_listen(Remote::Refused, &at("[::1]:0")));
        assert!(!Guard::may_listen(Remote::Refused, &at("0.0.0.0:0")));
        assert!(Guard::may_listen(Remote::Allowed, &at("0.0.0.0:0")));
    }
}
