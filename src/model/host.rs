//! Where an address is split into scheme, host and port as text. What URLs mean is decided by `address.rs`, over `url`.

#[cfg(any(feature = "emulator", feature = "ui", test))]
use std::net::Ipv6Addr;

/// A host and an optional port, as in a `Host` header.
#[cfg(any(feature = "emulator", feature = "ui", test))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Authority<'a> {
    /// The host, an IPv6 address with its brackets.
    pub(crate) host: &'a str,
    /// The port, if there is one.
    pub(crate) port: Option<u16>,
}

#[cfg(any(feature = "emulator", feature = "ui", test))]
impl<'a> Authority<'a> {
    /// Parses a host and an optional port; `None` if the text is anything else, such as one with a user or a path.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let end = if text.starts_with('[') { text.find(']')? + 1 } else { 0 };
        let (host, port) = match text[end..].find(':') {
            Some(colon) => (&text[..end + colon], &text[end + colon + 1..]),
            None => (text, ""),
        };
        let is_digits = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = if port.is_empty() { None } else { Some(port.parse().ok().filter(|_| is_digits)?) };
        let is_host = match host.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']')?.parse::<Ipv6Addr>().is_ok(),
            None => !host.is_empty() && host.bytes().all(is_of_name),
        };
        is_host.then_some(Self { host, port })
    }

    /// Returns the host, an IPv6 address without its brackets.
    pub(crate) fn bare_host(self) -> &'a str {
        self.host.trim_matches(['[', ']'])
    }
}

#[cfg(any(feature = "emulator", feature = "ui", test))]
fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._".contains(&byte)
}

/// Splits an absolute URL into its scheme and the text after `://`.
pub(crate) fn after_scheme(url: &str) -> Option<(&str, &str)> {
    url.split_once("://")
}

/// Returns the text after `://` of a URL whose scheme is `http` or `https`, in lower case.
pub(crate) fn after_http(url: &str) -> Option<&str> {
    after_scheme(url).filter(|(scheme, _)| ["http", "https"].contains(scheme)).map(|(_, rest)| rest)
}

/// Returns the text between `://` and the path of a URL.
pub(crate) fn authority_of_url(url: &str) -> Option<&str> {
    after_scheme(url)?.1.split(['/', '?', '#']).next()
}

/// Returns the text of the host of a URL, without its port.
pub(super) fn host_of_url(url: &str) -> Option<&str> {
    let (_, rest) = after_scheme(url)?;
    rest.split(['/', ':']).next().filter(|host| !host.is_empty())
}

/// Whether a text may be a URL with a user, and so with a password.
pub(crate) fn may_have_user(text: &str) -> bool {
    after_scheme(text).is_some() && text.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_separated_from_its_port() {
        for (text, host, port) in [
            ("[::1]:8", "::1", Some(8)),
            ("[::1]", "::1", None),
            ("a.b:1", "a.b", Some(1)),
            ("a.b", "a.b", None),
            ("a:", "a", None),
        ] {
            let found = Authority::parse(text).map(|it| (it.bare_host(), it.port));
            assert_eq!(found, Some((host, port)), "{text}");
        }
        assert_eq!(Authority::parse("a:1@b"), None);
    }

    #[test]
    fn a_url_is_split_at_its_scheme_and_its_path() {
        assert_eq!(authority_of_url("https://a:1/b?c"), Some("a:1"));
        assert_eq!(authority_of_url("https://a?b"), Some("a"));
        assert_eq!(authority_of_url("a:1"), None);
        assert_eq!(after_http("https://a/b"), Some("a/b"));
        assert_eq!(after_http("ftp://a/b"), None);
        assert_eq!(host_of_url("https://a:1/b"), Some("a"));
        assert_eq!(host_of_url("https:///b"), None);
    }
}
