//! The emulator's `/api` path, side by side with nginx proxying the same upstream: `cargo bench --bench edge`.
//!
//! Needs `nginx` and `wrk`, which are Debian packages. The upstream is an nginx of its own. Each row is the
//! median of several runs, which take turns. Nothing here fails: a bound that is missed is marked.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run has nothing to say")]

mod load;
mod scene;

use std::{path::Path, time::Duration};

use self::{
    load::Load,
    scene::{Emulator, Nginx},
};

const CONNECTIONS: [u32; 3] = [1, 10, 64];
const ROUNDS: usize = 5;
const RUN: Duration = Duration::from_secs(3);

/// The least share of nginx's throughput.
const LEAST_THROUGHPUT: f64 = 0.6;
/// The most of nginx's 99th percentile.
const MOST_LATENCY: f64 = 2.0;
/// The most memory, in MB.
const MOST_MEMORY: u64 = 40;
/// The longest time to the ready line.
const LONGEST_START: Duration = Duration::from_millis(30);

fn main() {
    if let Some(missing) = ["nginx", "wrk"].into_iter().find(|tool| !scene::is_there(tool)) {
        println!("notice: there is no `{missing}` here, so the edge is not measured");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let upstream = Nginx::upstream(folder.path());
    let nginx = Nginx::proxy(folder.path(), &upstream.address);
    let emulator = Emulator::start(folder.path(), &upstream.address);
    println!("{:>11} {:>22} {:>22} {:>7} {:>7}", "connections", "nginx", "edge", "rate", "p99");
    for connections in CONNECTIONS {
        print_row(connections, &nginx.address, &emulator);
    }
    print_process(folder.path(), &emulator);
}

fn print_row(connections: u32, nginx: &str, emulator: &Emulator) {
    let once = |address: &str| Load::run(address, scene::HOST, connections, RUN);
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        theirs.push(once(nginx));
        ours.push(once(&emulator.address));
    }
    let (theirs, ours) = (Load::median(&theirs), Load::median(&ours));
    let (rate, latency) = (ours.rate / theirs.rate, ours.p99 / theirs.p99);
    let kept = rate >= LEAST_THROUGHPUT && latency <= MOST_LATENCY;
    println!("{connections:>11} {theirs:>22} {ours:>22} {rate:>7.2} {latency:>7.2}{}", mark(kept));
}

fn print_process(folder: &Path, emulator: &Emulator) {
    let memory = emulator.most_memory();
    println!("memory      {memory:>9} MB, at most {MOST_MEMORY} MB{}", mark(memory <= MOST_MEMORY));
    let mut starts: Vec<Duration> = (0..ROUNDS).map(|_| Emulator::again(folder).took).collect();
    starts.sort();
    let start = starts[ROUNDS / 2];
    let (took, bound) = (start.as_secs_f64() * 1000.0, LONGEST_START.as_millis());
    println!("ready after {took:>9.1} ms, at most {bound} ms{}", mark(start <= LONGEST_START));
}

fn mark(kept: bool) -> &'static str {
    if kept { "" } else { "  missed" }
}
