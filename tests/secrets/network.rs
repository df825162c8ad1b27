//! Every verb over HTTP, in every format, as loud as can be.

use std::{
    collections::{BTreeSet, HashSet},
    process::{Command, Output},
    thread,
};

use crate::{
    azure::{FakeAzure, Options, Shape, TOKEN},
    over_http::{Program, told},
    watch::{KEYS, leaks},
};

const FORMATS: [&str; 5] = ["table", "json", "yaml", "tsv", "markdown"];

/// One of every verb, in an order in which each finds something to do.
const LINES: [&str; 17] = [
    "status --env prod",
    "link --env prod --dry-run",
    "link --env prod --out link.json",
    "apply link.json",
    "api add orders --env prod",
    "api list --env prod",
    "relink --env prod --out relink.json",
    "apply relink.json",
    "relink --env prod",
    "status --all",
    "unlink --env prod --out unlink.json",
    "unlink --env prod",
    "link --env prod --provisioning engine",
    "relink --env prod --provisioning engine",
    "unlink --env prod --purge --dry-run",
    "unlink --env prod --purge --yes",
    "status --env prod",
];

/// A program at an Azure, the secrets that there are, and everything that got out.
pub(crate) struct Network {
    pub(crate) azure: FakeAzure,
    pub(crate) program: Program,
    pub(crate) secrets: BTreeSet<String>,
    seen: Vec<(String, Vec<u8>)>,
}

impl Network {
    pub(crate) fn new(options: Options) -> Self {
        let azure = FakeAzure::with_scene(options);
        let program = Program::new(&azure);
        let secrets = BTreeSet::from([TOKEN.to_owned(), "sig=signed-for-nobody".to_owned()]);
        Self { azure, program, secrets, seen: Vec::new() }
    }

    /// A site that is linked, with keys that are known.
    pub(crate) fn linked_with(keys: (&str, &str)) -> Self {
        let mut network = Self::new(Options::default());
        let output = network.run("link --env prod -q");
        assert!(output.status.success(), "{}", told(&output));
        let subscription = network.azure.state().subscription_id();
        network.azure.state().set_keys(&subscription, (keys.0.to_owned(), keys.1.to_owned()));
        network.learn();
        network
    }

    pub(crate) fn run(&mut self, line: &str) -> Output {
        let command = self.program.command(line);
        self.run_command(line, command)
    }

    pub(crate) fn run_command(&mut self, name: &str, mut command: Command) -> Output {
        self.learn();
        let output = command.output().unwrap();
        self.seen.push((format!("stdout of `{name}`"), output.stdout.clone()));
        self.seen.push((format!("stderr of `{name}`"), output.stderr.clone()));
        self.learn();
        output
    }

    /// Takes note of the keys that there are now.
    fn learn(&mut self) {
        let state = self.azure.state();
        let keys = state.link_keys().map(|(primary, secondary)| [primary, secondary]);
        self.secrets.extend(keys.into_iter().flatten().chain(state.site_key()));
    }

    /// Keeps what is in the files that the program wrote, which are not those that it was given.
    pub(crate) fn look_into_files(&mut self, given: &[&str]) {
        let given: HashSet<_> = given.iter().map(|name| self.program.path(name)).collect();
        let files = self.program.files().into_iter().filter(|(path, _)| !given.contains(path));
        self.seen.extend(files.map(|(path, bytes)| (format!("the file `{}`", path.display()), bytes)));
    }

    pub(crate) fn leaks(&self) -> Vec<String> {
        leaks(&self.secrets, &self.seen)
    }

    pub(crate) fn assert_no_leak(&self) {
        let leaks = self.leaks();
        assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    }

    /// How much was looked at.
    pub(crate) fn seen(&self) -> usize {
        self.seen.iter().map(|(_, bytes)| bytes.len()).sum()
    }
}

fn run_every_verb(format: &str) {
    let mut network = Network::new(Options::default());
    for line in LINES {
        let output = network.run(&format!("{line} -vvv -o {format}"));
        assert_eq!(output.status.code(), Some(0), "{line}: {}", told(&output));
    }
    network.look_into_files(&[]);
    for file in ["link.json", "relink.json", "unlink.json"] {
        assert!(network.program.path(file).exists(), "`{file}` is one of those looked into");
    }
    assert!(network.secrets.len() >= 10, "keys were made on the way, and are looked for as well");
    assert!(network.seen() > 20_000, "it was loud");
    network.assert_no_leak();
}

#[test]
fn no_verb_in_any_format_shows_a_key_or_a_token_however_much_it_is_asked_to_say() {
    // most of the time is waiting, so all of them at once
    thread::scope(|scope| FORMATS.iter().for_each(|format| drop(scope.spawn(|| run_every_verb(format)))));
}

#[test]
fn no_signed_address_that_an_operation_is_asked_at_is_shown() {
    let shapes =
        [Shape::Location, Shape::AsyncOperation, Shape::AcceptedLocation, Shape::CreatedAsyncOperation];
    for shape in shapes {
        let mut network = Network::new(Options { shape, ..Options::default() });
        network.secrets.insert("&sig=signed".to_owned());
        network.secrets.insert("02-01&sig=sig".to_owned());
        let output = network.run("link --env prod -vvv");
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        let asked = network.azure.take_seen();
        assert!(asked.iter().any(|seen| seen.query.contains("sig=signed")), "{shape:?}");
        let said = told(&output);
        assert!(said.to_lowercase().contains("/operationresults/") && !said.contains("sig="), "{said}");
        network.assert_no_leak();
    }
}

#[test]
fn a_secret_that_is_let_out_is_seen() {
    let mut network = Network::linked_with((KEYS[0], KEYS[1]));
    assert_eq!(network.leaks(), [""; 0]);
    network.program.write("token.txt", &format!("Bearer {}", &TOKEN[3..16]));
    network.program.write("key.txt", &KEYS[1][10..22].to_uppercase());
    network.look_into_files(&[]);
    let leaks = network.leaks();
    assert!(leaks.len() == 2 && leaks[0].contains("key.txt") && leaks[1].contains("token.txt"), "{leaks:?}");
}
