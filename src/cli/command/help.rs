//! `swa-apim help`

use std::fmt::Write as _;

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::{
    cli::{args::help, complete, topic::Topic},
    diagnosis::{ExitCode, nearest},
    output::Ui,
    workflow::UsageError,
};

/// Print the help of a command or of a topic
///
/// The topics are options (the options of every command), environment (the variables that the program reads) and
/// exit-codes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim help api add\n  swa-apim help options\n  swa-apim help environment\n  swa-apim help exit-codes"
)]
pub(crate) struct HelpArgs {
    /// A command, such as `api add`, or one of the topics options, environment and exit-codes
    #[arg(add = ArgValueCandidates::new(complete::topics))]
    topic: Vec<String>,
}

pub(crate) fn run(args: &HelpArgs, ui: &Ui) -> anyhow::Result<ExitCode> {
    let words: Vec<&str> = args.topic.iter().map(String::as_str).collect();
    if let Some(topic) = Topic::ALL.iter().copied().find(|topic| words == [topic.name()]) {
        ui.print_text(&text(topic))?;
        return Ok(ExitCode::Success);
    }
    let mut root = crate::cli::command();
    root.build();
    let mut command = &mut root;
    for word in words {
        let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
        command = command.find_subcommand_mut(word).ok_or_else(|| {
            let error = UsageError::new(format!("there is no help topic `{word}`"));
            let known = names.iter().map(String::as_str).chain(Topic::ALL.iter().map(|topic| topic.name()));
            match nearest(word, known) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint("`swa-apim help` lists the commands"),
            }
        })?;
    }
    command.print_long_help()?;
    Ok(ExitCode::Success)
}

fn text(topic: Topic) -> String {
    match topic {
        Topic::Options => help::of_global_options(),
        Topic::Environment => environment(),
        Topic::ExitCodes => exit_codes(),
    }
}

fn exit_codes() -> String {
    let codes = ExitCode::ALL.iter().fold(String::new(), |mut text, code| {
        let _ = writeln!(text, "{:>3}  {}", *code as u8, code.meaning());
        text
    });
    codes + "\nWith --all, a command exits with the most severe code of all envs.\n"
}

fn environment() -> String {
    let head = "A flag overrides its variable, and a variable overrides the configuration file.\n";
    crate::cli::environment().iter().fold(head.to_owned(), |mut text, variable| {
        let flag = variable.flag.as_deref().map(|flag| format!(" ({flag})")).unwrap_or_default();
        let of = match variable.commands.as_slice() {
            [] => String::new(),
            commands => format!("\n    read by {}", commands.join(", ")),
        };
        let _ = write!(text, "\n{}{flag}\n    {}{of}\n", variable.name, variable.meaning);
        text
    })
}
