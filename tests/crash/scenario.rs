//! A command, the model it is run on, and what has to be true whatever stops it.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt as _,
    sync::atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};

use crate::{
    support::{MODEL, Sandbox, service_id, site_id, sites_hold_live_keys, told},
    trace,
};

/// What a command replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Makes {
    /// The model, by its next generation.
    Generation,
    /// The file of this name. The model stays as it is.
    File(&'static str),
}

/// A command that writes, and the commands before it.
pub(crate) struct Scenario {
    pub(crate) args: &'static [&'static str],
    before: &'static [&'static [&'static str]],
    pub(crate) makes: Makes,
    /// The exit code if nothing stops the command.
    pub(crate) code: i32,
}

const LINK: &[&str] = &["link", "--all"];
const RELINK: &[&str] = &["relink", "--all"];
const UNLINK: &[&str] = &["unlink", "--all"];

const fn changing(args: &'static [&'static str], before: &'static [&'static [&'static str]]) -> Scenario {
    Scenario { args, before, makes: Makes::Generation, code: 0 }
}

const fn writing(
    file: &'static str,
    args: &'static [&'static str],
    before: &'static [&'static [&'static str]],
) -> Scenario {
    Scenario { args, before, makes: Makes::File(file), code: 0 }
}

/// Every verb that writes a model. Two envs each, so that a command which stopped between them would be seen.
pub(crate) const CHANGES: [Scenario; 12] = [
    changing(LINK, &[]),
    changing(RELINK, &[LINK]),
    changing(UNLINK, &[LINK, RELINK]),
    changing(&["unlink", "--all", "--purge", "--yes"], &[LINK]),
    changing(&["api", "add", "catalog", "--env", "e0"], &[LINK]),
    changing(
        &["api", "remove", "catalog", "--env", "e0"],
        &[LINK, &["api", "add", "catalog", "--env", "e0"]],
    ),
    changing(&["link", "--all", "--replace", "--yes"], &[&["model", "import", "elsewhere.json"]]),
    changing(&["prune", "--apim", "shop-apim", "--yes"], &[LINK, UNLINK]),
    changing(&["apply", "link.json"], &[&["link", "--all", "--out", "link.json"]]),
    changing(&["apply", "relink.json"], &[LINK, &["relink", "--all", "--out", "relink.json"]]),
    changing(&["model", "import", "more.json"], &[LINK]),
    changing(&["model", "import", trace::STANDARD_INPUT], &[LINK]),
];

/// Every verb that writes another file.
pub(crate) const FILES: [Scenario; 7] = [
    writing("out.json", &["link", "--all", "--out", "out.json"], &[]),
    writing("out.json", &["prune", "--apim", "shop-apim", "--out", "out.json"], &[LINK, UNLINK]),
    writing("out.json", &["model", "export", "--out", "out.json"], &[LINK]),
    writing("out.bicep", &["export", "--env", "e0", "--out", "out.bicep"], &[LINK]),
    writing("out.svg", &["graph", "--all", "--out", "out.svg"], &[LINK]),
    writing(
        "out.json",
        &["doctor", "--env", "e0", "--check-rights", "--role-definition", "out.json"],
        &[LINK],
    ),
    writing(
        "swa-apim.toml",
        &["init", "--env", "new", "--static-web-app", "site-1", "--apim", "shop-apim", "--no-input"],
        &[],
    ),
];

/// The emulator writes its certificate before it listens, here at an address that other machines could reach, which is
/// refused: so it ends by itself.
pub(crate) const EMULATOR: &[Scenario] = &[
    #[cfg(feature = "emulator")]
    Scenario {
        args: &["emulate", "--listen", "203.0.113.1:0", "--tls", "--tls-cert", "emulator.pem"],
        before: &[],
        makes: Makes::File("emulator.pem"),
        code: 2,
    },
];

/// What is before the command, and what is after it if nothing stops it.
pub(crate) struct Course {
    pub(crate) args: &'static [&'static str],
    pub(crate) makes: Makes,
    code: i32,
    /// The exit code of the command if it is run once more after it has ended.
    code_again: i32,
    seed: Sandbox,
    bytes_before: Vec<u8>,
    before: Value,
    after: Value,
    file_after: Option<Vec<u8>>,
    files_after: BTreeSet<String>,
}

/// Which generation of the model, or of the file, there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Generation {
    Before,
    After,
}

impl Scenario {
    pub(crate) fn course(&self) -> Course {
        let seed = Sandbox::with_sites(2);
        let resources = String::from_utf8(seed.read("resources.json")).unwrap();
        seed.write("more.json", &resources.replace("site-1", "site-9"));
        seed.write("elsewhere.json", &elsewhere().to_string());
        for command in self.before {
            seed.succeed(command);
        }
        let undisturbed = copy(&seed);
        let run = || trace::command(&undisturbed, self.args).output().unwrap();
        let output = run();
        assert_eq!(output.status.code(), Some(self.code), "{:?}: {}", self.args, told(&output));
        let mut course = Course {
            args: self.args,
            makes: self.makes,
            code: self.code,
            code_again: self.code,
            bytes_before: seed.read(MODEL),
            before: essence(seed.status()),
            after: essence(undisturbed.status()),
            file_after: match self.makes {
                Makes::File(name) => Some(placeless(&undisturbed, name)),
                Makes::Generation => None,
            },
            files_after: undisturbed.files(),
            seed,
        };
        course.code_again = run().status.code().unwrap();
        course
    }
}

impl Course {
    /// A fresh copy of what is before the command.
    pub(crate) fn sandbox(&self) -> Sandbox {
        copy(&self.seed)
    }

    /// The same, where a file that the command replaces is there already, and only its owner and group may read it.
    pub(crate) fn sandbox_with_old_file(&self) -> Sandbox {
        let sandbox = self.sandbox();
        if let Makes::File(name) = self.makes
            && !sandbox.path(name).exists()
        {
            sandbox.write(name, OLD);
            fs::set_permissions(sandbox.path(name), fs::Permissions::from_mode(0o640)).unwrap();
        }
        sandbox
    }

    /// The model is one whole generation, readable by its owner alone; and so is the file that the command writes.
    pub(crate) fn assert_whole(&self, sandbox: &Sandbox, what: &str) -> Generation {
        assert!(sites_hold_live_keys(&sandbox.model()), "{what}: a site holds a dead key");
        assert_private(sandbox, what);
        let bytes = sandbox.read(MODEL);
        if let Makes::File(name) = self.makes {
            assert!(bytes == self.bytes_before, "{what}: the model changed");
            return self.assert_whole_file(sandbox, name, what);
        }
        if bytes == self.bytes_before {
            return Generation::Before;
        }
        let serial =
            |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap()["serial"].as_u64().unwrap();
        assert_eq!(serial(&bytes), serial(&self.bytes_before) + 1, "{what}");
        assert_eq!(essence(sandbox.status()), self.after, "{what}");
        assert_eq!(sandbox.read(&format!("{MODEL}.previous")), self.bytes_before, "{what}");
        Generation::After
    }

    fn assert_whole_file(&self, sandbox: &Sandbox, name: &str, what: &str) -> Generation {
        if !sandbox.path(name).exists() {
            return Generation::Before;
        }
        let bytes = placeless(sandbox, name);
        let before = if self.seed.path(name).exists() { placeless(&self.seed, name) } else { OLD.into() };
        if bytes == before {
            return Generation::Before;
        }
        let text = String::from_utf8_lossy(&bytes);
        assert!(self.is_whole(&bytes), "{what}: a part of a file: {text}");
        Generation::After
    }

    /// Whether bytes are the whole file: the one of an undisturbed run, or another certificate.
    fn is_whole(&self, bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes);
        let of_certificate = ["-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"];
        let is_certificate =
            text.starts_with(of_certificate[0]) && text.trim_end().ends_with(of_certificate[1]);
        self.file_after.as_deref() == Some(bytes) || is_certificate
    }

    /// The same command again ends where it would have ended undisturbed, and leaves nothing else behind.
    pub(crate) fn assert_finished_by_running_again(&self, sandbox: &Sandbox, there: Generation, what: &str) {
        let output = trace::command(sandbox, self.args).output().unwrap();
        let expected = if there == Generation::After { self.code_again } else { self.code };
        assert_eq!(output.status.code(), Some(expected), "{what}, then again: {}", told(&output));
        match self.makes {
            Makes::Generation => assert_eq!(essence(sandbox.status()), self.after, "{what}, then again"),
            Makes::File(name) => {
                assert!(self.is_whole(&placeless(sandbox, name)), "{what}, then again");
                assert!(sandbox.read(MODEL) == self.bytes_before, "{what}, then again: the model changed");
            }
        }
        assert_eq!(sandbox.files(), self.files_after, "{what}, then again");
        assert!(sites_hold_live_keys(&sandbox.model()), "{what}, then again: a site holds a dead key");
        assert_private(sandbox, what);
    }

    /// What `status` says before the command is what it said when the model was made.
    pub(crate) fn assert_status_is_as_before(&self, sandbox: &Sandbox) {
        assert_eq!(essence(sandbox.status()), self.before, "{:?}", self.args);
    }
}

const OLD: &str = "an old file\n";

/// Another service, to which a site is linked.
fn elsewhere() -> Value {
    let service = service_id().replace("shop-apim", "other-apim");
    let backend = format!("{}/builds/default/linkedBackends/other-apim", site_id(0));
    json!([
        {
            "id": service, "name": "other-apim", "type": "Microsoft.ApiManagement/service",
            "location": "Central US", "sku": {"name": "Consumption", "capacity": 0},
            "properties": {"provisioningState": "Succeeded", "gatewayUrl": "https://other-apim.azure-api.net"},
        },
        {
            "id": backend, "name": "other-apim", "type": "Microsoft.Web/staticSites/builds/linkedBackends",
            "properties": {
                "backendResourceId": service, "region": "Central US", "provisioningState": "Succeeded",
            },
        },
    ])
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

/// The folder in another place. A plan names its model by the whole path.
fn copy(from: &Sandbox) -> Sandbox {
    let to = Sandbox::empty();
    for name in from.files() {
        fs::copy(from.path(&name), to.path(&name)).unwrap();
        let text = String::from_utf8(placeless(from, &name)).unwrap();
        if text.contains(FOLDER) {
            to.write(&name, &text.replace(FOLDER, to.folder().to_str().unwrap()));
        }
    }
    to
}

const FOLDER: &str = "<folder>";

/// A file, with the same word for the folder whichever it is in.
fn placeless(sandbox: &Sandbox, name: &str) -> Vec<u8> {
    let text = String::from_utf8(sandbox.read(name)).unwrap();
    text.replace(sandbox.folder().to_str().unwrap(), FOLDER).into_bytes()
}

/// What two runs of the same command agree on: all but the keys and the time.
fn essence(mut status: Value) -> Value {
    for link in status["links"].as_array_mut().unwrap() {
        if let Some(subscription) = link["subscription"].as_object_mut() {
            subscription.remove("keyFingerprints");
            subscription.remove("keyAge");
        }
        if let Some(backend) = link["linkedBackend"].as_object_mut() {
            backend.remove("createdOn");
        }
    }
    status
}

/// Every file with a key in it, left over or not, is readable by its owner alone.
pub(crate) fn assert_private(sandbox: &Sandbox, what: &str) {
    let lock = format!("{MODEL}.lock");
    for name in sandbox.files().iter().filter(|name| **name != lock) {
        let mode = fs::metadata(sandbox.path(name)).unwrap().permissions().mode() & 0o777;
        let text = String::from_utf8_lossy(&sandbox.read(name)).into_owned();
        let has_keys =
            ["\"primaryKey\"", "\"secondaryKey\"", "PRIVATE KEY"].iter().any(|it| text.contains(it));
        assert!(mode == 0o600 || !name.starts_with(MODEL) && !has_keys, "{what}: `{name}` has mode {mode:o}");
    }
}
