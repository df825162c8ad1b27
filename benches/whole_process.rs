//! Whole processes of a release build, against what users are promised: `cargo bench`.
//!
//! Each row is the median of several runs after one that does not count, with its minimum and maximum, the
//! largest memory of the process, and the bound. Nothing here fails: a bound that is missed is marked.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run has nothing to say")]

mod fleet;

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use nix::sys::resource::{UsageWho, getrusage};

const BINARY: &str = env!("CARGO_BIN_EXE_swa-apim");
const LINKED: usize = 10_000;
const NEW: usize = 1_000;

/// One row of the table.
struct Row {
    title: &'static str,
    /// Run before each measured run, not measured.
    prepare: &'static [&'static str],
    command: &'static [&'static str],
    completion: bool,
    runs: usize,
    bound: Duration,
    memory: Option<u64>,
}

const SMALL: Row = Row {
    title: "",
    prepare: &[],
    command: &[],
    completion: false,
    runs: 20,
    bound: Duration::from_millis(5),
    memory: Some(15),
};

const ROWS_SMALL: [Row; 4] = [
    Row { title: "status, small model", command: &["status", "--env", "prod"], ..SMALL },
    Row {
        title: "link, small model, durable",
        prepare: &["unlink", "--env", "prod", "--purge", "--yes"],
        command: &["link", "--env", "prod"],
        bound: Duration::from_millis(15),
        ..SMALL
    },
    Row {
        title: "relink, small model, durable",
        command: &["relink", "--env", "prod"],
        bound: Duration::from_millis(15),
        ..SMALL
    },
    Row {
        title: "one Tab after --env",
        command: &["--", "swa-apim", "link", "--env", ""],
        completion: true,
        bound: Duration::from_millis(10),
        ..SMALL
    },
];

const ROWS_FLEET: [Row; 4] = [
    Row {
        title: "status of one of 10,000",
        command: &["status", "--env", "e05000", "--config", "one.toml"],
        runs: 10,
        bound: Duration::from_millis(120),
        memory: None,
        ..SMALL
    },
    Row {
        title: "the same, of 11,000 envs",
        command: &["status", "--env", "e05000"],
        runs: 10,
        bound: Duration::from_millis(120),
        memory: None,
        ..SMALL
    },
    Row {
        title: "status of all 10,000",
        command: &["status", "--all", "--config", "linked.toml"],
        runs: 5,
        bound: Duration::from_secs(1),
        memory: None,
        ..SMALL
    },
    Row {
        title: "link of 1,000 new ones beside them",
        prepare: &["unlink", "--all", "--purge", "--yes", "--config", "new.toml"],
        command: &["link", "--all", "--config", "new.toml"],
        runs: 5,
        bound: Duration::from_secs(1),
        memory: None,
        ..SMALL
    },
];

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [measure, folder, title] = arguments.as_slice()
        && measure == "--measure"
    {
        let row = ROWS_SMALL.iter().chain(&ROWS_FLEET).find(|row| row.title == title).unwrap();
        println!("{}", measured(Path::new(folder), row));
        return;
    }
    let tenths = fs::metadata(BINARY).unwrap().len() * 10 / (1 << 20);
    println!("size of the program: {}.{} MiB", tenths / 10, tenths % 10);
    let small = tempfile::tempdir().unwrap();
    run(small.path(), &["init", "--sample"], false);
    run(small.path(), &["link", "--env", "prod"], false);
    println!("{:<36} {:>9} {:>9} {:>9} {:>8} {:>9}", "", "median", "min", "max", "memory", "bound");
    for row in &ROWS_SMALL {
        print_row(small.path(), row);
    }
    let large = tempfile::tempdir().unwrap();
    fleet::write(large.path(), LINKED, NEW);
    run(large.path(), &["model", "import", "resources.json"], false);
    for row in &ROWS_FLEET {
        print_row(large.path(), row);
    }
}

/// Measures a row in a process of its own, whose children's memory is that of the row alone.
fn print_row(folder: &Path, row: &Row) {
    let measure = ["--measure", folder.to_str().unwrap(), row.title];
    let output = Command::new(env::current_exe().unwrap()).args(measure).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    print!("{}", String::from_utf8_lossy(&output.stdout));
}

fn measured(folder: &Path, row: &Row) -> String {
    let mut times: Vec<Duration> = (0..=row.runs)
        .map(|_| {
            if !row.prepare.is_empty() {
                run(folder, row.prepare, false);
            }
            run(folder, row.command, row.completion)
        })
        .skip(1)
        .collect();
    times.sort();
    let (least, median, most) = (times[0], times[times.len() / 2], times[times.len() - 1]);
    let mebibytes = u64::try_from(getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss()).unwrap() / 1024;
    let within = median <= row.bound && row.memory.is_none_or(|most| mebibytes <= most);
    let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    format!(
        "{:<36} {:>9} {:>9} {:>9} {:>6} MB {:>9}{}",
        row.title,
        ms(median),
        ms(least),
        ms(most),
        mebibytes,
        ms(row.bound),
        if within { "" } else { "  missed" }
    )
}

fn run(folder: &Path, arguments: &[&str], completion: bool) -> Duration {
    let mut command = Command::new(BINARY);
    command
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if completion {
        command.env("SWA_APIM_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "3").env("_CLAP_IFS", "\n");
    }
    let start = Instant::now();
    let status = command.status().unwrap();
    let took = start.elapsed();
    assert!(status.success(), "{arguments:?}: {status}");
    took
}
