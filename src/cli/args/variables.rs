//! Environment variables: which the program reads, what each means, and which are unknown.

use std::{collections::BTreeSet, ffi::OsString};

use clap::{Arg, ArgMatches, Command, parser::ValueSource};

use crate::{ambient, cli::shell, diagnosis::nearest, output::Ui};

/// The prefix of the names of this program's variables.
const PREFIX: &str = "SWA_APIM_";

/// Variables of this program that no flag sets, with their meanings.
const WITHOUT_FLAG: [(&str, &str); 3] = [
    (
        "SWA_APIM_ACCESS_TOKEN",
        "The access token for Azure Resource Manager, which is used instead of a credential",
    ),
    ("SWA_APIM_CREDENTIAL", "The only kind of credential to use, such as azure-cli or managed-identity"),
    (shell::VARIABLE, "Set by the completion script of a shell when it requests candidates"),
];

/// Variables of other programs, with their meanings.
const OF_OTHER_PROGRAMS: [(&str, &str); 11] = [
    ("AZURE_TENANT_ID", "The tenant of the application that signs in"),
    ("AZURE_CLIENT_ID", "The application that signs in, or the user-assigned managed identity"),
    ("AZURE_CLIENT_SECRET", "The secret of the application"),
    ("AZURE_CLIENT_CERTIFICATE_PATH", "The file with the certificate and the key of the application"),
    ("AZURE_FEDERATED_TOKEN_FILE", "The file with the token of a workload identity"),
    ("AZURE_AUTHORITY_HOST", "The address where credentials are exchanged for tokens"),
    ("HTTPS_PROXY", "The proxy for requests to Azure; NO_PROXY lists hosts that are reached without it"),
    ("NO_COLOR", "Turns colours off, unless --color is set"),
    ("FORCE_COLOR", "Turns colours on, unless it is 0, or --color or NO_COLOR is set"),
    ("CLICOLOR_FORCE", "Turns colours on, as FORCE_COLOR does"),
    ("XDG_DATA_HOME", "The directory in which --sample keeps its model and completions are installed"),
];

/// Variables that name a target. An empty value is an error, because a script has forgotten to fill it.
const NAMES: [&str; 9] = [
    "SWA_APIM_CONFIG",
    "SWA_APIM_ENV",
    "SWA_APIM_STATIC_WEB_APP",
    "SWA_APIM_APIM",
    "SWA_APIM_RESOURCE_GROUP",
    "SWA_APIM_SUBSCRIPTION",
    "SWA_APIM_SITE_ENVIRONMENT",
    "SWA_APIM_MODEL",
    "SWA_APIM_ENDPOINT",
];

/// An environment variable that the program reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The name.
    pub name: String,
    /// The flag that overrides it, if there is one.
    pub flag: Option<String>,
    /// The commands that read it, such as `link`; empty if every command does.
    pub commands: Vec<String>,
    /// The meaning of its value, in a sentence without a full stop.
    pub meaning: String,
}

/// Every environment variable that the program reads: first those of flags, in the order of the flags.
pub(crate) fn all(command: &Command) -> Vec<Variable> {
    let mut all = Vec::new();
    collect(command, "", &mut all);
    let without_flag = WITHOUT_FLAG.iter().chain(&OF_OTHER_PROGRAMS).map(|(name, meaning)| Variable {
        name: (*name).to_owned(),
        flag: None,
        commands: Vec::new(),
        meaning: (*meaning).to_owned(),
    });
    all.extend(without_flag);
    all
}

fn collect(command: &Command, path: &str, into: &mut Vec<Variable>) {
    for arg in command.get_arguments() {
        let Some(name) = arg.get_env().and_then(|name| name.to_str()) else { continue };
        let commands: Vec<String> = if path.is_empty() { Vec::new() } else { vec![path.to_owned()] };
        match into.iter_mut().find(|known| known.name == name) {
            Some(known) => known.commands.extend(commands),
            None => into.push(Variable {
                name: name.to_owned(),
                flag: arg.get_long().filter(|_| !arg.is_hide_set()).map(|long| format!("--{long}")),
                commands,
                meaning: meaning(arg),
            }),
        }
    }
    for below in command.get_subcommands() {
        let path = format!("{path} {}", below.get_name());
        collect(below, path.trim_start(), into);
    }
}

/// The help of a flag, with the words that it accepts.
fn meaning(arg: &Arg) -> String {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let words: Vec<String> = match arg.get_action() {
        clap::ArgAction::SetTrue => vec!["1".to_owned(), "0".to_owned()],
        clap::ArgAction::Count => ["0", "1", "2", "3"].map(str::to_owned).to_vec(),
        _ => arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect(),
    };
    if words.is_empty() { help } else { format!("{help}: {}", words.join(", ")) }
}

/// Removes the values of environment variables from every help text, and from pages that are generated from it.
pub(crate) fn hidden(command: Command) -> Command {
    command.mut_args(|arg| arg.hide_env_values(true)).mut_subcommands(hidden)
}

/// The command line without the variables that `words` do not read: one whose flag is among them, and an empty one,
/// unless it names a target.
pub(crate) fn heeded(command: Command, words: &[OsString]) -> Command {
    let given = flags_of(command.clone(), words);
    without(command, &|arg, name| {
        let is_empty = !NAMES.contains(&name) && ambient::is_set_and_empty(name);
        is_empty || given.contains(arg.get_id().as_str())
    })
}

/// Removes the variables of the arguments that `is_unread` selects.
fn without(command: Command, is_unread: &impl Fn(&Arg, &str) -> bool) -> Command {
    let command = command.mut_args(|arg| {
        let name = arg.get_env().and_then(|name| name.to_str()).unwrap_or_default();
        if is_unread(&arg, name) { arg.env(None::<&str>) } else { arg }
    });
    command.mut_subcommands(|below| without(below, is_unread))
}

/// The IDs of the arguments that a command line has, also if it cannot be parsed completely. A variable of a flag of
/// every command would be read even if the flag follows the name of the command.
fn flags_of(command: Command, words: &[OsString]) -> BTreeSet<String> {
    let lenient = without(command, &|_, _| true).ignore_errors(true);
    let Ok(matches) = lenient.try_get_matches_from(words) else { return BTreeSet::new() };
    let (mut given, mut level) = (BTreeSet::new(), Some(&matches));
    while let Some(matches) = level {
        given.extend(typed(matches));
        level = matches.subcommand().map(|(_, below)| below);
    }
    given
}

fn typed(matches: &ArgMatches) -> impl Iterator<Item = String> {
    let ids = matches.ids().map(clap::Id::as_str);
    ids.filter(|id| matches.value_source(id) == Some(ValueSource::CommandLine)).map(str::to_owned)
}

/// Warns of each variable that has this program's prefix and that the program does not read.
pub(crate) fn warn_of_unknown(command: &Command, ui: &Ui) {
    let known: Vec<String> = all(command).into_iter().map(|variable| variable.name).collect();
    for name in ambient::variables_with(PREFIX).iter().filter(|name| !known.contains(name)) {
        let near = nearest(name, known.iter().map(String::as_str).filter(|known| known.starts_with(PREFIX)));
        let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        ui.warn_unless_quiet(&format!("the environment variable {name} is unknown and has no effect{hint}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::command;

    #[test]
    fn a_variable_of_two_commands_is_listed_once_with_both() {
        let all = all(&command());
        let grace: Vec<&Variable> = all.iter().filter(|it| it.name == "SWA_APIM_GRACE").collect();
        assert_eq!(grace.len(), 1);
        let wanted: &[&str] =
            if cfg!(feature = "ui") { &["link", "relink", "ui"] } else { &["link", "relink"] };
        assert_eq!(grace[0].commands, wanted);
        assert_eq!(grace[0].flag.as_deref(), Some("--grace"));
    }

    #[test]
    fn the_flags_of_a_line_are_found_before_and_after_the_command_and_beside_mistakes() {
        let of = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            flags_of(command(), &words)
        };
        for line in [
            "swa-apim --timeout 5s status",
            "swa-apim status --timeout=5s",
            "swa-apim status --timeout soon",
            "swa-apim api list --timeout 5s",
        ] {
            assert!(of(line).contains("timeout"), "{line}");
        }
        assert!(of("swa-apim status -njson").contains("static_web_app"));
        assert!(!of("swa-apim status -njson").contains("output"));
    }

    #[test]
    fn every_variable_has_a_meaning() {
        for variable in all(&command()) {
            assert!(!variable.meaning.is_empty() && !variable.meaning.ends_with('.'), "{variable:?}");
        }
    }
}
