//! Ages, as users write them.

#![warn(clippy::arithmetic_side_effects)]

use std::time::Duration;

/// Reads `60d`, `12h` or `30s`; `None` if it is no time, or no time at all.
#[must_use]
pub fn age(text: &str) -> Option<Duration> {
    let days = text.trim().strip_suffix('d').and_then(|days| days.trim().parse::<u64>().ok());
    let time = match days {
        Some(days) => Some(Duration::from_secs(days.saturating_mul(24 * 60 * 60))),
        None => text.parse::<jiff::SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok()),
    };
    time.filter(|time| !time.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_has_a_unit_and_is_more_than_nothing() {
        assert_eq!(age("60d"), Some(Duration::from_secs(60 * 24 * 60 * 60)));
        assert_eq!(age("12h"), Some(Duration::from_secs(12 * 60 * 60)));
        for text in ["", "60", "0d", "-1d", "soon", "d"] {
            assert_eq!(age(text), None, "{text}");
        }
    }
}
