//! System calls, as strace lists them, and the faults that it can put into them.

use std::{
    collections::BTreeMap,
    fs::File,
    os::unix::process::ExitStatusExt as _,
    process::{Command, Output, Stdio},
    sync::LazyLock,
    thread,
    time::Duration,
};

use crate::support::{Sandbox, told};

const LOG: &str = "strace.log";
/// How strace marks a call that it lets fail.
const INJECTED: &str = "(INJECTED)";

/// The argument that stands for standard input, which is then the file `more.json`.
pub(crate) const STANDARD_INPUT: &str = "-";

/// Calls that change files, or may; `open` and `openat` do if they create.
const WRITING: [&str; 38] = [
    "chmod",
    "chown",
    "copy_file_range",
    "creat",
    "fallocate",
    "fchmod",
    "fchmodat",
    "fchmodat2",
    "fchown",
    "fchownat",
    "fdatasync",
    "fdatasync",
    "flock",
    "fsync",
    "ftruncate",
    "lchown",
    "link",
    "linkat",
    "mkdir",
    "mkdirat",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "rename",
    "renameat",
    "renameat2",
    "rmdir",
    "sendfile",
    "setxattr",
    "symlink",
    "symlinkat",
    "sync_file_range",
    "truncate",
    "unlink",
    "unlinkat",
    "utimensat",
    "write",
    "writev",
];

/// Calls whose number may differ from run to run.
const OF_MEMORY: [&str; 8] = ["brk", "futex", "getrandom", "madvise", "mmap", "mprotect", "mremap", "munmap"];

/// One system call of a run, told from others of its name by its number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Call {
    pub(crate) name: String,
    /// The how many-th of its name, from 1.
    pub(crate) number: usize,
    /// The call as strace shows it.
    pub(crate) shown: String,
}

impl Call {
    pub(crate) fn writes(&self) -> bool {
        WRITING.contains(&self.name.as_str()) || self.creates()
    }

    pub(crate) fn creates(&self) -> bool {
        self.name.starts_with("open") && self.shown.contains("O_CREAT")
    }

    /// Whether it prints, to stdout or stderr.
    pub(crate) fn prints(&self) -> bool {
        ["write(1,", "write(2,", "writev(1,", "writev(2,"].iter().any(|start| self.shown.starts_with(start))
    }

    /// Whether it prints a result. Hints and progress may get lost.
    pub(crate) fn prints_result(&self) -> bool {
        ["write(1,", "writev(1,"].iter().any(|start| self.shown.starts_with(start))
    }

    /// Whether it writes, and did not fail: what is on the disk after it differs from what was there before.
    pub(crate) fn has_effect(&self) -> bool {
        self.writes() && !self.shown.contains(" = -1 ")
    }

    /// Whether it is made where the program stands, and not wherever memory is needed.
    fn is_steady(&self) -> bool {
        !OF_MEMORY.contains(&self.name.as_str())
    }
}

/// A fault in some calls of a run.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The process is killed as it enters the call, which does not happen.
    Kill(Call),
    /// The call fails.
    Fail(Call, &'static str),
    /// This call fails, and so does every later one of its name.
    FailFrom(Call, &'static str),
}

impl Fault {
    fn injection(&self) -> String {
        let (call, what, on) = match self {
            Self::Kill(call) => (call, "signal=KILL".to_owned(), ""),
            Self::Fail(call, errno) => (call, format!("error={errno}"), ""),
            Self::FailFrom(call, errno) => (call, format!("error={errno}"), "+"),
        };
        format!("inject={}:{what}:when={}{on}", call.name, call.number)
    }

    /// Runs the program with the fault in it, and returns the sandbox and the output; `None` if another thread always
    /// comes first with a call of the same name and number, with which it wakes up the first one. No disk fails there, and
    /// the program may wait for ever. [`calls`] leaves out such a call if the thread was as early when it looked.
    pub(crate) fn run(&self, sandbox: impl Fn() -> Sandbox, args: &[&str]) -> Option<(Sandbox, Output)> {
        (0..5).find_map(|_| {
            let sandbox = sandbox();
            self.run_once(&sandbox, args).map(|output| (sandbox, output))
        })
    }

    fn run_once(&self, sandbox: &Sandbox, args: &[&str]) -> Option<Output> {
        let (Self::Kill(call) | Self::Fail(call, _) | Self::FailFrom(call, _)) = self;
        let trace = format!("trace=execve,{}", call.name);
        let mut command = strace(sandbox, &["-e", &trace, "-e", &self.injection()], args);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let running = thread::spawn(move || child.wait_with_output().unwrap());
        while !running.is_finished() {
            thread::sleep(Duration::from_millis(5));
            if let Some(process) = hit_elsewhere(sandbox) {
                let _ = Command::new("kill").args(["-9", &process]).output();
                let _ = running.join();
                return None;
            }
        }
        let output = running.join().unwrap();
        if hit_elsewhere(sandbox).is_some() {
            return None;
        }
        let killed = output.status.signal() == Some(9);
        assert_eq!(killed, matches!(self, Self::Kill(_)), "{self:?}: {}", told(&output));
        let log = sandbox.read(LOG);
        let injected = matches!(self, Self::Kill(_)) || String::from_utf8_lossy(&log).contains(INJECTED);
        assert!(injected, "{self:?} happened nowhere");
        std::fs::remove_file(sandbox.path(LOG)).unwrap();
        Some(output)
    }
}

/// The process whose fault was in a call of another thread than the first, if that has happened.
fn hit_elsewhere(sandbox: &Sandbox) -> Option<String> {
    let log = std::fs::read(sandbox.path(LOG)).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let (first, _) = log.split_once(' ')?;
    let is_other = |line: &str| line.contains(INJECTED) && !line.starts_with(&format!("{first} "));
    log.lines().any(is_other).then(|| first.to_owned())
}

/// The system calls of the first thread of a run that nothing disturbs, without those that another thread could be
/// taken for: strace counts the calls of each thread by themselves. No other thread writes a file.
pub(crate) fn calls(sandbox: &Sandbox, args: &[&str], code: i32) -> Vec<Call> {
    let output = strace(sandbox, &["-s", "256"], args).output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", told(&output));
    let log = String::from_utf8(sandbox.read(LOG)).unwrap();
    std::fs::remove_file(sandbox.path(LOG)).unwrap();
    let (first, _) = log.split_once(' ').unwrap();
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut calls = Vec::new();
    for (thread, shown) in log.lines().filter_map(|line| line.split_once(' ')) {
        let shown = shown.trim_start();
        let Some((name, _)) = shown.split_once('(') else { continue };
        // the second half of a call, or the end of a thread
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            continue;
        }
        let number = counts.entry((name, thread)).and_modify(|count| *count += 1).or_insert(1);
        if thread == first {
            calls.push(Call { name: name.to_owned(), number: *number, shown: shown.to_owned() });
        }
    }
    let elsewhere = |call: &Call| {
        let others = counts.iter().filter(|((name, thread), _)| *name == call.name && *thread != first);
        others.map(|(_, count)| *count).max().unwrap_or_default()
    };
    calls.retain(|call| call.number > elsewhere(call));
    calls
}

/// Where to kill a run: as it enters each call that has an effect on the disk, and at the call after the last of them.
/// In between, the disk stays as it is, so that a run which is killed there leaves what one leaves that is killed at the
/// next of these.
pub(crate) fn around_effects(calls: &[Call]) -> Vec<Call> {
    let steady: Vec<&Call> = calls.iter().filter(|call| call.is_steady()).collect();
    let last = steady.iter().rposition(|call| call.has_effect()).unwrap();
    let wanted = steady.iter().enumerate().filter(|(at, call)| call.has_effect() || *at == last + 1);
    wanted.map(|(_, call)| (*call).clone()).collect()
}

/// Whether system calls can be traced here; says so if not.
pub(crate) fn can_trace() -> bool {
    static CAN: LazyLock<bool> = LazyLock::new(|| {
        let sandbox = Sandbox::empty();
        let inject = ["-e", "trace=exit_group", "-e", "inject=exit_group:signal=KILL:when=1"];
        let killed = strace(&sandbox, &inject, &["--version"]).output();
        killed.is_ok_and(|output| output.status.signal() == Some(9))
    });
    if !*CAN {
        crate::skip::skipped("there is no strace, or it may not trace");
    }
    *CAN
}

/// The program, with standard input where an argument names that.
pub(crate) fn command(sandbox: &Sandbox, args: &[&str]) -> Command {
    let mut command = sandbox.command(args);
    feed(&mut command, sandbox, args);
    command
}

fn feed(command: &mut Command, sandbox: &Sandbox, args: &[&str]) {
    if args.contains(&STANDARD_INPUT) {
        command.stdin(File::open(sandbox.path("more.json")).unwrap());
    }
}

fn strace(sandbox: &Sandbox, options: &[&str], args: &[&str]) -> Command {
    let mut command = sandbox.program("strace");
    command.args(["-f", "-qq", "-o", LOG]).args(options).arg(env!("CARGO_BIN_EXE_swa-apim")).args(args);
    feed(&mut command, sandbox, args);
    command
}
