//! Keeps requests within the limits of Resource Manager, by the remaining counts in its answers; no I/O, no clock.
//!
//! Resource Manager counts in token buckets for each subscription, principal and kind of request; `RequestKind` has their
//! documented limits.
#![warn(clippy::arithmetic_side_effects)]

use std::{collections::HashMap, time::Duration};

use reqwest::{Method, header::HeaderMap};
use tokio::time::Instant;
use url::Url;

use crate::provider::RequestKind;

/// The number of tokens that stay unused, since other processes may use the same bucket.
const KEPT: f64 = 1.0;

/// The bucket that a request is counted in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Bucket {
    azure_subscription: String,
    kind: RequestKind,
}

impl Bucket {
    pub(crate) fn of(method: &Method, url: &Url) -> Self {
        let mut segments = url.path_segments().into_iter().flatten();
        let of_subscription =
            segments.next().is_some_and(|first| first.eq_ignore_ascii_case("subscriptions"));
        let azure_subscription = segments.next().filter(|_| of_subscription).unwrap_or_default();
        let azure_subscription = azure_subscription.to_ascii_lowercase();
        Self { azure_subscription, kind: RequestKind::of(method) }
    }
}

/// The known state of one bucket.
#[derive(Debug)]
struct Level {
    /// How many requests may be sent at `at`, not counting those in progress.
    tokens: f64,
    /// The maximum number of tokens.
    capacity: f64,
    at: Instant,
    under_way: u32,
    closed_until: Option<Instant>,
}

/// The known state of all buckets.
#[derive(Debug, Default)]
pub(crate) struct Pacer {
    levels: HashMap<Bucket, Level>,
}

impl Pacer {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Returns how long a request must wait. If the wait is zero, the request is counted as sent.
    pub(crate) fn reserve(&mut self, bucket: &Bucket, now: Instant) -> Duration {
        let level = self.level(bucket, now);
        if let Some(until) = level.closed_until {
            if now < until {
                return until.duration_since(now);
            }
            level.closed_until = None;
        }
        if level.tokens >= 1.0 + KEPT {
            level.tokens -= 1.0;
            level.under_way = level.under_way.saturating_add(1);
            return Duration::ZERO;
        }
        let missing = 1.0 + KEPT - level.tokens;
        Duration::from_secs_f64(missing / bucket.kind.per_second()).max(Duration::from_millis(1))
    }

    /// Records an answer, or that there was none.
    pub(crate) fn answered(
        &mut self,
        bucket: &Bucket,
        now: Instant,
        headers: &HeaderMap,
        closed_for: Option<Duration>,
    ) {
        let remaining = [bucket.kind.header(), bucket.kind.global_header()].into_iter().filter_map(|name| {
            headers.get(name).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<u32>().ok())
        });
        let remaining = remaining.min();
        let level = self.level(bucket, now);
        level.under_way = level.under_way.saturating_sub(1);
        if let Some(remaining) = remaining {
            // The count may already include some requests in progress; to subtract them twice is on the safe side.
            level.tokens = f64::from(remaining) - f64::from(level.under_way);
            level.capacity = level.capacity.max(f64::from(remaining));
        }
        if let Some(closed_for) = closed_for {
            level.closed_until = now.checked_add(closed_for);
            level.tokens = level.tokens.min(0.0);
        }
    }

    /// Returns how many requests of a bucket are in progress.
    #[cfg(test)]
    pub(crate) fn under_way(&self, bucket: &Bucket) -> u32 {
        self.levels.get(bucket).map_or(0, |level| level.under_way)
    }

    fn level(&mut self, bucket: &Bucket, now: Instant) -> &mut Level {
        let kind = bucket.kind;
        let level = self.levels.entry(bucket.clone()).or_insert_with(|| Level {
            tokens: kind.capacity().into(),
            capacity: kind.capacity().into(),
            at: now,
            under_way: 0,
            closed_until: None,
        });
        let passed = now.saturating_duration_since(level.at).as_secs_f64();
        level.tokens = passed.mul_add(kind.per_second(), level.tokens).min(level.capacity);
        level.at = now;
        level
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a simulation counts in small numbers")]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    fn reads() -> Bucket {
        Bucket::of(&Method::GET, &Url::parse("https://a.example/subscriptions/S/x").unwrap())
    }

    fn left(count: u32) -> HeaderMap {
        let name = reqwest::header::HeaderName::from_static(RequestKind::Reads.header());
        HeaderMap::from_iter([(name, count.into())])
    }

    /// A bucket as the service keeps it.
    struct FakeService {
        tokens: f64,
        at: Instant,
        refused: usize,
    }

    impl FakeService {
        fn take(&mut self, now: Instant) -> u32 {
            self.tokens = (self.tokens + (now - self.at).as_secs_f64() * 25.0).min(250.0);
            self.at = now;
            if self.tokens < 1.0 {
                self.refused += 1;
            } else {
                self.tokens -= 1.0;
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 250")]
            let remaining = self.tokens as u32;
            remaining
        }
    }

    /// Returns how long this many reads take, and how often the service refuses one.
    fn simulate(reads_wanted: usize, at_once: usize, latency: Duration) -> (Duration, usize) {
        let (start, bucket) = (Instant::now(), reads());
        let mut service = FakeService { tokens: 250.0, at: start, refused: 0 };
        let (mut pacer, mut now) = (Pacer::new(), start);
        let mut under_way: VecDeque<(Instant, u32)> = VecDeque::new();
        let (mut sent, mut done) = (0, 0);
        while done < reads_wanted {
            let mut next = None;
            while sent < reads_wanted && under_way.len() < at_once {
                let wait = pacer.reserve(&bucket, now);
                if !wait.is_zero() {
                    next = Some(now + wait);
                    break;
                }
                sent += 1;
                under_way.push_back((now + latency, service.take(now + latency / 2)));
            }
            let answer = under_way.front().map(|(at, _)| *at);
            now = [next, answer].into_iter().flatten().min().unwrap();
            while under_way.front().is_some_and(|(at, _)| *at <= now) {
                let (_, remaining) = under_way.pop_front().unwrap();
                pacer.answered(&bucket, now, &left(remaining), None);
                done += 1;
            }
        }
        (now - start, service.refused)
    }

    #[test]
    fn a_fleet_is_read_as_fast_as_the_bucket_fills_and_is_never_refused() {
        for (at_once, latency) in [(48, 50), (8, 50), (48, 400), (64, 5)] {
            let (took, refused) = simulate(1_050, at_once, Duration::from_millis(latency));
            let floor = f64::from(1_050 - 250) / 25.0;
            assert_eq!(refused, 0, "{at_once} at once, {latency} ms");
            let over = took.as_secs_f64() / floor;
            assert!(over < 1.05, "{at_once} at once, {latency} ms: {over}");
        }
    }

    #[test]
    fn no_request_is_sent_before_the_time_that_a_refusal_specifies() {
        let (mut pacer, now) = (Pacer::new(), Instant::now());
        assert_eq!(pacer.reserve(&reads(), now), Duration::ZERO);
        pacer.answered(&reads(), now, &HeaderMap::new(), Some(Duration::from_secs(17)));
        assert_eq!(pacer.reserve(&reads(), now + Duration::from_secs(7)), Duration::from_secs(10));
        assert_eq!(pacer.reserve(&reads(), now + Duration::from_secs(18)), Duration::ZERO);
    }

    #[test]
    fn a_generous_service_is_not_held_back() {
        let (mut pacer, now) = (Pacer::new(), Instant::now());
        assert_eq!(pacer.reserve(&reads(), now), Duration::ZERO);
        pacer.answered(&reads(), now, &left(11_999), None);
        assert!((0..5_000).all(|_| pacer.reserve(&reads(), now).is_zero()));
    }

    #[test]
    fn requests_are_counted_by_subscription_and_kind() {
        let url = |text: &str| Url::parse(text).unwrap();
        let same = Bucket::of(&Method::HEAD, &url("https://a.example/subscriptions/s/y"));
        assert_eq!(same, reads());
        for other in [
            Bucket::of(&Method::POST, &url("https://a.example/subscriptions/s/y")),
            Bucket::of(&Method::GET, &url("https://a.example/subscriptions/t/y")),
            Bucket::of(&Method::GET, &url("https://a.example/providers/s")),
        ] {
            assert_ne!(other, reads());
        }
    }
}
