//! How old the keys of a link are, as far as it can be known; pure.

use std::{fmt, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::LinkEvent;
use crate::model::{ApimSubscription, KeyTimes, ResourceId};

/// The longest time from the new primary key of a rotation to the end of the old one.
const ROTATION: SignedDuration = SignedDuration::from_hours(1);

/// The age of the older one of a subscription's two keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAge {
    /// It was created at this time.
    Since(Timestamp),
    /// It was created at this time or later: that is when the subscription was created.
    NotBefore(Timestamp),
    /// It was created before this time: the log begins here, and has no later change of it.
    Before(Timestamp),
    /// Nothing shows when it was created.
    Unknown,
}

/// The changes of a link that an activity log has.
#[derive(Clone, Copy, Debug)]
pub struct Log<'a> {
    /// The changes, newest first.
    pub events: &'a [LinkEvent],
    /// When the log begins.
    pub since: Timestamp,
}

/// Whether keys are older than a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ripeness {
    /// They are not older.
    Fresh,
    /// At least one key is older.
    Old,
    /// It is not known.
    Unknown,
}

impl KeyAge {
    /// Returns the age of a subscription's keys, from the times that the control plane keeps with the keys, or from an
    /// activity log, or from the time at which the subscription was created.
    #[must_use]
    pub fn of(subscription: &ApimSubscription, kept: KeyTimes, log: Option<Log<'_>>) -> Self {
        let created = subscription.created_at();
        let replaced = log.map(|log| Replaced::of(&subscription.id, log.events)).unwrap_or_default();
        let of_slot = |time: Option<Timestamp>| match (time, created, log) {
            (Some(time), _, _) => Self::Since(time),
            (None, Some(created), Some(log)) if created >= log.since => Self::Since(created),
            (None, _, Some(log)) => Self::Before(log.since),
            (None, Some(created), None) => Self::NotBefore(created),
            (None, None, None) => Self::Unknown,
        };
        let primary = of_slot(kept.primary.or(replaced.primary));
        let secondary = of_slot(kept.secondary.or(replaced.secondary));
        match (primary, secondary) {
            (Self::Since(primary), Self::Since(secondary)) => Self::Since(primary.min(secondary)),
            (Self::Since(_), limited) | (limited, _) => limited,
        }
    }

    /// Compares the age with a limit, at a moment.
    #[must_use]
    pub fn ripeness(self, limit: Duration, now: Timestamp) -> Ripeness {
        let is_older = |time: Timestamp| now.duration_since(time) > signed(limit);
        match self {
            Self::Since(time) if is_older(time) => Ripeness::Old,
            Self::Since(_) => Ripeness::Fresh,
            Self::NotBefore(time) if !is_older(time) => Ripeness::Fresh,
            // The key is older than the log, so it is older than the limit if the log is at least as long.
            Self::Before(time) if now.duration_since(time) >= signed(limit) => Ripeness::Old,
            Self::NotBefore(_) | Self::Before(_) | Self::Unknown => Ripeness::Unknown,
        }
    }
}

fn signed(limit: Duration) -> SignedDuration {
    SignedDuration::try_from(limit).unwrap_or(SignedDuration::MAX)
}

impl fmt::Display for KeyAge {
    /// Writes the end of a sentence that begins with the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Since(time) => write!(f, "date from {time:.0}"),
            Self::NotBefore(time) => write!(f, "date from {time:.0} or later"),
            Self::Before(time) => write!(f, "are older than {time:.0}, when the activity log begins"),
            Self::Unknown => f.write_str("are of unknown age"),
        }
    }
}

/// When each key of a subscription was last replaced, according to a log.
#[derive(Default)]
struct Replaced {
    primary: Option<Timestamp>,
    secondary: Option<Timestamp>,
}

impl Replaced {
    fn of(subscription: &ResourceId, events: &[LinkEvent]) -> Self {
        let mut replaced = Self::default();
        // The last update, and the last one after which the site was connected.
        let mut updated: Option<&LinkEvent> = None;
        let mut taken: Option<&LinkEvent> = None;
        for event in events.iter().rev().filter(|event| event.has_succeeded()) {
            // Two events can belong to one rotation if one caller caused both of them soon after each other.
            let is_of_rotation = |before: &&LinkEvent| {
                before.caller == event.caller && event.time.duration_since(before.time) <= ROTATION
            };
            let operation = event.operation.to_ascii_lowercase();
            if operation.ends_with("/linkedbackends/write") {
                taken = updated.filter(is_of_rotation).or(taken);
            }
            if event.resource != *subscription {
                continue;
            }
            match operation.rsplit("subscriptions/").next().unwrap_or_default() {
                "write" if event.created => {
                    replaced = Self { primary: Some(event.time), secondary: Some(event.time) };
                    (updated, taken) = (None, None);
                }
                // An update can replace keys or other fields. The log does not say which.
                "write" => {
                    // A rotation of this program: a new primary key, its connection, then a new secondary key.
                    if let Some(swap) = taken.filter(is_of_rotation) {
                        replaced = Self { primary: Some(swap.time), secondary: Some(event.time) };
                    }
                    (updated, taken) = (Some(event), None);
                }
                "delete" => replaced = Self::default(),
                "regenerateprimarykey/action" => replaced.primary = Some(event.time),
                "regeneratesecondarykey/action" => {
                    replaced.secondary = Some(event.time);
                    // A rotation of a client that ends the old key with this operation.
                    let swap = updated.filter(is_of_rotation);
                    replaced.primary = swap.map(|swap| swap.time).or(replaced.primary);
                }
                _ => {}
            }
        }
        replaced
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{engine::Part, model::Resource};

    const SUBSCRIPTION: &str =
        "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a/subscriptions/x";
    const LOG: &str = "2026-01-01T00:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn subscription(created: Option<&str>) -> ApimSubscription {
        let resource = json!({"id": SUBSCRIPTION, "properties": {"scope": "/products/p", "state": "active",
            "createdDate": created}});
        ApimSubscription::read(&Resource::from_value(resource).unwrap()).unwrap()
    }

    fn event(time: &str, action: &str, created: bool) -> LinkEvent {
        LinkEvent {
            time: at(time),
            caller: Some("ann@contoso.com".to_owned()),
            operation: format!("Microsoft.ApiManagement/service/subscriptions/{action}"),
            summary: String::new(),
            resource: ResourceId::parse(SUBSCRIPTION).unwrap(),
            part: Part::Subscription,
            status: "Succeeded".to_owned(),
            created,
            correlation_id: None,
        }
    }

    fn age(created: Option<&str>, events: &[LinkEvent]) -> KeyAge {
        KeyAge::of(&subscription(created), KeyTimes::default(), Some(Log { events, since: at(LOG) }))
    }

    fn connected(time: &str) -> LinkEvent {
        let operation = "Microsoft.Web/staticSites/builds/linkedBackends/write".to_owned();
        let site = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/staticSites/shop";
        let resource = ResourceId::parse(&format!("{site}/builds/default/linkedBackends/gate")).unwrap();
        LinkEvent { operation, resource, part: Part::LinkedBackend, ..event(time, "write", false) }
    }

    #[test]
    fn a_rotation_of_this_program_gives_both_keys_their_age() {
        let created = Some("2025-01-01T00:00:00Z");
        let rotation = [
            event("2026-02-01T12:02:00Z", "write", false),
            connected("2026-02-01T12:01:00Z"),
            event("2026-02-01T12:00:00Z", "write", false),
            connected("2026-02-01T11:59:00Z"),
        ];
        assert_eq!(age(created, &rotation), KeyAge::Since(at("2026-02-01T12:00:00Z")));
        let repaired_first = [&rotation[..], &[event("2026-02-01T11:58:00Z", "write", false)]].concat();
        assert_eq!(age(created, &repaired_first), KeyAge::Since(at("2026-02-01T12:00:00Z")));
        let unknown = KeyAge::Before(at(LOG));
        assert_eq!(age(created, &rotation[1..]), unknown, "the old key was not retired");
        for at in 0..3 {
            let mut others = rotation.clone();
            others[at].caller = Some("bob@contoso.com".to_owned());
            assert_eq!(age(created, &others), unknown, "{at} by another caller");
            let mut failed = rotation.clone();
            failed[at].status = "Failed".to_owned();
            assert_eq!(age(created, &failed), unknown, "{at} failed");
        }
        let mut much_later = rotation.clone();
        much_later[0].time = at("2026-02-01T14:02:00Z");
        assert_eq!(age(created, &much_later), unknown);
        let updates = [rotation[0].clone(), rotation[2].clone(), rotation[1].clone()];
        assert_eq!(age(created, &updates), unknown, "no connection between the updates");
    }

    #[test]
    fn a_swap_and_a_regeneration_give_both_keys_their_age() {
        let rotation = [
            event("2026-02-01T12:02:00Z", "regenerateSecondaryKey/action", false),
            event("2026-02-01T12:00:00Z", "write", false),
        ];
        assert_eq!(age(Some("2025-01-01T00:00:00Z"), &rotation), KeyAge::Since(at("2026-02-01T12:00:00Z")));
        let much_later = [
            event("2026-02-01T14:02:00Z", "regenerateSecondaryKey/action", false),
            event("2026-02-01T12:00:00Z", "write", false),
        ];
        assert_eq!(age(Some("2025-01-01T00:00:00Z"), &much_later), KeyAge::Before(at(LOG)));
    }

    #[test]
    fn an_update_proves_nothing_about_the_keys() {
        let update = [event("2026-02-01T12:00:00Z", "write", false)];
        assert_eq!(age(Some("2025-01-01T00:00:00Z"), &update), KeyAge::Before(at(LOG)));
        assert_eq!(age(Some("2026-01-15T00:00:00Z"), &update), KeyAge::Since(at("2026-01-15T00:00:00Z")));
        assert_eq!(age(None, &update), KeyAge::Before(at(LOG)));
    }

    #[test]
    fn a_creation_and_each_regeneration_date_the_keys_and_a_failed_one_does_not() {
        let mut events = vec![
            event("2026-03-01T00:00:00Z", "regeneratePrimaryKey/action", false),
            event("2026-02-01T00:00:00Z", "write", true),
        ];
        assert_eq!(age(None, &events), KeyAge::Since(at("2026-02-01T00:00:00Z")), "the secondary is older");
        events.insert(0, event("2026-04-01T00:00:00Z", "regenerateSecondaryKey/action", false));
        assert_eq!(age(None, &events), KeyAge::Since(at("2026-03-01T00:00:00Z")));
        events[0].status = "Failed".to_owned();
        assert_eq!(age(None, &events), KeyAge::Since(at("2026-02-01T00:00:00Z")));
    }

    #[test]
    fn without_a_log_only_the_creation_of_the_subscription_limits_the_age() {
        let created = "2026-01-15T00:00:00Z";
        let none = KeyTimes::default();
        assert_eq!(KeyAge::of(&subscription(Some(created)), none, None), KeyAge::NotBefore(at(created)));
        assert_eq!(KeyAge::of(&subscription(None), none, None), KeyAge::Unknown);
    }

    #[test]
    fn the_times_that_a_control_plane_keeps_count_first_and_a_missing_one_is_looked_up() {
        let (primary, secondary) = (at("2026-03-01T00:00:00Z"), at("2026-02-01T00:00:00Z"));
        let both = KeyTimes { primary: Some(primary), secondary: Some(secondary) };
        assert_eq!(KeyAge::of(&subscription(None), both, None), KeyAge::Since(secondary));
        let one = KeyTimes { primary: Some(primary), secondary: None };
        assert_eq!(KeyAge::of(&subscription(None), one, None), KeyAge::Unknown);
        let created = at("2026-01-15T00:00:00Z");
        let subscription = subscription(Some("2026-01-15T00:00:00Z"));
        assert_eq!(KeyAge::of(&subscription, one, None), KeyAge::NotBefore(created));
        let events = [event("2026-02-15T00:00:00Z", "regenerateSecondaryKey/action", false)];
        let log = Some(Log { events: &events, since: at(LOG) });
        assert_eq!(KeyAge::of(&subscription, one, log), KeyAge::Since(events[0].time));
    }

    #[test]
    fn keys_are_old_from_the_first_second_after_the_limit() {
        let limit = Duration::from_secs(60 * 24 * 60 * 60);
        let (created, now) = ("2026-01-01T00:00:00Z", "2026-03-02T00:00:00Z");
        let since = KeyAge::Since(at(created));
        assert_eq!(since.ripeness(limit, at(now)), Ripeness::Fresh);
        assert_eq!(since.ripeness(limit, at("2026-03-02T00:00:01Z")), Ripeness::Old);
        assert_eq!(KeyAge::NotBefore(at(created)).ripeness(limit, at(now)), Ripeness::Fresh);
        assert_eq!(
            KeyAge::NotBefore(at(created)).ripeness(limit, at("2026-03-02T00:00:01Z")),
            Ripeness::Unknown
        );
        assert_eq!(KeyAge::Before(at(created)).ripeness(limit, at(now)), Ripeness::Old);
        assert_eq!(
            KeyAge::Before(at(created)).ripeness(limit, at("2026-03-01T00:00:00Z")),
            Ripeness::Unknown
        );
        assert_eq!(KeyAge::Unknown.ripeness(limit, at(now)), Ripeness::Unknown);
    }
}
