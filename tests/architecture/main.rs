//! The shape of the program, read from its source: which module may know which, and who has what to itself.
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]

mod arithmetic;
mod circles;
mod debug;
mod facts;
mod functions;
mod homes;
mod source;
mod trips;
mod wildcards;
mod writing;

use std::collections::BTreeSet;

use source::SourceFile;

/// Which modules each module may import. Every list points downward, so imports point one way.
const MAY_IMPORT: [(&str, &[&str]); 18] = [
    ("main", &["cli"]),
    ("fuzzing", &["cli", "workflow", "config", "emulator", "provider", "model"]),
    (
        "cli",
        &[
            "ui",
            "output",
            "workflow",
            "graph",
            "export",
            "report",
            "config",
            "emulator",
            "engine",
            "provider",
            "model",
            "files",
            "ambient",
            "diagnosis",
        ],
    ),
    ("ui", &["workflow", "graph", "report", "config", "engine", "model", "stream", "ambient", "diagnosis"]),
    ("output", &["report", "engine", "model", "files", "diagnosis"]),
    (
        "workflow",
        &[
            "graph",
            "export",
            "report",
            "config",
            "engine",
            "provider",
            "model",
            "files",
            "ambient",
            "diagnosis",
        ],
    ),
    ("graph", &["report", "engine", "model"]),
    ("export", &["report", "engine", "model", "diagnosis"]),
    ("report", &["engine", "model", "diagnosis"]),
    ("config", &["model", "diagnosis"]),
    ("emulator", &["engine", "provider", "model", "files", "stream", "ambient", "diagnosis"]),
    ("engine", &["provider", "model", "ambient", "diagnosis"]),
    ("provider", &["model", "files", "ambient", "diagnosis"]),
    ("model", &[]),
    ("files", &[]),
    ("stream", &[]),
    ("ambient", &[]),
    ("diagnosis", &[]),
];

/// What writes to the terminal: results, talk and progress in `output`, failures and the log in `cli`, and results for
/// which the user names standard output instead of a file.
const PRINTERS: [&str; 9] = [
    "files/write.rs",
    "output/ask.rs",
    "output/ui.rs",
    "output/screen.rs",
    "output/stream.rs",
    "output/streams.rs",
    "output/progress.rs",
    "cli/error.rs",
    "cli/logging.rs",
];

/// The longest that a file may be.
const LONGEST: usize = 400;
/// The longest that the file of a command may be.
const COMMAND: usize = 90;

#[test]
fn imports_point_one_way() {
    for file in source::all() {
        let allowed = MAY_IMPORT.iter().find(|(module, _)| *module == file.module);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("`{}` has no place among modules", file.module));
        for imported in imported_modules(file) {
            let fits = imported == file.module || allowed.contains(&imported.as_str());
            assert!(fits, "{} knows `{imported}`, and `{}` may not", file.path, file.module);
        }
    }
}

#[test]
fn the_order_of_modules_has_no_way_back() {
    for (at, (module, imports)) in MAY_IMPORT.iter().enumerate() {
        for imported in *imports {
            let place = MAY_IMPORT.iter().position(|(name, _)| name == imported);
            assert!(place.is_some_and(|place| place > at), "`{imported}` is not below `{module}`");
        }
    }
}

#[test]
fn no_path_climbs_out_of_its_module() {
    for file in source::all() {
        let depth = file.path.split('/').count();
        assert!(depth > 2 || !file.code.contains("super::super"), "{} climbs with `super`", file.path);
    }
}

#[test]
fn only_the_command_line_knows_which_control_planes_there_are_and_the_emulator_knows_the_model() {
    for file in source::all()
        .iter()
        .filter(|file| !["cli", "workflow", "provider", "fuzzing"].contains(&file.module.as_str()))
    {
        for plane in ["crate::provider::json", "crate::provider::arm"] {
            let known = file.paths.iter().find(|path| path.starts_with(plane));
            let is_own = file.module == "emulator" && plane == "crate::provider::json";
            assert!(known.is_none() || is_own, "{} knows {known:?}", file.path);
        }
    }
}

#[test]
fn use_cases_know_neither_a_command_line_nor_a_terminal_nor_a_page() {
    let strangers = [
        "clap",
        "clap_complete",
        "anstream",
        "anstyle",
        "comfy_table",
        "dialoguer",
        "indicatif",
        "jmespath",
        "rustix",
        "hyper",
        "axum",
    ];
    for file in source::all().iter().filter(|file| file.module == "workflow") {
        let known = file.paths.iter().find(|path| strangers.contains(&path.split("::").next().unwrap()));
        assert_eq!(known, None, "{}", file.path);
        assert!(!file.code.contains("Terminal"), "{} asks for a terminal", file.path);
    }
}

/// A command in a hint is a `Cure`, which the command line renders.
#[test]
fn below_the_command_line_no_file_contains_a_command_line() {
    let verbs = [
        "api",
        "apply",
        "audit",
        "completions",
        "doctor",
        "emulate",
        "explain",
        "export",
        "graph",
        "help",
        "history",
        "init",
        "link",
        "list",
        "man",
        "model",
        "prune",
        "relink",
        "show",
        "status",
        "ui",
        "unlink",
    ];
    let below = ["workflow", "report", "engine", "provider", "model", "diagnosis"];
    for file in source::all().iter().filter(|file| below.contains(&file.module.as_str())) {
        let mut after = file.code.split("swa-apim ").skip(1);
        let verb =
            after.find(|rest| verbs.contains(&rest.split(|c: char| !c.is_ascii_lowercase()).next().unwrap()));
        let line = verb.and_then(|rest| rest.lines().next());
        assert_eq!(line, None, "{} contains a command line: return a `Cure`", file.path);
    }
}

/// Nothing that `rsa` does with a private key depends on what others send: `deny.toml` relies on it.
#[test]
fn rsa_generates_a_key_and_does_nothing_else() {
    let files = source::all();
    let used =
        files.iter().flat_map(|file| file.paths.iter().map(move |path| (file.path.as_str(), path.as_str())));
    let used: BTreeSet<(&str, &str)> = used.filter(|(_, path)| path.starts_with("rsa::")).collect();
    let signer = "emulator/data/token/signer.rs";
    let needed = [(signer, "rsa::PrivateKey"), (signer, "rsa::pkcs1::EncodeRsaPrivateKey")];
    assert_eq!(used, BTreeSet::from(needed));
    let signer = files.iter().find(|file| file.path == signer).unwrap();
    let with_key =
        signer.code.lines().filter(|line| line.contains("PrivateKey::") || line.contains("= key."));
    let with_key: Vec<&str> = with_key.map(str::trim).collect();
    let generation = [
        "let key = PrivateKey::new(&mut chance, BITS).expect(\"there are prime numbers enough\");",
        "let der = key.to_pkcs1_der().expect(\"a fresh key has an encoding\");",
    ];
    assert_eq!(with_key, generation);
}

#[test]
fn who_prints_is_known() {
    let prints = |file: &&SourceFile| {
        ["stdout()", "stderr()", "io::stderr", "println!", "print!("].iter().any(|it| file.code.contains(it))
    };
    let files = source::all();
    let printers: BTreeSet<&str> = files.iter().filter(prints).map(|file| file.path.as_str()).collect();
    assert_eq!(printers, BTreeSet::from(PRINTERS));
}

#[test]
fn no_file_is_too_long_to_be_read_at_once() {
    for (file, lines) in source::lengths() {
        assert!(lines <= LONGEST, "{file} has {lines} lines, {LONGEST} at most");
    }
}

/// A command is a parse, a call of a use case and a rendering: what several commands share, and what takes more than
/// that, stands beside them.
#[test]
fn commands_are_thin() {
    for (file, lines) in source::lengths().iter().filter(|(file, _)| file.contains("/cli/command/")) {
        assert!(*lines <= COMMAND, "{file} has {lines} lines, {COMMAND} at most");
    }
}

/// The values of an enum, and their words, are derived (`strum`): a list that is written beside it can lack one.
#[test]
fn no_list_repeats_the_values_of_an_enum() {
    for file in source::all() {
        let list = file.code.lines().find(|line| line.contains("const ALL: [Self; "));
        assert_eq!(list, None, "{}", file.path);
    }
}

/// A subscription of API Management has keys, an Azure subscription is paid for: a file that speaks of the second calls
/// it so everywhere.
#[test]
fn an_azure_subscription_is_always_called_an_azure_subscription() {
    let named = [
        "let subscription",
        "|subscription|",
        " subscription: &",
        " subscription: Option<",
        " subscription: String",
        " subscriptions: Vec<",
    ];
    for file in source::all().iter().filter(|file| file.code.contains("azure_subscription")) {
        let alone = file.code.lines().find(|line| named.iter().any(|it| line.contains(it)));
        assert_eq!(alone, None, "{}", file.path);
    }
}

/// The modules of this crate that a file names.
fn imported_modules(file: &SourceFile) -> BTreeSet<String> {
    let own = ["crate::", "swa_apim::"];
    let within = file.paths.iter().filter_map(|path| own.iter().find_map(|own| path.strip_prefix(own)));
    within.filter_map(|path| path.split("::").next()).map(str::to_owned).collect()
}

/// The public types of a file.
fn public_types(file: &SourceFile) -> impl Iterator<Item = &str> {
    let after = file.code.lines().filter_map(|line| line.trim_start().strip_prefix("pub "));
    let kinds = ["struct ", "enum ", "trait ", "type "];
    let named = after.filter_map(move |rest| kinds.iter().find_map(|kind| rest.strip_prefix(kind)));
    named.filter_map(|rest| rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next())
}

/// A name means one thing to those who embed the crate. The page's own words for who may do what with it are left out.
#[test]
fn a_public_type_has_a_name_of_its_own() {
    let mut known = std::collections::BTreeMap::new();
    for file in source::all().iter().filter(|file| file.module != "ui") {
        for name in public_types(file) {
            let before = known.insert(name, &file.path);
            assert_eq!(before, None, "`{name}` of {} is the name of something else too", file.path);
        }
    }
}
