//! Errors as text and exit code: the problem, its cause, and the next step.

use std::{
    borrow::Cow,
    error::Error,
    fmt::Write as _,
    io::{self, IsTerminal as _, Write as _},
};

use super::journal::Journal;
use crate::{
    diagnosis::{Cure, Diagnose, Diagnosis, ExitCode, Selection, quoted},
    export::ExportError,
    output::{AskError, InvalidQuery, Ui, UiOptions, printable},
    report::{ErrorReport, Event, one_line},
    workflow::{self, UsageError, WorkflowError},
};

/// A file for a pipeline that the command must not write.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct PipelineRefused(pub(crate) UsageError);

impl Diagnose for PipelineRefused {
    fn diagnosis(&self) -> Diagnosis {
        self.0.diagnosis()
    }
}

/// Prints the message of clap, and returns its exit code.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let plain = error.render().to_string();
    let clean = printable(&plain);
    // A value that is repeated in the message may come from a file or a variable.
    let _ = match &clean {
        Cow::Borrowed(_) => error.print(),
        Cow::Owned(text) => anstream::stderr().lock().write_all(text.as_bytes()),
    };
    if error.use_stderr() { ExitCode::Usage } else { ExitCode::Success }
}

/// Prints an error of a command line that was not parsed, and returns its exit code.
pub(crate) fn before_settings(error: &anyhow::Error) -> ExitCode {
    print(&Ui::new(UiOptions::default()), None, &report(error));
    diagnose(error).exit
}

/// Prints an error to stderr, and returns the exit code of the command.
pub(crate) fn exit_code(outcome: anyhow::Result<ExitCode>, ui: &Ui, journal: &Journal) -> ExitCode {
    match outcome {
        Ok(ExitCode::Interrupted) => {
            if let Some(text) = journal.epitaph() {
                print_interruption(&text);
                let error = interruption(text);
                if !ui.is_for_people() {
                    // If the report cannot be printed, stderr already has the message.
                    let _ = journal.report(&error).map(|report| ui.print_alone(&report));
                    let _ = journal.prune_report(&error).map(|report| ui.print_alone(&report));
                }
                ui.tell(&[Event::Failure { env: None, error }]);
            }
            ExitCode::Interrupted
        }
        Ok(code) => code,
        Err(error) if is_broken_pipe(&error) => ExitCode::Success,
        Err(error) if error.is::<PipelineRefused>() => {
            // A file that was refused does not receive the error either.
            print(ui, None, &report(&error));
            diagnose(&error).exit
        }
        Err(error) => {
            let failure = report(&error);
            print(ui, None, &failure);
            if journal.may_tell() {
                ui.tell(&[Event::Failure { env: None, error: failure }]);
            }
            diagnose(&error).exit
        }
    }
}

/// Prints which steps of an interrupted command were done.
pub(crate) fn print_interruption(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{}", printable(text));
}

fn interruption(text: String) -> ErrorReport {
    ErrorReport {
        message: text,
        causes: Vec::new(),
        hint: None,
        exit_code: ExitCode::Interrupted as u8,
        retry_after_ms: None,
    }
}

/// Shows the cursor again, which an interrupted prompt has hidden.
pub(crate) fn show_cursor() {
    if io::stderr().is_terminal() {
        let _ = io::stderr().write_all(b"\x1b[?25h");
    }
}

/// Prints an error to stderr, with its env if there are several.
pub(crate) fn print(ui: &Ui, env: Option<&str>, failure: &ErrorReport) {
    let place = env.map(|env| format!("{}: ", one_line(env))).unwrap_or_default();
    let mut text = format!("error: {place}{}\n", indented(&failure.message));
    for cause in &failure.causes {
        let _ = writeln!(text, "  caused by: {}", cause.replace('\n', "\n    "));
    }
    if let Some(hint) = &failure.hint {
        let _ = writeln!(text, "hint: {}", one_line(hint));
    }
    ui.complain(&text);
}

/// Indents the further lines of a message, so that they cannot be taken for separate messages. The excerpt of a file is
/// not changed.
fn indented(message: &str) -> String {
    let is_excerpt = |line: &str| {
        let rest = line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit());
        rest == "|" || rest.starts_with("| ")
    };
    let mut lines = message.split('\n');
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |text, line| text + if is_excerpt(line) { "\n" } else { "\n    " } + line)
}

/// An error as it is shown in reports.
pub(crate) fn report(error: &anyhow::Error) -> ErrorReport {
    workflow::report_as(error.as_ref(), &diagnose(error), command_line)
}

/// Returns the command line of a command on the resources that a selection names, quoted for a shell.
#[must_use]
pub fn command_line(cure: &Cure, on: &Selection) -> String {
    let (verb, arguments) = verb(cure);
    let mut words = vec!["swa-apim".to_owned(), verb.to_owned()];
    words.extend(arguments.iter().map(|word| quoted(word)));
    for (option, value) in on.options() {
        words.push(option.to_owned());
        words.extend(value.map(quoted));
    }
    words.join(" ")
}

/// The words of a command that are the same on every target, and its arguments.
fn verb(cure: &Cure) -> (&'static str, &[String]) {
    match cure {
        Cure::Link => ("link", &[]),
        Cure::LinkReplacing => ("link --replace", &[]),
        Cure::LinkAdopting => ("link --adopt", &[]),
        Cure::Relink => ("relink", &[]),
        Cure::RelinkAdopting => ("relink --adopt", &[]),
        Cure::Unlink => ("unlink", &[]),
        Cure::Purge => ("unlink --purge", &[]),
        Cure::Status => ("status", &[]),
        Cure::Doctor => ("doctor", &[]),
        Cure::CheckRights => ("doctor --check-rights", &[]),
        Cure::GrantRole => ("doctor --check-rights --role-definition role.json", &[]),
        Cure::ListApis => ("api list", &[]),
        Cure::AddApis(names) => ("api add", names),
        Cure::RemoveApis(names) => ("api remove", names),
        Cure::Prune => ("prune", &[]),
        Cure::AuditServices => ("audit --all-services", &[]),
        Cure::Apply(file) => ("apply", std::slice::from_ref(file)),
        Cure::ExportModel => ("model export", &[]),
        Cure::AddEnv => ("init", &[]),
        Cure::InitSample => ("init --sample", &[]),
        Cure::ImportModel(file) => ("model import", file.as_slice()),
    }
}

/// The diagnosis of an error: that of the outermost cause that has one.
pub(crate) fn diagnose(error: &anyhow::Error) -> Diagnosis {
    let meaning = |cause: &(dyn Error + 'static)| known(cause).or_else(|| workflow::known(cause));
    error.chain().find_map(meaning).unwrap_or_else(workflow::unexpected)
}

/// The diagnosis of an error that only the command line and its own dependencies know.
fn known(error: &(dyn Error + 'static)) -> Option<Diagnosis> {
    fn of<E: Diagnose>(error: &(dyn Error + 'static)) -> Option<Diagnosis> {
        error.downcast_ref::<E>().map(Diagnose::diagnosis)
    }
    of::<AskError>(error)
        .or_else(|| of::<PipelineRefused>(error))
        .or_else(|| of::<ExportError>(error))
        .or_else(|| of_emulator(error))
        .or_else(|| of_page(error))
        .or_else(|| error.downcast_ref::<InvalidQuery>().map(|_| Diagnosis::new(ExitCode::Usage)))
}

#[cfg(feature = "emulator")]
fn of_emulator(error: &(dyn Error + 'static)) -> Option<Diagnosis> {
    error.downcast_ref::<crate::emulator::EmulatorError>().map(Diagnose::diagnosis)
}

#[cfg(not(feature = "emulator"))]
fn of_emulator(_: &(dyn Error + 'static)) -> Option<Diagnosis> {
    None
}

#[cfg(feature = "ui")]
fn of_page(error: &(dyn Error + 'static)) -> Option<Diagnosis> {
    error.downcast_ref::<crate::ui::PageError>().map(Diagnose::diagnosis)
}

#[cfg(not(feature = "ui"))]
fn of_page(_: &(dyn Error + 'static)) -> Option<Diagnosis> {
    None
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = |cause: &(dyn Error + 'static)| {
        let met = cause.downcast_ref::<WorkflowError>().map(WorkflowError::met);
        met.unwrap_or(cause).downcast_ref::<io::Error>().map(io::Error::kind)
    };
    error.chain().filter_map(io).any(|kind| kind == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_the_words_of_a_command() {
        let on = Selection::default().with_switch("--sample").with("--env", "it's; $(x)");
        let line = command_line(&Cure::AddApis(vec!["a b".to_owned()]), &on);
        let words = shlex::split(&line).unwrap();
        assert_eq!(words, ["swa-apim", "api", "add", "a b", "--sample", "--env", "it's; $(x)"]);
        assert_eq!(command_line(&Cure::Purge, &Selection::default()), "swa-apim unlink --purge");
        assert_eq!(command_line(&Cure::ImportModel(None), &Selection::default()), "swa-apim model import");
    }
}
