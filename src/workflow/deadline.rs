//! The time limit of a command, and how durations are written.
#![warn(clippy::arithmetic_side_effects)]

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// The longest time that a command may run: ten years. A longer limit has the same effect.
pub const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
/// How long a command may take over HTTP by default: 10 minutes.
const WHOLE_COMMAND: Duration = Duration::from_secs(10 * 60);
/// How long another process may hold the lock of a model by default: 30 seconds.
const LOCK_WAIT: Duration = Duration::from_secs(30);
/// The largest number of grace periods that a plan waits for.
const WAITS: u32 = 6;

/// When a command must end. A command has one deadline, and every wait respects it.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    start: Instant,
    /// The limit that the user specified.
    given: Option<Duration>,
    limit: Duration,
}

impl Deadline {
    /// A deadline that starts now, with the limit that the user specified.
    #[must_use]
    pub fn new(given: Option<Duration>) -> Self {
        Self { start: Instant::now(), given, limit: given.unwrap_or(WHOLE_COMMAND) }
    }

    /// The limit that the user specified, if any.
    #[must_use]
    pub fn given(self) -> Option<Duration> {
        self.given
    }

    /// How long the command may take over HTTP in total.
    #[must_use]
    pub fn limit(self) -> Duration {
        self.limit
    }

    /// The remaining time.
    #[must_use]
    pub fn left(self) -> Duration {
        self.limit.saturating_sub(self.start.elapsed())
    }

    /// How long to wait for the lock of a model.
    #[must_use]
    pub fn lock_wait(self) -> Duration {
        self.given.unwrap_or(LOCK_WAIT)
    }

    /// This deadline, extended by the time that the waits of a plan take, unless the user specified a limit.
    #[must_use]
    pub fn allowing_for(self, grace: Duration) -> Self {
        match self.given {
            Some(_) => self,
            None => Self { limit: WHOLE_COMMAND.saturating_add(grace.saturating_mul(WAITS)), ..self },
        }
    }

    /// This deadline with this limit.
    #[must_use]
    pub fn lasting(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Waits, but not past the deadline.
    pub(crate) async fn pause(self, pause: Duration) {
        sleep(pause.min(self.left())).await;
    }
}

/// A duration, as it is written in a flag.
#[must_use]
pub fn spelt(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{}ms", time.as_millis()),
        seconds if seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_pause_ends_with_the_time_of_the_command() {
        let deadline = Deadline::new(Some(Duration::from_secs(3)));
        let start = Instant::now();
        deadline.pause(Duration::from_secs(2)).await;
        deadline.pause(Duration::from_secs(2)).await;
        deadline.pause(Duration::from_secs(2)).await;
        assert_eq!(start.elapsed(), Duration::from_secs(3));
        assert_eq!(deadline.left(), Duration::ZERO);
    }

    #[test]
    fn the_waits_of_a_plan_lengthen_only_a_time_that_the_user_did_not_give() {
        let grace = Duration::from_secs(60);
        let given = Deadline::new(Some(Duration::from_secs(5))).allowing_for(grace);
        assert_eq!(given.limit(), Duration::from_secs(5));
        assert_eq!(Deadline::new(None).allowing_for(grace).limit(), Duration::from_secs(960));
    }
}
