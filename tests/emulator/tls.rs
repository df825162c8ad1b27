//! TLS, with a certificate that is made for the run.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::Arc,
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use serde_json::Value;

use crate::world::{APIM, Emulated, TOKEN, service};

/// What is answered over TLS to somebody who trusts this certificate alone.
fn ask(address: &str, certificate: &str, name: &str, path: &str) -> Result<String, std::io::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let server = ServerName::try_from(name.to_owned()).unwrap();
    let connection = ClientConnection::new(Arc::new(config), server).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address)?);
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost:1\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    Ok(answer)
}

#[test]
fn both_planes_use_tls_with_a_certificate_that_clients_can_trust() {
    let emulated = Emulated::start(&["--tls", "--tls-cert", "emulator.pem", "--log", "off"]);
    let certificate = fs::read_to_string(emulated.sandbox.path("emulator.pem")).unwrap();
    assert!(!certificate.contains("PRIVATE KEY"), "the key goes nowhere");
    let path = format!("{}/apis?api-version={APIM}", service());
    for name in
        ["localhost", "site-0.localhost", "shop-apim.localhost", "site-0.5.azurestaticapps.net", "127.0.0.1"]
    {
        let answer = ask(&emulated.control, &certificate, name, &path).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{name}: {answer}");
    }
    let metadata =
        ask(&emulated.control, &certificate, "localhost", "/metadata/endpoints?api-version=2022-09-01");
    let metadata = metadata.unwrap();
    let (_, body) = metadata.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body[0]["resourceManager"], "https://localhost:1/", "links have the client's scheme and host");
    let data = ask(&emulated.data, &certificate, "localhost", "/").unwrap();
    assert!(data.starts_with("HTTP/1.1 "), "{data}");
    assert!(ask(&emulated.control, &certificate, "evil.example", &path).is_err());
}

#[test]
fn a_certificate_without_its_key_is_refused_before_anything_listens() {
    let sandbox = crate::support::Sandbox::with_sites(1);
    let refused = sandbox.run(&[
        "emulate",
        "--listen",
        "127.0.0.1:0",
        "--tls-cert",
        "none.pem",
        "--tls-key",
        "none.pem",
    ]);
    assert_eq!(refused.status.code(), Some(2), "{}", crate::support::told(&refused));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("none.pem"));
    assert!(refused.stdout.is_empty());
}
