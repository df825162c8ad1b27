//! `swa-apim --version`: one line, or with `-v` or `-o` all that is known of the build.

use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches as _, parser::ValueSource};

use super::{args::GlobalArgs, error, journal::Journal};
use crate::{
    diagnosis::ExitCode,
    report::{SCHEMA_VERSION, VersionReport},
};

/// Prints the version, for a command line that asks for it.
pub(super) fn run(command: &Command, words: &[OsString]) -> ExitCode {
    match asked(command, words) {
        Ok((global, detail)) => {
            let ui = global.ui();
            let printed = match detail {
                Detail::Line => ui.print_text(&format!("swa-apim {}\n", env!("CARGO_PKG_VERSION"))),
                Detail::Report => ui.print(&report()),
            };
            error::exit_code(printed.map(|()| ExitCode::Success), &ui, &Journal::default())
        }
        Err(error) => error::usage(&error),
    }
}

/// How much is asked for.
enum Detail {
    Line,
    Report,
}

/// The options beside `--version`.
fn asked(command: &Command, words: &[OsString]) -> Result<(GlobalArgs, Detail), clap::Error> {
    let flag = Arg::new("version").long("version").short('V').action(ArgAction::SetTrue);
    let command = command.clone().disable_version_flag(true).arg(flag);
    let matches =
        command.subcommand_required(false).arg_required_else_help(false).try_get_matches_from(words)?;
    let detail = if wants_report(&matches) { Detail::Report } else { Detail::Line };
    Ok((GlobalArgs::from_arg_matches(&matches)?, detail))
}

/// Whether a flag asks for more than a line. A variable does not: scripts read the line.
fn wants_report(matches: &ArgMatches) -> bool {
    let given = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    given("verbose") || given("output") || given("query")
}

/// The known facts about this build.
fn report() -> VersionReport {
    VersionReport {
        schema_version: SCHEMA_VERSION,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: Some(env!("BUILT_FROM")).filter(|commit| !commit.is_empty()).map(str::to_owned),
        target: env!("BUILT_FOR").to_owned(),
        features: if cfg!(feature = "emulator") { vec!["emulator".to_owned()] } else { Vec::new() },
    }
}
