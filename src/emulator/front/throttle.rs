//! Token buckets, one for each kind of request, as in Azure Resource Manager.
#![warn(clippy::arithmetic_side_effects)]

use std::sync::{Mutex, PoisonError};

use hyper::{Method, StatusCode, header::HeaderName};
use serde::{Deserialize, Serialize};
use tokio::time::{Duration, Instant};

use crate::{emulator::reply::Reply, provider::RequestKind};

/// The rate limits for each kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Throttling {
    /// GET and HEAD.
    pub reads: Bucket,
    /// PUT, PATCH and POST.
    pub writes: Bucket,
    /// DELETE.
    pub deletes: Bucket,
}

/// A token bucket: the limit for a burst, and the long-term rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bucket {
    /// The number of requests that are accepted at once.
    pub capacity: u32,
    /// The number of requests per second.
    pub per_second: f64,
}

impl Default for Throttling {
    /// The limits that Azure documents for one subscription and one caller.
    fn default() -> Self {
        let bucket = |kind: RequestKind| Bucket { capacity: kind.capacity(), per_second: kind.per_second() };
        Self {
            reads: bucket(RequestKind::Reads),
            writes: bucket(RequestKind::Writes),
            deletes: bucket(RequestKind::Deletes),
        }
    }
}

impl Throttling {
    /// Rejects buckets that would never accept a request. The error names the switch.
    pub(in crate::emulator) fn check(&self) -> Result<(), String> {
        for (name, bucket) in [("reads", self.reads), ("writes", self.writes), ("deletes", self.deletes)] {
            if bucket.capacity == 0 {
                return Err(format!("`throttling.{name}.capacity` must be at least 1, but is 0"));
            }
            if !(0.0..=1_000_000.0).contains(&bucket.per_second) {
                let rate = bucket.per_second;
                return Err(format!(
                    "`throttling.{name}.perSecond` must be from 0 to 1000000, but is {rate}"
                ));
            }
        }
        Ok(())
    }
}

/// Returns the kind of a request, as messages name it.
fn word(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Reads => "read",
        RequestKind::Writes => "write",
        RequestKind::Deletes => "delete",
    }
}

fn header(kind: RequestKind) -> HeaderName {
    HeaderName::from_static(kind.header())
}

/// The headers with the numbers of requests that remain to the caller and to all callers, if no request is limited.
pub(super) fn unlimited(method: &Method) -> [(HeaderName, String); 2] {
    let kind = RequestKind::of(method);
    let left = |capacity: u32| capacity.saturating_sub(1).to_string();
    [
        (HeaderName::from_static(kind.global_header()), left(kind.global_capacity())),
        (header(kind), left(kind.capacity())),
    ]
}

/// The current levels of the buckets.
#[derive(Debug, Default)]
pub(in crate::emulator) struct Throttle([Mutex<Option<Level>>; 3]);

#[derive(Clone, Copy, Debug)]
struct Level {
    tokens: f64,
    at: Instant,
}

/// The header with the number of remaining requests, or the refusal.
pub(in crate::emulator) type Taken = Result<(HeaderName, String), Reply>;

impl Throttle {
    /// Takes a token for a request, if there is one.
    pub(in crate::emulator) fn take(&self, limits: &Throttling, method: &Method) -> Taken {
        let kind = RequestKind::of(method);
        let bucket = match kind {
            RequestKind::Reads => limits.reads,
            RequestKind::Writes => limits.writes,
            RequestKind::Deletes => limits.deletes,
        };
        let mut level = self.0[kind as usize].lock().unwrap_or_else(PoisonError::into_inner);
        match draw(&mut level, bucket, Instant::now()) {
            Ok(left) => Ok((header(kind), left.to_string())),
            Err(wait) => Err(refusal(kind, wait)),
        }
    }
}

/// Takes a token from a bucket. Returns how many are left, or the time until the next one.
fn draw(level: &mut Option<Level>, bucket: Bucket, now: Instant) -> Result<u32, Duration> {
    let capacity = f64::from(bucket.capacity);
    let tokens = level.map_or(capacity, |level| {
        let since = now.duration_since(level.at).as_secs_f64();
        (level.tokens + since * bucket.per_second.max(0.0)).min(capacity)
    });
    if tokens < 1.0 {
        *level = Some(Level { tokens, at: now });
        let wait = (1.0 - tokens) / bucket.per_second.max(f64::MIN_POSITIVE);
        return Err(Duration::try_from_secs_f64(wait).unwrap_or(Duration::from_secs(3600)));
    }
    *level = Some(Level { tokens: tokens - 1.0, at: now });
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to the capacity")]
    let left = (tokens - 1.0) as u32;
    Ok(left)
}

fn refusal(kind: RequestKind, wait: Duration) -> Reply {
    let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
    let word = word(kind);
    let message = format!(
        "Number of '{word}' requests exceeded the limit for the subscription. Please try again after \
         '{seconds}' seconds."
    );
    Reply::arm(StatusCode::TOO_MANY_REQUESTS, "SubscriptionRequestsThrottled", message)
        .header(header(kind), "0")
        .retry_after(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_what_it_has_and_fills_up_as_time_goes_by() {
        let bucket = Bucket { capacity: 3, per_second: 2.0 };
        let (mut level, start) = (None, Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!([0, 0, 0].map(|ms| draw(&mut level, bucket, at(ms)).ok()), [Some(2), Some(1), Some(0)]);
        assert_eq!(draw(&mut level, bucket, at(0)), Err(Duration::from_millis(500)));
        assert_eq!(draw(&mut level, bucket, at(500)), Ok(0));
        assert!(draw(&mut level, bucket, at(600)).is_err());
        assert_eq!(draw(&mut level, bucket, at(60_000)), Ok(2), "never more than it holds");
    }

    #[tokio::test(start_paused = true)]
    async fn each_kind_of_request_has_a_bucket_of_its_own() {
        let one = Bucket { capacity: 1, per_second: 0.1 };
        let limits = Throttling { reads: one, writes: one, deletes: one };
        let throttle = Throttle::default();
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let (header, left) = throttle.take(&limits, &method).unwrap();
            assert!(header.as_str().starts_with("x-ms-ratelimit-remaining-subscription-"));
            assert_eq!(left, "0");
        }
        for method in [Method::HEAD, Method::POST, Method::DELETE] {
            let refusal = throttle.take(&limits, &method).unwrap_err();
            let response = refusal.into_response();
            assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(response.headers()["retry-after"], "10");
        }
    }
}
