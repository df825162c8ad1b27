//! `swa-apim explain`

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::{
    cli::{
        complete,
        explanation::{as_exit_code, explain},
    },
    diagnosis::ExitCode,
    output::Ui,
};

/// Explain a finding, an exit code or an error message
///
/// Lists all of them if none is given. A number by itself is that of a finding; an exit code is written exit-4.
/// Any other text is compared with the messages of Azure, its gateway and its tools; a few of the words are enough.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim explain\n  swa-apim explain SWAAPIM060\n  swa-apim explain exit-4\n  swa-apim explain 'Access denied due to invalid subscription key'"
)]
pub(crate) struct ExplainArgs {
    /// A code, such as SWAAPIM060, 60 or exit-4, or a part of a message
    #[arg(value_name = "CODE|WORDS", add = ArgValueCandidates::new(complete::codes))]
    words: Vec<String>,
}

pub(crate) fn run(args: &ExplainArgs, ui: &Ui) -> anyhow::Result<ExitCode> {
    let typed = args.words.join(" ");
    ui.print(&explain(&typed)?)?;
    if let Some(other) = as_exit_code(&typed) {
        ui.say(&format!("note: {other}"));
    }
    Ok(ExitCode::Success)
}
