//! `swa-apim help`

use std::fmt::Write as _;

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::{
    cli::complete,
    diagnosis::{ExitCode, nearest},
    output::Ui,
    workflow::UsageError,
};

/// Print the help of a command, or of a topic: exit-codes
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  swa-apim help api add\n  swa-apim help exit-codes")]
pub(crate) struct HelpArgs {
    /// A command, such as `api add`, or `exit-codes`
    #[arg(add = ArgValueCandidates::new(complete::topics))]
    topic: Vec<String>,
}

pub(crate) fn run(args: &HelpArgs, ui: &Ui) -> anyhow::Result<ExitCode> {
    let words: Vec<&str> = args.topic.iter().map(String::as_str).collect();
    if words == ["exit-codes"] {
        ui.print_text(&exit_codes())?;
        return Ok(ExitCode::Success);
    }
    let mut root = crate::cli::command();
    root.build();
    let mut command = &mut root;
    for word in words {
        let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
        command = command.find_subcommand_mut(word).ok_or_else(|| {
            let error = UsageError::new(format!("there is no help on `{word}`"));
            let known = names.iter().map(String::as_str).chain(["exit-codes"]);
            match nearest(word, known) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint("`swa-apim help` lists the commands"),
            }
        })?;
    }
    ui.print_text(&command.render_long_help().to_string())?;
    Ok(ExitCode::Success)
}

fn exit_codes() -> String {
    let codes = ExitCode::ALL.iter().fold(String::new(), |mut text, code| {
        let _ = writeln!(text, "{:>3}  {}", *code as u8, code.meaning());
        text
    });
    codes + "\nWith --all, the code of the env that needs a person most.\n"
}
