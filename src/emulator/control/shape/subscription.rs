//! Subscriptions of API Management, and the times in them.

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};

use super::{Picked, View, Wanted};

pub(super) fn shown(picked: &mut Picked, wanted: Wanted<'_>) {
    picked.present("ownerId").nullable("scope").nullable("displayName").or("state", "active");
    let created = picked.from.remove("createdDate").unwrap_or_default();
    let created = match (created.as_str(), wanted.view) {
        (Some(text), View::Changed | View::Read | View::Listed | View::Nested) => stored_time(text).into(),
        (Some(_), View::Created) | (None, _) => created,
    };
    picked.set("createdDate", created);
    for name in ["startDate", "expirationDate", "endDate", "notificationDate"] {
        picked.nullable(name);
    }
    picked.nullable("stateComment");
    if wanted.since("2022-08-01") || wanted.view == View::Nested {
        picked.or("allowTracing", false);
    } else {
        picked.present("allowTracing");
    }
}

/// Rounds a time as Azure's database stores it, in steps of 1/300 s, and removes trailing zeros.
fn stored_time(text: &str) -> String {
    let Ok(time) = text.parse::<Timestamp>() else { return text.to_owned() };
    let Ok(second) = time.round(TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Floor)) else {
        return text.to_owned();
    };
    let nanoseconds = time.subsec_nanosecond().unsigned_abs();
    let steps = ((u64::from(nanoseconds) * 300 + 500_000_000) / 1_000_000_000).min(299);
    // That database prints its steps as .000, .003 and .007.
    let milliseconds = (steps * 10 + 1) / 3;
    let whole = second.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    match format!("{milliseconds:03}").trim_end_matches('0') {
        "" => format!("{whole}Z"),
        digits => format!("{whole}.{digits}Z"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_with_the_digits_that_were_recorded() {
        for (given, read) in [
            ("2022-10-21T23:09:33.0714968Z", "2022-10-21T23:09:33.07Z"),
            ("2022-10-21T23:09:33.62Z", "2022-10-21T23:09:33.62Z"),
            ("2022-10-21T23:09:33.283Z", "2022-10-21T23:09:33.283Z"),
            ("2022-10-21T23:09:33.003Z", "2022-10-21T23:09:33.003Z"),
            ("2022-10-21T23:09:33.087Z", "2022-10-21T23:09:33.087Z"),
            ("2022-10-21T23:09:33.999Z", "2022-10-21T23:09:33.997Z"),
            ("2022-10-21T23:09:33Z", "2022-10-21T23:09:33Z"),
            ("yesterday", "yesterday"),
        ] {
            assert_eq!(stored_time(given), read);
            assert_eq!(stored_time(read), read, "and stays so");
        }
    }
}
