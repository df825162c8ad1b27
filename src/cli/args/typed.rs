//! What users type in flags and variables, read.
#![warn(clippy::arithmetic_side_effects)]

#[cfg(any(feature = "emulator", feature = "ui"))]
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::{error::Error, str::FromStr, time::Duration};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use strum::VariantNames;

use crate::{
    config::age,
    model::check_name,
    workflow::{KEPT, LONGEST},
};

/// Reads one of the words of an enum, which `--help` lists.
pub(crate) fn word<T>() -> impl TypedValueParser<Value = T>
where
    T: VariantNames + FromStr<Err: Into<Box<dyn Error + Send + Sync>>> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(T::VARIANTS).try_map(|word| word.parse::<T>())
}

/// Reads `30s`, `2m`, `1h 30m`, or a number of seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits {
        // A number that does not fit is longer than the longest.
        return Ok(text.parse().map_or(LONGEST, |seconds| LONGEST.min(Duration::from_secs(seconds))));
    }
    let parsed: jiff::SignedDuration =
        text.parse().map_err(|_| "not a duration; examples are 30s, 2m and 1h 30m".to_owned())?;
    let time = Duration::try_from(parsed).map_err(|_| "a duration cannot be negative".to_owned())?;
    Ok(time.min(LONGEST))
}

/// Reads how far to look back, or how old something is: `30s`, `12h`, `60d`.
pub(crate) fn past(text: &str) -> Result<Duration, String> {
    age(text).ok_or_else(|| "a time is written as 60d, 12h or 30s".to_owned())
}

/// Reads the name of an API in the service.
pub(crate) fn api_name(text: &str) -> Result<String, String> {
    match check_name(text) {
        Ok(()) => Ok(text.to_owned()),
        Err(error) => Err(format!("{error}; `swa-apim api list` prints the names")),
    }
}

/// Reads the address of a listener: an IP address and a port.
#[cfg(any(feature = "emulator", feature = "ui"))]
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    text.parse().map_err(|_| {
        let port = text.trim_start_matches("localhost").trim_start_matches(':').parse::<u16>().ok();
        let meant = match text.parse::<IpAddr>() {
            Ok(ip) => SocketAddr::new(ip, 0),
            Err(_) => (Ipv4Addr::LOCALHOST, port.unwrap_or(0)).into(),
        };
        format!("an address has an IP address and a port, as {meant}; port 0 selects a free port")
    })
}

/// Reads how long something may take, which is longer than nothing.
pub(crate) fn time_limit(text: &str) -> Result<Duration, String> {
    let time = duration(text)?;
    if time.is_zero() { Err("the time limit must be greater than zero".to_owned()) } else { Ok(time) }
}

/// Parses a switch that an environment variable sets; an error contains the name of the variable.
pub(crate) fn switch(variable: &'static str) -> impl Fn(&str) -> Result<bool, String> + Clone {
    move |text| match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err(format!("{variable} must be 1 or 0, true or false, yes or no, on or off")),
    }
}

/// Parses how detailed log messages are: a number, or a switch, which stands for 1 or 0.
pub(crate) fn level(text: &str) -> Result<u8, String> {
    let is_on = switch("it");
    text.trim()
        .parse()
        .or_else(|_| is_on(text).map(u8::from))
        .map_err(|_| "it is a number from 0 to 255, or true or false, yes or no, on or off".to_owned())
}

/// Reads the pause between two checks, which is longer than nothing.
pub(crate) fn pause(text: &str) -> Result<Duration, String> {
    let time = duration(text)?;
    if time.is_zero() { Err("the pause must be greater than zero".to_owned()) } else { Ok(time) }
}

/// Reads how far to look back in the activity log.
pub(crate) fn past_of_log(text: &str) -> Result<Duration, String> {
    let time = past(text)?;
    if time > KEPT {
        Err("Azure keeps the log for 90 days, so 90d is the longest".to_owned())
    } else {
        Ok(time)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_read_with_and_without_a_unit() {
        assert_eq!(duration("45"), Ok(Duration::from_secs(45)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(duration("1m 30s"), Ok(Duration::from_secs(90)));
        assert!(duration("soon").is_err() && duration("-5s").is_err() && duration("").is_err());
    }

    #[test]
    fn a_time_that_no_clock_reaches_is_the_longest() {
        for text in ["9223372036854775807s", "9223372036854775807", "99999999999999999999999", "100000h"] {
            let read = duration(text).unwrap();
            assert!(read <= LONGEST, "{text}");
            assert!(std::time::Instant::now().checked_add(read).is_some(), "{text}");
        }
    }

    #[cfg(any(feature = "emulator", feature = "ui"))]
    #[test]
    fn an_address_that_lacks_a_part_leads_to_the_one_that_was_meant() {
        assert_eq!(address("[::1]:80"), Ok("[::1]:80".parse().unwrap()));
        for (typed, meant) in [
            ("8087", "127.0.0.1:8087"),
            (":8087", "127.0.0.1:8087"),
            ("localhost:8087", "127.0.0.1:8087"),
            ("127.0.0.2", "127.0.0.2:0"),
            ("::1", "[::1]:0"),
            ("nonsense", "127.0.0.1:0"),
            ("", "127.0.0.1:0"),
        ] {
            let refusal = address(typed).unwrap_err();
            assert!(refusal.contains(&format!("as {meant};")), "{typed}: {refusal}");
        }
    }

    #[test]
    fn a_switch_is_on_or_off_in_any_case_and_nothing_else() {
        let read = switch("SWA_APIM_YES");
        for text in ["1", "true", "YES", "On"] {
            assert_eq!(read(text), Ok(true));
        }
        for text in ["0", "False", "no", "OFF"] {
            assert_eq!(read(text), Ok(false));
        }
        for text in ["nein", "2", "y", "ja", "truee", "-"] {
            assert!(read(text).unwrap_err().contains("SWA_APIM_YES"), "{text}");
        }
    }

    #[test]
    fn a_level_is_a_number_or_a_switch() {
        for (text, read) in [("0", 0), ("3", 3), ("true", 1), ("On", 1), ("false", 0), ("no", 0)] {
            assert_eq!(level(text), Ok(read), "{text}");
        }
        for text in ["much", "256", "-1", ""] {
            assert!(level(text).unwrap_err().contains("a number from 0 to 255"), "{text}");
        }
    }

    #[test]
    fn the_log_is_searched_for_as_long_as_azure_keeps_it() {
        assert_eq!(past_of_log("90d"), Ok(Duration::from_secs(90 * 24 * 60 * 60)));
        assert!(past_of_log("91d").unwrap_err().contains("90 days") && past_of_log("soon").is_err());
        assert!(pause("0").is_err() && pause("50ms").is_ok());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_of_times_panic(text in "(?s)[-0-9 hmsdwy.:PT]{0,30}") {
            if let Ok(time) = duration(&text) {
                prop_assert!(time <= LONGEST);
            }
        }
    }
}
