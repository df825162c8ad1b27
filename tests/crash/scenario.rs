//! A command, the model it is run on, and what has to be true whatever stops it.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt as _,
    sync::atomic::{AtomicUsize, Ordering},
};

use serde_json::Value;

use crate::support::{MODEL, Sandbox, sites_hold_live_keys, told};

/// A changing command, and the commands before it.
pub(crate) struct Scenario {
    pub(crate) args: &'static [&'static str],
    before: &'static [&'static [&'static str]],
}

const LINK: &[&str] = &["link", "--all"];
const RELINK: &[&str] = &["relink", "--all"];

/// Two envs each, so that a command which stopped between them would be seen.
pub(crate) const SCENARIOS: [Scenario; 6] = [
    Scenario { args: LINK, before: &[] },
    Scenario { args: RELINK, before: &[LINK] },
    Scenario { args: &["unlink", "--all"], before: &[LINK, RELINK] },
    Scenario { args: &["unlink", "--all", "--purge", "--yes"], before: &[LINK] },
    Scenario { args: &["api", "add", "catalog", "--env", "e0"], before: &[LINK] },
    Scenario { args: &["model", "import", "more.json"], before: &[LINK] },
];

/// What is before the command, and what is after it if nothing stops it.
pub(crate) struct Course {
    pub(crate) args: &'static [&'static str],
    seed: Sandbox,
    bytes_before: Vec<u8>,
    before: Value,
    after: Value,
    files_after: BTreeSet<String>,
}

/// Which generation of the model is in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Generation {
    Before,
    After,
}

impl Scenario {
    pub(crate) fn course(&self) -> Course {
        let seed = Sandbox::with_sites(2);
        seed.write(
            "more.json",
            &String::from_utf8(seed.read("resources.json")).unwrap().replace("site-1", "site-9"),
        );
        for command in self.before {
            seed.succeed(command);
        }
        let undisturbed = copy(&seed);
        undisturbed.succeed(self.args);
        Course {
            args: self.args,
            bytes_before: seed.read(MODEL),
            before: essence(seed.status()),
            after: essence(undisturbed.status()),
            files_after: undisturbed.files(),
            seed,
        }
    }
}

impl Course {
    /// A fresh copy of what is before the command.
    pub(crate) fn sandbox(&self) -> Sandbox {
        copy(&self.seed)
    }

    /// The model is one whole generation, readable by its owner alone, and `status` understands it.
    pub(crate) fn assert_whole(&self, sandbox: &Sandbox, what: &str) -> Generation {
        let bytes = sandbox.read(MODEL);
        let status = essence(sandbox.status());
        assert!(sites_hold_live_keys(&sandbox.model()), "{what}: a site holds a dead key");
        assert_private(sandbox, what);
        if bytes == self.bytes_before {
            assert_eq!(status, self.before, "{what}");
            return Generation::Before;
        }
        let serial =
            |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap()["serial"].as_u64().unwrap();
        assert_eq!(serial(&bytes), serial(&self.bytes_before) + 1, "{what}");
        assert_eq!(status, self.after, "{what}");
        assert_eq!(sandbox.read(&format!("{MODEL}.previous")), self.bytes_before, "{what}");
        Generation::After
    }

    /// The same command again ends where it would have ended undisturbed, and leaves nothing else behind.
    pub(crate) fn assert_finished_by_running_again(&self, sandbox: &Sandbox, what: &str) {
        let output = sandbox.run(self.args);
        assert!(output.status.success(), "{what}, then again: {}", told(&output));
        assert_eq!(essence(sandbox.status()), self.after, "{what}, then again");
        assert_eq!(sandbox.files(), self.files_after, "{what}, then again");
        assert!(sites_hold_live_keys(&sandbox.model()), "{what}, then again: a site holds a dead key");
        assert_private(sandbox, what);
    }
}

/// Does something with each of many, two at a time.
pub(crate) fn for_each<T: Sync>(items: &[T], act: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            act(item);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
}

fn copy(from: &Sandbox) -> Sandbox {
    let to = Sandbox::empty();
    for name in from.files() {
        fs::copy(from.path(&name), to.path(&name)).unwrap();
    }
    to
}

/// What two runs of the same command agree on: all but the keys and the time.
fn essence(mut status: Value) -> Value {
    for link in status["links"].as_array_mut().unwrap() {
        if let Some(subscription) = link["subscription"].as_object_mut() {
            subscription.remove("keyFingerprints");
        }
        if let Some(backend) = link["linkedBackend"].as_object_mut() {
            backend.remove("createdOn");
        }
    }
    status
}

/// Whatever holds keys, left over or not, only its owner may read.
fn assert_private(sandbox: &Sandbox, what: &str) {
    let lock = format!("{MODEL}.lock");
    for name in sandbox.files().iter().filter(|name| name.starts_with(MODEL) && **name != lock) {
        let mode = fs::metadata(sandbox.path(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{what}: `{name}`");
    }
}
