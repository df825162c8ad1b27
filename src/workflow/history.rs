//! The changes of a link, from the activity log of its control plane.

#![warn(clippy::arithmetic_side_effects)]

use std::time::Duration;

use futures_util::future::try_join_all;
use jiff::Timestamp;

use super::{
    error::{Explain as _, Result, UsageError},
    listener::Listener,
    plane::Plane,
    workspace::Workspace,
};
use crate::{
    config::EnvSettings,
    engine::{self, LinkEvent, LinkResources, Observed, Previews, Target},
    model::ActivityEvent,
    provider::{ActivityLog, ProviderError},
    report::HistoryReport,
};

/// How long Azure keeps the activity log.
pub const KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Reads the changes of the link of an env within a span of time until now, newest first.
///
/// # Errors
///
/// [`UsageError`] if the control plane keeps no log; otherwise, if the link or the log cannot be read.
pub async fn history(
    work: &Workspace,
    env: &EnvSettings,
    span: Duration,
    listener: &dyn Listener,
) -> Result<HistoryReport> {
    listener.doing(&format!("reading {}", env.name));
    let (plane, target) = work.target(env, Previews::Allow).await?;
    let Some(log) = plane.activity_log() else { return Err(no_log(&plane).into()) };
    let observed = async {
        let observed = engine::observe(plane.as_ref(), &target).await;
        observed.explain("could not read the current link")
    };
    let events = async {
        let events = of_groups(log, &target, work.ambient().now(), span).await;
        events.explain("could not read the activity log")
    };
    let (observed, events) = tokio::try_join!(observed, events)?;
    Ok(HistoryReport::of(&engine::history(&events, &LinkResources::of(&observed))))
}

fn no_log(plane: &Plane) -> UsageError {
    let message = format!("the model {} keeps no log of its changes", plane.place());
    UsageError::refused(message).hint(
        "`history` reads the activity log of Azure or of the emulator: name its address with `--provider arm --endpoint`",
    )
}

/// Returns the changes of an observed link within a span of time until `now`, newest first.
pub(super) async fn read(
    log: &dyn ActivityLog,
    observed: &Observed,
    now: Timestamp,
    span: Duration,
) -> Result<Vec<LinkEvent>, ProviderError> {
    let events = of_groups(log, &observed.target, now, span).await?;
    Ok(engine::history(&events, &LinkResources::of(observed)))
}

/// Returns all events of the resource groups of a link within a span of time until `now`, in any order. They can be
/// read while the link is observed.
pub(super) async fn of_groups(
    log: &dyn ActivityLog,
    target: &Target,
    now: Timestamp,
    span: Duration,
) -> Result<Vec<ActivityEvent>, ProviderError> {
    let since = now.saturating_sub(span.min(KEPT)).unwrap_or(Timestamp::MIN);
    let groups = LinkResources::of_target(target).groups();
    let of_groups = groups.iter().map(|group| log.events(group, since, now));
    Ok(try_join_all(of_groups).await?.concat())
}
