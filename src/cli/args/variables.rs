//! Variables of the environment: what of them is read, and which of them mean nothing.

use clap::Command;

use crate::{ambient, diagnosis::nearest, output::Ui};

/// What the names of this program's variables begin with.
const PREFIX: &str = "SWA_APIM_";
/// Variables that are read elsewhere than on the command line.
const OTHERS: [&str; 3] =
    ["SWA_APIM_ACCESS_TOKEN", "SWA_APIM_CREDENTIAL", crate::cli::command::completions::VARIABLE];
/// What names a target: where such a variable is empty, a script has forgotten to fill it.
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

/// Keeps what the environment holds out of every help text, and pages made from them.
pub(crate) fn hidden(command: Command) -> Command {
    command.mut_args(|arg| arg.hide_env_values(true)).mut_subcommands(hidden)
}

/// Leaves a variable that is empty unread, as if it were not set; one that names a target is an error.
pub(crate) fn without_empty(command: Command) -> Command {
    let command = command.mut_args(|arg| {
        let name = arg.get_env().and_then(|name| name.to_str()).unwrap_or_default();
        let unread = !NAMES.contains(&name) && ambient::is_set_and_empty(name);
        if unread { arg.env(None::<&str>) } else { arg }
    });
    command.mut_subcommands(without_empty)
}

/// Warns of each variable that has this program's prefix and that nothing reads.
pub(crate) fn warn_of_unknown(command: &Command, ui: &Ui) {
    let mut known: Vec<String> = OTHERS.map(str::to_owned).into();
    collect(command, &mut known);
    for name in ambient::variables_with(PREFIX).iter().filter(|name| !known.contains(name)) {
        let near = nearest(name, known.iter().map(String::as_str));
        let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        ui.warn_unless_quiet(&format!("nothing reads the environment variable {name}{hint}"));
    }
}

fn collect(command: &Command, known: &mut Vec<String>) {
    let names = command.get_arguments().filter_map(|arg| arg.get_env()?.to_str().map(str::to_owned));
    known.extend(names);
    command.get_subcommands().for_each(|command| collect(command, known));
}
