//! Flags of one command line that contradict each other, or that say nothing where they stand. A variable is never
//! refused: it is set once for every command.

use clap::{ArgMatches, parser::ValueSource};

use crate::workflow::UsageError;

/// The ID of a flag, and the flag as the user types it.
type Flag = (&'static str, &'static str);

const QUIET: Flag = ("quiet", "--quiet");
const VERBOSE: Flag = ("verbose", "-v");
const SAMPLE: Flag = ("sample", "--sample");
const CONFIG: Flag = ("config", "--config");
const ENV: Flag = ("env", "--env");
const SITE: Flag = ("static_web_app", "--static-web-app");
const APIM: Flag = ("apim", "--apim");
const GROUP: Flag = ("resource_group", "--resource-group");
const SUBSCRIPTION: Flag = ("subscription", "--subscription");
const SITE_ENVIRONMENT: Flag = ("site_environment", "--site-environment");
const PROVIDER: Flag = ("provider", "--provider");
const MODEL: Flag = ("model", "--model");
const ENDPOINT: Flag = ("endpoint", "--endpoint");
const PROVISIONING: Flag = ("provisioning", "--provisioning");
const OUTPUT: Flag = ("output", "--output");
const QUERY: Flag = ("query", "--query");
const YES: Flag = ("yes", "--yes");
const NO_INPUT: Flag = ("no_input", "--no-input");
const TIMEOUT: Flag = ("timeout", "--timeout");
const OUTPUT_FILE: Flag = ("output_file", "--output-file");
const DRY_RUN: Flag = ("dry_run", "--dry-run");
const OUT: Flag = ("out", "--out");
const WATCH: Flag = ("watch", "--watch");
const WAIT_FOR: Flag = ("wait_for", "--wait-for");
const DETAILED: Flag = ("detailed_exitcode", "--detailed-exitcode");

const ALL: Flag = ("all", "--all");

/// Flags whose variables name a part of one link, with the variables.
const OF_ONE: [(Flag, &str); 5] = [
    (SITE, "SWA_APIM_STATIC_WEB_APP"),
    (APIM, "SWA_APIM_APIM"),
    (GROUP, "SWA_APIM_RESOURCE_GROUP"),
    (SUBSCRIPTION, "SWA_APIM_SUBSCRIPTION"),
    (SITE_ENVIRONMENT, "SWA_APIM_SITE_ENVIRONMENT"),
];

/// Pairs of flags that cannot be used together.
const PAIRS: [(Flag, Flag); 8] = [
    (QUIET, VERBOSE),
    (SAMPLE, CONFIG),
    (MODEL, ENDPOINT),
    (DETAILED, WATCH),
    (DETAILED, WAIT_FOR),
    (("unlinked", "--unlinked"), APIM),
    (("no_wait", "--no-wait"), DRY_RUN),
    (("no_wait", "--no-wait"), OUT),
];

/// Flags that have an effect only with one of two other flags, by the commands that have them.
const BESIDE: [(&[&str], Flag, [Flag; 2]); 2] = [
    (&["status"], ("interval", "--interval"), [WATCH, WAIT_FOR]),
    (&["link", "relink", "unlink", "api add", "api remove", "prune"], DETAILED, [DRY_RUN, OUT]),
];

/// Flags of every command that choose a target or how it is changed.
const OF_TARGET: [Flag; 15] = [
    CONFIG,
    ENV,
    SITE,
    APIM,
    GROUP,
    SUBSCRIPTION,
    SITE_ENVIRONMENT,
    PROVIDER,
    MODEL,
    ENDPOINT,
    PROVISIONING,
    SAMPLE,
    YES,
    NO_INPUT,
    TIMEOUT,
];

/// Flags of every command that have no effect on these.
const USELESS: [(&[&str], &[Flag]); 6] = [
    (&["explain", "completions", "man", "help"], &OF_TARGET),
    (&["explain", "completions", "man", "help"], &[OUTPUT_FILE]),
    (&["completions", "man", "help"], &[OUTPUT, QUERY]),
    (
        &["model import", "model export"],
        &[ENV, SITE, APIM, GROUP, SUBSCRIPTION, SITE_ENVIRONMENT, PROVISIONING],
    ),
    (&["graph", "export", "init", "ui"], &[OUTPUT, QUERY]),
    (&["list"], &[SITE_ENVIRONMENT, PROVISIONING]),
];

/// Flags of `init` that say what to write. With `--sample` that is settled.
const OF_ENV: [Flag; 11] = [
    ENV,
    SITE,
    APIM,
    GROUP,
    SUBSCRIPTION,
    SITE_ENVIRONMENT,
    PROVIDER,
    MODEL,
    ENDPOINT,
    PROVISIONING,
    ("apis", "--api"),
];

/// Where the result of a command is available in the form that a flag of `USELESS` asks for.
const INSTEAD: [(&str, &str); 4] = [
    ("graph", "choose the picture with `--format`; the data is `swa-apim status --all -o json`"),
    ("export", "choose the language with `--format`; the data is `swa-apim status -o json`"),
    ("init", "it writes a file; `swa-apim list -o json` prints what the file can name"),
    ("ui", "it prints only the address of the page; the data is `swa-apim status --all -o json`"),
];

/// Refuses the first flag that contradicts another one, or that says nothing where it stands.
///
/// # Errors
///
/// A usage error that names the flags.
pub(crate) fn check(matches: &ArgMatches) -> Result<(), UsageError> {
    let (command, leaf) = command_of(matches);
    let given = |(id, _): Flag| {
        leaf.ids().any(|known| known == id) && leaf.value_source(id) == Some(ValueSource::CommandLine)
    };
    let is_of = |commands: &[&str]| commands.contains(&command.as_str());
    if let Some(((_, one), (_, other))) = PAIRS.iter().find(|(one, other)| given(*one) && given(*other)) {
        let message = format!("`{one}` and `{other}` cannot be used together");
        return Err(UsageError::new(message).hint("remove one of them"));
    }
    let is_alone = |(commands, flag, others): &&(&[&str], Flag, [Flag; 2])| {
        is_of(commands) && given(*flag) && !others.iter().any(|other| given(*other))
    };
    if let Some((_, (_, flag), [(_, one), (_, other)])) = BESIDE.iter().find(is_alone) {
        let message = format!("`{flag}` has no effect on `{command}` without `{one}` or `{other}`");
        return Err(UsageError::new(message).hint(format!("add one of them, or remove `{flag}`")));
    }
    // A variable can ask for the sample, and a flag beside it would be as useless.
    let of_sample = is_of(&["init"]) && matches!(leaf.try_get_one(SAMPLE.0), Ok(Some(true)));
    if let Some((_, flag)) = OF_ENV.iter().find(|flag| of_sample && given(**flag)) {
        let message = format!("`{flag}` has no effect on `init` with `--sample`");
        let hint = format!("leave `{flag}` out: the files of the sample are always the same ones");
        return Err(UsageError::new(message).hint(hint));
    }
    let useless = USELESS.iter().filter(|(commands, _)| is_of(commands)).flat_map(|(_, flags)| *flags);
    match useless.into_iter().find(|flag| given(**flag)) {
        Some((_, flag)) => {
            let message = format!("`{flag}` has no effect on `{command}`");
            let instead =
                INSTEAD.iter().find(|(known, _)| *known == command).map(|(_, hint)| (*hint).to_owned());
            Err(UsageError::new(message).hint(instead.unwrap_or_else(|| format!("leave `{flag}` out"))))
        }
        None => Ok(()),
    }
}

/// The variables that name the parts of one link, if the command is about all of them: a note for each command line.
pub(crate) fn note_of_all(matches: &ArgMatches) -> Option<String> {
    let (_, leaf) = command_of(matches);
    let is_all =
        leaf.ids().any(|id| id == ALL.0) && leaf.value_source(ALL.0) == Some(ValueSource::CommandLine);
    let is_set = |(id, _): Flag| leaf.value_source(id) == Some(ValueSource::EnvVariable);
    let set: Vec<&str> = OF_ONE.into_iter().filter(|(flag, _)| is_set(*flag)).map(|(_, name)| name).collect();
    (is_all && !set.is_empty()).then(|| {
        let names = set.join(", ");
        format!(
            "note: with `--all`, these environment variables have no effect on an env that has its own value: \
             {names}"
        )
    })
}

/// The command, such as `api add`, and its arguments.
fn command_of(matches: &ArgMatches) -> (String, &ArgMatches) {
    let (mut names, mut leaf) = (Vec::new(), matches);
    while let Some((name, below)) = leaf.subcommand() {
        names.push(name);
        leaf = below;
    }
    (names.join(" "), leaf)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::command;

    /// Every flag of a command line, by the command that has it.
    fn flags(command: &clap::Command, path: &str, into: &mut Vec<(String, String)>) {
        into.extend(command.get_arguments().map(|arg| (path.to_owned(), arg.get_id().to_string())));
        for below in command.get_subcommands() {
            let path = format!("{path} {}", below.get_name());
            flags(below, path.trim_start(), into);
        }
    }

    #[test]
    fn every_flag_and_command_of_the_tables_exists() {
        let mut known = Vec::new();
        flags(&command(), "", &mut known);
        let has =
            |path: &str, id: &str| known.iter().any(|(at, it)| (at == path || at.is_empty()) && it == id);
        for (commands, (id, _), others) in BESIDE {
            for (command, (id, _)) in commands
                .iter()
                .flat_map(|it| [(it, (id, ""))].into_iter().chain(others.map(|other| (it, other))))
            {
                assert!(has(command, id), "{command} {id}");
            }
        }
        for (commands, flags) in USELESS {
            for (command, (id, _)) in commands.iter().flat_map(|it| flags.iter().map(move |flag| (it, flag)))
            {
                assert!(has(command, id), "{command} {id}");
            }
        }
        for (id, _) in [SAMPLE].iter().chain(&OF_ENV) {
            assert!(has("init", id), "{id}");
        }
        for (id, _) in PAIRS.iter().flat_map(|(one, other)| [one, other]) {
            assert!(known.iter().any(|(_, it)| it == id), "{id}");
        }
    }
}
