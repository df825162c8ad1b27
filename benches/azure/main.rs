//! Commands over HTTP, against a stand-in for Azure that answers after a fixed delay: `cargo bench --bench azure`.
//!
//! Each row is the median of several runs of a release build after one that does not count, how many requests
//! a run sends, and the bound. Nothing here fails: a bound that is missed is marked.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run has nothing to say")]

#[path = "../../tests/support/azure/mod.rs"]
mod azure;

use std::{
    fmt::Write as _,
    fs::File,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use azure::{FakeAzure, Options, SERVICE, SITE, Shape, TOKEN, site};

const RUNS: usize = 9;
const FLEET: usize = 1_000;

fn main() {
    println!("{:<44} {:>10} {:>10} {:>9}", "", "median", "bound", "requests");
    for delay in [20, 50, 100].map(Duration::from_millis) {
        verbs(delay);
        usual_names(delay);
    }
    slow_link();
    look(&format!("status of a fleet of {FLEET}, D = 50 ms"), |_| "status --all -o tsv".to_owned());
    look(&format!("audit of {FLEET} products, D = 50 ms"), |azure| {
        format!("audit --provider arm --endpoint {} --apim {SERVICE} -o tsv", azure.endpoint())
    });
}

/// `status`, `link`, `relink` and `unlink` where each answer takes `delay`.
fn verbs(delay: Duration) {
    let azure = FakeAzure::with_scene(Options { latency: delay, ..Options::default() });
    let shown = delay.as_millis();
    let bound = |rounds: u32, rest: u64| Some(delay * rounds + Duration::from_millis(rest));
    row(&azure, &format!("status, D = {shown} ms, not linked"), "status", None, bound(3, 15));
    row(&azure, &format!("link, D = {shown} ms"), "link", Some("unlink --purge --yes"), bound(6, 25));
    row(&azure, &format!("status, D = {shown} ms, linked"), "status", None, bound(3, 15));
    row(&azure, &format!("link of what is linked, D = {shown} ms"), "link", None, bound(3, 30));
    row(&azure, &format!("relink, D = {shown} ms, no API, no grace"), "relink --grace 0", None, None);
    row(&azure, &format!("unlink --purge, D = {shown} ms"), "unlink --purge --yes", Some("link"), None);
}

/// A link that was made by the engine: its subscription has the name of the product, so it is read a round earlier.
fn usual_names(delay: Duration) {
    let azure = FakeAzure::with_scene(Options { latency: delay, provisions: false, ..Options::default() });
    let shown = delay.as_millis();
    let bound = Some(delay * 2 + Duration::from_millis(30));
    let linked = "link --provisioning engine";
    timed(&mut command(&azure, linked, Path::new(".")));
    let status = "status --provisioning engine";
    row(&azure, &format!("status, usual names, D = {shown} ms"), status, None, bound);
    row(&azure, &format!("link again, usual names, D = {shown} ms"), linked, None, bound);
}

/// A link that takes Azure three seconds.
fn slow_link() {
    let options = Options {
        shape: Shape::AsyncOperation,
        takes: Duration::from_secs(3),
        latency: Duration::from_millis(50),
        ..Options::default()
    };
    let azure = FakeAzure::with_scene(options);
    let bound = Some(Duration::from_millis(3_600));
    row(&azure, "link that takes 3 s, D = 50 ms", "link", Some("unlink --purge --yes"), bound);
}

/// A whole fleet of links on one service that counts requests in token buckets, with a configuration for it.
fn fleet() -> (FakeAzure, tempfile::TempDir) {
    let options = Options { throttles: true, ..Options::default() };
    let azure = FakeAzure::with_scene(Options { latency: Duration::from_millis(50), ..options });
    let folder = tempfile::tempdir().unwrap();
    let mut config = format!("[provider.arm]\nendpoint = \"{}\"\n", azure.endpoint());
    for number in 0..FLEET {
        let id = format!("{SITE}-{number:04}");
        azure.put(&site(&id, &format!("calm-sea-{number:04}.5.azurestaticapps.net")));
        azure.state().link(&id, SERVICE);
        writeln!(
            config,
            "[env.e{number:04}]\nprovider = \"arm\"\nstatic-web-app = \"{id}\"\napim = \"{SERVICE}\""
        )
        .unwrap();
    }
    File::create(folder.path().join("swa-apim.toml")).unwrap().write_all(config.as_bytes()).unwrap();
    (azure, folder)
}

/// One look at the whole fleet, held against the time that the buckets allow for the reads that it sends.
fn look(title: &str, line: impl Fn(&FakeAzure) -> String) {
    let (azure, folder) = fleet();
    azure.take_seen();
    let (took, _) = timed(&mut command(&azure, &line(&azure), folder.path()));
    let seen = azure.take_seen();
    let reads = seen.iter().filter(|seen| ["GET", "HEAD"].contains(&&*seen.method)).count();
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let floor = Duration::from_secs_f64((reads as f64 - 250.0).max(0.0) / 25.0);
    let bound = (!floor.is_zero()).then(|| floor.mul_f64(1.1));
    print_row(title, took, bound, seen.len());
    println!(
        "    the buckets allow {reads} reads in {floor:.1?}; {} answers were 429",
        azure.state().refused()
    );
}

fn row(azure: &FakeAzure, title: &str, line: &str, before: Option<&str>, bound: Option<Duration>) {
    let mut times = Vec::new();
    let mut requests = 0;
    for run in 0..=RUNS {
        if let Some(before) = before {
            timed(&mut command(azure, before, Path::new(".")));
        }
        azure.take_seen();
        let (took, _) = timed(&mut command(azure, line, Path::new(".")));
        requests = azure.take_seen().len();
        if run > 0 {
            times.push(took);
        }
    }
    times.sort();
    print_row(title, times[RUNS / 2], bound, requests);
}

fn print_row(title: &str, took: Duration, bound: Option<Duration>, requests: usize) {
    let told = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    let missed = if bound.is_some_and(|bound| took > bound) { " missed" } else { "" };
    println!(
        "{title:<44} {:>10} {:>10} {requests:>9}{missed}",
        told(took),
        bound.map(told).unwrap_or_default()
    );
}

fn timed(command: &mut Command) -> (Duration, Vec<u8>) {
    let since = Instant::now();
    let output = command.output().unwrap();
    let took = since.elapsed();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    (took, output.stdout)
}

fn command(azure: &FakeAzure, line: &str, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swa-apim"));
    command.args(line.split_whitespace()).current_dir(folder).stdin(Stdio::null());
    command.env_clear().env("SWA_APIM_ACCESS_TOKEN", TOKEN).env("HOME", std::env::temp_dir());
    if !line.contains("--all") && !line.contains("--provider") {
        command.envs([
            ("SWA_APIM_PROVIDER", "arm"),
            ("SWA_APIM_ENDPOINT", &azure.endpoint()),
            ("SWA_APIM_STATIC_WEB_APP", SITE),
            ("SWA_APIM_APIM", SERVICE),
            ("SWA_APIM_GRACE", "0"),
        ]);
    }
    command
}
