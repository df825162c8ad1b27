//! Links looked at again and again.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::{
    deadline::{LONGEST, spelt},
    error::{UsageError, diagnose},
    look::Status,
    workspace::Workspace,
};
use crate::{diagnosis::ExitCode, engine::LinkState};

/// How long a state is waited for, unless the user says otherwise.
const WAITING: Duration = Duration::from_secs(5 * 60);
/// The shortest pause: without any, looking would keep a processor busy, or a control plane.
const SHORTEST: Duration = Duration::from_millis(50);
/// How long one look may take at one link, and at many.
const ONE_LOOK: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(10 * 60));
/// How much longer a request may take than is waited for it, so that it is clear who gives up first.
const SLACK: Duration = Duration::from_secs(60);

/// What one look at every link came to.
pub type Look = anyhow::Result<Status>;

/// What came of waiting for a state.
#[derive(Debug)]
pub enum Waited {
    /// Every link is in it.
    Reached(Status),
    /// The time was over before.
    Late {
        /// What the last look came to, if one ended in time.
        last: Option<Look>,
        /// How long was waited.
        patience: Duration,
    },
}

/// Looks at `links` links until looking again is of no use, and shows each look. Returns the failure that another look
/// would meet again, or that of `show`.
pub async fn watch<F: Future<Output = Look>>(
    work: &Workspace,
    links: usize,
    interval: Duration,
    look: impl Fn() -> F,
    mut show: impl FnMut(Look) -> anyhow::Result<()>,
) -> anyhow::Error {
    work.set_deadline(work.deadline().lasting(LONGEST));
    let usual = if links == 1 { ONE_LOOK.0 } else { ONE_LOOK.1 };
    let limit = work.deadline().given().unwrap_or(usual);
    let mut has_looked = false;
    loop {
        work.refresh();
        let seen = timeout(limit, look()).await.unwrap_or_else(|_| Err(too_slow(limit).into()));
        match seen {
            // A model that was readable before may be in the hands of an editor.
            Err(error) if is_final(&error) && !(has_looked && is_damage(&error)) => return error,
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
    UsageError::not_yet(format!("the control plane has not answered for {}", spelt(limit)))
}

/// Whether another look would fail in the same way.
fn is_final(error: &anyhow::Error) -> bool {
    matches!(
        diagnose(error).exit,
        ExitCode::Usage | ExitCode::NotAuthorized | ExitCode::Unexpected | ExitCode::Interrupted
    )
}

fn is_damage(error: &anyhow::Error) -> bool {
    diagnose(error).exit == ExitCode::Unexpected
}

/// Looks until every link is in a state, or the time of the command is over.
///
/// # Errors
///
/// A failure that another look would meet again.
pub async fn wait_for<F: Future<Output = Look>>(
    work: &Workspace,
    wanted: LinkState,
    interval: Duration,
    look: impl Fn() -> F,
) -> anyhow::Result<Waited> {
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
        // The last look is when the time is over, however long the interval is.
        sleep(interval.max(SHORTEST).min(left)).await;
    }
    Ok(Waited::Late { last, patience })
}

/// Why a state was not reached: what the last look saw instead.
#[must_use]
pub fn late(wanted: LinkState, patience: Duration, last: Option<&Look>) -> UsageError {
    let others = match last {
        None => return too_slow(patience),
        Some(Err(error)) => {
            let message =
                format!("after {}, it is not known whether it is {wanted}: {error:#}", spelt(patience));
            let hint = diagnose(error).hint;
            return hint.into_iter().fold(UsageError::not_yet(message), UsageError::hint);
        }
        Some(Ok(status)) => {
            let others = status.report.links.iter().filter(|link| link.state != wanted);
            others.map(|link| format!("`{}` is {}", link.env, link.state)).collect::<Vec<_>>()
        }
    };
    let message = format!("after {}, {}, not {wanted}", spelt(patience), others.join(", "));
    let hint = "give it more time with `--timeout`, or see what stands in the way with `swa-apim status`";
    UsageError::not_yet(message).hint(hint)
}
