//! Decides when to send a request again; pure.
#![warn(clippy::arithmetic_side_effects)]

use std::time::Duration;

use jiff::Timestamp;

use crate::provider::arm::{ArmFailure, FailureKind};

/// The target of the log messages about requests that are sent again. Their fields are `what`, `wait_ms` and `error`.
pub const RETRIES: &str = "swa_apim_retry";

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

#[cfg(test)]
mod tests {
    use super::*;

    const LATER: Cause = Cause::Later { after: None, turned_away: false };
    const AGES: Duration = Duration::from_secs(3_600);

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
