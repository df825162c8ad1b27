//! The edge of the site, at a port of its own: it proxies `/api` to the gateway with the key that the site
//! holds, and with a token that nobody else has.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use serde_json::json;

use super::{FakeAzure, Shared, gateway, routes::Reply};

/// What the edge says, whatever it is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Saying {
    pub(crate) status: u16,
    pub(crate) media_type: &'static str,
    pub(crate) body: &'static str,
}

/// The edge; it ends when it is dropped.
pub(crate) struct Edge {
    address: SocketAddr,
    says: Arc<Mutex<Option<Saying>>>,
    seen: Arc<Mutex<Vec<String>>>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Edge {
    /// The edge of the site that is linked in `azure`.
    pub(crate) fn of(azure: &FakeAzure) -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let mut edge =
            Self { address, says: Arc::default(), seen: Arc::default(), ended: Arc::default(), thread: None };
        let (says, seen, ended) = (Arc::clone(&edge.says), Arc::clone(&edge.seen), Arc::clone(&edge.ended));
        let shared = Arc::clone(&azure.shared);
        edge.thread = Some(thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let saying = *says.lock().unwrap();
                serve(&shared, &stream, saying, &seen);
            }
        }));
        edge
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets it say this from now on.
    pub(crate) fn says(&self, saying: Saying) {
        *self.says.lock().unwrap() = Some(saying);
    }

    /// The heads of the requests that arrived, in lower case.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(shared: &Shared, stream: &TcpStream, saying: Option<Saying>, seen: &Mutex<Vec<String>>) {
    let mut head = String::new();
    let mut reader = BufReader::new(stream);
    while !head.ends_with("\r\n\r\n") {
        match reader.read_line(&mut head) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    seen.lock().unwrap().push(head.to_lowercase());
    let (status, media_type, body) = match saying {
        Some(Saying { status, media_type, body }) => (status, media_type, body.to_owned()),
        None => honest(shared, &path),
    };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    let mut stream = stream;
    let _ = stream.write_all(answer.as_bytes());
}

fn honest(shared: &Shared, path: &str) -> (u16, &'static str, String) {
    let mut state = shared.state();
    let Some(key) = state.site_key() else {
        return (404, "text/html", "<html><title>404</title></html>".to_owned());
    };
    let Reply { status, body, .. } = gateway::answer(&mut state, "GET", path, Some(&key));
    let body = body.unwrap_or_default();
    if body["message"] == "JWT not present." {
        return (200, "application/json", json!({"orders": []}).to_string());
    }
    (status, "application/json", body.to_string())
}
