//! A server of files on this machine: what a download, a package index or a registry is for a test.
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// Serves texts and files by their paths until the test ends, and keeps which paths were asked for.
#[derive(Clone, Debug)]
pub(crate) struct Shelf {
    address: SocketAddr,
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Shelf {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shelf = Self { address, files: Arc::default(), asked: Arc::default() };
        let served = shelf.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let served = served.clone();
                thread::spawn(move || served.answer(stream));
            }
        });
        shelf
    }

    /// The address of the server, without a slash at its end.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Puts a file at a path, which begins with a slash.
    pub(crate) fn put(&self, path: &str, content: impl Into<Vec<u8>>) {
        self.files.lock().unwrap().insert(path.to_owned(), content.into());
    }

    /// The paths that were asked for, in their order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn answer(&self, mut stream: TcpStream) {
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
        let Some(request) = lines.next() else { return };
        let _: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
        self.asked.lock().unwrap().push(path.clone());
        let file = self.files.lock().unwrap().get(&path).cloned();
        let (status, content) = file.map_or(("404 Not Found", Vec::new()), |content| ("200 OK", content));
        let kind = match content.first() {
            Some(b'{') => "application/json",
            Some(b'<') => "text/html",
            _ => "application/octet-stream",
        };
        let length = content.len();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        // A client that has gone away is its own affair.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&content));
    }
}
