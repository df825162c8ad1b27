//! Observes links repeatedly.
#![warn(clippy::arithmetic_side_effects)]

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::{
    deadline::{LONGEST, spelt},
    error::{Result, UsageError, WorkflowError, diagnose, whole},
    look::Status,
    workspace::Workspace,
};
use crate::{
    diagnosis::{Cure, ExitCode, Hint, Selection},
    engine::LinkState,
};

/// How long to wait for a state by default: 5 minutes.
const WAITING: Duration = Duration::from_secs(5 * 60);
/// The shortest pause between two observations: without one, a processor or a control plane would be busy all the time.
const SHORTEST: Duration = Duration::from_millis(50);
/// How long one observation may take, of one link and of many.
const ONE_LOOK: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(10 * 60));
/// How much longer a request may take than the wait for it, so that the wait always ends first.
const SLACK: Duration = Duration::from_secs(60);

/// The result of one observation of every link.
pub type Look = Result<Status>;

/// The result of waiting for a state.
#[derive(Debug)]
pub enum Waited {
    /// Every link is in the state.
    Reached(Status),
    /// The time limit was reached first.
    Late {
        /// The result of the last observation, if one ended in time.
        last: Option<Look>,
        /// How long the command waited.
        patience: Duration,
    },
}

/// Observes `links` links until another observation would fail in the same way, and shows each result. Returns that
/// error, or the error of `show`.
pub async fn watch<F: Future<Output = Look>, E: From<WorkflowError>>(
    work: &Workspace,
    links: usize,
    interval: Duration,
    look: impl Fn() -> F,
    mut show: impl FnMut(Look) -> Result<(), E>,
) -> E {
    work.set_deadline(work.deadline().lasting(LONGEST));
    let usual = if links == 1 { ONE_LOOK.0 } else { ONE_LOOK.1 };
    let limit = work.deadline().given().unwrap_or(usual);
    let mut has_looked = false;
    loop {
        work.refresh();
        let seen = timeout(limit, look()).await.unwrap_or_else(|_| Err(too_slow(limit).into()));
        match seen {
            // A model that was readable before may be open in an editor that is writing it.
            Err(error) if is_final(&error) && !(has_looked && is_damage(&error)) => return error.into(),
            seen => {
                has_looked |= seen.is_ok();
                if let Err(error) = show(seen) {
                    return error;
                }
            }
        }
        sleep(interval.max(SHORTEST)).await;
    }
}

fn too_slow(limit: Duration) -> UsageError {
    UsageError::not_yet(format!("the control plane did not answer within {}", spelt(limit)))
}

/// Whether another observation would fail in the same way.
fn is_final(error: &WorkflowError) -> bool {
    matches!(
        diagnose(error).exit,
        ExitCode::Usage | ExitCode::NotAuthorized | ExitCode::Unexpected | ExitCode::Interrupted
    )
}

fn is_damage(error: &WorkflowError) -> bool {
    diagnose(error).exit == ExitCode::Unexpected
}

/// Observes links until every link is in a state, or the time of the command is over.
///
/// # Errors
///
/// An error that another observation would return again.
pub async fn wait_for<F: Future<Output = Look>>(
    work: &Workspace,
    wanted: LinkState,
    interval: Duration,
    look: impl Fn() -> F,
) -> Result<Waited> {
    let patience = work.deadline().given().unwrap_or(WAITING);
    work.set_deadline(work.deadline().lasting(patience.saturating_add(SLACK)));
    let start = Instant::now();
    let end = start.checked_add(patience).unwrap_or(start);
    let mut last: Option<Look> = None;
    loop {
        work.refresh();
        let Ok(seen) = timeout_at(end, look()).await else { break };
        match seen {
            Ok(status) if status.report.links.iter().all(|link| link.state == wanted) => {
                return Ok(Waited::Reached(status));
            }
            Err(error) if is_final(&error) => return Err(error),
            seen => last = Some(seen),
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        // The last observation starts when the time is over, regardless of the interval.
        sleep(interval.max(SHORTEST).min(left)).await;
    }
    Ok(Waited::Late { last, patience })
}

/// The error for a state that was not reached: it reports the last observation.
#[must_use]
pub fn late(wanted: LinkState, patience: Duration, last: Option<&Look>) -> UsageError {
    let others = match last {
        None => return too_slow(patience),
        Some(Err(error)) => {
            let message = format!(
                "after {}, it is not known whether the state is {wanted}: {}",
                spelt(patience),
                whole(error)
            );
            let hint = diagnose(error).hint;
            return hint.into_iter().fold(UsageError::not_yet(message), UsageError::hint);
        }
        Some(Ok(status)) => {
            let others = status.report.links.iter().filter(|link| link.state != wanted);
            others.map(|link| format!("the state of `{}` is {}", link.env, link.state)).collect::<Vec<_>>()
        }
    };
    let message = format!("after {}, {}, not {wanted}", spelt(patience), others.join(", "));
    let status = Hint::command(Cure::Status, Selection::default());
    let hint = Hint::from("give it more time with `--timeout`, or see the findings with ").then(status);
    UsageError::not_yet(message).hint(hint)
}
