//! Watching for keys in whatever the program lets out.

use std::{collections::BTreeSet, process::Output};

use serde_json::{Value, json};

use crate::support::{MODEL, Sandbox, service_id, site_id, sites_hold_live_keys};

/// How much of a key may not be seen either.
const PART: usize = 12;

/// Keys that are known before the program runs.
pub(crate) const KEYS: [&str; 9] = [
    "a1d0c6e83f027db5a5f8eb05517cbe23",
    "b2e1d7f94a138ec6b6a9fc16628dcf34",
    "c3f2e8a05b249fd7c7ba0d27739ed045",
    "d4a3f9b16c350ae8d8cb1e3884afe156",
    "e5b40ac27d461bf9e9dc2f4995b0f267",
    "f6c51bd38e572ca0faed305aa6c10378",
    "07d62ce49f683db10bfe416bb7d21489",
    "18e73df5a0794ec21caf527cc8e3259a",
    "29f84ea6b18a5fd32db0638dd9f436ab",
];

/// A folder whose keys are known, and everything that got out of it.
pub(crate) struct Watch {
    pub(crate) sandbox: Sandbox,
    keys: BTreeSet<String>,
    seen: Vec<(String, Vec<u8>)>,
}

impl Watch {
    /// Three sites, two of them linked, with known keys in every place that a model has for one.
    pub(crate) fn new() -> Self {
        let sandbox = Sandbox::with_sites(3);
        sandbox.succeed(&["link", "--env", "e0"]);
        sandbox.succeed(&["link", "--env", "e1"]);
        let mut model = sandbox.model();
        let backend = |n| format!("{}/builds/default/linkedBackends/shop-apim", site_id(n));
        let subscription = |name: &str| format!("{}/subscriptions/{name}", service_id());
        let pair = |primary: usize, secondary: usize| json!({"primaryKey": KEYS[primary], "secondaryKey": KEYS[secondary]});
        // e1's site holds the secondary key, and keys of what is gone are still there
        model["secrets"] = json!({
            subscription("site-0"): pair(0, 1), backend(0): {"primaryKey": KEYS[0]},
            subscription("site-1"): pair(2, 3), backend(1): {"primaryKey": KEYS[3]},
            subscription("gone"): pair(4, 5), backend(9): pair(6, 7),
        });
        sandbox.write(MODEL, &model.to_string());
        assert!(sites_hold_live_keys(&sandbox.model()));
        assert_eq!(sandbox.status()["links"][0]["state"], "linked", "the known keys are taken for keys");
        let keys = KEYS.iter().map(|key| (*key).to_owned()).collect();
        Self { sandbox, keys, seen: Vec::new() }
    }

    /// Runs the program and keeps what it said.
    pub(crate) fn run(&mut self, args: &[&str]) -> Output {
        let output = self.sandbox.run(args);
        self.saw(args, &output);
        output
    }

    pub(crate) fn saw(&mut self, args: &[&str], output: &Output) {
        self.seen.push((format!("stdout of {args:?}"), output.stdout.clone()));
        self.seen.push((format!("stderr of {args:?}"), output.stderr.clone()));
        self.learn();
    }

    /// Keeps what is in the files now, apart from where keys belong.
    pub(crate) fn look_into_files(&mut self) {
        let previous = format!("{MODEL}.previous");
        for name in self.sandbox.files().into_iter().filter(|name| *name != MODEL && *name != previous) {
            self.seen.push((format!("the file `{name}`"), self.sandbox.read(&name)));
        }
    }

    /// Takes note of the keys that the model holds now.
    fn learn(&mut self) {
        let Ok(model) = serde_json::from_slice::<Value>(&self.sandbox.read(MODEL)) else { return };
        let secrets = model["secrets"].as_object().into_iter().flatten();
        let keys = secrets.flat_map(|(_, keys)| keys.as_object().into_iter().flatten());
        let keys = keys.filter(|(name, _)| !name.ends_with("CreatedOn"));
        self.keys.extend(keys.filter_map(|(_, key)| key.as_str().map(str::to_owned)));
    }

    pub(crate) fn keys(&self) -> usize {
        self.keys.len()
    }

    /// Where a part of a key is to be seen.
    pub(crate) fn leaks(&self) -> Vec<String> {
        leaks(&self.keys, &self.seen)
    }

    pub(crate) fn assert_no_leak(&self) {
        let leaks = self.leaks();
        assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    }
}

/// Where a part of a secret is to be seen, whichever case it is in: the place, and the lines.
pub(crate) fn leaks(secrets: &BTreeSet<String>, seen: &[(String, Vec<u8>)]) -> Vec<String> {
    let lower: Vec<String> = secrets.iter().map(|secret| secret.to_ascii_lowercase()).collect();
    let parts: BTreeSet<&[u8]> = lower.iter().flat_map(|secret| secret.as_bytes().windows(PART)).collect();
    let leaks = |bytes: &[u8]| bytes.to_ascii_lowercase().windows(PART).any(|part| parts.contains(part));
    let lines = |bytes: &[u8]| {
        let leaking = bytes.split(|byte| *byte == b'\n').filter(|line| leaks(line));
        leaking.map(|line| String::from_utf8_lossy(line).into_owned()).collect::<Vec<_>>().join("\n")
    };
    let leaking = seen.iter().map(|(place, bytes)| (place, lines(bytes)));
    leaking.filter(|(_, lines)| !lines.is_empty()).map(|(place, lines)| format!("{place}: {lines}")).collect()
}
