//! TLS, with a given certificate or with one that is generated for this run.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use tokio_rustls::TlsAcceptor;

use crate::{
    files::write_blocking,
    model::{ApimService, Hostname, Resource, SiteEnvironment, StaticSite},
};

/// The source of the certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsOptions {
    /// None: plain HTTP.
    Plain,
    /// PEM files: a certificate chain, and the key of its first certificate.
    Files {
        /// The certificates.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
    },
    /// A new certificate for this machine's names. It is written to this file, so that clients can be configured to
    /// trust it.
    Generated {
        /// The file for the certificate; the key is never written.
        certificate: PathBuf,
    },
}

/// A certificate that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file is missing or does not contain PEM.
    #[error("`{}` is not a valid PEM file", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: rustls::pki_types::pem::Error,
    },
    /// The certificate and the key do not match.
    #[error("the certificate cannot be used")]
    Unusable(#[source] rustls::Error),
    /// The certificate could not be generated.
    #[error("a certificate could not be created")]
    Ungenerated(#[source] rcgen::Error),
    /// The new certificate could not be written.
    #[error("`{}` could not be written", path.display())]
    Unwritten {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// The maximum number of site and gateway names in a new certificate: with many more, TLS handshakes would fail.
const NAMES: usize = 200;

/// Returns the names by which clients reach the sites and gateways of a model. A certificate for `*.localhost` covers
/// none of them, because a wildcard directly below a top-level domain is not valid.
pub(in crate::emulator) fn names(resources: &[Resource]) -> Vec<String> {
    let of_site =
        |hostname: &Hostname| [hostname.to_string(), format!("{}.localhost", hostname.first_label())];
    let of_one = |resource: &Resource| {
        if let Ok(site) = StaticSite::read(resource) {
            return of_site(&site.default_hostname).to_vec();
        }
        if let Ok(environment) = SiteEnvironment::read(resource) {
            return of_site(&environment.hostname).to_vec();
        }
        let Ok(service) = ApimService::read(resource) else { return Vec::new() };
        let host = service.gateway_host().and_then(|host| Hostname::parse(host).ok());
        let own = Hostname::parse(service.id.name()).map(|name| format!("{name}.localhost"));
        host.map(|host| host.to_string()).into_iter().chain(own).collect()
    };
    resources.iter().flat_map(of_one).take(NAMES).collect()
}

/// Returns the TLS acceptor, if TLS is enabled. A new certificate is for this machine and for `names`.
pub(in crate::emulator) fn acceptor(
    options: &TlsOptions,
    names: Vec<String>,
) -> Result<Option<TlsAcceptor>, TlsError> {
    let (chain, key) = match options {
        TlsOptions::Plain => return Ok(None),
        TlsOptions::Files { certificate, key } => (read_chain(certificate)?, read_key(key)?),
        TlsOptions::Generated { certificate } => generate(certificate, names)?,
    };
    let provider = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Unusable)?;
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

type Chain = Vec<CertificateDer<'static>>;

fn read_chain(path: &Path) -> Result<Chain, TlsError> {
    let unreadable = |source| TlsError::Unreadable { path: path.to_owned(), source };
    let found = CertificateDer::pem_file_iter(path).map_err(unreadable)?;
    found.collect::<Result<_, _>>().map_err(unreadable)
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_file(path)
        .map_err(|source| TlsError::Unreadable { path: path.to_owned(), source })
}

fn generate(path: &Path, names: Vec<String>) -> Result<(Chain, PrivateKeyDer<'static>), TlsError> {
    let own = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let all: Vec<String> = own.into_iter().chain(names).collect();
    let made = rcgen::generate_simple_self_signed(all).map_err(TlsError::Ungenerated)?;
    write_blocking(path, &made.cert.pem())
        .map_err(|source| TlsError::Unwritten { path: path.to_owned(), source })?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der());
    let key = key.map_err(|problem| TlsError::Unusable(rustls::Error::General(problem.to_owned())))?;
    Ok((vec![made.cert.der().clone()], key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_certificate_can_be_given_as_a_file_but_not_without_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("emulator.pem");
        assert!(
            acceptor(&TlsOptions::Generated { certificate: path.clone() }, vec!["a.localhost".to_owned()])
                .unwrap()
                .is_some()
        );
        assert_eq!(read_chain(&path).unwrap().len(), 1);
        let error =
            acceptor(&TlsOptions::Files { certificate: path.clone(), key: path }, vec![]).err().unwrap();
        assert!(error.to_string().contains("emulator.pem"), "{error}");
        assert!(acceptor(&TlsOptions::Plain, vec![]).unwrap().is_none());
    }
}
