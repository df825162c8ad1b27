//! Explains a code or a message.

mod trouble;

pub use self::trouble::Trouble;
use crate::{
    diagnosis::ExitCode,
    engine::{FindingCode, UnknownCode},
    report::{ExplainReport, Explained, SCHEMA_VERSION},
    workflow::UsageError,
};

/// Explains the code of a finding, an exit code or the words of a message; lists all of them if `typed` is empty.
///
/// # Errors
///
/// [`UsageError`] if there is no such code and no message with these words.
pub(super) fn explain(typed: &str) -> Result<ExplainReport, UsageError> {
    let entries = if typed.is_empty() { everything() } else { vec![explanation(typed)?] };
    Ok(ExplainReport { schema_version: SCHEMA_VERSION, entries })
}

fn everything() -> Vec<Explained> {
    let findings = FindingCode::ALL.iter().map(|code| of_finding(*code));
    let exits = ExitCode::ALL.iter().copied().map(of_exit);
    findings.chain(exits).chain(Trouble::ALL.iter().map(of_message)).collect()
}

fn explanation(typed: &str) -> Result<Explained, UsageError> {
    if let Some(code) = exit_code(typed)? {
        return Ok(of_exit(code));
    }
    let unknown = match typed.parse::<FindingCode>() {
        Ok(code) => return Ok(of_finding(code)),
        Err(unknown) => unknown,
    };
    Trouble::find(typed).map(of_message).ok_or_else(|| not_known(typed, &unknown))
}

fn of_finding(code: FindingCode) -> Explained {
    Explained::Finding {
        code,
        severity: code.severity(),
        title: code.title().to_owned(),
        meaning: code.meaning().to_owned(),
        cure: code.cure().to_owned(),
    }
}

fn of_exit(code: ExitCode) -> Explained {
    Explained::ExitCode {
        code: code as u8,
        meaning: code.meaning().to_owned(),
        cure: code.advice().to_owned(),
    }
}

fn of_message(trouble: &Trouble) -> Explained {
    let Trouble { words, said_by, cause, cure, findings } = *trouble;
    Explained::Message {
        words: words.iter().map(|words| (*words).to_owned()).collect(),
        said_by: said_by.to_owned(),
        cause: cause.to_owned(),
        cure: cure.to_owned(),
        findings: findings.to_vec(),
    }
}

/// The command that explains the exit code that a number can also mean; `None` if it can mean only a finding.
pub(super) fn as_exit_code(typed: &str) -> Option<String> {
    let code = exit_code(&format!("exit-{}", typed.parse::<u8>().ok()?)).ok()??;
    Some(format!("`swa-apim explain exit-{}` explains the exit code {typed}", code as u8))
}

fn not_known(typed: &str, unknown: &UnknownCode) -> UsageError {
    if let Some(other) = as_exit_code(typed) {
        return UsageError::new(unknown.to_string()).hint(other);
    }
    if typed.contains(' ') {
        let error = UsageError::new(format!("no known message contains `{typed}`"));
        return error.hint("`swa-apim explain` lists all messages; a part of the message is sufficient");
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
    let code = ExitCode::ALL.iter().copied().find(|code| *code as u8 == number);
    code.map(Some).ok_or_else(|| {
        UsageError::new(format!("no command ends with {number}"))
            .hint("`swa-apim help exit-codes` lists them all")
    })
}
