//! `swa-apim explain`

use std::fmt::Write as _;

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::{
    cli::complete,
    diagnosis::ExitCode,
    engine::{FindingCode, Trouble, UnknownCode},
    output::Ui,
    workflow::UsageError,
};

/// Explain the code of a finding, an exit code or a message, or list all of them
///
/// A number by itself is that of a finding; an exit code is written exit-4. Anything else is looked for among
/// the messages of Azure, its gateway and its tools: as many of their words as there are at hand will do.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim explain\n  swa-apim explain SWAAPIM060\n  swa-apim explain exit-4\n  swa-apim explain 'Access denied due to invalid subscription key'"
)]
pub(crate) struct ExplainArgs {
    /// The code, such as SWAAPIM060, 60 or exit-4, or the words of a message
    #[arg(value_name = "CODE|WORDS", add = ArgValueCandidates::new(complete::codes))]
    words: Vec<String>,
}

pub(crate) fn run(args: &ExplainArgs, ui: &Ui) -> anyhow::Result<ExitCode> {
    let typed = args.words.join(" ");
    let text = if args.words.is_empty() { everything() } else { explanation(&typed)? };
    ui.print_lines(&text)?;
    Ok(ExitCode::Success)
}

fn explanation(typed: &str) -> Result<String, UsageError> {
    if let Some(code) = exit_code(typed)? {
        return Ok(code.explanation());
    }
    let unknown = match typed.parse::<FindingCode>() {
        Ok(code) => return Ok(code.explanation()),
        Err(unknown) => unknown,
    };
    Trouble::find(typed).map(Trouble::explanation).ok_or_else(|| not_known(typed, &unknown))
}

fn not_known(typed: &str, unknown: &UnknownCode) -> UsageError {
    if typed.contains(' ') {
        let error = UsageError::new(format!("nothing is known of the message `{typed}`"));
        return error.hint("`swa-apim explain` lists all messages; a few of the words are enough");
    }
    UsageError::new(unknown.to_string()).hint("`swa-apim explain` lists all codes")
}

/// The exit code that `exit-4`, `exit 4` or `exit code 4` asks for.
fn exit_code(typed: &str) -> Result<Option<ExitCode>, UsageError> {
    let lower = typed.to_lowercase();
    let Some(rest) = lower.strip_prefix("exit") else { return Ok(None) };
    let number =
        rest.trim_start_matches([' ', '-']).trim_start_matches("code").trim_start_matches([' ', '-']);
    let Ok(number) = number.parse::<u8>() else { return Ok(None) };
    let code = ExitCode::ALL.into_iter().find(|code| *code as u8 == number);
    code.map(Some).ok_or_else(|| {
        UsageError::new(format!("no command ends with {number}"))
            .hint("`swa-apim help exit-codes` lists them all")
    })
}

fn everything() -> String {
    let mut text = String::new();
    for code in FindingCode::ALL {
        let _ = writeln!(text, "{code}  {:8}  {}", code.severity(), code.title());
    }
    text.push('\n');
    for code in ExitCode::ALL {
        let _ = writeln!(text, "{:10}  {}", format!("exit-{}", code as u8), code.meaning());
    }
    text.push('\n');
    for trouble in Trouble::ALL {
        let _ = writeln!(text, "{:?}", trouble.words[0]);
    }
    text
}
