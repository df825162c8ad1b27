//! Whoever gives out tokens: a server on this machine that remembers what it was asked, with TLS or without.
#![allow(dead_code, reason = "each test binary uses its part")]
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

use rcgen::CertifiedKey;
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use serde_json::json;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Method, path and query.
    pub(crate) line: String,
    /// Everything above the body, in lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Asked {
    /// What a form says of a name.
    pub(crate) fn form(&self, name: &str) -> String {
        let mut pairs = url::form_urlencoded::parse(self.body.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    }
}

/// A status and a body.
pub(crate) type Given = (u16, String);
type Answer = dyn Fn(&Asked) -> Given + Send + Sync;

/// The server; it answers as long as the test runs.
pub(crate) struct Authority {
    pub(crate) origin: String,
    /// What has to be trusted, as a file has it.
    pub(crate) certificate: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Authority {
    /// One with TLS, and a certificate that nobody trusts who is not told to.
    pub(crate) fn with_tls(answer: impl Fn(&Asked) -> Given + Send + Sync + 'static) -> Self {
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let provider = Arc::new(ring::default_provider());
        let config =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
        Self::start(Some(Arc::new(config)), cert.pem(), Arc::new(answer))
    }

    /// One without, as a machine's own identity has it.
    pub(crate) fn plain(answer: impl Fn(&Asked) -> Given + Send + Sync + 'static) -> Self {
        Self::start(None, String::new(), Arc::new(answer))
    }

    fn start(tls: Option<Arc<ServerConfig>>, certificate: String, answer: Arc<Answer>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let asked = Arc::new(Mutex::new(Vec::new()));
        let remembered = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (tls, answer, remembered) = (tls.clone(), Arc::clone(&answer), Arc::clone(&remembered));
                thread::spawn(move || match tls {
                    Some(config) => {
                        let connection = ServerConnection::new(config).unwrap();
                        serve(StreamOwned::new(connection, stream), &*answer, &remembered);
                    }
                    None => serve(stream, &*answer, &remembered),
                });
            }
        });
        Self { origin: format!("{scheme}://localhost:{port}"), certificate, asked }
    }

    /// All that it was asked.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// What Entra answers with a token.
pub(crate) fn entra_token(token: &str) -> Given {
    let body =
        json!({"token_type": "Bearer", "expires_in": 3600, "ext_expires_in": 3600, "access_token": token});
    (200, body.to_string())
}

/// What Entra answers with an error.
pub(crate) fn entra_error(description: &str) -> Given {
    let body =
        json!({"error": "invalid_client", "error_description": description, "error_codes": [7_000_215]});
    (401, body.to_string())
}

fn serve(mut stream: impl Read + Write, answer: &Answer, remembered: &Mutex<Vec<Asked>>) {
    while let Some(asked) = read_request(&mut stream) {
        let (status, body) = answer(&asked);
        remembered.lock().unwrap().push(asked);
        let head = format!(
            "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        if stream
            .write_all(&[head.as_bytes(), body.as_bytes()].concat())
            .and_then(|()| stream.flush())
            .is_err()
        {
            return;
        }
    }
}

fn read_request(stream: &mut impl Read) -> Option<Asked> {
    let mut bytes = Vec::new();
    let mut one = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut one).ok()?;
        bytes.push(one[0]);
    }
    let head = String::from_utf8(bytes).ok()?;
    let line = head.lines().next()?.to_owned();
    let head = head.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
    stream.read_exact(&mut body).ok()?;
    Some(Asked { line, head, body: String::from_utf8(body).ok()? })
}
