//! The address of Azure Resource Manager, and the addresses that may receive a token.

use std::net::IpAddr;

use url::{Host, Url};

use crate::diagnosis::{Diagnose, Diagnosis, ExitCode};

/// An instance of Azure Resource Manager, and the authority whose tokens it accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    base: Url,
    authority: Url,
    scope: String,
}

/// An address that must not receive a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{address}` is not a valid endpoint of Azure Resource Manager: {problem}")]
pub struct InvalidEndpoint {
    address: String,
    problem: &'static str,
}

impl Diagnose for InvalidEndpoint {
    fn diagnosis(&self) -> Diagnosis {
        let hint = "specify a URL such as https://management.azure.com; http is only allowed for this \
                    machine";
        Diagnosis::new(ExitCode::Usage).hint(hint)
    }
}

/// An answer that links to an address that must not receive the token.
///
/// It names only the origin: the rest of such an address may be signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer refers to {origin}, which is not {own}")]
pub struct ForeignAddress {
    origin: String,
    own: String,
}

impl Endpoint {
    /// The public cloud.
    #[must_use]
    pub fn public() -> Self {
        Self::known(
            "https://management.azure.com",
            "https://login.microsoftonline.com",
            "https://management.azure.com/.default",
        )
    }

    /// Azure in China.
    #[must_use]
    pub fn china() -> Self {
        Self::known(
            "https://management.chinacloudapi.cn",
            "https://login.chinacloudapi.cn",
            "https://management.core.chinacloudapi.cn/.default",
        )
    }

    /// Azure Government of the United States.
    #[must_use]
    pub fn us_government() -> Self {
        Self::known(
            "https://management.usgovcloudapi.net",
            "https://login.microsoftonline.us",
            "https://management.core.usgovcloudapi.net/.default",
        )
    }

    fn known(base: &str, authority: &str, scope: &str) -> Self {
        let parse = |text| Url::parse(text).expect("a constant address");
        Self { base: parse(base), authority: parse(authority), scope: scope.to_owned() }
    }

    /// Returns the same cloud at another address, such as an emulator's.
    ///
    /// # Errors
    ///
    /// [`InvalidEndpoint`] unless it is `https://HOST[:PORT]`, or `http` at a loopback address.
    pub fn at(self, address: &str) -> Result<Self, InvalidEndpoint> {
        let invalid = |problem| InvalidEndpoint { address: shown(address), problem };
        let base = Url::parse(address).map_err(|_| invalid("it is not a URL"))?;
        if !base.username().is_empty() || base.password().is_some() {
            return Err(invalid("it contains a user name or a password"));
        }
        if base.path() != "/" || base.query().is_some() || base.fragment().is_some() {
            return Err(invalid("it contains more than a scheme, a host and a port"));
        }
        match base.scheme() {
            "https" => {}
            "http" if is_loopback(&base) => {}
            "http" => return Err(invalid("the access token would be sent in plain text")),
            _ => return Err(invalid("it is neither https nor http")),
        }
        Ok(Self { base, ..self })
    }

    /// Returns the address, without a path.
    #[must_use]
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Returns the address of the authority that issues tokens for it.
    #[must_use]
    pub fn authority(&self) -> &Url {
        &self.authority
    }

    /// Returns the OAuth scope of a token for it.
    #[must_use]
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// Whether it is one of Azure's own clouds.
    #[must_use]
    pub fn is_azure(&self) -> bool {
        let clouds = [Self::public(), Self::china(), Self::us_government()];
        clouds.iter().any(|cloud| cloud.base.origin() == self.base.origin())
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.base)
    }

    /// Returns the address of a path, which begins with `/` and is percent-encoded as needed.
    #[must_use]
    pub fn join(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url
    }

    /// Resolves a link in an answer from `from`, if the token may be sent there.
    ///
    /// # Errors
    ///
    /// [`ForeignAddress`] unless scheme, host and port are this endpoint's.
    pub fn own(&self, from: &Url, link: &str) -> Result<Url, ForeignAddress> {
        let foreign = |origin| ForeignAddress { origin, own: self.base.origin().ascii_serialization() };
        let url = from.join(link).map_err(|_| foreign("a URL that is not valid".to_owned()))?;
        let same =
            url.origin() == self.base.origin() && url.username().is_empty() && url.password().is_none();
        if same { Ok(url) } else { Err(foreign(origin_of(&url))) }
    }
}

/// Whether an address is on this machine, as a loopback IP address or as `localhost`.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn origin_of(url: &Url) -> String {
    format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default())
}

/// Returns an address for a message, without the password that it may contain.
fn shown(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((_, rest)) => format!("…@{rest}"),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_allowed_only_for_this_machine() {
        for address in ["http://127.0.0.1:8087", "http://localhost", "http://[::1]:1", "https://arm.example"]
        {
            assert!(Endpoint::public().at(address).is_ok(), "{address}");
        }
        for address in [
            "http://arm.example",
            "http://127.0.0.1.evil.example",
            "http://localhost.example",
            "ftp://localhost",
            "https://arm.example/path",
            "https://arm.example?x",
            "https://user:secret@arm.example",
            "arm.example",
        ] {
            let error = Endpoint::public().at(address).unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn the_token_is_sent_only_to_its_origin() {
        let endpoint = Endpoint::public();
        let from = endpoint.join("/subscriptions");
        for link in ["/next?x=1", "https://management.azure.com/next", "https://MANAGEMENT.azure.com:443/n"] {
            assert!(endpoint.own(&from, link).is_ok(), "{link}");
        }
        for link in [
            "https://management.azure.com.evil.example/",
            "http://management.azure.com/next",
            "https://management.azure.com:444/",
            "//evil.example/next",
            "https://user@management.azure.com/",
            "https://",
        ] {
            assert!(endpoint.own(&from, link).is_err(), "{link}");
        }
    }

    #[test]
    fn only_the_origin_of_a_foreign_address_is_reported() {
        let endpoint = Endpoint::public();
        let error = endpoint.own(&endpoint.join("/"), "https://evil.example/x?sig=secret").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the answer refers to https://evil.example, which is not https://management.azure.com"
        );
    }

    #[test]
    fn an_id_becomes_a_path_with_what_needs_it_encoded() {
        let url = Endpoint::public().join("/subscriptions/s/resourceGroups/a b/x?y");
        assert_eq!(url.as_str(), "https://management.azure.com/subscriptions/s/resourceGroups/a%20b/x%3Fy");
    }
}
