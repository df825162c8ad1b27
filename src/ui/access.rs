//! Who may use the page: a browser that has opened the printed address, on the page's own host.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Mutex, PoisonError},
};

use axum::http::{HeaderMap, HeaderValue, Method, header};
use sha2::{Digest as _, Sha256};

use super::Reach;
use crate::ambient::Ambient;
use crate::model::Authority;

/// Checks requests against the token of the address, the cookie of the session, and the page's own host.
pub(super) struct Access {
    /// The digest of the token, until it is used.
    token: Mutex<Option<Digest>>,
    session: String,
    port: u16,
    reach: Reach,
}

type Digest = [u8; 32];

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The request names another host: another site may have directed the browser here.
    Host,
    /// The request comes from a page of another origin.
    Origin,
    /// The request has neither the session's cookie nor a valid token.
    Session,
    /// The token was used before.
    Used,
}

impl Access {
    /// Creates the access of a page, and the token that opens a session once.
    pub(super) fn new(local: SocketAddr, reach: Reach, ambient: &dyn Ambient) -> (Self, String) {
        let [token, session] = [(); 2].map(|()| ambient.unguessable().simple().to_string());
        let kept = Mutex::new(Some(digest(&token)));
        (Self { token: kept, session, port: local.port(), reach }, token)
    }

    /// Checks that a request is for this page, and does not come from a page of another origin.
    pub(super) fn check_origin(&self, method: &Method, headers: &HeaderMap) -> Result<(), Refused> {
        let host = single(headers, &header::HOST).filter(|host| self.is_own(host)).ok_or(Refused::Host)?;
        let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
        let is_foreign = site.is_some_and(|site| !matches!(site, b"same-origin" | b"none"));
        // A link on another page may lead here, but no other page may load a part of this one. A page on another port of
        // this machine counts as the same site, so its requests have the cookie.
        let says = |name: &str, value: &str| headers.get(name).is_some_and(|given| given == value);
        let is_visit = says("sec-fetch-mode", "navigate") && says("sec-fetch-dest", "document");
        let origin = headers.get(header::ORIGIN);
        let is_own = |origin: &[u8]| origin == format!("http://{host}").as_bytes();
        let changes = method != Method::GET && method != Method::HEAD;
        match origin {
            Some(origin) if !is_own(origin.as_bytes()) => Err(Refused::Origin),
            None if changes => Err(Refused::Origin),
            Some(_) | None if is_foreign && (changes || !is_visit) => Err(Refused::Origin),
            Some(_) | None => Ok(()),
        }
    }

    /// Checks that a request belongs to the session.
    pub(super) fn check_session(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let name = self.cookie_name();
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut values = cookies.flat_map(|line| line.split(';')).filter_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then_some(value)
        });
        // Digests are compared, so that the time of a comparison says nothing about the value.
        let own = digest(&self.session);
        if values.any(|value| digest(value) == own) { Ok(()) } else { Err(Refused::Session) }
    }

    /// Exchanges the token for the session's cookie, once.
    pub(super) fn redeem(&self, token: &str) -> Result<String, Refused> {
        let mut kept = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        match *kept {
            None => Err(Refused::Used),
            Some(known) if known == digest(token) => {
                *kept = None;
                let (name, session) = (self.cookie_name(), &self.session);
                Ok(format!("{name}={session}; HttpOnly; SameSite=Strict; Path=/"))
            }
            Some(_) => Err(Refused::Session),
        }
    }

    /// The cookies of all ports of a host are sent to each of them, so the name has the port.
    fn cookie_name(&self) -> String {
        format!("swa-apim-{}", self.port)
    }

    fn is_own(&self, host: &str) -> bool {
        let Some(authority) = Authority::parse(host) else { return false };
        let known = match (authority.bare_host().parse::<IpAddr>(), self.reach) {
            (Ok(ip), Reach::ThisMachine) => ip.is_loopback(),
            (Ok(_), Reach::Network) => true,
            (Err(_), _) => authority.host.eq_ignore_ascii_case("localhost"),
        };
        known && authority.port.unwrap_or(80) == self.port
    }
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("port", &self.port).field("reach", &self.reach).finish_non_exhaustive()
    }
}

/// The value of a header that occurs exactly once.
fn single<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(first)
}

fn digest(text: &str) -> Digest {
    Sha256::digest(text).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ambient::System;

    fn access(reach: Reach) -> (Access, String) {
        Access::new("127.0.0.1:4000".parse().unwrap(), reach, &System)
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (header::HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn only_the_own_host_and_port_are_served() {
        let (here, _) = access(Reach::ThisMachine);
        for host in ["127.0.0.1:4000", "localhost:4000", "LOCALHOST:4000", "[::1]:4000", "127.0.0.2:4000"] {
            let asked = headers(&[("host", host)]);
            assert_eq!(here.check_origin(&Method::GET, &asked), Ok(()), "{host}");
        }
        for host in
            ["evil.example:4000", "127.0.0.1", "127.0.0.1:4001", "localhost.evil:4000", "10.0.0.1:4000", ""]
        {
            let asked = headers(&[("host", host)]);
            assert_eq!(here.check_origin(&Method::GET, &asked), Err(Refused::Host), "{host}");
        }
        assert_eq!(here.check_origin(&Method::GET, &HeaderMap::new()), Err(Refused::Host));
        let (network, _) = access(Reach::Network);
        assert_eq!(network.check_origin(&Method::GET, &headers(&[("host", "10.0.0.1:4000")])), Ok(()));
        let named = headers(&[("host", "evil.example:4000")]);
        assert_eq!(network.check_origin(&Method::GET, &named), Err(Refused::Host));
    }

    #[test]
    fn a_form_of_another_origin_is_refused() {
        let (access, _) = access(Reach::ThisMachine);
        let host = ("host", "127.0.0.1:4000");
        let own = headers(&[host, ("origin", "http://127.0.0.1:4000"), ("sec-fetch-site", "same-origin")]);
        assert_eq!(access.check_origin(&Method::POST, &own), Ok(()));
        let refused = [
            headers(&[host]),
            headers(&[host, ("origin", "null")]),
            headers(&[host, ("origin", "http://localhost:4000")]),
            headers(&[host, ("origin", "https://127.0.0.1:4000")]),
            headers(&[host, ("origin", "http://127.0.0.1:4000"), ("sec-fetch-site", "same-site")]),
        ];
        for asked in refused {
            assert_eq!(access.check_origin(&Method::POST, &asked), Err(Refused::Origin), "{asked:?}");
        }
    }

    #[test]
    fn another_page_may_lead_here_and_may_not_load_a_part_of_this_one() {
        let (access, _) = access(Reach::ThisMachine);
        let asked = |site, mode, dest| {
            let pairs = [("sec-fetch-site", site), ("sec-fetch-mode", mode), ("sec-fetch-dest", dest)];
            let all = [&[("host", "127.0.0.1:4000")][..], &pairs[..]].concat();
            access.check_origin(&Method::GET, &headers(&all))
        };
        for site in ["none", "same-origin"] {
            assert_eq!(asked(site, "no-cors", "image"), Ok(()));
        }
        for site in ["same-site", "cross-site", "other"] {
            assert_eq!(asked(site, "navigate", "document"), Ok(()));
            for (mode, dest) in
                [("navigate", "iframe"), ("no-cors", "image"), ("no-cors", "script"), ("cors", "empty")]
            {
                assert_eq!(asked(site, mode, dest), Err(Refused::Origin), "{site} {mode} {dest}");
            }
        }
    }

    #[test]
    fn the_token_opens_one_session() {
        let (access, token) = access(Reach::ThisMachine);
        assert_eq!(access.check_session(&HeaderMap::new()), Err(Refused::Session));
        assert_eq!(access.redeem("wrong"), Err(Refused::Session));
        let cookie = access.redeem(&token).unwrap();
        assert!(cookie.contains("HttpOnly; SameSite=Strict; Path=/"), "{cookie}");
        assert_eq!(access.redeem(&token), Err(Refused::Used));
        let value = cookie.split(';').next().unwrap();
        assert_eq!(access.check_session(&headers(&[("cookie", value)])), Ok(()));
        assert_eq!(access.check_session(&headers(&[("cookie", &format!("a=b; {value}"))])), Ok(()));
        let name = value.split('=').next().unwrap();
        assert_eq!(
            access.check_session(&headers(&[("cookie", &format!("{name}=0"))])),
            Err(Refused::Session)
        );
    }

    #[test]
    fn no_secret_is_shown_by_debug() {
        let (access, token) = access(Reach::ThisMachine);
        let shown = format!("{access:?}");
        assert!(!shown.contains(&token) && !shown.contains(&access.session), "{shown}");
    }
}
