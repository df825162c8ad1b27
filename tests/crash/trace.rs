//! System calls, as strace lists them, and the faults that it can put into them.

use std::{
    collections::BTreeMap,
    os::unix::process::ExitStatusExt as _,
    process::{Command, Output},
    sync::LazyLock,
};

use crate::support::{Sandbox, told};

const LOG: &str = "strace.log";

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

    /// Runs the program with the fault in it.
    pub(crate) fn run(&self, sandbox: &Sandbox, args: &[&str]) -> Output {
        let (Self::Kill(call) | Self::Fail(call, _) | Self::FailFrom(call, _)) = self;
        let trace = format!("trace={}", call.name);
        let output = strace(sandbox, &["-e", &trace, "-e", &self.injection()], args).output().unwrap();
        let killed = output.status.signal() == Some(9);
        assert_eq!(killed, matches!(self, Self::Kill(_)), "{self:?}: {}", told(&output));
        let log = sandbox.read(LOG);
        let injected = matches!(self, Self::Kill(_)) || String::from_utf8_lossy(&log).contains("(INJECTED)");
        assert!(injected, "{self:?} happened nowhere");
        std::fs::remove_file(sandbox.path(LOG)).unwrap();
        output
    }
}

/// Every system call of a run that nothing disturbs.
pub(crate) fn calls(sandbox: &Sandbox, args: &[&str]) -> Vec<Call> {
    let output = strace(sandbox, &["-s", "256"], args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", told(&output));
    let log = String::from_utf8(sandbox.read(LOG)).unwrap();
    std::fs::remove_file(sandbox.path(LOG)).unwrap();
    let mut counts = BTreeMap::new();
    let mut processes = Vec::new();
    let mut calls = Vec::new();
    for line in log.lines() {
        let (process, shown) = line.split_once(' ').unwrap();
        let Some((name, _)) = shown.trim_start().split_once('(') else { continue };
        let number = counts.entry(name.to_owned()).and_modify(|count| *count += 1).or_insert(1);
        calls.push(Call { name: name.to_owned(), number: *number, shown: shown.trim_start().to_owned() });
        processes.push(process);
    }
    processes.dedup();
    assert_eq!(processes.len(), 1, "strace counts the calls of each thread for itself: {log}");
    calls
}

/// The calls that write, and the call after each, where the write has had its effect.
pub(crate) fn around_writes(calls: &[Call]) -> Vec<Call> {
    let steady: Vec<&Call> = calls.iter().filter(|call| call.is_steady()).collect();
    let after_write = |at: usize| at > 0 && steady[at - 1].writes();
    let wanted = steady.iter().enumerate().filter(|(at, call)| call.writes() || after_write(*at));
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

fn strace(sandbox: &Sandbox, options: &[&str], args: &[&str]) -> Command {
    let mut command = sandbox.program("strace");
    command.args(["-f", "-qq", "-o", LOG]).args(options).arg(env!("CARGO_BIN_EXE_swa-apim")).args(args);
    command
}
