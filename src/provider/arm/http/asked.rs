//! What an answer asks for: to be sent again, and after which time.
#![warn(clippy::arithmetic_side_effects)]

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{
    StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};

/// Whether a status means that the same request may succeed later.
pub(crate) fn is_transient(status: StatusCode) -> bool {
    [408, 500, 502, 503, 504].contains(&status.as_u16())
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

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(reqwest::header::HeaderName::from_static(name), value.parse().unwrap())])
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
}
