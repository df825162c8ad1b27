//! A decoded failure in an answer of Azure.
#![warn(clippy::arithmetic_side_effects)]

use std::{fmt, time::Duration};

use jiff::Timestamp;
use reqwest::{StatusCode, header::HeaderMap};
use url::Url;

use super::{
    FailureKind,
    cure::{self, About},
    envelope::{self, Detail, Missing, Said},
    redact::{redacted, without},
};
use crate::{
    diagnosis::{Diagnose, Diagnosis, Hint},
    model::{APP, ResourceId},
    provider::arm::http::asked,
};

/// A decoded answer that is not a success.
///
/// Text that looks like a key or a token is never shown.
#[derive(Clone)]
pub struct ArmFailure {
    status: StatusCode,
    headers: HeaderMap,
    code: String,
    message: String,
    target: Option<String>,
    details: Vec<Detail>,
    kind: FailureKind,
    missing: Option<Missing>,
    group: Option<String>,
    /// The ids by which Azure's support can find the request: that of the request, and that of the whole command.
    ids: [Option<String>; 2],
    /// The Azure subscription of the request.
    azure_subscription: Option<String>,
}

impl fmt::Debug for ArmFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ArmFailure({} {})", self.status.as_u16(), self.code)
    }
}

impl ArmFailure {
    /// Decodes an answer.
    #[must_use]
    pub fn read(status: StatusCode, headers: &HeaderMap, bytes: &[u8]) -> Self {
        Self::read_without(status, headers, bytes, &[])
    }

    /// Decodes an answer. Known secrets are hidden after decoding, so that a short secret does not corrupt the body.
    pub(in crate::provider::arm) fn read_without(
        status: StatusCode,
        headers: &HeaderMap,
        bytes: &[u8],
        secrets: &[String],
    ) -> Self {
        let said = Said::read(bytes);
        let kind = FailureKind::of(status, headers, &said);
        let shown = |text: &str| redacted(&without(text.trim(), secrets));
        let reason = status.canonical_reason().unwrap_or("Unknown");
        let code = said.code.clone().unwrap_or_else(|| reason.replace(' ', ""));
        let message = said.message.clone().filter(|text| !text.trim().is_empty());
        let message = message.unwrap_or_else(|| format!("{} {reason}", status.as_u16()));
        let group = envelope::between(&message, "Resource group '", '\'');
        let extended = said.extended.iter().filter(|extended| **extended != code);
        let code = extended.fold(code.clone(), |code, extended| format!("{code}/{extended}"));
        let details = said.details.into_iter().filter(|detail| detail.message != message);
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(shown);
        Self {
            status,
            headers: headers.clone(),
            code: shown(&code),
            target: said.target.as_deref().map(shown),
            details: details.map(|detail| detail.shown(&shown)).collect(),
            message: shown(&message),
            kind: kind.shown(&shown, secrets),
            missing: said.missing,
            group: group.filter(|_| said.code.as_deref() == Some("ResourceGroupNotFound")),
            ids: ["x-ms-request-id", "x-ms-correlation-request-id"].map(header),
            azure_subscription: None,
        }
    }

    /// Returns the failure with the address that the request was sent to.
    pub(in crate::provider::arm) fn from(self, url: &Url) -> Self {
        let mut segments = url.path_segments().into_iter().flatten();
        let in_one = segments.next().is_some_and(|first| first.eq_ignore_ascii_case("subscriptions"));
        let azure_subscription = segments.next().filter(|_| in_one).map(redacted);
        Self { azure_subscription: azure_subscription.filter(|id| !id.is_empty()), ..self }
    }

    /// Returns the status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the kind of failure.
    #[must_use]
    pub fn kind(&self) -> &FailureKind {
        &self.kind
    }

    /// Returns Azure's error code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Returns the id by which Azure's support can find the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.ids[0].as_deref()
    }

    pub(in crate::provider::arm) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns how long the answer asks to wait.
    pub(in crate::provider::arm) fn retry_after_from(&self, now: Timestamp) -> Option<Duration> {
        asked::retry_after(&self.headers, now)
    }

    /// Returns the resource group that Resource Manager reports as missing.
    pub(in crate::provider::arm) fn missing_group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// Whether the answer proves that a resource does not exist: Resource Manager or the provider of the resource
    /// reports that the resource, one of its parents or its resource group does not exist.
    #[must_use]
    pub fn is_absence_of(&self, id: &ResourceId) -> bool {
        let is_group = |group: &String| id.group().is_some_and(|own| own.eq_ignore_ascii_case(group));
        match (&self.kind, &self.missing) {
            (FailureKind::NotFound, Some(missing)) => missing.is_on_the_way_to(id),
            (FailureKind::NotFound, None) => self.group.as_ref().is_none_or(is_group),
            // For linked backends, this code means that the resource to which they refer is missing.
            (FailureKind::BackendNotFound, Some(missing)) => {
                missing.kind == "WebSite" && id.is_a(APP) && missing.is_on_the_way_to(id)
            }
            (FailureKind::BackendNotFound, None)
            | (
                FailureKind::NotAuthenticated { .. }
                | FailureKind::WrongTenant { .. }
                | FailureKind::NotAuthorized { .. }
                | FailureKind::Denied
                | FailureKind::Policy { .. }
                | FailureKind::Undetermined(_)
                | FailureKind::Conflict
                | FailureKind::InProgress
                | FailureKind::ManagementFailed
                | FailureKind::Locked
                | FailureKind::ReadOnly
                | FailureKind::NotRegistered { .. }
                | FailureKind::InvalidSubscription
                | FailureKind::ProxyLogin
                | FailureKind::Throttled
                | FailureKind::Unavailable
                | FailureKind::SecondBackend
                | FailureKind::NoRegion
                | FailureKind::Rejected,
                _,
            ) => false,
        }
    }

    /// Returns the message and the ids, without the code.
    pub(in crate::provider::arm) fn message_and_ids(&self) -> String {
        let target = self.target.iter().map(|target| format!(" (target {target})"));
        let details = self.details.iter().map(|Detail { code, target, message }| {
            let names: Vec<&str> = [code.as_deref(), target.as_deref()].into_iter().flatten().collect();
            let before = if names.is_empty() { String::new() } else { format!("{}: ", names.join(", ")) };
            format!("; {before}{}", message.trim_end_matches('.'))
        });
        let parts: Vec<String> = target.chain(details).collect();
        let text = format!("{}{}", self.message.trim_end_matches(['.', ':']), parts.concat());
        let ids = ["request id", "correlation id"].into_iter().zip(&self.ids);
        let ids: Vec<String> =
            ids.filter_map(|(name, id)| Some(format!("{name} {}", id.as_deref()?))).collect();
        if ids.is_empty() { text } else { format!("{text} ({})", ids.join(", ")) }
    }

    /// Returns the hint for the failure, if one is known.
    #[must_use]
    pub fn hint(&self) -> Option<Hint> {
        let wait = asked::asked(&self.headers);
        let about = About { azure_subscription: self.azure_subscription.as_deref(), wait: wait.as_deref() };
        cure::hint(&self.kind, about)
    }
}

impl Missing {
    /// Whether the resource or one of its parents has this name.
    fn is_on_the_way_to(&self, id: &ResourceId) -> bool {
        id.as_str().split('/').any(|segment| segment.eq_ignore_ascii_case(&self.name))
    }
}

impl Detail {
    fn shown(self, shown: &impl Fn(&str) -> String) -> Self {
        let of = |text: Option<String>| text.as_deref().map(shown);
        Self { code: of(self.code), target: of(self.target), message: shown(&self.message) }
    }
}

impl FailureKind {
    fn shown(self, shown: &impl Fn(&str) -> String, secrets: &[String]) -> Self {
        let of = |text: Option<String>| text.as_deref().map(shown);
        match self {
            Self::NotAuthenticated { claims: Some(claims) } => {
                // Claims look like a token, but are not one. If they contain a known secret, they are not used.
                let claims = Some(claims).filter(|claims| without(claims, secrets) == *claims);
                Self::NotAuthenticated { claims }
            }
            Self::WrongTenant { tenant } => Self::WrongTenant { tenant: of(tenant) },
            Self::NotAuthorized { action, scope } => {
                Self::NotAuthorized { action: of(action), scope: of(scope) }
            }
            Self::Policy { assignments } => {
                Self::Policy { assignments: assignments.iter().map(|it| shown(it)).collect() }
            }
            Self::NotRegistered { namespace } => Self::NotRegistered { namespace: of(namespace) },
            kind @ (Self::NotAuthenticated { claims: None }
            | Self::Denied
            | Self::NotFound
            | Self::Undetermined(_)
            | Self::Conflict
            | Self::InProgress
            | Self::ManagementFailed
            | Self::Locked
            | Self::ReadOnly
            | Self::InvalidSubscription
            | Self::ProxyLogin
            | Self::Throttled
            | Self::Unavailable
            | Self::SecondBackend
            | Self::BackendNotFound
            | Self::NoRegion
            | Self::Rejected) => kind,
        }
    }
}

impl fmt::Display for ArmFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message_and_ids())
    }
}

impl std::error::Error for ArmFailure {}

impl Diagnose for ArmFailure {
    fn diagnosis(&self) -> Diagnosis {
        Diagnosis { exit: self.kind.exit(), hint: self.hint() }
    }
}

#[cfg(test)]
mod tests;
