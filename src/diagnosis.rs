//! How a failure is reported to the user or script that ran the command: an exit code, and what to do next.
#![warn(clippy::arithmetic_side_effects)]

mod cure;
mod hint;
mod listen;
mod misfit;

use std::{error::Error, time::Duration};

use jiff::Timestamp;
use strum::VariantArray;

pub use self::{
    cure::{Cure, Selection},
    hint::{Hint, Render},
    listen::ListenError,
    misfit::{misfit, misfit_at},
};

/// The exit codes of every command. A test compares `docs/exit-codes.md` with this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, VariantArray)]
#[repr(u8)]
pub enum ExitCode {
    /// The command succeeded, or there was nothing to do.
    Success = 0,
    /// An unexpected error.
    Unexpected = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// Drift or pending changes, if the caller requested this exit code.
    Changes = 3,
    /// Refused before anything was changed.
    Refused = 4,
    /// The control plane did not answer, or the state could not be determined.
    Unavailable = 5,
    /// Not authenticated, or not authorised.
    NotAuthorized = 6,
    /// Stopped before the end; the same command completes the change.
    Partial = 7,
    /// Applied, but verification failed.
    NotVerified = 8,
    /// Interrupted.
    Interrupted = 130,
}

impl ExitCode {
    /// Every exit code, in numeric order.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Returns the meaning of the code, in one line.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Success => "success, or nothing to do",
            Self::Unexpected => "unexpected failure",
            Self::Usage => "usage or configuration error",
            Self::Changes => "drift or pending changes (only with `--detailed-exitcode`)",
            Self::Refused => "refused by a check before the first change; nothing was changed",
            Self::Unavailable => "control plane unavailable or throttled, or state not determined; try again",
            Self::NotAuthorized => "not authenticated or not authorised",
            Self::Partial => "stopped before the last step; run the same command again to finish",
            Self::NotVerified => "applied, but verification failed",
            Self::Interrupted => "interrupted",
        }
    }

    /// Returns what the user should do after this exit code, in a paragraph.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::Success => "No action is required. Running the same command again changes nothing.",
            Self::Unexpected => {
                "Run the command again with `-vv`, and report the output as a bug. Steps that were applied \
                 before the failure remain applied. The same command continues from the current state."
            }
            Self::Usage => {
                "Read the hint: it contains the flag, the environment variable or the line of swa-apim.toml \
                 to correct. Nothing was changed."
            }
            Self::Changes => {
                "Read the findings of `status` or the plan, then run `link` or `relink`. Commands use this \
                 code only with `--detailed-exitcode`."
            }
            Self::Refused => {
                "Nothing was changed. The findings and the hint describe the problem to solve first. If a \
                 saved plan is out of date, save a new one."
            }
            Self::Unavailable => {
                "Run the same command again later. The code does not mean that the link is broken: a \
                 resource that could not be read is never counted as drift."
            }
            Self::NotAuthorized => {
                "Sign in with `az login` or another credential, or get the permissions that the message \
                 lists."
            }
            Self::Partial => {
                "Run the same command again: it continues from the current state. The link works at least as \
                 well as before the command."
            }
            Self::NotVerified => {
                "Every step was applied, but the link is not in the expected state. Read the findings of \
                 `status`, then run the same command again."
            }
            Self::Interrupted => "Run the same command again to apply the remaining steps.",
        }
    }

    /// Returns the more severe of two codes, for a command over several envs.
    #[must_use]
    pub fn worst(self, other: Self) -> Self {
        if self.gravity() >= other.gravity() { self } else { other }
    }

    fn gravity(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Changes => 1,
            Self::Refused => 2,
            Self::Unavailable => 3,
            Self::NotAuthorized => 4,
            Self::Usage => 5,
            Self::NotVerified => 6,
            Self::Partial => 7,
            Self::Unexpected => 8,
            Self::Interrupted => 9,
        }
    }
}

/// The exit code of a failure, and what the user can do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// The exit code of the process.
    pub exit: ExitCode,
    /// The next command or action, if there is one.
    pub hint: Option<Hint>,
}

impl Diagnosis {
    /// Returns a diagnosis without a hint.
    #[must_use]
    pub fn new(exit: ExitCode) -> Self {
        Self { exit, hint: None }
    }

    /// Adds the next command or action.
    #[must_use]
    pub fn hint(self, hint: impl Into<Hint>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// An error that a user can see.
pub trait Diagnose: Error + Send + Sync + 'static {
    /// Returns the exit code and the hint of the error.
    fn diagnosis(&self) -> Diagnosis;

    /// Returns how long from `now` the control plane asks the client to wait, if it does.
    fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let _ = now;
        None
    }

    /// Whether the control plane answered that the request was not carried out. Without such an answer, the result of
    /// the request is unknown.
    fn is_answered(&self) -> bool {
        false
    }
}

/// Returns a word quoted for a shell; used in every command that is printed.
#[must_use]
pub fn quoted(word: &str) -> String {
    // A command line cannot contain a NUL character, so it is removed.
    let word = word.replace('\0', "");
    match shlex::try_quote(&word) {
        Ok(quoted) => quoted.into_owned(),
        Err(_) => String::new(),
    }
}

/// Returns the known name that is most similar to a mistyped one, if any is similar enough.
#[must_use]
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let scored = known.into_iter().map(|name| (strsim::jaro_winkler(&typed, &name.to_lowercase()), name));
    scored.filter(|(score, _)| *score > 0.75).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_name_leads_to_the_nearest_known_one() {
        assert_eq!(nearest("porduction", ["staging", "production"]), Some("production"));
        assert_eq!(nearest("x", ["staging", "production"]), None);
    }

    #[test]
    fn a_shell_reads_back_every_word_that_was_quoted() {
        for word in
            ["prod", "my prod", "it's", "", "$HOME", "a;b", "`id`", "\"x\"", "a\nb", "-x", "~", "!x", "ä*"]
        {
            let read = shlex::split(&format!("swa-apim {}", quoted(word)));
            assert_eq!(read, Some(vec!["swa-apim".to_owned(), word.to_owned()]));
        }
        assert_eq!(quoted("a\0b"), "ab");
    }

    #[test]
    fn of_several_codes_the_one_that_needs_a_person_most_wins() {
        assert_eq!(ExitCode::Success.worst(ExitCode::Refused), ExitCode::Refused);
        assert_eq!(ExitCode::Partial.worst(ExitCode::Refused), ExitCode::Partial);
        let gravities: std::collections::HashSet<u8> = ExitCode::ALL.iter().map(|c| c.gravity()).collect();
        assert_eq!(gravities.len(), ExitCode::ALL.len(), "no two are equally grave");
    }
}
