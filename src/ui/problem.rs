//! Why a page cannot be shown.

use std::time::Duration;

use axum::http::StatusCode;

use super::mark::mark_of;
use crate::{
    diagnosis::{ExitCode, Render},
    report::ErrorReport,
    workflow,
};

/// Why an errand failed.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) error: ErrorReport,
}

impl Problem {
    pub(super) fn of(error: &anyhow::Error, render: Render) -> Self {
        let error = workflow::report(error.as_ref(), render);
        let is = |code: ExitCode| error.exit_code == code as u8;
        let status = if is(ExitCode::Usage) {
            StatusCode::UNPROCESSABLE_ENTITY
        } else if is(ExitCode::Unavailable) {
            StatusCode::SERVICE_UNAVAILABLE
        } else if is(ExitCode::NotAuthorized) {
            StatusCode::BAD_GATEWAY
        } else if is(ExitCode::Refused) {
            StatusCode::CONFLICT
        } else {
            StatusCode::INTERNAL_SERVER_ERROR
        };
        Self { status, error }
    }

    pub(super) fn unexpected() -> Self {
        let (status, exit) = (StatusCode::INTERNAL_SERVER_ERROR, ExitCode::Unexpected);
        Self::plain(
            status,
            exit,
            "the page could not run this request",
            "try again, or run the command instead",
        )
    }

    /// The problem with an address that names nothing.
    pub(super) fn not_found(message: &str) -> Self {
        Self::plain(StatusCode::NOT_FOUND, ExitCode::Usage, message, "open the list of links")
    }

    fn plain(status: StatusCode, exit: ExitCode, message: &str, hint: &str) -> Self {
        let (message, hint, exit_code) = (message.to_owned(), Some(hint.to_owned()), exit as u8);
        Self {
            status,
            error: ErrorReport { message, causes: Vec::new(), hint, exit_code, retry_after_ms: None },
        }
    }

    /// The problem with a control plane that has not answered in time.
    pub(super) fn too_slow(limit: Duration) -> Self {
        let message = format!("the control plane has not answered within {} s", limit.as_secs());
        Self::plain(
            StatusCode::SERVICE_UNAVAILABLE,
            ExitCode::Unavailable,
            &message,
            "try again, or run the command in a terminal with `-v`",
        )
    }

    /// A number that distinguishes it from other problems and from answers.
    pub(super) fn mark(&self) -> u64 {
        // The time after which to try again differs with each attempt.
        mark_of(&ErrorReport { retry_after_ms: None, ..self.error.clone() })
    }
}
