//! `swa-apim explain`

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::{cli::complete, diagnosis::ExitCode, output::Ui, workflow};

/// Explain a finding, an exit code or an error message
///
/// Without an argument, lists all of them. A plain number is the number of a finding; an exit code is written as
/// exit-4. Any other text is searched in the messages of Azure, its gateway and its tools; a part of the message is
/// sufficient.
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
    ui.print_lines(&workflow::explain(&args.words.join(" "))?)?;
    Ok(ExitCode::Success)
}
