//! Explains a code or a message.

use std::fmt::Write as _;

use super::{error::UsageError, trouble::Trouble};
use crate::{
    diagnosis::ExitCode,
    engine::{FindingCode, UnknownCode},
};

/// Explains the code of a finding, an exit code or the words of a message; lists all of them if `typed` is empty.
///
/// # Errors
///
/// [`UsageError`] if there is no such code and no message with these words.
pub fn explain(typed: &str) -> Result<String, UsageError> {
    if typed.is_empty() { Ok(everything()) } else { explanation(typed) }
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
        let error = UsageError::new(format!("no known message contains `{typed}`"));
        return error.hint("`swa-apim explain` lists all messages; a part of a message is sufficient");
    }
    UsageError::new(unknown.to_string()).hint("`swa-apim explain` lists all codes")
}

/// The exit code that `exit-4`, `exit 4` or `exit code 4` names.
fn exit_code(typed: &str) -> Result<Option<ExitCode>, UsageError> {
    let lower = typed.to_lowercase();
    let Some(rest) = lower.strip_prefix("exit") else { return Ok(None) };
    let number =
        rest.trim_start_matches([' ', '-']).trim_start_matches("code").trim_start_matches([' ', '-']);
    let Ok(number) = number.parse::<u8>() else { return Ok(None) };
    let code = ExitCode::ALL.into_iter().find(|code| *code as u8 == number);
    code.map(Some).ok_or_else(|| {
        UsageError::new(format!("{number} is not an exit code of swa-apim"))
            .hint("`swa-apim help exit-codes` lists all exit codes")
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
