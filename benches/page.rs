//! The page over a model of 1,000 links, against what users are promised: `cargo bench --bench page`.
//!
//! Each row is the median of several runs, with its minimum and maximum, and the bound; the last one is the memory of the
//! process. Nothing here fails: a bound that is missed is marked.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run has nothing to say")]

mod fleet;

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const BINARY: &str = env!("CARGO_BIN_EXE_swa-apim");
const LINKS: usize = 1_000;
const RUNS: usize = 15;
/// The largest memory of the process, in MB.
const MEMORY: u64 = 40;

/// A page that is served, and a connection of a browser to it.
struct Served {
    child: Child,
    address: String,
    cookie: String,
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    fleet::write(folder.path(), LINKS, 0);
    run(folder.path(), &["model", "import", "resources.json"]);
    println!("{:<36} {:>9} {:>9} {:>9} {:>9}", "", "median", "min", "max", "bound");
    let first: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let (served, page) = Served::start(folder.path());
            drop(served);
            page
        })
        .collect();
    row("first page, from the printed line", first, 20);
    let (served, _) = Served::start(folder.path());
    row("the page again", (0..RUNS).map(|_| timed(|| drop(served.get("/")))).collect(), 20);
    let page = served.get("/");
    let question = question(&page);
    row("a window asks for news", (0..RUNS).map(|_| timed(|| drop(served.get(&question)))).collect(), 10);
    row(
        "an update after a change",
        (0..RUNS).map(|number| update(&served, folder.path(), number)).collect(),
        10,
    );
    for path in ["/links/e00500", "/services", "/picture"] {
        served.get(path);
    }
    let memory = memory_of(served.child.id());
    println!("{:<36} {memory:>6} MB {:>32}{}", "memory", format!("{MEMORY} MB"), missed(memory > MEMORY));
}

/// Changes a link on the command line, and measures until an open window shows it: the server reads the model, and the
/// window its page.
fn update(served: &Served, folder: &Path, number: usize) -> Duration {
    let question = question(&served.get("/"));
    let verb: &[&str] = if number.is_multiple_of(2) { &["unlink"] } else { &["link"] };
    run(folder, &[verb, &["--env", "e00500"]].concat());
    timed(|| {
        while !served.get(&question).starts_with("HTTP/1.1 200") {}
        served.get("/");
    })
}

fn question(page: &str) -> String {
    let attribute =
        |name: &str| page.split(name).nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    attribute("data-news=\"") + &attribute("data-seen=\"")
}

impl Served {
    /// Starts the page, and measures the first page from the line that is printed on.
    fn start(folder: &Path) -> (Self, Duration) {
        let mut command = Command::new(BINARY);
        command.current_dir(folder).args(["ui", "--config", "linked.toml"]);
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let since = Instant::now();
        let (address, token) = line.trim().trim_start_matches("http://").split_once('/').unwrap();
        let mut served = Self { child, address: address.to_owned(), cookie: String::new() };
        let entered = served.get(&format!("/{token}"));
        let cookie = entered.split("set-cookie: ").nth(1).unwrap();
        cookie.split(';').next().unwrap().clone_into(&mut served.cookie);
        let page = served.get("/");
        assert!(page.starts_with("HTTP/1.1 200") && page.contains("e00999"), "{page}");
        (served, since.elapsed())
    }

    /// One request on a connection of its own, with its answer.
    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let (host, cookie) = (&self.address, &self.cookie);
        let head =
            format!("GET {path} HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn timed(errand: impl FnOnce()) -> Duration {
    let since = Instant::now();
    errand();
    since.elapsed()
}

fn row(title: &str, mut times: Vec<Duration>, bound: u64) {
    times.sort();
    let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    let (least, median, most) = (times[0], times[times.len() / 2], times[times.len() - 1]);
    let bound = Duration::from_millis(bound);
    println!(
        "{title:<36} {:>9} {:>9} {:>9} {:>9}{}",
        ms(median),
        ms(least),
        ms(most),
        ms(bound),
        missed(median > bound)
    );
}

fn missed(is_missed: bool) -> &'static str {
    if is_missed { "  missed" } else { "" }
}

/// The largest memory of a process, in MB.
fn memory_of(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn run(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new(BINARY);
    command
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    assert!(command.status().unwrap().success(), "{arguments:?}");
}
