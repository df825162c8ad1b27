//! The emulator of a release build, against what users are promised: `cargo bench --bench emulator`.
//!
//! Each client has a connection of its own, sends a request, reads the whole answer and sends the next. Nothing
//! here fails: a bound that is missed is marked.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run has nothing to say")]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const BINARY: &str = env!("CARGO_BIN_EXE_swa-apim");
const SERVICE: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.ApiManagement/service/shop-apim";
const STARTS: usize = 20;
const READERS: usize = 16;
const WRITERS: usize = 64;
const EACH_READS: usize = 1000;
const EACH_WRITES: usize = 25;

/// An emulator that runs; it ends when it is dropped.
struct Emulator {
    child: Child,
    /// What it prints is read as long as it runs.
    _stdout: BufReader<ChildStdout>,
    address: String,
    ready: Duration,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn start(folder: &Path) -> Emulator {
    let listen = ["--listen", "127.0.0.1:0", "--data-plane", "127.0.0.1:0", "--log", "off"];
    let mut command = Command::new(BINARY);
    command.current_dir(folder).args(["emulate", "--model", "control-plane.json"]).args(listen);
    let since = Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    let ready = since.elapsed();
    let address = line.split("http://").nth(1).unwrap().split('"').next().unwrap().to_owned();
    Emulator { child, _stdout: stdout, address, ready }
}

/// A connection that is kept.
struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    fn to(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::new() }
    }

    /// Sends a request, reads the answer to its end, and returns its status.
    fn send(&mut self, method: &str, path: &str, body: &str) -> u16 {
        let head = "Host: localhost\r\nAuthorization: Bearer any\r\nContent-Length";
        let length = body.len();
        let request =
            format!("{method} {path}?api-version=2024-05-01 HTTP/1.1\r\n{head}: {length}\r\n\r\n{body}");
        self.stream.write_all(request.as_bytes()).unwrap();
        self.buffer.clear();
        loop {
            let mut chunk = [0; 8192];
            let count = self.stream.read(&mut chunk).unwrap();
            assert!(count > 0, "the connection was closed");
            self.buffer.extend_from_slice(&chunk[..count]);
            let Some(end) = self.buffer.windows(4).position(|it| it == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&self.buffer[..end]).to_ascii_lowercase();
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            if self.buffer.len() >= end + 4 + length {
                return head.split(' ').nth(1).unwrap().parse().unwrap();
            }
        }
    }
}

/// How many requests a second `clients` get answered, of which each sends `each`.
fn rate(address: &str, clients: usize, each: usize, send: impl Fn(&mut Client, usize, usize) + Sync) -> f64 {
    let since = Instant::now();
    thread::scope(|scope| {
        for client in 0..clients {
            let send = &send;
            scope.spawn(move || {
                let mut connection = Client::to(address);
                (0..each).for_each(|number| send(&mut connection, client, number));
            });
        }
    });
    #[expect(clippy::cast_precision_loss, reason = "far from 2^52")]
    let requests = (clients * each) as f64;
    requests / since.elapsed().as_secs_f64()
}

fn print(title: &str, value: f64, unit: &str, bound: f64, is_kept: bool) {
    let mark = if is_kept { "" } else { "  missed" };
    println!("{title:<36} {value:>9.1} {unit:<4} {bound:>9.1} {unit}{mark}");
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new(BINARY).current_dir(folder.path()).args(["init", "--sample"]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut starts: Vec<Duration> = (0..STARTS).map(|_| start(folder.path()).ready).collect();
    starts.sort();
    let median = starts[STARTS / 2].as_secs_f64() * 1000.0;
    print("start to ready line, median", median, "ms", 30.0, median <= 30.0);
    let emulator = start(folder.path());
    let reads = rate(&emulator.address, READERS, EACH_READS, |client, _, _| {
        assert_eq!(client.send("GET", &format!("{SERVICE}/apis/orders"), ""), 200);
    });
    print("GETs, 16 connections", reads, "/s", 3000.0, reads >= 3000.0);
    let writes = rate(&emulator.address, WRITERS, EACH_WRITES, |client, number, turn| {
        let body = format!("{{\"properties\":{{\"displayName\":\"{number}-{turn}\"}}}}");
        assert_eq!(client.send("PUT", &format!("{SERVICE}/products/{number}-{turn}"), &body), 201);
    });
    print("durable PUTs, 64 connections", writes, "/s", 500.0, writes >= 500.0);
}
