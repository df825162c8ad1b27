//! Every command, in every format, quiet and loud.

use std::{
    fs,
    io::Write as _,
    process::{Output, Stdio},
    thread,
};

use serde_json::json;

use crate::{
    support::{MODEL, service_id, told},
    watch::{KEYS, Watch},
};

const FORMATS: [&str; 5] = ["table", "json", "yaml", "tsv", "markdown"];

/// One of every command, in an order in which each finds something to do.
const COMMANDS: [&str; 51] = [
    "status --all",
    "status --all --detailed-exitcode",
    "status --env e1 --query links[0].subscription",
    "doctor --env e0",
    "doctor --env e1 --check-rights",
    "api list --env e0",
    "api add catalog --env e0 --dry-run",
    "api add catalog --env e0",
    "api remove catalog --env e0",
    "link --all --dry-run",
    "link --env e2 --out link.json",
    "apply link.json",
    "apply link.json",
    "link --all --replace",
    "relink --all --dry-run --detailed-exitcode",
    "relink --env e0 --out relink.json",
    "relink --env e1",
    "apply relink.json",
    "apply relink.json",
    "relink --all",
    "link --env e0 --site-environment 7",
    "link --env e0 --site-environment staging",
    "link --env e0 --static-web-app nowhere",
    "relink --env e1 --apim nowhere",
    "status --env nowhere",
    "apply export.json",
    "unlink --env e1 --purge --dry-run",
    "unlink --env e1 --purge",
    "unlink --env e1 --out unlink.json",
    "unlink --all",
    "status --all",
    "status --env e0 --wait-for linked --timeout 1s",
    "audit --apim shop-apim",
    "audit --all-services --detailed-exitcode",
    "prune --apim shop-apim --dry-run",
    "prune --apim shop-apim",
    "prune --apim shop-apim --out prune.json",
    "unlink --all --purge --yes",
    "status --all",
    "link --all",
    "model export",
    "model export --out export.json",
    "model import export.json",
    "model import with-keys.json",
    "explain",
    "explain SWAAPIM012",
    "completions bash",
    "man",
    "help exit-codes",
    "help link",
    "init --sample",
];

fn args<'a>(command: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    command.split(' ').chain(more.iter().copied()).collect()
}

fn with_keys() -> String {
    json!([{
        "id": format!("{}/subscriptions/partner", service_id()), "name": "partner",
        "type": "Microsoft.ApiManagement/service/subscriptions",
        "properties": {
            "scope": format!("{}/apis", service_id()), "displayName": "Partner", "state": "active",
            "primaryKey": KEYS[8], "secondaryKey": KEYS[7],
        },
    }])
    .to_string()
}

/// Runs the program with text on its standard input.
fn fed(watch: &mut Watch, args: &[&str], text: &str) -> Output {
    let mut command = watch.sandbox.command(args);
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    watch.saw(args, &output);
    output
}

/// Runs every command with these options.
fn no_command_shows_a_key(options: &[&str]) {
    let mut watch = Watch::new();
    for command in COMMANDS {
        if command == "model import with-keys.json" {
            let output = fed(&mut watch, &args("model import -", options), &with_keys());
            assert!(output.status.success(), "{}", told(&output));
            continue;
        }
        // A file of resources has no other format.
        let options = if command.starts_with("model export --out") { &[][..] } else { options };
        let output = watch.run(&args(command, options));
        // nothing here is mistyped, or meets what it should not
        assert!(!matches!(output.status.code(), None | Some(1 | 101)), "{command}: {}", told(&output));
    }
    watch.look_into_files();
    for file in ["link.json", "relink.json", "unlink.json", "export.json"] {
        assert!(watch.sandbox.files().contains(file), "`{file}` is one of those looked into");
    }
    assert!(watch.keys() > KEYS.len() + 10, "keys were made on the way, and are looked for as well");
    watch.assert_no_leak();
}

#[test]
fn no_command_in_any_format_shows_a_key_however_much_it_is_asked_to_say() {
    thread::scope(|scope| {
        for format in FORMATS {
            scope.spawn(move || no_command_shows_a_key(&["-o", format]));
            scope.spawn(move || no_command_shows_a_key(&["-o", format, "-vvv"]));
        }
    });
}

#[test]
fn completion_of_any_word_shows_no_key() {
    let mut watch = Watch::new();
    for words in [
        &["swa-apim", ""][..],
        &["swa-apim", "link", "--env", ""],
        &["swa-apim", "api", "add", "--env", "e0", ""],
        &["swa-apim", "api", "remove", "--env", "e1", ""],
        &["swa-apim", "explain", ""],
        &["swa-apim", "help", ""],
        &["swa-apim", "apply", ""],
        &["swa-apim", "status", "--subscription", ""],
        &["swa-apim", "status", "--query", ""],
    ] {
        for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
            let mut command = watch.sandbox.command(&["--"]);
            let index = (words.len() - 1).to_string();
            command.args(words).env("SWA_APIM_COMPLETE", shell).env("_CLAP_COMPLETE_INDEX", index);
            command.env("_CLAP_IFS", "\n").env("_CLAP_COMPLETE_COMP_TYPE", "9");
            command.env("_CLAP_COMPLETE_SPACE", "true");
            let output = command.output().unwrap();
            assert!(output.status.success(), "{shell} {words:?}: {}", told(&output));
            if shell == "bash" && words.contains(&"add") {
                assert!(String::from_utf8_lossy(&output.stdout).contains("catalog"), "{}", told(&output));
            }
            watch.saw(words, &output);
        }
    }
    watch.assert_no_leak();
}

#[test]
fn a_key_that_is_let_out_is_seen() {
    let mut watch = Watch::new();
    assert_eq!(watch.leaks(), [""; 0]);
    watch.sandbox.write("notes.txt", &format!("the key begins {}", &KEYS[5][..12].to_uppercase()));
    watch.look_into_files();
    assert!(watch.leaks().len() == 1 && watch.leaks()[0].contains("notes.txt"), "a part of one, in capitals");
    let model = String::from_utf8(watch.sandbox.read(MODEL)).unwrap();
    watch.sandbox.write("copy.json", &model);
    watch.look_into_files();
    assert!(watch.leaks().iter().any(|leak| leak.contains("copy.json")));
    // a key that the program made is known as well
    let mut watch = Watch::new();
    watch.run(&["link", "--env", "e2"]);
    let made = watch.sandbox.model()["secrets"][format!("{}/subscriptions/site-2", service_id())].clone();
    watch.sandbox.write("made.txt", made["secondaryKey"].as_str().unwrap());
    watch.look_into_files();
    assert_eq!(watch.leaks().len(), 1);
}

#[cfg(unix)]
#[test]
fn files_with_keys_are_readable_only_by_their_owner_regardless_of_their_earlier_mode() {
    use std::os::unix::fs::PermissionsExt as _;

    let watch = Watch::new();
    let set = |name: &str, mode| {
        fs::set_permissions(watch.sandbox.path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    for command in ["link --all", "relink --all", "api add catalog --env e0", "unlink --all --purge --yes"] {
        // nothing is written over keys that others could read: the user has to know that they could
        set(MODEL, 0o644);
        let refused = watch.sandbox.run(&args(command, &[]));
        assert_eq!(refused.status.code(), Some(2), "{command}: {}", told(&refused));
        assert!(String::from_utf8_lossy(&refused.stderr).contains("chmod 600"), "{}", told(&refused));
        set(MODEL, 0o600);
        // a file that a crash left behind, readable by all
        watch.sandbox.write(&format!("{MODEL}.next"), "left over");
        watch.sandbox.write(&format!("{MODEL}.previous.next"), "left over");
        watch.sandbox.succeed(&args(command, &[]));
        let mode = |name: &str| fs::metadata(watch.sandbox.path(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(MODEL), 0o600, "{command}");
        assert_eq!(mode(&format!("{MODEL}.previous")), 0o600, "{command}");
        assert!(!watch.sandbox.files().iter().any(|name| name.contains(".next")), "{command}");
    }
}

#[cfg(unix)]
#[test]
fn files_with_keys_are_created_for_their_owner_only_with_every_umask() {
    use std::os::unix::fs::PermissionsExt as _;

    use crate::support::Sandbox;

    /// Each creates a model. The last one is refused after that, for want of a right to listen there.
    const FIRST: &[&str] = &[
        "model import resources.json",
        "link --env e0",
        "init --sample",
        "link --env prod --sample",
        #[cfg(feature = "emulator")]
        "emulate --model new.json --listen 203.0.113.1:0",
    ];
    for umask in ["0", "0277"] {
        let sandbox = Sandbox::with_sites(1);
        let under = |command: &str| {
            let mut shell = sandbox.program("sh");
            shell.args(["-c", &format!("umask {umask}; exec \"$@\""), "sh", env!("CARGO_BIN_EXE_swa-apim")]);
            shell.args(args(command, &[])).output().unwrap()
        };
        fs::remove_file(sandbox.path(MODEL)).unwrap();
        for command in FIRST {
            if *command == "init --sample" {
                for file in ["swa-apim.toml", MODEL] {
                    fs::remove_file(sandbox.path(file)).unwrap();
                }
            }
            let output = under(command);
            let expected = if command.starts_with("emulate") { 2 } else { 0 };
            let what = format!("`{command}` under {umask}");
            assert_eq!(output.status.code(), Some(expected), "{what}: {}", told(&output));
            let mut models = 0;
            for name in sandbox.files() {
                let text = String::from_utf8_lossy(&sandbox.read(&name)).into_owned();
                if text.contains("\"secrets\"")
                    || std::path::Path::new(&name).extension().is_some_and(|it| it == "lock")
                {
                    let mode = fs::metadata(sandbox.path(&name)).unwrap().permissions().mode() & 0o777;
                    assert_eq!(mode, 0o600, "{what}: {name}");
                    models += 1;
                }
            }
            assert!(models > 1, "{what}: {models}");
        }
    }
}
