//! The party that the host of a URL belongs to. URLs are parsed as browsers parse them.

use url::{Host, Url};

use super::{Hostname, after_scheme, authority_of_url};

/// The path of a site's OpenID configuration, which names the keys of its tokens.
const CONFIGURATION: &str = "/.auth/.well-known/openid-configuration";

/// The path of the issuer of a site's tokens.
const ISSUER: &str = "/.auth";

/// The party that a host belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The host of the site; scheme, letter case and path do not matter.
    Site,
    /// A host other than the site's.
    Other(String),
    /// Parsers disagree about the host, or the text is not a URL with a host.
    Unclear,
}

impl Owner {
    /// Returns the party that the host in `text` belongs to, relative to the site at `site`.
    pub(crate) fn of(text: &str, site: &Hostname) -> Self {
        let Some(host) = host_of(text) else { return Self::Unclear };
        let is_unusual = |it: char| it.is_whitespace() || it.is_control() || it == '\\';
        if host.trim_end_matches('.') != site.as_str() {
            return if text.contains(is_unusual) { Self::Unclear } else { Self::Other(host) };
        }
        match authority(text) {
            Some(authority) if authority.trim_end_matches('.').eq_ignore_ascii_case(site.as_str()) => {
                if text.contains(is_unusual) { Self::Unclear } else { Self::Site }
            }
            Some(_) | None => Self::Unclear,
        }
    }
}

/// Returns the site whose OpenID configuration is at a URL: `https`, no user, no port, no query, and the path of the
/// platform's own configuration, which a site cannot serve its own files at.
pub(crate) fn site_of_configuration(text: &str) -> Option<Hostname> {
    let url = Url::parse(text).ok()?;
    let host = authority(text)?.to_ascii_lowercase();
    let is_plain = url.scheme() == "https" && url.host_str() == Some(host.as_str());
    let (_, behind) = after_scheme(text)?;
    let is_there = behind.find('/').map(|path| &behind[path..]) == Some(CONFIGURATION);
    (is_plain && is_there).then(|| Hostname::parse(&host).ok()).flatten()
}

/// Whether a URL is the issuer of a site's tokens, ignoring letter case and a trailing slash.
pub(crate) fn is_issuer_of_a_site(text: &str) -> bool {
    let Ok(url) = Url::parse(&text.to_ascii_lowercase()) else { return false };
    let is_plain = url.scheme() == "https" && url.query().is_none() && url.fragment().is_none();
    is_plain && url.path().trim_end_matches('/') == ISSUER
}

/// Returns the host of a URL that consists of nothing else than `https://` and a host.
pub(crate) fn https_host(text: &str) -> Option<Hostname> {
    let (_, host) = after_scheme(text).filter(|(scheme, _)| *scheme == "https")?;
    Hostname::parse(host).ok()
}

fn host_of(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    authority(text)?;
    match url.host()? {
        Host::Domain(domain) => Some(domain.to_ascii_lowercase()),
        address @ (Host::Ipv4(_) | Host::Ipv6(_)) => Some(address.to_string()),
    }
}

/// Returns the unparsed text between `://` and the path, without the default port of `https`.
fn authority(text: &str) -> Option<&str> {
    let ((scheme, _), authority) = (after_scheme(text)?, authority_of_url(text)?);
    let usual = authority.strip_suffix(":443").filter(|_| scheme.eq_ignore_ascii_case("https"));
    Some(usual.unwrap_or(authority)).filter(|authority| !authority.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(text: &str) -> Owner {
        Owner::of(text, &Hostname::parse("l.example").unwrap())
    }

    #[test]
    fn hosts_are_compared_by_a_parser() {
        for text in [
            "https://l.example/.auth",
            "https://L.Example/",
            "http://l.example",
            "https://l.example./.auth",
            "https://l.example:443",
        ] {
            assert_eq!(owner(text), Owner::Site, "{text}");
        }
        for (text, host) in [
            ("https://l.example@evil.example/.auth", "evil.example"),
            ("https://l.example:x@evil.example/.auth", "evil.example"),
            ("https://l.example.evil.example/", "l.example.evil.example"),
            ("https://x.l.example/", "x.l.example"),
            ("https://evil.example/https://l.example/.auth", "evil.example"),
            ("https://evil.example?l.example", "evil.example"),
            ("https://evil.example#l.example", "evil.example"),
            ("https://l.exampl\u{435}/.auth", "l.xn--exampl-8of"),
            ("https://127.0.0.1/", "127.0.0.1"),
        ] {
            assert!(matches!(owner(text), Owner::Other(found) if found == host), "{text}: {:?}", owner(text));
        }
        for text in [
            "",
            "l.example",
            "//l.example/.auth",
            "urn:l.example",
            "https:l.example",
            "https:///l.example",
            "https://user@l.example/.auth",
            "https://l.example:8443/.auth",
            "https://l.example\\@evil.example/",
            "https://evil.example\\@l.example/.auth",
            "https://l%2Eexample/.auth",
            "https://\u{ff4c}.example/.auth",
            "https://l.example /.auth",
            "https://l.exa\tmple/.auth",
        ] {
            assert_eq!(owner(text), Owner::Unclear, "{text}");
        }
    }

    #[test]
    fn a_site_publishes_its_keys_at_one_place() {
        let site = |text: &str| site_of_configuration(text).map(|host| host.to_string());
        let at = |host: &str| format!("{host}/.auth/.well-known/openid-configuration");
        assert_eq!(site(&at("https://l.example")).as_deref(), Some("l.example"));
        assert_eq!(site(&at("https://L.example:443")).as_deref(), Some("l.example"));
        for other in [
            at("http://l.example"),
            at("https://l.example:8443"),
            at("https://u@l.example"),
            at("https://l.example."),
            at("https://l.example/x/.."),
            at("https://l.example/x"),
            format!("{}?x", at("https://l.example")),
            format!("{}#x", at("https://l.example")),
            format!("{}/", at("https://l.example")),
            "https://l.example/.well-known/openid-configuration".to_owned(),
        ] {
            assert_eq!(site(&other), None, "{other}");
        }
    }
}
