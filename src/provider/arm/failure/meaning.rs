//! The meaning of a failure: its kind, its exit code and its hint.

use reqwest::{
    StatusCode,
    header::{HeaderMap, WWW_AUTHENTICATE},
};

use super::envelope::{Said, between};
use crate::{diagnosis::ExitCode, provider::arm::http::asked};

/// The meaning of a failure to the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureKind {
    /// The token is missing, invalid or expired.
    NotAuthenticated {
        /// The claims that a new token must have in addition, in base64, if Azure names them.
        claims: Option<String>,
    },
    /// The token was issued by another Microsoft Entra tenant than the one that the subscription trusts.
    WrongTenant {
        /// The tenant that the subscription trusts, if Azure names it.
        tenant: Option<String>,
    },
    /// The caller lacks the permission.
    NotAuthorized {
        /// The missing action, such as `Microsoft.Web/staticSites/read`.
        action: Option<String>,
        /// The scope in which it is missing.
        scope: Option<String>,
    },
    /// A deny assignment forbids the request, regardless of the caller's roles.
    Denied,
    /// Azure Policy forbids the request, regardless of the caller's roles.
    Policy {
        /// The assignments that forbid it: a name, and the id if Azure names it.
        assignments: Vec<String>,
    },
    /// Resource Manager or the resource's own provider reports that a resource does not exist.
    NotFound,
    /// A 404 that does not prove that the resource is missing.
    Undetermined(Unproven),
    /// The resource has changed since it was read.
    Conflict,
    /// Another operation on the resource is in progress.
    InProgress,
    /// The control plane of the service cannot reach the service.
    ManagementFailed,
    /// A lock forbids the request.
    Locked,
    /// The Azure subscription is disabled and read-only.
    ReadOnly,
    /// The resource provider is not registered in the Azure subscription.
    NotRegistered {
        /// The namespace of the provider, such as `Microsoft.Web`, if Azure names it.
        namespace: Option<String>,
    },
    /// The Azure subscription's id is not well-formed.
    InvalidSubscription,
    /// A proxy requires a user name and a password.
    ProxyLogin,
    /// There were too many requests.
    Throttled,
    /// The service is temporarily unavailable.
    Unavailable,
    /// The site already has a linked backend.
    SecondBackend,
    /// The backend to link does not exist, or not in that region.
    BackendNotFound,
    /// Azure's answer if it cannot determine the region of a backend, and for some other failures.
    NoRegion,
    /// The request is invalid.
    Rejected,
}

/// Why a 404 proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unproven {
    /// The Azure subscription cannot be found with this token: a wrong id, a wrong tenant, or missing permissions.
    Subscription,
    /// Azure does not have this resource type, in this API version or in this region.
    Type,
    /// The answer has no code: a proxy's page, an empty body, or unrelated JSON.
    NoCode,
    /// The code has another meaning.
    OtherCode,
}

/// Codes with which Resource Manager and API Management report that a resource does not exist.
const ABSENT: [&str; 4] =
    ["ResourceNotFound", "ResourceGroupNotFound", "ParentResourceNotFound", "ServiceNotFound"];
/// Codes which report that another operation is in progress.
const BUSY: [&str; 7] = [
    "PessimisticConcurrencyConflict",
    "ServiceLocked",
    "AnotherOperationInProgress",
    "OperationInProgress",
    "ConflictingOperation",
    "ConcurrentOperationInProgress",
    "ResourceGroupBeingDeleted",
];
/// Phrases in messages with the same meaning.
const BUSY_WORDS: [&str; 5] = [
    "operation on the api is in progress",
    "another operation is in progress",
    "cannot acquire exclusive lock",
    "is transitioning at this time",
    "operation is already in progress",
];

impl FailureKind {
    /// Determines the kind of a failure.
    pub(in crate::provider::arm) fn of(status: StatusCode, headers: &HeaderMap, said: &Said) -> Self {
        let message = said.message.as_deref().unwrap_or_default();
        let code = said.code.as_deref().unwrap_or_default();
        let is = |known: &str| code.eq_ignore_ascii_case(known);
        let extended = |known: &str| said.extended.iter().any(|extended| extended == known);
        match status.as_u16() {
            401 if is("InvalidAuthenticationTokenTenant") => Self::WrongTenant { tenant: tenant_in(message) },
            401 => Self::NotAuthenticated { claims: claims(headers) },
            407 => Self::ProxyLogin,
            403 | 409 if is("ReadOnlyDisabledSubscription") || is("SubscriptionDisabled") => Self::ReadOnly,
            _ if is("RequestDisallowedByPolicy") => Self::Policy { assignments: said.assignments.clone() },
            _ if is("DenyAssignmentAuthorizationFailed") => Self::Denied,
            403 | 409 if is("ScopeLocked") => Self::Locked,
            403 => not_authorized(message),
            _ if extended("59363") || message.contains("more than one linked backend") => Self::SecondBackend,
            404 => not_found(said, code, message),
            _ if extended("51004") => Self::BackendNotFound,
            _ if is("MissingSubscriptionRegistration") => {
                Self::NotRegistered { namespace: between(message, "use namespace '", '\'') }
            }
            400 if is("InvalidSubscriptionId") || is("SubscriptionNotFound") => Self::InvalidSubscription,
            409 | 422 | 423 | 429 if is_busy(code, message) => Self::InProgress,
            409 | 422 if is("ManagementApiRequestFailed") => Self::ManagementFailed,
            412 => Self::Conflict,
            429 => Self::Throttled,
            500 if said.code.is_none() && message == "An error has occurred." => Self::NoRegion,
            _ if asked::is_transient(status) => Self::Unavailable,
            _ => Self::Rejected,
        }
    }

    /// Returns the exit code for the failure.
    pub(in crate::provider::arm) fn exit(&self) -> ExitCode {
        match self {
            Self::NotAuthenticated { .. }
            | Self::WrongTenant { .. }
            | Self::NotAuthorized { .. }
            | Self::Denied
            | Self::ProxyLogin => ExitCode::NotAuthorized,
            Self::Throttled
            | Self::Unavailable
            | Self::NoRegion
            | Self::InProgress
            | Self::ManagementFailed
            | Self::Undetermined(_)
            | Self::Conflict => ExitCode::Unavailable,
            Self::NotFound
            | Self::Policy { .. }
            | Self::Locked
            | Self::ReadOnly
            | Self::NotRegistered { .. }
            | Self::InvalidSubscription
            | Self::SecondBackend
            | Self::BackendNotFound
            | Self::Rejected => ExitCode::Refused,
        }
    }
}

fn is_busy(code: &str, message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    BUSY.iter().any(|known| known.eq_ignore_ascii_case(code))
        || BUSY_WORDS.iter().any(|words| message.contains(words))
}

fn not_found(said: &Said, code: &str, message: &str) -> FailureKind {
    let is = |known: &str| code.eq_ignore_ascii_case(known);
    if let Some(missing) = &said.missing {
        let of_site = missing.kind.starts_with("StaticSite") || missing.kind.contains("LinkedBackend");
        return if of_site { FailureKind::NotFound } else { FailureKind::BackendNotFound };
    }
    let is_absent = ABSENT.iter().any(|known| is(known)) || (said.is_of_web && is("NotFound"));
    if said.is_enveloped && is_absent {
        return FailureKind::NotFound;
    }
    let of_type = ["InvalidResourceType", "NoRegisteredProviderFound", "InvalidResourceNamespace"];
    FailureKind::Undetermined(if is("SubscriptionNotFound") || is("InvalidSubscriptionId") {
        Unproven::Subscription
    } else if of_type.iter().any(|known| is(known)) {
        Unproven::Type
    } else if said.code.is_none() || code.bytes().all(|byte| byte.is_ascii_digit()) || message.is_empty() {
        Unproven::NoCode
    } else {
        Unproven::OtherCode
    })
}

/// Returns which action is missing, and in which scope. If it is missing on a resource to which the request only
/// refers, the scope is that resource.
fn not_authorized(message: &str) -> FailureKind {
    let linked = between(message, "perform action(s) '", '\'');
    let (action, scope) = match linked {
        Some(action) => (Some(action), between(message, "linked scope(s) '", '\'')),
        None => (between(message, "perform action '", '\''), between(message, "over scope '", '\'')),
    };
    FailureKind::NotAuthorized { action, scope }
}

/// Returns the tenant in `It must match one of the tenants 'https://sts.windows.net/T/' associated with`.
fn tenant_in(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("must match")?;
    let is_id = |part: &&str| part.len() == 36 && part.bytes().all(|it| it.is_ascii_hexdigit() || it == b'-');
    rest.split(['/', '\'', ',', ' ']).find(is_id).map(str::to_owned)
}

/// Returns the claims that a new token must have, from `WWW-Authenticate: Bearer …, error="insufficient_claims",
/// claims="…"`.
fn claims(headers: &HeaderMap) -> Option<String> {
    let challenges = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    let base64 = |c: char| c.is_ascii_alphanumeric() || "+/=-_".contains(c);
    let mut claims = challenges.filter_map(|challenge| between(challenge, "claims=\"", '"'));
    claims.find(|claims| !claims.is_empty() && claims.chars().all(base64))
}
