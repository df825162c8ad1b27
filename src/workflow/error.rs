//! Why a use case failed, its exit code and its hint.

use std::{error::Error, fmt, io, time::Duration};

use jiff::Timestamp;

use crate::{
    ambient::{Ambient as _, System},
    config::ConfigError,
    diagnosis::{Diagnose, Diagnosis, ExitCode, Hint, Render},
    engine::{ApplyError, MissingRights, Refusal},
    model::{InvalidId, Malformed},
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

/// Why a question of a use case was not answered, as the one who was asked explains it.
#[derive(Debug)]
pub struct Unanswered(Box<dyn Diagnose>);

impl Unanswered {
    /// The reason, with its own exit code and hint.
    pub fn because(error: impl Diagnose) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Unanswered {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

impl Diagnose for Unanswered {
    fn diagnosis(&self) -> Diagnosis {
        self.0.diagnosis()
    }
}

/// Why a use case failed.
///
/// [`WorkflowError::diagnosis`] has the exit code and the hint.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkflowError {
    /// An action that failed because of an error.
    #[error("{what}")]
    Explained {
        /// The action, as a clause: "could not read the link".
        what: String,
        /// The error.
        source: Box<WorkflowError>,
    },
    /// The request cannot be carried out as it is.
    #[error(transparent)]
    Usage(#[from] UsageError),
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A request failed that several callers waited for.
    #[error(transparent)]
    Shared(#[from] Shared),
    /// The planner refuses the change.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// The caller lacks rights.
    #[error(transparent)]
    MissingRights(#[from] MissingRights),
    /// A plan was not applied, or only in part.
    #[error(transparent)]
    Apply(Box<ApplyError>),
    /// A saved plan is no longer the right one.
    #[error(transparent)]
    Stranger(#[from] Stranger),
    /// The control plane failed.
    #[error(transparent)]
    Provider(Box<ProviderError>),
    /// The model failed.
    #[error(transparent)]
    Model(Box<ModelError>),
    /// Resources cannot be imported.
    #[error(transparent)]
    Import(Box<ImportError>),
    /// Azure cannot be reached.
    #[error(transparent)]
    Arm(Box<ArmError>),
    /// There is no token.
    #[error(transparent)]
    Credential(Box<CredentialError>),
    /// The endpoint is not valid.
    #[error(transparent)]
    Endpoint(#[from] InvalidEndpoint),
    /// An id is not valid.
    #[error(transparent)]
    Id(#[from] InvalidId),
    /// A resource does not have the form of its type.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A question of a use case was not answered.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    /// A file cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A value cannot be written as JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// Something that should not happen.
    #[error("{0}")]
    Unexpected(&'static str),
}

/// The result of a use case.
pub type Result<T, E = WorkflowError> = std::result::Result<T, E>;

macro_rules! boxed {
    ($($variant:ident($error:ty)),*) => {$(
        impl From<$error> for WorkflowError {
            fn from(error: $error) -> Self {
                Self::$variant(Box::new(error))
            }
        }
    )*};
}

boxed!(
    Refused(Refusal),
    Apply(ApplyError),
    Provider(ProviderError),
    Model(ModelError),
    Import(ImportError),
    Arm(ArmError),
    Credential(CredentialError)
);

impl WorkflowError {
    /// This error, as the reason why an action failed.
    #[must_use]
    pub fn explained(self, what: impl Into<String>) -> Self {
        Self::Explained { what: what.into(), source: Box::new(self) }
    }

    /// The error that the use case met, without the action that failed because of it.
    #[must_use]
    pub fn met(&self) -> &(dyn Error + 'static) {
        match self {
            Self::Explained { source, .. } => source.met(),
            Self::Usage(error) => error,
            Self::Config(error) => error,
            Self::Shared(error) => error,
            Self::Refused(error) => &**error,
            Self::MissingRights(error) => error,
            Self::Apply(error) => &**error,
            Self::Stranger(error) => error,
            Self::Provider(error) => &**error,
            Self::Model(error) => &**error,
            Self::Import(error) => &**error,
            Self::Arm(error) => &**error,
            Self::Credential(error) => &**error,
            Self::Endpoint(error) => error,
            Self::Id(error) => error,
            Self::Malformed(error) => error,
            Self::Unanswered(error) => error,
            Self::Io(error) => error,
            Self::Json(error) => error,
            Self::Unexpected(_) => self,
        }
    }

    /// The outermost error of a type, among the error that the use case met and its causes.
    #[must_use]
    pub fn find<E: Error + 'static>(&self) -> Option<&E> {
        chain(self.met()).find_map(|cause| cause.downcast_ref())
    }

    /// The refusal of the planner, if that is the error.
    pub(super) fn refusal_mut(&mut self) -> Option<&mut Refusal> {
        if let Self::Explained { source, .. } = self {
            return source.refusal_mut();
        }
        if let Self::Refused(refusal) = self { Some(refusal) } else { None }
    }
}

impl Diagnose for WorkflowError {
    fn diagnosis(&self) -> Diagnosis {
        if let Self::Explained { source, .. } = self {
            return source.diagnosis();
        }
        let met = if let Self::Unexpected(_) = self { None } else { Some(self.met()) };
        met.and_then(|met| chain(met).find_map(known)).unwrap_or_else(unexpected)
    }

    fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        if let Self::Explained { source, .. } = self {
            return source.retry_after(now);
        }
        let met = if let Self::Unexpected(_) = self { None } else { Some(self.met()) };
        met.and_then(|met| chain(met).find_map(|cause| retry_after(cause, now)))
    }
}

/// Names the action that failed because of an error.
pub(super) trait Explain<T> {
    /// The result, with an error as the reason for `what`.
    fn explain(self, what: &str) -> Result<T>;

    /// The same, with a text that is made only for an error.
    fn explain_with<S: Into<String>>(self, what: impl FnOnce() -> S) -> Result<T>;
}

impl<T, E: Into<WorkflowError>> Explain<T> for std::result::Result<T, E> {
    fn explain(self, what: &str) -> Result<T> {
        self.map_err(|error| error.into().explained(what))
    }

    fn explain_with<S: Into<String>>(self, what: impl FnOnce() -> S) -> Result<T> {
        self.map_err(|error| error.into().explained(what()))
    }
}

/// An error and its causes, from the outermost to the innermost.
pub fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let this = next?;
        next = this.source();
        Some(this)
    })
}

/// An error as it is shown in reports, with its commands as `render` writes them.
#[must_use]
pub fn report(error: &(dyn Error + 'static), render: Render) -> ErrorReport {
    report_as(error, &diagnose(error), render)
}

/// An error as it is shown in reports, with this diagnosis.
#[must_use]
pub fn report_as(error: &(dyn Error + 'static), diagnosis: &Diagnosis, render: Render) -> ErrorReport {
    let causes = causes(error);
    let retry_after = chain(error).find_map(|cause| retry_after(cause, System.now()));
    ErrorReport {
        message: error.to_string(),
        causes,
        hint: diagnosis.hint.as_ref().map(|hint| hint.text(render)),
        exit_code: diagnosis.exit as u8,
        retry_after_ms: retry_after.and_then(|after| u64::try_from(after.as_millis()).ok()),
    }
}

/// The causes of an error, from the outermost to the innermost, without repetitions.
pub(super) fn causes(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut causes: Vec<String> = chain(error).skip(1).map(ToString::to_string).collect();
    causes.dedup();
    causes.retain(|cause| *cause != error.to_string());
    causes
}

/// An error and its causes in one line, as they are.
#[must_use]
pub fn whole(error: &(dyn Error + 'static)) -> String {
    chain(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn retry_after(error: &(dyn Error + 'static), now: Timestamp) -> Option<Duration> {
    let of_use_case = error.downcast_ref::<WorkflowError>().map(|error| error.retry_after(now));
    let shared = || error.downcast_ref::<Shared>().map(|error| error.retry_after(now));
    let provider = || error.downcast_ref::<ProviderError>().map(|error| error.retry_after(now));
    of_use_case.or_else(shared).or_else(provider)?
}

/// The diagnosis of an error: that of the outermost cause that has one.
#[must_use]
pub fn diagnose(error: &(dyn Error + 'static)) -> Diagnosis {
    chain(error).find_map(known).unwrap_or_else(unexpected)
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
    of::<WorkflowError>(error)
        .or_else(|| of::<UsageError>(error))
        .or_else(|| of::<ConfigError>(error))
        .or_else(|| of::<Shared>(error))
        .or_else(|| of::<Refusal>(error))
        .or_else(|| of::<MissingRights>(error))
        .or_else(|| of::<ApplyError>(error))
        .or_else(|| of::<Stranger>(error))
        .or_else(|| of::<Unanswered>(error))
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
