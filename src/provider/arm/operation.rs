//! Long-running operations, in every shape that Azure gives them.

use std::time::Duration;

use reqwest::{StatusCode, header::LOCATION};
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::{
    ArmError, ArmFailure, PollSchedule,
    http::{Answer, Call, Http},
};

/// Where the progress of an operation can be asked for.
enum Progress {
    /// An operation's own resource, with a `status`.
    Operation(Url),
    /// An address that answers 202 until it is over.
    Location(Url),
    /// The resource itself, with a `provisioningState`.
    Resource(Url),
}

impl Progress {
    fn url(&self) -> &Url {
        match self {
            Self::Operation(url) | Self::Location(url) | Self::Resource(url) => url,
        }
    }
}

/// What an answer says about an operation.
enum Stage {
    Pending,
    Succeeded,
    Failed(String),
}

/// Whether an operation is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Until it is over.
    UntilDone,
    /// Until it is accepted.
    UntilAccepted,
}

impl Http {
    /// Waits for what an answer may have only begun.
    pub(super) async fn finish(
        &self,
        begun: Answer,
        resource: &Url,
        wait: Wait,
        what: &str,
    ) -> Result<Answer, ArmError> {
        let Some(mut progress) = self.progress_of(&begun, resource, what)? else { return Ok(begun) };
        if wait == Wait::UntilAccepted {
            return Ok(begun);
        }
        let mut polls = PollSchedule::default();
        let mut pause = polls.next(retry_after(&begun, self.now()));
        let since = Instant::now();
        loop {
            tracing::info!(elapsed_s = since.elapsed().as_secs(), "waiting for {what}");
            self.wait(pause, what).await?;
            let answer = match self.send(&Call::get(progress.url().clone(), what)).await {
                Ok(answer) => answer,
                // What was being deleted is gone, and its progress with it.
                Err(error) if error.is_not_found() && !matches!(progress, Progress::Operation(_)) => {
                    return Ok(Answer { status: StatusCode::NO_CONTENT, body: Value::Null, ..begun });
                }
                Err(error) => return Err(error),
            };
            match stage(&progress, &answer) {
                Stage::Succeeded if matches!(progress, Progress::Operation(_)) => return Ok(begun.done()),
                Stage::Succeeded => return Ok(answer),
                Stage::Failed(state) => return Err(failed(what, state, &answer)),
                Stage::Pending => {}
            }
            pause = polls.next(retry_after(&answer, self.now()));
            if let Some(moved) = self.progress_of(&answer, resource, what)?
                && !matches!(moved, Progress::Resource(_))
            {
                progress = moved;
            }
        }
    }

    fn progress_of(&self, answer: &Answer, resource: &Url, what: &str) -> Result<Option<Progress>, ArmError> {
        if let Some(link) = answer.header("azure-asyncoperation") {
            return Ok(Some(Progress::Operation(self.own(&answer.url, link, what)?)));
        }
        if let Some(link) = answer.header(LOCATION.as_str()) {
            return Ok(Some(Progress::Location(self.own(&answer.url, link, what)?)));
        }
        let pending = answer.status == StatusCode::ACCEPTED || matches!(state_of(answer), Stage::Pending);
        Ok(pending.then(|| Progress::Resource(resource.clone())))
    }
}

impl Answer {
    /// The answer that began an operation, now that it is over: what it says of the resource is out of date.
    fn done(self) -> Self {
        Self { body: Value::Null, ..self }
    }
}

fn retry_after(answer: &Answer, now: jiff::Timestamp) -> Option<Duration> {
    super::retry::retry_after(&answer.headers, now)
}

fn stage(progress: &Progress, answer: &Answer) -> Stage {
    match progress {
        Progress::Operation(_) => match answer.body.get("status").and_then(Value::as_str) {
            Some(word) => of_word(word),
            None if answer.status == StatusCode::ACCEPTED => Stage::Pending,
            None => state_of(answer),
        },
        Progress::Location(_) if answer.status == StatusCode::ACCEPTED => Stage::Pending,
        Progress::Location(_) => match answer.body.get("status").and_then(Value::as_str) {
            Some(word) => of_word(word),
            None => state_of(answer),
        },
        Progress::Resource(_) => state_of(answer),
    }
}

/// What a resource's own provisioning state says; one that says nothing is done.
fn state_of(answer: &Answer) -> Stage {
    let state = answer.body.pointer("/properties/provisioningState").and_then(Value::as_str);
    state.map_or(Stage::Succeeded, of_word)
}

/// Azure's words for states grow in number: what is neither known as the end nor as the way there is taken
/// as the end, and what comes after looks at what is there.
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

fn failed(what: &str, state: String, answer: &Answer) -> ArmError {
    let body = answer.body.to_string();
    let failure = Box::new(ArmFailure::read(answer.status, &answer.headers, body.as_bytes()));
    ArmError::Operation { what: what.to_owned(), state, failure }
}
