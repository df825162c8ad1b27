//! Decides when to send a request again; pure.
#![warn(clippy::arithmetic_side_effects)]

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{
    StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};

use crate::provider::arm::{ArmFailure, FailureKind};

/// Whether a request may be sent twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// The second request changes nothing, or is refused by its condition.
    Safely,
    /// Each request invalidates a key.
    Never,
}

/// Why a request failed, as far as that decides whether it is sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The connection failed or broke. A request that was not sent had no effect.
    Broken {
        /// Whether the request may have arrived.
        sent: bool,
    },
    /// An answer that asks for a later attempt.
    Later {
        /// How long to wait, if the answer specifies it.
        after: Option<Duration>,
        /// Whether the request was refused before it had any effect.
        turned_away: bool,
    },
    /// Another operation on the resource is in progress: the program waits for it until the time limit of the command.
    Busy {
        /// How long the answer asks to wait, if it specifies that.
        after: Option<Duration>,
    },
    /// An answer that would be the same for the next attempt.
    Final,
}

impl Cause {
    /// Determines the effect of an answer on the next attempt.
    pub(crate) fn of(failure: &ArmFailure, now: Timestamp) -> Self {
        let after = failure.retry_after_from(now);
        match failure.kind() {
            FailureKind::Throttled => Self::Later { after, turned_away: true },
            FailureKind::InProgress => Self::Busy { after },
            FailureKind::Unavailable | FailureKind::ManagementFailed | FailureKind::NoRegion => {
                Self::Later { after, turned_away: false }
            }
            FailureKind::NotAuthenticated { .. }
            | FailureKind::WrongTenant { .. }
            | FailureKind::NotAuthorized { .. }
            | FailureKind::Denied
            | FailureKind::Policy { .. }
            | FailureKind::NotFound
            | FailureKind::Undetermined(_)
            | FailureKind::Conflict
            | FailureKind::Locked
            | FailureKind::ReadOnly
            | FailureKind::NotRegistered { .. }
            | FailureKind::InvalidSubscription
            | FailureKind::ProxyLogin
            | FailureKind::SecondBackend
            | FailureKind::BackendNotFound
            | FailureKind::Rejected => Self::Final,
        }
    }
}

/// Whether a status means that the same request may succeed later.
pub(crate) fn is_transient(status: StatusCode) -> bool {
    [408, 500, 502, 503, 504].contains(&status.as_u16())
}

/// How many times a request is sent again, and after which delays.
#[derive(Clone, Debug)]
pub struct RetrySchedule {
    first: Duration,
    longest: Duration,
    attempts: u32,
}

impl Default for RetrySchedule {
    /// Six retries, after delays that begin at half a second and double up to half a minute.
    fn default() -> Self {
        Self { first: Duration::from_millis(500), longest: Duration::from_secs(30), attempts: 6 }
    }
}

impl RetrySchedule {
    /// Returns how long to wait before the request is sent again, or `None` if it must not be sent again.
    ///
    /// `attempt` counts from 0, `chance` is from 0 up to 1, and `left` is the remaining time of the command: a longer
    /// wait would be pointless.
    pub(in crate::provider::arm) fn next(
        &self,
        attempt: u32,
        cause: &Cause,
        repeat: Repeat,
        chance: f64,
        left: Duration,
    ) -> Option<Duration> {
        let may = match cause {
            Cause::Broken { sent: false } | Cause::Later { turned_away: true, .. } => true,
            Cause::Broken { sent: true } | Cause::Later { turned_away: false, .. } | Cause::Busy { .. } => {
                repeat == Repeat::Safely
            }
            Cause::Final => false,
        };
        let is_over = attempt >= self.attempts && !matches!(cause, Cause::Busy { .. });
        if !may || is_over {
            return None;
        }
        let asked = match cause {
            Cause::Later { after, .. } | Cause::Busy { after } => *after,
            Cause::Broken { .. } | Cause::Final => None,
        };
        let step = self.first.saturating_mul(2_u32.saturating_pow(attempt)).min(self.longest);
        // Half of each delay is random, so that many clients do not retry at the same time.
        let wait = asked.unwrap_or_else(|| step.mul_f64(0.5 + chance / 2.0));
        (wait < left).then_some(wait)
    }
}

/// When to poll a long-running operation.
#[derive(Clone, Debug, Default)]
pub struct PollSchedule {
    polls: u32,
}

impl PollSchedule {
    /// Returns how long to wait before the next poll: as long as the service asks for, or otherwise a second, and
    /// longer from the tenth poll on.
    pub(in crate::provider::arm) fn next(&mut self, asked: Option<Duration>) -> Duration {
        let shortest = Duration::from_secs(1);
        let grown = 1.5_f64.powi(i32::try_from(self.polls.saturating_sub(9)).unwrap_or(i32::MAX).min(7));
        self.polls = self.polls.saturating_add(1);
        let own = shortest.mul_f64(grown).min(Duration::from_secs(15));
        asked.filter(|asked| *asked >= shortest).unwrap_or(own)
    }
}

/// The longest wait that an answer can ask for. Longer waits are cut, so that sums of times stay in range.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Returns how long an answer asks to wait: in milliseconds, in seconds, or until a date.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let millis = ["x-ms-retry-after-ms", "retry-after-ms"].iter().find_map(|name| count(text(name)?));
    if let Some(millis) = millis {
        return Some(capped(millis / 1_000.0));
    }
    let value = text(RETRY_AFTER.as_str())?;
    if let Some(seconds) = count(value) {
        return Some(capped(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    // A date that is out of range counts as the end of the year 9999.
    let Ok(date) = Timestamp::try_from(date) else { return Some(LONGEST_WAIT) };
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default().min(LONGEST_WAIT))
}

/// Returns how long an answer asks to wait, worded so that it can follow "wait".
pub(crate) fn asked(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Some(seconds) = count(value) {
        return Some(format!("{} s", capped(seconds).as_secs_f64().ceil())).filter(|_| seconds > 0.0);
    }
    httpdate::parse_http_date(value).ok().map(|_| format!("until {value}"))
}

/// Parses a number of seconds or milliseconds: an integer of any length, or a fraction.
fn count(text: &str) -> Option<f64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse::<f64>().ok().filter(|_| is_number)
}

fn capped(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).map_or(LONGEST_WAIT, |wait| wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATER: Cause = Cause::Later { after: None, turned_away: false };
    const AGES: Duration = Duration::from_secs(3_600);

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(reqwest::header::HeaderName::from_static(name), value.parse().unwrap())])
    }

    #[test]
    fn each_wait_is_about_twice_as_long_and_none_longer_than_half_a_minute() {
        let schedule = RetrySchedule { attempts: 20, ..RetrySchedule::default() };
        for attempt in 0..20 {
            let step = 500 * 2_u64.pow(attempt.min(10));
            let step = Duration::from_millis(step.min(30_000));
            let shortest = schedule.next(attempt, &LATER, Repeat::Safely, 0.0, AGES).unwrap();
            let longest = schedule.next(attempt, &LATER, Repeat::Safely, 0.999, AGES).unwrap();
            assert_eq!(shortest, step / 2);
            assert!(longest < step && longest > step.mul_f64(0.99));
        }
    }

    #[test]
    fn there_is_an_end_to_it() {
        let schedule = RetrySchedule::default();
        assert_eq!(schedule.next(6, &LATER, Repeat::Safely, 0.0, AGES), None);
        assert_eq!(schedule.next(0, &Cause::Final, Repeat::Safely, 0.0, AGES), None);
    }

    #[test]
    fn what_the_service_asks_for_is_done_unless_the_time_is_over_before() {
        let cause = Cause::Later { after: Some(Duration::from_secs(7)), turned_away: true };
        let next = |left| RetrySchedule::default().next(0, &cause, Repeat::Safely, 0.3, left);
        assert_eq!(next(Duration::from_secs(8)), Some(Duration::from_secs(7)));
        assert_eq!(next(Duration::from_secs(7)), None);
    }

    #[test]
    fn what_may_have_ended_a_key_is_not_sent_again() {
        let next = |cause| RetrySchedule::default().next(0, &cause, Repeat::Never, 0.0, AGES).is_some();
        assert!(!next(Cause::Broken { sent: true }));
        assert!(!next(Cause::Later { after: Some(Duration::from_secs(1)), turned_away: false }));
        assert!(next(Cause::Broken { sent: false }), "it never arrived");
        assert!(next(Cause::Later { after: None, turned_away: true }), "it was turned away at the door");
    }

    #[test]
    fn a_wait_is_asked_for_in_seconds_milliseconds_or_as_a_date() {
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
        let of = |name, value| retry_after(&headers(name, value), now);
        assert_eq!(of("retry-after", "17"), Some(Duration::from_secs(17)));
        assert_eq!(of("x-ms-retry-after-ms", "250"), Some(Duration::from_millis(250)));
        assert_eq!(of("retry-after", "Tue, 24 Nov 2026 12:00:30 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(of("retry-after", "Tue, 24 Nov 2026 11:00:00 GMT"), Some(Duration::ZERO), "it is over");
        assert_eq!(of("retry-after", "soon"), None);
    }

    #[test]
    fn a_wait_of_any_length_is_capped_and_never_a_panic() {
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
        for (value, wait, words) in [
            ("18446744073709551615", Some(LONGEST_WAIT), Some("31622400 s")),
            ("184467440737095516150000000000000000000000", Some(LONGEST_WAIT), Some("31622400 s")),
            ("1.5", Some(Duration::from_millis(1_500)), Some("2 s")),
            ("0", Some(Duration::ZERO), None),
            ("-5", None, None),
            ("1e400", None, None),
            ("inf", None, None),
            ("NaN", None, None),
            ("", None, None),
            (
                "Fri, 31 Dec 9999 23:59:59 GMT",
                Some(LONGEST_WAIT),
                Some("until Fri, 31 Dec 9999 23:59:59 GMT"),
            ),
            (
                "Thu, 01 Jan 1970 00:00:00 GMT",
                Some(Duration::ZERO),
                Some("until Thu, 01 Jan 1970 00:00:00 GMT"),
            ),
            ("Wed, 01 Jan 1600 00:00:00 GMT", None, None),
            ("Sat, 01 Jan 99999 00:00:00 GMT", None, None),
        ] {
            let headers = headers("retry-after", value);
            assert_eq!(retry_after(&headers, now), wait, "{value}");
            assert_eq!(asked(&headers).as_deref(), words, "{value}");
        }
        assert_eq!(
            retry_after(&headers("x-ms-retry-after-ms", "18446744073709551615"), now),
            Some(LONGEST_WAIT)
        );
    }

    #[test]
    fn another_operation_is_waited_for_as_long_as_the_command_may_take() {
        let next = |attempt, repeat| {
            RetrySchedule::default().next(attempt, &Cause::Busy { after: None }, repeat, 0.0, AGES)
        };
        assert_eq!(next(100, Repeat::Safely), Some(Duration::from_secs(15)));
        assert_eq!(next(0, Repeat::Never), None);
    }

    #[test]
    fn an_operation_is_first_polled_every_second() {
        let mut schedule = PollSchedule::default();
        let waits: Vec<u128> = (0..20).map(|_| schedule.next(None).as_millis()).collect();
        assert_eq!(&waits[..10], [1000; 10]);
        assert!(waits[10..].windows(2).all(|pair| pair[0] <= pair[1]) && waits[19] == 15_000, "{waits:?}");
        assert_eq!(schedule.next(Some(Duration::from_secs(4))), Duration::from_secs(4));
        let mut schedule = PollSchedule::default();
        assert_eq!(schedule.next(Some(Duration::ZERO)), Duration::from_secs(1), "0 means: as you like");
    }
}
