//! The changes of a link, from the activity log of its control plane.

#![warn(clippy::arithmetic_side_effects)]

use std::time::Duration;

use anyhow::Context as _;
use futures_util::future::try_join_all;
use jiff::Timestamp;

use super::{error::UsageError, listener::Listener, plane::Plane, workspace::Workspace};
use crate::{
    config::EnvSettings,
    engine::{self, LinkEvent, LinkResources, Observed, Previews},
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
) -> anyhow::Result<HistoryReport> {
    listener.doing(&format!("reading {}", env.name));
    let (plane, target) = work.target(env, Previews::Allow).await?;
    let Some(log) = plane.activity_log() else { return Err(no_log(&plane).into()) };
    let observed =
        engine::observe(plane.as_ref(), &target).await.context("could not read the current link")?;
    listener.doing("reading the activity log");
    let now = work.ambient().now();
    let events = read(log, &observed, now, span).await.context("could not read the activity log")?;
    Ok(HistoryReport::of(&events))
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
    let link = LinkResources::of(observed);
    let since = now.saturating_sub(span.min(KEPT)).unwrap_or(Timestamp::MIN);
    let groups = link.groups();
    let of_groups = groups.iter().map(|group| log.events(group, since, now));
    let events = try_join_all(of_groups).await?.concat();
    Ok(engine::history(&events, &link))
}
