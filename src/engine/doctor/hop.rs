//! One hop of a request: its condition, what was observed, and what to do next.

use schemars::JsonSchema;
use serde::Serialize;
use strum::VariantArray;

use crate::{
    diagnosis::{ExitCode, Hint},
    engine::{Finding, FindingCode, Severity},
};

/// A check of `doctor`, in the order in which the checks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, VariantArray)]
#[serde(rename_all = "kebab-case")]
pub enum HopName {
    /// The env, the control plane, and the source of each setting.
    Configuration,
    /// The credential that returned a token.
    Credentials,
    /// Whether the control plane answers.
    ControlPlane,
    /// Whether the caller has the permissions that commands need.
    Rights,
    /// The static site and its environment.
    StaticSite,
    /// The API Management service.
    Service,
    /// The linked backend, and the link's resources in the service.
    Link,
    /// The APIs in the product.
    Apis,
    /// The gateway's answer to the site's key without a token.
    GatewayWithKey,
    /// The gateway's answer to a call without a key.
    GatewayWithoutKey,
    /// The site's answer to a browser.
    Site,
}

impl HopName {
    /// Every hop, in order.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Returns the title of the hop for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Credentials => "credentials",
            Self::ControlPlane => "control plane",
            Self::Rights => "rights",
            Self::StaticSite => "static web app",
            Self::Service => "API Management",
            Self::Link => "link",
            Self::Apis => "APIs",
            Self::GatewayWithKey => "gateway, with the key",
            Self::GatewayWithoutKey => "gateway, without a key",
            Self::Site => "site, as a browser",
        }
    }
}

/// The condition of a hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// In order.
    Ok,
    /// Works, or may work, and needs attention.
    Warning,
    /// Does not work, or could not be determined.
    Failed,
    /// Not examined.
    Skipped,
}

/// One hop: its condition, what was observed, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The name of the hop.
    pub name: HopName,
    /// Its condition.
    pub condition: Condition,
    /// The observations, the most important first.
    pub saw: Vec<String>,
    /// The next command or action, if no finding contains one.
    pub hint: Option<Hint>,
    /// The engine's findings that belong to it.
    pub findings: Vec<Finding>,
    /// The exit code if the hop failed.
    pub exit: ExitCode,
}

impl Hop {
    /// Returns a hop in good condition.
    #[must_use]
    pub fn ok(name: HopName, saw: impl Into<String>) -> Self {
        Self::new(name, Condition::Ok, ExitCode::Success, saw)
    }

    /// Returns a hop that works, or may work, and that needs attention.
    #[must_use]
    pub fn warning(name: HopName, saw: impl Into<String>) -> Self {
        Self::new(name, Condition::Warning, ExitCode::Success, saw)
    }

    /// Returns a hop at which requests or commands fail.
    #[must_use]
    pub fn broken(name: HopName, saw: impl Into<String>) -> Self {
        Self::failed(name, ExitCode::Refused, saw)
    }

    /// Returns a hop that failed, with an exit code of its own.
    #[must_use]
    pub fn failed(name: HopName, exit: ExitCode, saw: impl Into<String>) -> Self {
        Self::new(name, Condition::Failed, exit, saw)
    }

    /// Returns a hop that was not examined, with the reason.
    #[must_use]
    pub fn skipped(name: HopName, why: impl Into<String>) -> Self {
        Self::new(name, Condition::Skipped, ExitCode::Success, why)
    }

    fn new(name: HopName, condition: Condition, exit: ExitCode, saw: impl Into<String>) -> Self {
        Self { name, condition, saw: vec![saw.into()], hint: None, findings: Vec::new(), exit }
    }

    /// Adds the next command or action.
    #[must_use]
    pub fn hint(self, hint: impl Into<Hint>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Returns the hop in this condition, unless its condition is already worse.
    #[must_use]
    pub fn no_better_than(self, condition: Condition) -> Self {
        Self { condition: self.condition.max(condition), ..self }
    }

    /// Adds an observation.
    #[must_use]
    pub fn also(mut self, saw: impl Into<String>) -> Self {
        self.saw.push(saw.into());
        self
    }

    /// Adds findings; the condition becomes at least as bad as the worst of them.
    #[must_use]
    pub fn with(mut self, findings: Vec<Finding>) -> Self {
        let worst = findings.iter().map(|finding| finding.severity).max();
        let undetermined = findings.iter().any(|finding| finding.code == FindingCode::Unreadable);
        let exit = if undetermined { ExitCode::Unavailable } else { ExitCode::Refused };
        let (condition, exit) = match worst {
            None | Some(Severity::Note) => (self.condition, self.exit),
            Some(Severity::Degraded) => (self.condition.max(Condition::Warning), self.exit),
            Some(Severity::Broken) => (Condition::Failed, self.exit.worst(exit)),
        };
        (self.condition, self.exit) = (condition, exit);
        self.findings.extend(findings);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(hop: Hop, codes: &[FindingCode]) -> (Condition, ExitCode) {
        let hop = hop.with(codes.iter().map(|code| Finding::new(*code, "/subscriptions/s")).collect());
        (hop.condition, hop.exit)
    }

    #[test]
    fn a_hop_is_no_better_than_the_worst_of_its_findings() {
        use FindingCode::{ApiWithoutKey, Leftover, ServiceMissing, Unreadable};
        let ok = || Hop::ok(HopName::Link, "x");
        assert_eq!(after(ok(), &[]), (Condition::Ok, ExitCode::Success));
        assert_eq!(after(ok(), &[Leftover]), (Condition::Ok, ExitCode::Success));
        assert_eq!(after(ok(), &[Leftover, ApiWithoutKey]), (Condition::Warning, ExitCode::Success));
        assert_eq!(after(ok(), &[ApiWithoutKey, ServiceMissing]), (Condition::Failed, ExitCode::Refused));
        assert_eq!(after(ok(), &[ServiceMissing, Unreadable]), (Condition::Failed, ExitCode::Unavailable));
    }

    #[test]
    fn an_unchecked_hop_stays_unchecked_unless_it_has_a_broken_finding() {
        let skipped = || Hop::skipped(HopName::Apis, "x");
        assert_eq!(after(skipped(), &[FindingCode::ApiWithoutKey]).0, Condition::Skipped);
        assert_eq!(after(skipped(), &[FindingCode::ApiMissing]), (Condition::Failed, ExitCode::Refused));
    }

    #[test]
    fn a_hop_that_failed_already_keeps_its_own_meaning() {
        let denied = Hop::failed(HopName::Rights, ExitCode::NotAuthorized, "x");
        assert_eq!(
            after(denied, &[FindingCode::ServiceMissing]),
            (Condition::Failed, ExitCode::NotAuthorized)
        );
    }

    #[test]
    fn every_hop_has_its_place() {
        assert!(HopName::ALL.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
