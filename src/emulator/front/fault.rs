//! Injected faults, selected by route, rate and count.

use std::str::FromStr;

use hyper::Method;
use serde::{Deserialize, Serialize};

use crate::ambient::Ambient;

/// A fault that is injected into some requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InjectedFault {
    /// The plane of the requests.
    #[serde(default)]
    pub plane: EmulatedPlane,
    /// The method of the requests; the default is any method.
    #[serde(default)]
    pub method: Option<String>,
    /// A part of the requests' path, compared ignoring case.
    #[serde(default)]
    pub path: String,
    /// The effect of the fault.
    pub effect: FaultEffect,
    /// The share of the requests that are affected, from 0 to 1.
    #[serde(default = "always")]
    pub rate: f64,
    /// How many more requests are affected; the default is all.
    #[serde(default)]
    pub count: Option<u32>,
}

/// The statuses with which a fault can answer.
const STATUSES: std::ops::Range<u16> = 400..600;

fn always() -> f64 {
    1.0
}

/// One of the two planes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EmulatedPlane {
    /// Azure Resource Manager.
    #[default]
    Control,
    /// The edges of sites and the gateways.
    Data,
}

/// The effect of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FaultEffect {
    /// The request is answered with this status and not carried out.
    Status(u16),
    /// The connection is closed without an answer, and the request is not carried out.
    Reset,
    /// The request is carried out, but the connection is closed without an answer.
    Lost,
    /// The request hangs until the client gives up.
    Hang,
    /// The task that handles the request panics.
    Panic,
}

impl FaultEffect {
    /// What the effect does to a request, for a reader.
    pub(in crate::emulator) fn meaning(self) -> String {
        match self {
            Self::Status(status) => format!("it answers {status}"),
            Self::Reset => "it closes the connection without an answer".to_owned(),
            Self::Lost => "it closes the connection after the request was carried out".to_owned(),
            Self::Hang => "it never answers".to_owned(),
            Self::Panic => "the task that handles the request panics".to_owned(),
        }
    }
}

/// A text that is not a valid fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a fault; the form is `METHOD PATH EFFECT [RATE%] [xCOUNT] [data]`, such as `PUT \
     linkedBackends 503 x2`, where EFFECT is a status, reset, lost, hang or panic, and * is any METHOD or PATH"
)]
pub struct InvalidFault(String);

impl InjectedFault {
    /// Rejects values that cannot match any request. The error is the name of the member and the problem.
    pub(in crate::emulator) fn check(&self) -> Result<(), (&'static str, String)> {
        if !(0.0..=1.0).contains(&self.rate) {
            return Err(("rate", format!("must be from 0 to 1, but is {}", self.rate)));
        }
        let method = self.method.as_deref().unwrap_or("GET");
        if method.parse::<Method>().is_err() {
            return Err(("method", format!("must be an HTTP method, but is `{method}`")));
        }
        match self.effect {
            FaultEffect::Status(status) if !STATUSES.contains(&status) => {
                Err(("effect", format!("must be a status from 400 to 599, but is {status}")))
            }
            FaultEffect::Status(_)
            | FaultEffect::Reset
            | FaultEffect::Lost
            | FaultEffect::Hang
            | FaultEffect::Panic => Ok(()),
        }
    }

    /// Returns the effect on this request, if the fault applies.
    pub(in crate::emulator) fn strike(
        &mut self,
        plane: EmulatedPlane,
        method: &str,
        path: &str,
        ambient: &dyn Ambient,
    ) -> Option<FaultEffect> {
        let fits = self.plane == plane
            && self.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && path.to_ascii_lowercase().contains(&self.path.to_ascii_lowercase());
        if !fits || self.count == Some(0) || self.rate < 1.0 && ambient.chance() >= self.rate {
            return None;
        }
        self.count = self.count.map(|count| count.saturating_sub(1));
        Some(self.effect)
    }
}

impl FromStr for InjectedFault {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Self, InvalidFault> {
        let invalid = || InvalidFault(text.to_owned());
        let mut words = text.split_ascii_whitespace();
        let (Some(method), Some(path), Some(effect)) = (words.next(), words.next(), words.next()) else {
            return Err(invalid());
        };
        let mut fault = Self {
            plane: EmulatedPlane::Control,
            method: (method != "*").then(|| method.to_ascii_uppercase()),
            path: if path == "*" { String::new() } else { path.to_owned() },
            effect: effect_of(effect).ok_or_else(invalid)?,
            rate: 1.0,
            count: None,
        };
        fault.check().map_err(|_| invalid())?;
        for word in words {
            if let Some(rate) = word.strip_suffix('%') {
                let percent = rate.parse::<f64>().ok().filter(|percent| (0.0..=100.0).contains(percent));
                fault.rate = percent.ok_or_else(invalid)? / 100.0;
            } else if let Some(count) = word.strip_prefix('x') {
                fault.count = Some(count.parse().map_err(|_| invalid())?);
            } else if word == "data" {
                fault.plane = EmulatedPlane::Data;
            } else {
                return Err(invalid());
            }
        }
        Ok(fault)
    }
}

fn effect_of(word: &str) -> Option<FaultEffect> {
    match word {
        "reset" => Some(FaultEffect::Reset),
        "lost" => Some(FaultEffect::Lost),
        "hang" => Some(FaultEffect::Hang),
        "panic" => Some(FaultEffect::Panic),
        _ => word.parse().ok().filter(|status| STATUSES.contains(status)).map(FaultEffect::Status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ambient::System;

    #[test]
    fn a_fault_strikes_what_it_is_for_and_as_often_as_it_says() {
        let mut fault: InjectedFault = "put LinkedBackends 503 x2".parse().unwrap();
        let mut strikes =
            |method: &str, path: &str| fault.strike(EmulatedPlane::Control, method, path, &System).is_some();
        assert!(!strikes("GET", "/x/linkedBackends/b"));
        assert!(!strikes("PUT", "/x/products/p"));
        assert!(strikes("PUT", "/x/linkedbackends/b") && strikes("PUT", "/x/LINKEDBACKENDS/b"));
        assert!(!strikes("PUT", "/x/linkedBackends/b"), "it has struck twice");
        assert_eq!(fault.strike(EmulatedPlane::Data, "PUT", "/linkedBackends", &System), None);
    }

    #[test]
    fn a_rate_is_applied_at_random() {
        let mut never: InjectedFault = "* * reset 0%".parse().unwrap();
        let mut often: InjectedFault = "* * reset 50% data".parse().unwrap();
        assert_eq!(never.strike(EmulatedPlane::Control, "GET", "/", &System), None);
        let struck =
            (0..1000).filter(|_| often.strike(EmulatedPlane::Data, "GET", "/", &System).is_some()).count();
        assert!((300..700).contains(&struck), "{struck}");
    }

    #[test]
    fn texts_that_are_not_faults_are_refused() {
        for text in [
            "",
            "PUT x",
            "PUT x 200",
            "PUT x 999",
            "PUT x 503 101%",
            "PUT x 503 2",
            "PUT x oops",
            "P@T x 503",
        ] {
            assert!(text.parse::<InjectedFault>().is_err(), "{text}");
        }
        let json = serde_json::json!({"path": "x", "effect": {"status": 429}});
        let fault: InjectedFault = serde_json::from_value(json).unwrap();
        assert_eq!((fault.effect, fault.rate, fault.count), (FaultEffect::Status(429), 1.0, None));
    }
}
