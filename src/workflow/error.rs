//! Why a use case failed, its exit code and its hint.

use std::{error::Error, time::Duration};

use jiff::Timestamp;

use crate::{
    ambient::{Ambient as _, System},
    config::ConfigError,
    diagnosis::{Diagnose, Diagnosis, ExitCode, Hint, Render},
    engine::{ApplyError, MissingRights, Refusal},
    model::InvalidId,
    provider::{
        ProviderError, Shared,
        arm::{ArmError, CredentialError, InvalidEndpoint},
        json::{ImportError, ModelError},
    },
    report::ErrorReport,
};

/// A request that cannot be carried out as it is: the problem, and a hint.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct UsageError {
    message: String,
    hint: Option<Hint>,
    exit: ExitCode,
}

impl UsageError {
    /// An error that ends the command with [`ExitCode::Usage`].
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, exit: ExitCode::Usage }
    }

    /// An error that ends the command with [`ExitCode::Refused`]: nothing was changed.
    pub fn refused(message: impl Into<String>) -> Self {
        Self { exit: ExitCode::Refused, ..Self::new(message) }
    }

    /// An error that ends the command with [`ExitCode::Unavailable`]: the command may succeed later.
    pub fn not_yet(message: impl Into<String>) -> Self {
        Self { exit: ExitCode::Unavailable, ..Self::new(message) }
    }

    /// This error with a hint.
    #[must_use]
    pub fn hint(self, hint: impl Into<Hint>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl Diagnose for UsageError {
    fn diagnosis(&self) -> Diagnosis {
        Diagnosis { exit: self.exit, hint: self.hint.clone() }
    }
}

/// A step of a saved plan that differs from the plan that is computed now.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Stranger(pub(super) String);

impl Diagnose for Stranger {
    fn diagnosis(&self) -> Diagnosis {
        Diagnosis::new(ExitCode::Refused).hint("save a new plan with `--out FILE`, then apply it")
    }
}

/// An error as it is shown in reports, with its commands as `render` writes them.
#[must_use]
pub fn report(error: &anyhow::Error, render: Render) -> ErrorReport {
    report_as(error, &diagnose(error), render)
}

/// An error as it is shown in reports, with this diagnosis.
#[must_use]
pub fn report_as(error: &anyhow::Error, diagnosis: &Diagnosis, render: Render) -> ErrorReport {
    let causes = causes(error);
    let retry_after = error.chain().find_map(|cause| retry_after(cause, System.now()));
    ErrorReport {
        message: error.to_string(),
        causes,
        hint: diagnosis.hint.as_ref().map(|hint| hint.text(render)),
        exit_code: diagnosis.exit as u8,
        retry_after_ms: retry_after.and_then(|after| u64::try_from(after.as_millis()).ok()),
    }
}

/// The causes of an error, from the outermost to the innermost, without repetitions.
pub(super) fn causes(error: &anyhow::Error) -> Vec<String> {
    let mut causes: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
    causes.dedup();
    causes.retain(|cause| *cause != error.to_string());
    causes
}

fn retry_after(error: &(dyn Error + 'static), now: Timestamp) -> Option<Duration> {
    let shared = error.downcast_ref::<Shared>().map(|error| error.retry_after(now));
    let provider = || error.downcast_ref::<ProviderError>().map(|error| error.retry_after(now));
    shared.or_else(provider)?
}

/// The diagnosis of an error: that of the outermost cause that has one.
#[must_use]
pub fn diagnose(error: &anyhow::Error) -> Diagnosis {
    error.chain().find_map(known).unwrap_or_else(unexpected)
}

/// The diagnosis of an error without a known cause.
#[must_use]
pub fn unexpected() -> Diagnosis {
    Diagnosis::new(ExitCode::Unexpected)
        .hint("if this may be a bug of swa-apim, run the command again with `-vv` and report the output")
}

/// The diagnosis of one cause of an error, if the cause is an error of a use case or of a lower layer.
#[must_use]
pub fn known(error: &(dyn Error + 'static)) -> Option<Diagnosis> {
    fn of<E: Diagnose>(error: &(dyn Error + 'static)) -> Option<Diagnosis> {
        error.downcast_ref::<E>().map(Diagnose::diagnosis)
    }
    of::<UsageError>(error)
        .or_else(|| of::<ConfigError>(error))
        .or_else(|| of::<Shared>(error))
        .or_else(|| of::<Refusal>(error))
        .or_else(|| of::<MissingRights>(error))
        .or_else(|| of::<ApplyError>(error))
        .or_else(|| of::<Stranger>(error))
        .or_else(|| of::<ProviderError>(error))
        .or_else(|| of::<ModelError>(error))
        .or_else(|| of::<ImportError>(error))
        .or_else(|| of::<ArmError>(error))
        .or_else(|| of::<CredentialError>(error))
        .or_else(|| of::<InvalidEndpoint>(error))
        .or_else(|| of_emulator(error))
        .or_else(|| error.downcast_ref::<InvalidId>().map(|_| Diagnosis::new(ExitCode::Usage)))
}

#[cfg(any(feature = "emulator", feature = "ui"))]
fn of_emulator(error: &(dyn Error + 'static)) -> Option<Diagnosis> {
    error.downcast_ref::<crate::provider::emulated::OwnRouteError>().map(Diagnose::diagnosis)
}

#[cfg(not(any(feature = "emulator", feature = "ui")))]
fn of_emulator(_: &(dyn Error + 'static)) -> Option<Diagnosis> {
    None
}
