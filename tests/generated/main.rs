//! The files that are made from the code say what the code says. `SNAPSHOTS=overwrite cargo test --test
//! generated` makes them anew.
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use snapbox::{Data, assert_data_eq, data::DataFormat};
use swa_apim::{
    cli::{self, Trouble},
    diagnosis::ExitCode,
    engine::{Effect, FindingCode},
    report,
};

/// A file that is made from the code, by its path from the root of the repository.
struct Generated {
    path: String,
    text: String,
}

impl Generated {
    fn new(path: impl Into<String>, text: &str) -> Self {
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        Self { path: path.into(), text: lines.join("\n").trim_end().to_owned() + "\n" }
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn all() -> Vec<Generated> {
    let mut all = completions();
    all.extend(schemas());
    all.push(Generated::new("docs/cli-reference.md", &cli_reference()));
    all.push(Generated::new("docs/environment.md", &environment()));
    all.push(Generated::new("docs/findings.md", &findings()));
    all.push(Generated::new("docs/exit-codes.md", &exit_codes()));
    all.push(Generated::new("docs/troubleshooting.md", &troubleshooting()));
    all
}

fn completions() -> Vec<Generated> {
    let files = [
        ("bash", "swa-apim.bash"),
        ("zsh", "_swa-apim"),
        ("fish", "swa-apim.fish"),
        ("powershell", "swa-apim.ps1"),
        ("elvish", "swa-apim.elv"),
    ];
    let script = |shell| cli::completion_script(shell).unwrap();
    files.map(|(shell, file)| Generated::new(format!("completions/{file}"), &script(shell))).into()
}

fn schemas() -> Vec<Generated> {
    let text = |schema| serde_json::to_string_pretty(&schema).unwrap();
    let file = |(name, schema)| Generated::new(format!("docs/schemas/{name}"), &text(schema));
    report::schemas().map(file).into()
}

const GENERATED: &str =
    "<!-- Made from the code by `SNAPSHOTS=overwrite cargo test --test generated`. -->\n\n";

fn cli_reference() -> String {
    let options = clap_markdown::MarkdownOptions::new()
        .title("Command line of swa-apim".to_owned())
        .show_footer(false)
        .show_table_of_contents(false);
    let text = clap_markdown::help_markdown_command_custom(&cli::command(), &options);
    format!("{GENERATED}{text}")
}

fn environment() -> String {
    let mut text = format!("{GENERATED}# Environment variables\n\n");
    text += "A flag overrides its variable, and a variable overrides the configuration file. \
             `swa-apim help environment` prints this page.\n\n\
             | variable | flag | value | read by |\n| --- | --- | --- | --- |\n";
    for variable in cli::environment() {
        let flag = variable.flag.map(|flag| format!("`{flag}`")).unwrap_or_default();
        let commands: Vec<String> = variable.commands.iter().map(|command| format!("`{command}`")).collect();
        let commands = if commands.is_empty() { "every command".to_owned() } else { commands.join(", ") };
        writeln!(text, "| `{}` | {flag} | {} | {commands} |", variable.name, variable.meaning).unwrap();
    }
    text += "\n[Configuration](configuration.md) describes boolean and empty variables, and \
             [Azure](azure.md#credentials) the credentials.\n";
    text
}

fn findings() -> String {
    let mut text = format!("{GENERATED}# Findings\n\n");
    text += "Each problem that swa-apim can find has a code, which never changes. `status` and the commands that change a \
             link print the code, and `swa-apim explain CODE` prints the text of this page.\n\n\
             * **broken**: calls of `/api` fail, or the gateway accepts calls that it must reject\n\
             * **degraded**: the link works, but a part of it is not in the expected state\n\
             * **note**: no action is required\n\n";
    text += "| code | severity | finding | `link` and `relink` |\n| --- | --- | --- | --- |\n";
    for code in FindingCode::ALL {
        let (anchor, severity, title) = (code.as_str().to_lowercase(), code.severity(), code.title());
        let effect = effect(code.effect());
        writeln!(text, "| [{code}](#{anchor}) | {severity} | {title} | {effect} |").unwrap();
    }
    for code in FindingCode::ALL {
        let (title, severity) = (code.title(), code.severity());
        let (meaning, cure) = (code.meaning(), code.cure());
        write!(text, "\n## {code}\n\n**{title}** ({severity})\n\n{meaning}\n\n*What to do.* {cure}\n")
            .unwrap();
    }
    text
}

fn troubleshooting() -> String {
    let mut text = format!("{GENERATED}# Troubleshooting\n\n");
    text += "Search this page for the message that you see. `swa-apim explain 'PART OF THE MESSAGE'` prints the same \
             text.\n\n";
    for trouble in Trouble::ALL {
        let heading = trouble.words[0];
        writeln!(text, "* [{heading}](#{})", anchor(heading)).unwrap();
    }
    for Trouble { words, said_by, cause, cure, findings } in Trouble::ALL {
        write!(text, "\n## {}\n\n", words[0]).unwrap();
        let others: Vec<String> = words[1..].iter().map(|words| format!(", or `{words}`")).collect();
        let others = others.concat();
        write!(text, "Reported by {said_by}{others}.\n\n{cause}\n\n*What to do.* {cure}\n").unwrap();
        let links =
            findings.iter().map(|code| format!("[{code}](findings.md#{})", code.as_str().to_lowercase()));
        let links: Vec<String> = links.collect();
        if !links.is_empty() {
            write!(text, "\nFindings: {}\n", links.join(", ")).unwrap();
        }
    }
    text
}

/// The anchor that a heading gets, as GitHub and mdBook make it.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Told => "report it",
        Effect::Mended => "repair it",
        Effect::Blocks => "refuse",
        Effect::BlocksUnlessReplace => "refuse without `link --replace`",
        Effect::BlocksUnlessAdopted => "refuse without `--adopt`",
        Effect::BlocksUnlessPreview => "refuse without `--allow-preview`",
        Effect::BlocksPurge => "report it; `unlink --purge` refuses",
    }
}

/// The file itself, with its table of codes made anew: the text around the table is written by hand.
fn exit_codes() -> String {
    let (begin, end) = ("<!-- codes -->\n", "<!-- end of codes -->\n");
    let file = fs::read_to_string(root().join("docs/exit-codes.md")).unwrap();
    let (head, rest) = file.split_once(begin).expect("the table has a beginning");
    let (_, tail) = rest.split_once(end).expect("the table has an end");
    let mut table = "| code | meaning |\n| ---: | --- |\n".to_owned();
    for code in ExitCode::ALL.iter().copied() {
        writeln!(table, "| {} | {} |", code as u8, code.meaning()).unwrap();
    }
    format!("{head}{begin}{table}{end}{tail}")
}

#[test]
fn every_generated_file_is_fresh() {
    for Generated { path, text } in all() {
        let expected = Data::read_from(&root().join(&path), Some(DataFormat::Text)).raw();
        assert_data_eq!(Data::text(text).raw(), expected);
    }
}

#[test]
fn no_other_file_passes_for_a_generated_one() {
    let made: BTreeSet<PathBuf> = all().iter().map(|file| root().join(&file.path)).collect();
    for folder in ["completions", "docs/schemas"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            assert!(made.contains(&path), "`{}` is made by nothing", path.display());
        }
    }
}

#[test]
fn generated_files_have_nothing_in_them_that_an_editor_or_a_terminal_left() {
    for Generated { path, text } in all() {
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{path} ends with one line break");
        let odd = text.chars().find(|c| c.is_control() && !['\n', '\t'].contains(c));
        assert_eq!(odd, None, "{path}");
        for folder in [root(), std::env::temp_dir(), std::env::current_exe().unwrap()] {
            assert!(!text.contains(&*folder.to_string_lossy()), "{path} names a folder of this machine");
        }
    }
}

/// The first test again, in an environment where whatever is looked up says something else.
#[test]
fn generated_files_do_not_depend_on_the_environment() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "every_generated_file_is_fresh"]).current_dir(folder);
    again.env_remove("SNAPSHOTS").env("COLUMNS", "30").env("HOME", folder).env("CLICOLOR_FORCE", "1");
    again.env("LANG", "tr_TR.UTF-8").env("TZ", "Asia/Kathmandu").env("SHELL", "/bin/false");
    let cli = cli::command();
    for variable in cli.get_arguments().filter_map(clap_env) {
        again.env(variable, "leaked");
    }
    let output = again.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn clap_env(argument: &clap::Arg) -> Option<&std::ffi::OsStr> {
    argument.get_env()
}
