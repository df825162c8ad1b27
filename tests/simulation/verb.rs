//! The command that is run: what it is for, and whether it is run directly or from a saved plan.

use std::{
    cell::OnceCell,
    collections::BTreeMap,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use swa_apim::cli::Invocation;
use tempfile::TempDir;

use crate::{
    azure::{InProcess, SERVICE, SITE},
    chance::Chance,
};

/// A command line, without what names the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Link,
    Replace,
    Relink,
    Unlink,
    Purge,
    AddApi,
    RemoveApi,
    Status,
    Audit,
    Prune,
    Rehearse,
}

/// How a command is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Directly,
    /// `--out PLAN`, and after a while `apply PLAN`.
    BySavedPlan,
}

/// One run of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Run {
    /// The command itself.
    Now,
    /// The command with `--out`.
    Save,
    /// `apply`, of the plan that was saved.
    Apply,
}

impl Verb {
    /// The verbs, the more important ones more than once.
    pub(crate) const ALL: [Self; 16] = [
        Self::Link,
        Self::Link,
        Self::Link,
        Self::Replace,
        Self::Relink,
        Self::Relink,
        Self::Relink,
        Self::Relink,
        Self::Unlink,
        Self::Purge,
        Self::AddApi,
        Self::RemoveApi,
        Self::Status,
        Self::Audit,
        Self::Prune,
        Self::Rehearse,
    ];

    fn words(self) -> &'static str {
        match self {
            Self::Link => "link --grace 1s",
            Self::Replace => "link --replace --grace 1s",
            Self::Relink => "relink --grace 1s",
            Self::Unlink => "unlink",
            Self::Purge => "unlink --purge --yes",
            Self::AddApi => "api add orders",
            Self::RemoveApi => "api remove orders",
            Self::Status => "status",
            Self::Audit => "audit",
            Self::Prune => "prune --include-gone --yes",
            Self::Rehearse => "link --replace --dry-run",
        }
    }

    pub(crate) fn only_reads(self) -> bool {
        matches!(self, Self::Status | Self::Audit | Self::Rehearse)
    }

    pub(crate) fn links(self) -> bool {
        matches!(self, Self::Link | Self::Replace | Self::Relink)
    }

    pub(crate) fn disconnects(self) -> bool {
        matches!(self, Self::Unlink | Self::Purge)
    }
}

impl How {
    pub(crate) fn new(verb: Verb, chance: &mut Chance) -> Self {
        if !verb.only_reads() && chance.hits(200) { Self::BySavedPlan } else { Self::Directly }
    }
}

/// Who provisions the link, and how long the command may take.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flags {
    pub(crate) engine_provisions: bool,
    pub(crate) timeout: Option<&'static str>,
}

impl Flags {
    /// Times beyond what a clock can add.
    const TIMEOUTS: [&str; 3] = ["18446744073709551615", "9223372036854775807s", "100000h"];

    pub(crate) fn new(engine_provisions: bool, chance: &mut Chance) -> Self {
        let timeout = if chance.hits(100) { Some(*chance.of(&Self::TIMEOUTS)) } else { None };
        Self { engine_provisions, timeout }
    }
}

/// A command line, read. Each is read once for all worlds.
pub(crate) fn invocation(verb: Verb, flags: Flags, run: Run) -> &'static Invocation {
    static ALL: Mutex<BTreeMap<String, &'static Invocation>> = Mutex::new(BTreeMap::new());
    let line = line(verb, flags, run);
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    all.entry(line)
        .or_insert_with_key(|line| Box::leak(Box::new(Invocation::parse(line.split_whitespace()).unwrap())))
}

fn line(verb: Verb, flags: Flags, run: Run) -> String {
    const OUTPUT: &str = "--output json --no-input --quiet";
    let mut line = match run {
        Run::Apply => {
            format!("apply {} --provider arm --endpoint {} {OUTPUT}", plan().display(), InProcess::ENDPOINT)
        }
        Run::Now | Run::Save if matches!(verb, Verb::Audit | Verb::Prune) => {
            format!(
                "{} --provider arm --endpoint {} --apim {SERVICE} {OUTPUT}",
                verb.words(),
                InProcess::ENDPOINT
            )
        }
        Run::Now | Run::Save => {
            let provisioning = if flags.engine_provisions { "engine" } else { "service" };
            format!(
                "{} --provider arm --endpoint {} --static-web-app {SITE} --apim {SERVICE} --provisioning \
                 {provisioning} {OUTPUT}",
                verb.words(),
                InProcess::ENDPOINT
            )
        }
    };
    if run == Run::Save {
        line += &format!(" --out {}", plan().display());
    }
    if let Some(timeout) = flags.timeout {
        line += &format!(" --timeout {timeout}");
    }
    line
}

/// The file of the plan of this thread's world.
pub(crate) fn plan() -> PathBuf {
    thread_local! {
        static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
    }
    FOLDER.with(|folder| folder.get_or_init(|| tempfile::tempdir().unwrap()).path().join("plan.json"))
}
