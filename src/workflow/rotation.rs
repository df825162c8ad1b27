//! Whether a relink replaces the keys of a link: by their age, and by whether the site was unlinked on purpose.

#![warn(clippy::arithmetic_side_effects)]

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::{
    deadline::spelt,
    error::{WorkflowError, report},
    history,
    plane::Plane,
    workspace::Workspace,
};
use crate::{
    diagnosis::{Cure, Hint},
    engine::{
        self, Finding, FindingCode, KeyAge, LinkResources, LinkState, Log, Observed, Ripeness, Target,
        Verdict,
    },
    model::ActivityEvent,
    provider::Reads,
    report::{ErrorReport, HistoryReport},
};

/// Which links are relinked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// Only those of which a key is older than this, or of unknown age.
    pub older_than: Option<Duration>,
    /// How a site is treated that is not linked, and whose product is left over.
    pub left_over: LeftOver,
}

/// How a relink treats a site that is not linked, and whose product is left over: it was unlinked on purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LeftOver {
    /// The site is linked again.
    #[default]
    Link,
    /// The site is skipped.
    Skip,
}

/// The age of a link's keys, and why the activity log could not be read, if it was needed.
#[derive(Clone, Debug)]
pub(super) struct Aged {
    pub(super) age: KeyAge,
    pub(super) unread: Option<String>,
}

/// Decides on a link that was observed: returns why it is skipped, or a note about its relink.
pub(super) async fn decide(
    work: &Workspace,
    plane: &Plane,
    observed: &Observed,
    asked: &Rotation,
) -> (Option<String>, Option<String>) {
    let verdict = Verdict::of(observed.clone());
    let site = observed.target.site_environment.site();
    if asked.left_over == LeftOver::Skip && verdict.state == LinkState::Leftover {
        let link = observed.target.command(Cure::Link).text(work.render());
        let why =
            format!("`{}` was unlinked, and its product is left over; {link} links it again", site.name());
        return (Some(why), None);
    }
    // A site that is not linked has no keys to replace.
    let Some(limit) = asked.older_than.filter(|_| observed.own_backend().is_some()) else {
        return (None, None);
    };
    let now = work.ambient().now();
    let Aged { age, unread } = key_age(plane, observed, limit, now).await;
    let limit_spelt = days(limit);
    match age.ripeness(limit, now) {
        Ripeness::Fresh => {
            (Some(format!("the keys of `{}` {age}: not older than {limit_spelt}", site.name())), None)
        }
        Ripeness::Old => (None, Some(format!("the keys {age}: older than {limit_spelt}"))),
        Ripeness::Unknown => {
            let why =
                unread.map(|why| format!("; the activity log could not be read: {why}")).unwrap_or_default();
            (
                None,
                Some(format!(
                    "the keys {age}, so whether they are older than {limit_spelt} is not known{why}"
                )),
            )
        }
    }
}

/// The activity log of a link.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkLog {
    /// It was not read: the link was one of several.
    NotRead,
    /// The control plane keeps no log.
    NotKept,
    /// The changes of the link that the log has.
    Read(HistoryReport),
    /// It could not be read.
    Failed(ErrorReport),
}

/// The activity log of the resource groups of a link.
pub(super) enum Recent {
    /// The control plane keeps no log.
    NotKept,
    /// The events up to a moment.
    Read { events: Vec<ActivityEvent>, until: Timestamp },
    /// It could not be read.
    Failed(ErrorReport),
}

/// Reads the activity log of the resource groups of a link. It does not depend on the state of the link, so both can be
/// read at once.
///
/// A log that cannot be read changes nothing else.
pub(super) async fn recent_events(work: &Workspace, plane: &Plane, target: &Target) -> Recent {
    let Some(log) = plane.activity_log() else { return Recent::NotKept };
    let until = work.ambient().now();
    match history::of_groups(log, target, until, history::KEPT).await {
        Ok(events) => Recent::Read { events, until },
        Err(error) => {
            tracing::info!(%error, "the activity log could not be read");
            let error = WorkflowError::from(error).explained("could not read the activity log");
            Recent::Failed(report(&error, work.render()))
        }
    }
}

/// Applies what the activity log says about a link that was observed: adds to each finding the last change that may have
/// caused it, and a finding if the keys are older than `limit`. Returns the age of the keys, and the log.
pub(super) async fn look_back(
    work: &Workspace,
    plane: &Plane,
    verdict: &mut Verdict,
    limit: Option<Duration>,
    recent: Recent,
) -> (KeyAge, LinkLog) {
    let link = LinkResources::of(&verdict.observed);
    let (events, now, shown) = match recent {
        Recent::NotKept => (None, work.ambient().now(), LinkLog::NotKept),
        Recent::Failed(error) => (None, work.ambient().now(), LinkLog::Failed(error)),
        Recent::Read { events, until } => {
            let events = engine::history(&events, &link);
            let shown = LinkLog::Read(HistoryReport::of(&events));
            (Some(events), until, shown)
        }
    };
    let since = now.saturating_sub(history::KEPT).unwrap_or(Timestamp::MIN);
    if let Some(events) = &events {
        engine::attribute(&mut verdict.findings, events);
    }
    let log = events.as_deref().map(|events| Log { events, since });
    (date_keys(plane.as_ref(), verdict, limit, now, log).await, shown)
}

/// Returns the age of a link's keys, and adds a finding to its verdict if they are older than `limit`.
pub(super) async fn date_keys(
    plane: &dyn Reads,
    verdict: &mut Verdict,
    limit: Option<Duration>,
    now: Timestamp,
    log: Option<Log<'_>>,
) -> KeyAge {
    let Some(subscription) = verdict.observed.subscription().map(|seen| &seen.view) else {
        return KeyAge::Unknown;
    };
    let kept = plane.key_times(&subscription.id).await.unwrap_or_default();
    let age = KeyAge::of(subscription, kept, log);
    let is_linked = verdict.observed.own_backend().is_some();
    if let Some(limit) = limit.filter(|limit| is_linked && age.ripeness(*limit, now) == Ripeness::Old) {
        let message = format!("the keys {age}: older than {}, the `max-key-age` of the env", days(limit));
        let hint = Hint::from("run ").then(verdict.observed.target.command(Cure::Relink));
        let finding = Finding::new(FindingCode::KeysTooOld, &subscription.id).message(message).hint(hint);
        verdict.findings.push(finding);
        verdict.findings.sort_by_key(|finding| finding.code);
    }
    age
}

/// Returns the age of a link's keys. The activity log is read only if it can decide.
pub(super) async fn key_age(plane: &Plane, observed: &Observed, limit: Duration, now: Timestamp) -> Aged {
    let Some(subscription) = observed.subscription().map(|seen| &seen.view) else {
        return Aged { age: KeyAge::Unknown, unread: None };
    };
    let kept = plane.as_ref().key_times(&subscription.id).await.unwrap_or_default();
    let age = KeyAge::of(subscription, kept, None);
    let Some(log) = plane.activity_log().filter(|_| age.ripeness(limit, now) == Ripeness::Unknown) else {
        return Aged { age, unread: None };
    };
    match history::read(log, observed, now, history::KEPT).await {
        Ok(events) => {
            let since = now.saturating_sub(history::KEPT).unwrap_or(Timestamp::MIN);
            Aged { age: KeyAge::of(subscription, kept, Some(Log { events: &events, since })), unread: None }
        }
        Err(error) => Aged { age, unread: Some(error.to_string()) },
    }
}

/// Returns a time in days, if it is a number of days.
fn days(time: Duration) -> String {
    const DAY: u64 = 24 * 60 * 60;
    match (time.as_secs() / DAY, time.as_secs() % DAY) {
        (1, 0) => "1 day".to_owned(),
        (days @ 1.., 0) => format!("{days} days"),
        (_, _) => spelt(time),
    }
}
