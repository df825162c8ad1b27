//! Why a server cannot be reached: its certificate, a proxy or its name.

use std::{error::Error, io, path::Path};

use url::Url;

use crate::model::after_scheme;
use crate::provider::arm::{ArmError, Cause, TransportError};

/// The environment variables that name files and directories of trusted certificates, in PEM.
const STORES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];
/// The environment variables that name a proxy for https, then for http, in the order in which they are read.
const PROXIES: [(&str, &[&str]); 2] = [
    ("https", &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]),
    ("http", &["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]),
];

/// The environment variables that determine how servers are reached.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings {
    pub(crate) variables: fn(&str) -> Option<String>,
}

impl Surroundings {
    /// Returns the error for a connection that failed or broke, and its effect on the next attempt.
    pub(crate) fn explain(self, url: &Url, what: &str, error: &TransportError) -> (ArmError, Cause) {
        let origin = url.origin().ascii_serialization();
        let error = match error {
            TransportError::Client(error) => error,
            TransportError::Closed { sent } => {
                let (what, problem) = (what.to_owned(), error.to_string());
                return (ArmError::Unreachable { origin, what, problem }, Cause::Broken { sent: *sent });
            }
        };
        if let Some(problem) = certificate_problem(error) {
            return (ArmError::Untrusted { origin, problem, store: self.store() }, Cause::Final);
        }
        let cause = Cause::Broken { sent: !error.is_connect() };
        let (chain, problem) = (chain_of(error), deepest(error));
        if let Some((variable, proxy)) = self.proxy_for(url).filter(|_| error.is_connect()) {
            let login =
                ["proxy authorization", "proxy authentication", "407"].iter().any(|it| chain.contains(it));
            let cause = if login { Cause::Final } else { cause };
            return (ArmError::Proxy { origin, proxy, variable, problem, login }, cause);
        }
        let problem = if chain.contains("dns error") {
            format!("the hostname `{}` could not be resolved: {problem}", url.host_str().unwrap_or_default())
        } else {
            problem
        };
        (ArmError::Unreachable { origin, what: what.to_owned(), problem }, cause)
    }

    /// Whether an environment variable names the trusted certificate authorities.
    pub(crate) fn names_authorities(self) -> bool {
        STORES.into_iter().any(|name| (self.variables)(name).is_some())
    }

    /// Returns the error for missing certificates.
    pub(crate) fn no_certificates(self, error: &dyn Error) -> ArmError {
        ArmError::NoCertificates { problem: deepest(error), store: self.store() }
    }

    /// Returns where the trusted certificates come from, and how to use different ones.
    pub(crate) fn store(self) -> String {
        let set = STORES.into_iter().filter_map(|name| Some((name, (self.variables)(name)?)));
        let set: Vec<String> = set
            .map(|(name, value)| {
                let missing = if Path::new(&value).exists() { "" } else { ", which does not exist" };
                format!("{name} is set to `{value}`{missing}")
            })
            .collect();
        match set.as_slice() {
            [] => "add the certificate authority to the certificate store of the operating system \
                   (`update-ca-certificates`), or set SSL_CERT_FILE to a PEM file that contains it and the \
                   usual ones"
                .to_owned(),
            set => format!(
                "{}: set it to a PEM file that contains the certificate authority, or unset it to use the \
                 certificate store of the operating system",
                set.join(", ")
            ),
        }
    }

    /// Returns the environment variable that names a proxy for an address, and the host and port of the proxy, without
    /// its password.
    fn proxy_for(self, url: &Url) -> Option<(&'static str, String)> {
        let host = url.host_str()?.to_ascii_lowercase();
        let exempt = ["NO_PROXY", "no_proxy"].into_iter().find_map(self.variables).unwrap_or_default();
        let mut exempt =
            exempt.split(',').map(|entry| entry.trim().trim_start_matches('.').to_ascii_lowercase());
        let fits = |entry: String| {
            entry == "*" || host == entry || (!entry.is_empty() && host.ends_with(&format!(".{entry}")))
        };
        if exempt.any(fits) {
            return None;
        }
        let (_, names) = PROXIES.into_iter().find(|(scheme, _)| *scheme == url.scheme())?;
        let value = |name: &&'static str| Some((*name, (self.variables)(name).filter(|it| !it.is_empty())?));
        let (variable, value) = names.iter().find_map(value)?;
        let address = if after_scheme(&value).is_some() { value } else { format!("http://{value}") };
        let address = Url::parse(&address).ok()?;
        let port = address.port_or_known_default().map(|port| format!(":{port}")).unwrap_or_default();
        Some((variable, format!("{}{port}", address.host_str()?)))
    }
}

/// Returns the problem with a server's certificate, if that is why the connection failed.
fn certificate_problem(error: &(dyn Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(one) = next {
        match one.downcast_ref::<rustls::Error>() {
            Some(rustls::Error::InvalidCertificate(problem)) => return Some(problem.to_string()),
            Some(rustls::Error::NoCertificatesPresented) => {
                return Some("the server sent no certificate".to_owned());
            }
            Some(_) | None => {}
        }
        // An I/O error hides the error that it wraps: its source is the source of that error. They can be nested.
        let wrapped = one.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = wrapped.map(|wrapped| wrapped as &(dyn Error + 'static)).or_else(|| one.source());
    }
    None
}

/// Returns the innermost cause.
fn deepest(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// Returns all causes, in lower case.
fn chain_of(error: &dyn Error) -> String {
    let mut chain = error.to_string();
    let mut cause = error.source();
    while let Some(one) = cause {
        chain = format!("{chain}: {one}");
        cause = one.source();
    }
    chain.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_proxy(name: &str) -> Option<String> {
        let value = match name {
            "https_proxy" => "http://user:hunter2@proxy.example:3128",
            "NO_PROXY" => ".internal.example, direct.example",
            "SSL_CERT_FILE" => "/nonexistent/ca.pem",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn the_proxy_of_an_address_is_named_by_its_variable_and_without_its_password() {
        let here = Surroundings { variables: with_proxy };
        let proxy = |url: &str| here.proxy_for(&Url::parse(url).unwrap());
        let found = proxy("https://management.azure.com/").unwrap();
        assert_eq!(found, ("https_proxy", "proxy.example:3128".to_owned()));
        for exempt in
            ["https://direct.example", "https://arm.internal.example", "http://management.azure.com"]
        {
            assert_eq!(proxy(exempt), None, "{exempt}");
        }
    }

    #[test]
    fn a_certificate_that_is_not_trusted_is_found_below_other_errors() {
        let unknown = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let error = io::Error::other(unknown.clone());
        assert!(certificate_problem(&error).unwrap().contains("UnknownIssuer"));
        let error = io::Error::other(io::Error::other(unknown));
        assert!(certificate_problem(&error).unwrap().contains("UnknownIssuer"));
        assert_eq!(certificate_problem(&io::Error::other("reset")), None);
    }

    #[test]
    fn the_store_of_certificates_is_named_with_its_variable_and_whether_it_exists() {
        let store = Surroundings { variables: with_proxy }.store();
        assert!(
            store.starts_with("SSL_CERT_FILE is set to `/nonexistent/ca.pem`, which does not exist"),
            "{store}"
        );
        assert!(Surroundings { variables: |_| None }.store().contains("SSL_CERT_FILE"));
    }
}
