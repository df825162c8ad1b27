//! Long-running operations, in every form in which Azure reports them.
#![warn(clippy::arithmetic_side_effects)]

use std::time::Duration;

use reqwest::{StatusCode, header::LOCATION};
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use crate::{
    diagnosis::Diagnose as _,
    model::ResourceId,
    provider::arm::{
        ArmError, ArmFailure, PollSchedule,
        failure::redact::{redacted, without},
        http::{
            asked,
            client::{Answer, Call, Http},
        },
    },
};

/// The address at which the progress of an operation is polled.
enum Progress {
    /// An operation's own resource, with a `status`.
    Operation(Url),
    /// An address that answers 202 until the operation has ended.
    Location(Url),
    /// The resource itself, with a `provisioningState`.
    Resource(Url),
}

impl Progress {
    /// Whether this address reports no less about the operation than the other one.
    fn tells_as_much_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Operation(_), _) | (Self::Location(_), Self::Location(_) | Self::Resource(_)) => true,
            (Self::Location(_), Self::Operation(_)) | (Self::Resource(_), _) => false,
        }
    }

    fn url(&self) -> &Url {
        match self {
            Self::Operation(url) | Self::Location(url) | Self::Resource(url) => url,
        }
    }
}

/// The progress of an operation, according to an answer.
enum Stage {
    Pending,
    Succeeded,
    Failed(String),
}

/// Whether the program waits for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Until the operation has ended.
    UntilDone,
    /// Until the operation is accepted.
    UntilAccepted,
}

/// The change that an operation carries out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// The resource is created or updated: it exists at the end.
    Put,
    /// The resource is deleted: it does not exist at the end.
    Delete,
    /// Nothing is changed.
    Check,
}

/// An operation that may still be in progress.
pub(crate) struct Begun<'a> {
    /// The resource of the operation.
    pub(crate) id: &'a ResourceId,
    /// The address of the resource.
    pub(crate) resource: &'a Url,
    pub(crate) change: Change,
    /// The purpose of the operation, as the object of a sentence.
    pub(crate) what: &'a str,
}

/// The result of an operation.
pub(crate) enum Ended {
    /// An answer that may show the final state of the resource.
    Shown(Box<Answer>),
    /// There is no such answer, or the program does not wait: the first answer shows an earlier state of the resource.
    Unseen,
}

impl Http {
    /// Waits for an operation that may still be in progress.
    pub(crate) async fn finish(
        &self,
        begun: Answer,
        operation: &Begun<'_>,
        wait: Wait,
    ) -> Result<Ended, ArmError> {
        let Begun { what, change, .. } = *operation;
        let Some(mut progress) = self.progress_of(&begun, operation)? else {
            return match state_of(&begun) {
                // Azure can report the failure in the answer to the request itself, with the status 200.
                Stage::Failed(state) if change == Change::Put => Err(self.failed(what, &state, &begun)),
                Stage::Failed(_) | Stage::Succeeded | Stage::Pending => Ok(Ended::Shown(Box::new(begun))),
            };
        };
        if wait == Wait::UntilAccepted {
            return Ok(Ended::Unseen);
        }
        let mut polls = PollSchedule::default();
        let mut pause = polls.next(retry_after(&begun, self.now()));
        let since = Instant::now();
        loop {
            tracing::info!(elapsed_s = since.elapsed().as_secs(), "waiting for {what}");
            self.wait(pause, what).await?;
            let answer = match self.send(&Call::get(progress.url().clone(), what)).await {
                Ok(answer) => answer,
                // Azure may not show a change yet that it has accepted, or may not show it any longer.
                Err(error) if error.status() == Some(404) && change != Change::Check => {
                    if change == Change::Delete && self.is_gone(operation).await? {
                        return Ok(Ended::Unseen);
                    }
                    pause = polls.next(error.retry_after(self.now()));
                    continue;
                }
                Err(error) => return Err(error),
            };
            match stage(&progress, &answer, change) {
                Stage::Succeeded if matches!(progress, Progress::Operation(_)) => return Ok(Ended::Unseen),
                Stage::Succeeded => return Ok(Ended::Shown(Box::new(answer))),
                Stage::Failed(state) => return Err(self.failed(what, &state, &answer)),
                Stage::Pending => {}
            }
            pause = polls.next(retry_after(&answer, self.now()));
            // Each answer may have a new link, which is signed: the newest one is valid the longest.
            if let Some(moved) = self.progress_of(&answer, operation)?
                && moved.tells_as_much_as(&progress)
            {
                progress = moved;
            }
        }
    }

    /// Whether a resource is proven not to exist.
    async fn is_gone(&self, operation: &Begun<'_>) -> Result<bool, ArmError> {
        match self.send(&Call::get(operation.resource.clone(), operation.what)).await {
            Ok(_) => Ok(false),
            Err(error) if error.status() == Some(404) => Ok(error.is_absence_of(operation.id)),
            Err(error) => Err(error),
        }
    }

    fn progress_of(&self, answer: &Answer, operation: &Begun<'_>) -> Result<Option<Progress>, ArmError> {
        let link = |link: &str| self.own(&answer.url, link, operation.what);
        if let Some(address) = answer.header("azure-asyncoperation") {
            return Ok(Some(Progress::Operation(link(address)?)));
        }
        if let Some(address) = answer.header(LOCATION.as_str()) {
            return Ok(Some(Progress::Location(link(address)?)));
        }
        let pending = answer.status == StatusCode::ACCEPTED || matches!(state_of(answer), Stage::Pending);
        Ok(pending.then(|| Progress::Resource(operation.resource.clone())))
    }

    fn failed(&self, what: &str, state: &str, answer: &Answer) -> ArmError {
        let (body, secrets) = (answer.body.to_string(), self.secrets());
        let failure = ArmFailure::read_without(answer.status, &answer.headers, body.as_bytes(), &secrets);
        let state = redacted(&without(state, &secrets));
        ArmError::Operation { what: what.to_owned(), state, failure: Box::new(failure.from(&answer.url)) }
    }
}

fn retry_after(answer: &Answer, now: jiff::Timestamp) -> Option<Duration> {
    asked::retry_after(&answer.headers, now)
}

fn stage(progress: &Progress, answer: &Answer, change: Change) -> Stage {
    let status = || answer.body.get("status").and_then(Value::as_str);
    match progress {
        Progress::Operation(_) => match status() {
            Some(word) => of_operation(word),
            None if answer.status == StatusCode::ACCEPTED => Stage::Pending,
            None => state_of(answer),
        },
        Progress::Location(_) if answer.status == StatusCode::ACCEPTED => Stage::Pending,
        Progress::Location(_) => status().map_or_else(|| state_of(answer), of_operation),
        // While it can be read, it is not deleted.
        Progress::Resource(_) if change == Change::Delete => match state_of(answer) {
            failed @ Stage::Failed(_) => failed,
            Stage::Succeeded | Stage::Pending => Stage::Pending,
        },
        Progress::Resource(_) => state_of(answer),
    }
}

/// Returns the stage from the resource's provisioning state; without one, the operation has ended.
fn state_of(answer: &Answer) -> Stage {
    let state = answer.body.pointer("/properties/provisioningState").and_then(Value::as_str);
    state.map_or(Stage::Succeeded, of_word)
}

/// Returns the stage from the status of an operation.
/// [Three words end one](https://github.com/cloud-and-ai-microsoft/resource-provider-contract/blob/master/v1.0/async-api-reference.md);
/// with any other word, it is in progress.
fn of_operation(word: &str) -> Stage {
    let succeeded = ["Succeeded", "Completed", "Success"];
    match of_word(word) {
        Stage::Succeeded if !succeeded.iter().any(|known| known.eq_ignore_ascii_case(word)) => Stage::Pending,
        stage @ (Stage::Pending | Stage::Succeeded | Stage::Failed(_)) => stage,
    }
}

/// Returns the stage from the state of a resource. Azure adds states over time: an unknown word counts as the end, and
/// the verification that follows reads the actual state.
fn of_word(word: &str) -> Stage {
    let is = |known: &[&str]| known.iter().any(|known| known.eq_ignore_ascii_case(word));
    if is(&["Failed", "Canceled", "Cancelled"]) {
        Stage::Failed(word.to_owned())
    } else if is(&[
        "InProgress",
        "Running",
        "Accepted",
        "Pending",
        "Linking",
        "Creating",
        "Updating",
        "Started",
    ]) || is(&["Activating", "Provisioning", "Deleting", "Queued", "Waiting"])
    {
        Stage::Pending
    } else {
        Stage::Succeeded
    }
}
