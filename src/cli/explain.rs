//! `swa-apim explain`

use std::fmt::Write as _;

use clap::Args;
use clap_complete::ArgValueCandidates;

use super::{complete, context::UsageError};
use crate::{diagnosis::ExitCode, engine::FindingCode, output::Ui};

/// Explain the code of a finding, or list all codes
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  swa-apim explain\n  swa-apim explain SWAAPIM060")]
pub(super) struct ExplainArgs {
    /// The code, such as SWAAPIM060, or its number alone
    #[arg(add = ArgValueCandidates::new(complete::codes))]
    code: Option<String>,
}

pub(super) fn run(args: &ExplainArgs, ui: &Ui) -> anyhow::Result<ExitCode> {
    let text = match &args.code {
        Some(code) => {
            let code: FindingCode = code.parse().map_err(|error: crate::engine::UnknownCode| {
                UsageError::new(error.to_string()).hint("`swa-apim explain` lists all codes")
            })?;
            code.explanation()
        }
        None => all_codes(),
    };
    ui.print_text(&text)?;
    Ok(ExitCode::Success)
}

fn all_codes() -> String {
    FindingCode::ALL.iter().fold(String::new(), |mut text, code| {
        let _ = writeln!(text, "{code}  {:8}  {}", code.severity(), code.title());
        text
    })
}
