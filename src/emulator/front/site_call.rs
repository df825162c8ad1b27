//! Calls a site as a client does, and returns its answer with every hop.
//!
//! The request takes the same way as one of a client, faults included, over a connection in memory: so it is the same
//! with TLS, and does not depend on names that this machine can resolve.
#![warn(clippy::arithmetic_side_effects)]

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    HeaderMap, Method, Request, Response, Uri,
    body::Incoming,
    client, header,
    header::{HeaderName, HeaderValue},
    server,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{io::duplex, time::timeout};

use super::Server;
use crate::{
    emulator::traffic::{Recording, redacted},
    model::Key,
    provider::emulated::{CallAnswer, SiteCall},
};

/// The time limit of a call.
const LIMIT: Duration = Duration::from_secs(60);
/// The number of bytes of the answer that are returned.
const SHOWN: usize = 64 << 10;
/// The size of the connection's buffer, in bytes.
const BUFFER: usize = 64 << 10;
/// Headers that the connection sets, or that would change its meaning.
const RESERVED: [HeaderName; 6] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::UPGRADE,
    header::TE,
];

/// Sends a request to a site.
///
/// # Errors
///
/// The reason why the request cannot be sent as it is, or has no answer.
pub(super) async fn send(server: &Server, call: SiteCall) -> Result<CallAnswer, String> {
    let request = request(call)?;
    let sent = timeout(LIMIT, over_memory(server, request)).await;
    sent.unwrap_or_else(|_| Err(format!("the site has not answered within {} s", LIMIT.as_secs())))
}

fn request(call: SiteCall) -> Result<Request<Full<Bytes>>, String> {
    let SiteCall { host, method, path, headers, body } = call;
    let method: Method = method.parse().map_err(|_| format!("`{method}` is not an HTTP method"))?;
    let uri: Uri = path.parse().map_err(|_| format!("`{path}` is not a path"))?;
    if uri.authority().is_some() || !path.starts_with('/') {
        return Err(format!("`{path}` is not a path: it must begin with `/`"));
    }
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    let host = HeaderValue::try_from(&host).map_err(|_| format!("`{host}` is not a host"))?;
    request.headers_mut().insert(header::HOST, host);
    for (name, value) in headers {
        let name: HeaderName = name.parse().map_err(|_| format!("`{name}` is not the name of a header"))?;
        if RESERVED.contains(&name) {
            return Err(format!("the header `{name}` is set by the connection"));
        }
        let value = HeaderValue::try_from(value)
            .map_err(|_| format!("the value of the header `{name}` has characters that cannot be sent"))?;
        request.headers_mut().append(name, value);
    }
    Ok(request)
}

/// Sends a request over a connection in memory, of which the emulator is the other end.
async fn over_memory(server: &Server, request: Request<Full<Bytes>>) -> Result<CallAnswer, String> {
    let (ours, theirs) = duplex(BUFFER);
    let number = AtomicU64::new(0);
    let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let service = service_fn(|request: Request<Incoming>| {
        let recording = server.record(&request);
        number.store(recording.as_ref().map_or(0, Recording::number), Relaxed);
        async move {
            let answer = server.answer_data(request, peer, recording).await;
            answer.ok_or_else(|| io::Error::from(io::ErrorKind::ConnectionAborted))
        }
    });
    let serving = server::conn::http1::Builder::new().serve_connection(TokioIo::new(theirs), service);
    let shaken = client::conn::http1::handshake(TokioIo::new(ours)).await;
    let (mut sender, connection) = shaken.map_err(|error| error.to_string())?;
    let calling = async {
        let answer = sender.send_request(request).await.ok();
        match answer {
            Some(answer) => Some(read(answer).await),
            None => None,
        }
    };
    let read = tokio::select! {
        biased;
        read = calling => read,
        // The connection ends when the answer has been read; a fault ends it earlier.
        _ = async { tokio::join!(serving, connection) } => None,
    };
    let exchange = server.traffic.as_ref().and_then(|log| log.get(number.load(Relaxed)));
    Ok(CallAnswer { exchange, ..shown(server, read) })
}

/// The beginning of an answer.
struct Beginning {
    status: u16,
    headers: HeaderMap,
    bytes: Bytes,
    truncated: bool,
}

async fn read(answer: Response<Incoming>) -> Beginning {
    let (parts, mut body) = answer.into_parts();
    let (mut bytes, mut truncated) = (BytesMut::new(), false);
    while let Some(Ok(frame)) = body.frame().await {
        bytes.extend_from_slice(frame.data_ref().map(AsRef::as_ref).unwrap_or_default());
        if bytes.len() > SHOWN {
            truncated = true;
            break;
        }
    }
    Beginning { status: parts.status.as_u16(), headers: parts.headers, bytes: bytes.freeze(), truncated }
}

/// Returns an answer without secrets: an API may answer with the headers that it has received.
fn shown(server: &Server, read: Option<Beginning>) -> CallAnswer {
    let Some(Beginning { status, headers, bytes, truncated }) = read else {
        let (headers, body) = (Vec::new(), None);
        return CallAnswer { status: None, headers, body, length: 0, truncated: false, exchange: None };
    };
    let model = server.store.current();
    let keys: Vec<&Key> = model.all_keys().collect();
    let headers = headers.iter().map(|(name, value)| {
        (name.to_string(), without_secrets(&String::from_utf8_lossy(value.as_bytes()), &keys))
    });
    let text = std::str::from_utf8(&bytes).ok().or_else(|| beginning(&bytes).filter(|_| truncated));
    let text = text.filter(|text| !text.contains('\0')).map(|text| without_secrets(text, &keys));
    let body = if truncated { text.map(|text| without_last_word(&text)) } else { text };
    CallAnswer {
        status: Some(status),
        headers: headers.collect(),
        body,
        length: bytes.len(),
        truncated,
        exchange: None,
    }
}

/// Returns the text before the character at which the bytes were cut.
fn beginning(bytes: &[u8]) -> Option<&str> {
    let error = std::str::from_utf8(bytes).err().filter(|error| error.error_len().is_none())?;
    std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()
}

fn without_secrets(text: &str, keys: &[&Key]) -> String {
    let known = keys.iter().filter(|key| text.contains(key.expose()));
    let clean = known.fold(text.to_owned(), |clean, key| {
        clean.replace(key.expose(), &redacted::fingerprint(key.expose()))
    });
    redacted::secrets(&clean)
}

/// Removes the end of a text that was cut, which may be a part of a secret.
fn without_last_word(text: &str) -> String {
    let is_of_secret = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    text.trim_end_matches(is_of_secret).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(path: &str, headers: &[(&str, &str)]) -> SiteCall {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        SiteCall {
            host: "shop.localhost".to_owned(),
            method: "GET".to_owned(),
            path: path.to_owned(),
            headers: headers.collect(),
            body: String::new(),
        }
    }

    #[test]
    fn a_request_that_cannot_be_sent_as_it_is_is_refused_with_the_reason() {
        assert!(request(call("/api/x?y=1", &[("accept", "text/plain")])).is_ok());
        for (refused, reason) in [
            (call("api", &[]), "must begin with `/`"),
            (call("http://evil.example/", &[]), "must begin with `/`"),
            (call("/a b", &[]), "is not a path"),
            (call("/", &[("a b", "x")]), "not the name of a header"),
            (call("/", &[("a", "x\ny")]), "cannot be sent"),
            (call("/", &[("Host", "evil.example")]), "set by the connection"),
            (call("/", &[("transfer-encoding", "chunked")]), "set by the connection"),
            (SiteCall { method: "G T".to_owned(), ..call("/", &[]) }, "not an HTTP method"),
            (SiteCall { host: "a\nb".to_owned(), ..call("/", &[]) }, "not a host"),
        ] {
            let problem = request(refused).unwrap_err();
            assert!(problem.contains(reason), "{problem}");
        }
    }

    #[test]
    fn an_answer_that_repeats_a_key_shows_its_fingerprint() {
        let own = Key::new("a key of the model").unwrap();
        let clean = without_secrets("key=a key of the model&other=0123456789abcdef0123456789abcdef", &[&own]);
        assert_eq!(clean.matches("sha256:").count(), 2, "{clean}");
        assert_eq!(without_last_word("data: 0123456789abc"), "data: ");
        assert_eq!(beginning("grö".as_bytes().split_last().unwrap().1), Some("gr"));
    }
}
