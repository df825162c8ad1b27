//! What an answer says that is no success, in whichever of Azure's envelopes it says it.

use std::{fmt, time::Duration};

use jiff::Timestamp;
use reqwest::{
    StatusCode,
    header::{HeaderMap, WWW_AUTHENTICATE},
};
use serde_json::Value;

use super::{body, redact::redacted, retry};
use crate::diagnosis::{Diagnose, Diagnosis, ExitCode};

/// How much of a text that is no JSON is shown.
const LONGEST_TEXT: usize = 200;

/// What a failure means to whoever asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureKind {
    /// The token is missing, wrong or too old.
    NotAuthenticated {
        /// What a new token has to prove beyond that, in base64, if Azure says so.
        claims: Option<String>,
    },
    /// The caller may not do this.
    NotAuthorized {
        /// The action that is missing, such as `Microsoft.Web/staticSites/read`.
        action: Option<String>,
        /// Where it is missing.
        scope: Option<String>,
    },
    /// There is nothing there.
    NotFound,
    /// What was to be changed has changed.
    Conflict,
    /// Something else is being done to it at the moment.
    InProgress,
    /// A lock forbids it.
    Locked,
    /// Too many requests.
    Throttled,
    /// The service has a fault, for now.
    Unavailable,
    /// The site has a linked backend already.
    SecondBackend,
    /// What was to be linked does not exist, or not in that region.
    BackendNotFound,
    /// What Azure answers if it cannot tell the region of a backend, and to other mishaps too.
    NoRegion,
    /// It is refused as it stands.
    Rejected,
}

/// One of several things that are wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Detail {
    code: Option<String>,
    target: Option<String>,
    message: String,
}

impl Detail {
    fn without_secrets(self) -> Self {
        let shown = |text: String| redacted(text.trim());
        Self { code: self.code.map(shown), target: self.target.map(shown), message: shown(self.message) }
    }
}

/// An answer that is no success, decoded.
///
/// Nothing of it is shown that looks like a key or a token.
#[derive(Clone)]
pub struct ArmFailure {
    status: StatusCode,
    headers: HeaderMap,
    code: String,
    message: String,
    target: Option<String>,
    details: Vec<Detail>,
    kind: FailureKind,
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
        let said = match body::json(bytes) {
            Ok(Value::Null) => Said::default(),
            Ok(body) => Said::of(&body),
            Err(_) => Said { message: Some(page_text(bytes)), ..Said::default() },
        };
        let reason = status.canonical_reason().unwrap_or("Unknown");
        let code = said.code.clone().unwrap_or_else(|| reason.replace(' ', ""));
        let message = said.message.clone().filter(|text| !text.trim().is_empty());
        let message = message.unwrap_or_else(|| format!("{} {reason}", status.as_u16()));
        let kind = kind_of(status, headers, &said, &code, &message);
        let shown = |text: &str| redacted(text.trim());
        let extended = said.extended.iter().filter(|extended| **extended != code);
        let code = extended.fold(code.clone(), |code, extended| format!("{code}/{extended}"));
        let details = said.details.into_iter().filter(|detail| detail.message != message);
        Self {
            status,
            headers: headers.clone(),
            code: shown(&code),
            target: said.target.as_deref().map(shown),
            details: details.map(Detail::without_secrets).collect(),
            message: shown(&message),
            kind,
        }
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What it means.
    #[must_use]
    pub fn kind(&self) -> &FailureKind {
        &self.kind
    }

    /// Azure's code for it.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The id that Azure's support can find the request by.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.header("x-ms-request-id")
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// How long it asks to wait.
    pub(super) fn retry_after_from(&self, now: Timestamp) -> Option<Duration> {
        retry::retry_after(&self.headers, now)
    }

    /// Everything but the code.
    pub(super) fn message_and_ids(&self) -> String {
        let target = self.target.iter().map(|target| format!(" (target {target})"));
        let details = self.details.iter().map(|Detail { code, target, message }| {
            let names: Vec<&str> = [code.as_deref(), target.as_deref()].into_iter().flatten().collect();
            let before = if names.is_empty() { String::new() } else { format!("{}: ", names.join(", ")) };
            format!("; {before}{}", message.trim_end_matches('.'))
        });
        let parts: Vec<String> = target.chain(details).collect();
        let text = format!("{}{}", self.message.trim_end_matches(['.', ':']), parts.concat());
        let ids = [
            ("request id", self.request_id()),
            ("correlation id", self.header("x-ms-correlation-request-id")),
        ];
        let ids = ids.into_iter().filter_map(|(name, id)| Some(format!("{name} {}", redacted(id?))));
        let ids: Vec<String> = ids.collect();
        if ids.is_empty() { text } else { format!("{text} ({})", ids.join(", ")) }
    }

    /// What to do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match &self.kind {
            FailureKind::NotAuthenticated { claims: Some(claims) } => format!(
                "Azure wants to know more about you: run `az login --claims-challenge {claims}`, then repeat the command"
            ),
            FailureKind::NotAuthenticated { claims: None } => {
                "sign in again with `az login`, or renew what `SWA_APIM_ACCESS_TOKEN` holds".to_owned()
            }
            FailureKind::NotAuthorized { action, scope } => {
                not_authorized(action.as_deref(), scope.as_deref())
            }
            FailureKind::Locked => {
                "remove the lock, or ask who set it; `az lock list` shows where it is".to_owned()
            }
            FailureKind::InProgress => "wait until that is done, then run the same command again".to_owned(),
            FailureKind::Throttled => {
                match self.header("retry-after").and_then(|text| text.parse::<u32>().ok()) {
                    Some(after) => format!("wait {after} s, then run the same command again"),
                    None => "wait a minute, then run the same command again".to_owned(),
                }
            }
            FailureKind::Unavailable => "run the same command again in a while".to_owned(),
            FailureKind::SecondBackend => {
                "see what is linked with `swa-apim status`; `link --replace` disconnects \
                 that first. Right after an unlink, Azure may need a minute to notice"
                    .to_owned()
            }
            FailureKind::BackendNotFound => {
                "check the name and the region of the backend: Azure looks for it in the site's region"
                    .to_owned()
            }
            FailureKind::NoRegion => {
                "run it again; if that does not help, note that Azure says just this if it \
                 misses the region of a backend that is no API Management service"
                    .to_owned()
            }
            FailureKind::NotFound | FailureKind::Conflict | FailureKind::Rejected => return None,
        })
    }
}

fn not_authorized(action: Option<&str>, scope: Option<&str>) -> String {
    let what = match (action, scope) {
        (Some(action), Some(scope)) => format!("what is missing is `{action}` on {scope}; "),
        (Some(action), None) => format!("what is missing is `{action}`; "),
        (None, _) => String::new(),
    };
    format!(
        "{what}the roles Website Contributor on the site and API Management Service Contributor on the service \
         are enough, and `swa-apim doctor --check-rights` shows the least that is. Rights that were granted just \
         now may take minutes"
    )
}

impl fmt::Display for ArmFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message_and_ids())
    }
}

impl std::error::Error for ArmFailure {}

impl Diagnose for ArmFailure {
    fn diagnosis(&self) -> Diagnosis {
        let exit = match self.kind {
            FailureKind::NotAuthenticated { .. } | FailureKind::NotAuthorized { .. } => {
                ExitCode::NotAuthorized
            }
            FailureKind::Throttled
            | FailureKind::Unavailable
            | FailureKind::NoRegion
            | FailureKind::InProgress
            | FailureKind::Conflict => ExitCode::Unavailable,
            FailureKind::NotFound
            | FailureKind::Locked
            | FailureKind::SecondBackend
            | FailureKind::BackendNotFound
            | FailureKind::Rejected => ExitCode::Refused,
        };
        Diagnosis { exit, hint: self.hint() }
    }
}

fn kind_of(status: StatusCode, headers: &HeaderMap, said: &Said, code: &str, message: &str) -> FailureKind {
    let is = |known: &str| code.eq_ignore_ascii_case(known);
    let extended = |known: &str| said.extended.iter().any(|extended| extended == known);
    let in_progress = message.contains("Operation on the API is in progress")
        || is("PessimisticConcurrencyConflict")
        || is("ManagementApiRequestFailed");
    match status.as_u16() {
        401 => FailureKind::NotAuthenticated { claims: claims(headers) },
        403 => FailureKind::NotAuthorized {
            action: quoted_after(message, "perform action '"),
            scope: quoted_after(message, "over scope '"),
        },
        _ if extended("59363") || message.contains("more than one linked backend") => {
            FailureKind::SecondBackend
        }
        _ if extended("51004") => FailureKind::BackendNotFound,
        404 => FailureKind::NotFound,
        409 if is("ScopeLocked") || is("ReadOnlyDisabledSubscription") => FailureKind::Locked,
        409 | 422 if in_progress => FailureKind::InProgress,
        412 => FailureKind::Conflict,
        429 => FailureKind::Throttled,
        500 if said.code.is_none() && message == "An error has occurred." => FailureKind::NoRegion,
        _ if retry::is_transient(status) => FailureKind::Unavailable,
        _ => FailureKind::Rejected,
    }
}

/// What a new token has to prove, from `WWW-Authenticate: Bearer …, error="insufficient_claims", claims="…"`.
fn claims(headers: &HeaderMap) -> Option<String> {
    let challenges = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    let base64 = |c: char| c.is_ascii_alphanumeric() || "+/=-_".contains(c);
    let mut claims = challenges.filter_map(|challenge| between(challenge, "claims=\"", '"'));
    claims.find(|claims| !claims.is_empty() && claims.chars().all(base64))
}

fn quoted_after(text: &str, before: &str) -> Option<String> {
    between(text, before, '\'').map(|quoted| redacted(&quoted))
}

fn between(text: &str, before: &str, after: char) -> Option<String> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found.to_owned())
}

/// What a body says, whatever it calls its parts.
#[derive(Default)]
struct Said {
    code: Option<String>,
    message: Option<String>,
    target: Option<String>,
    extended: Vec<String>,
    details: Vec<Detail>,
}

impl Said {
    fn of(body: &Value) -> Self {
        let error = field(body, "error").unwrap_or(body);
        if let Value::String(code) = error {
            let message = text(body, "error_description");
            return Self { code: Some(code.clone()), message, ..Self::default() };
        }
        let mut said = Self {
            code: text(error, "code").or_else(|| text(error, "statusCode")),
            message: text(error, "message"),
            target: text(error, "target"),
            ..Self::default()
        };
        let details = field(error, "details").and_then(Value::as_array);
        for detail in details.into_iter().flatten() {
            let entity = field(detail, "errorEntity");
            said.extended.extend(entity.and_then(|entity| text(entity, "extendedCode")));
            let message = text(detail, "message").or_else(|| entity.and_then(|it| text(it, "message")));
            if let Some(message) = message {
                let (code, target) = (text(detail, "code"), text(detail, "target"));
                said.details.push(Detail { code, target, message });
            }
        }
        said
    }
}

/// A field, whether its name begins with a capital or not.
fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let fields = value.as_object()?;
    let found = fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)?;
    (!found.is_null()).then_some(found)
}

fn text(value: &Value, name: &str) -> Option<String> {
    match field(value, name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The title of a page of HTML, or the beginning of a text.
fn page_text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let title = between(&text, "<title>", '<').unwrap_or_else(|| without_tags(&text));
    let words: Vec<&str> = title.split_whitespace().collect();
    let line = words.join(" ");
    let printable = line.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c });
    let start: String = printable.take(LONGEST_TEXT).collect();
    format!("not an answer of Azure, but: {start}")
}

fn without_tags(text: &str) -> String {
    let mut within = false;
    let keep = |c: char| {
        within = c == '<' || within && c != '>';
        (!within && c != '>').then_some(c)
    };
    text.chars().take(LONGEST_TEXT * 20).filter_map(keep).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn failure(status: u16, body: &[u8]) -> ArmFailure {
        let mut headers = HeaderMap::new();
        headers.insert("x-ms-request-id", "r-1".parse().unwrap());
        headers.insert("x-ms-correlation-request-id", "c-1".parse().unwrap());
        ArmFailure::read(StatusCode::from_u16(status).unwrap(), &headers, body)
    }

    fn said(status: u16, body: &Value) -> ArmFailure {
        failure(status, body.to_string().as_bytes())
    }

    #[test]
    fn every_envelope_says_code_message_and_ids() {
        let web = json!({"Code": "BadRequest", "Message": "One Static Web App can not have more than one linked backend.",
            "Target": null, "Details": [{"Message": "One Static Web App can not have more than one linked backend."},
            {"Code": "BadRequest"}, {"ErrorEntity": {"ExtendedCode": "59363", "Code": "BadRequest"}}], "Innererror": null});
        let apim = json!({"error": {"code": "ValidationError", "message": "One or more fields contain incorrect values:",
            "details": [{"code": "ValidationError", "target": "name", "message": "Product with the same name already exists"}]}});
        let texts =
            [said(400, &web), said(400, &apim), said(500, &json!({"Message": "An error has occurred."}))];
        assert_eq!(
            texts.map(|failure| failure.to_string()),
            [
                "BadRequest/59363: One Static Web App can not have more than one linked backend \
                 (request id r-1, correlation id c-1)",
                "ValidationError: One or more fields contain incorrect values; ValidationError, name: Product with \
                 the same name already exists (request id r-1, correlation id c-1)",
                "InternalServerError: An error has occurred (request id r-1, correlation id c-1)",
            ]
        );
    }

    #[test]
    fn what_is_no_json_is_shown_as_far_as_it_says_something() {
        let page = b"<html><head><title>502 Bad\r\n Gateway</title></head><body>nginx</body></html>";
        assert!(failure(502, page).to_string().contains("not an answer of Azure, but: 502 Bad Gateway"));
        assert!(failure(503, b"<b>busy</b> \x1b[2J").to_string().contains("busy \u{fffd}[2J"));
        assert!(failure(503, b"").to_string().starts_with("ServiceUnavailable: 503 Service Unavailable"));
    }

    #[test]
    fn each_known_failure_has_its_meaning_its_exit_code_and_its_cure() {
        let denied = "The client 'a' with object id 'b' does not have authorization to perform action \
                      'Microsoft.Web/staticSites/read' over scope '/subscriptions/s' or the scope is invalid.";
        let arm = |code: &str, message: &str| json!({"error": {"code": code, "message": message}});
        let cases = [
            (401, arm("InvalidAuthenticationToken", "x"), ExitCode::NotAuthorized, "az login"),
            (
                403,
                arm("AuthorizationFailed", denied),
                ExitCode::NotAuthorized,
                "`Microsoft.Web/staticSites/read` on /sub",
            ),
            (409, arm("ScopeLocked", "x"), ExitCode::Refused, "remove the lock"),
            (
                409,
                arm("Conflict", "Operation on the API is in progress"),
                ExitCode::Unavailable,
                "wait until",
            ),
            (422, arm("ManagementApiRequestFailed", "x"), ExitCode::Unavailable, "wait until"),
            (429, arm("TooManyRequests", "x"), ExitCode::Unavailable, "wait a minute"),
            (500, json!({"Message": "An error has occurred."}), ExitCode::Unavailable, "region"),
            (503, arm("ServiceUnavailable", "x"), ExitCode::Unavailable, "again"),
        ];
        for (status, body, exit, hint) in cases {
            let diagnosis = said(status, &body).diagnosis();
            assert_eq!(diagnosis.exit, exit, "{body}");
            assert!(diagnosis.hint.as_deref().unwrap_or_default().contains(hint), "{diagnosis:?}");
        }
        assert_eq!(said(412, &arm("PreconditionFailed", "x")).kind(), &FailureKind::Conflict);
        assert_eq!(said(404, &arm("ResourceNotFound", "x")).kind(), &FailureKind::NotFound);
    }

    #[test]
    fn a_claims_challenge_leads_to_the_command_that_answers_it() {
        let mut headers = HeaderMap::new();
        let challenge =
            "Bearer realm=\"\", error=\"insufficient_claims\", claims=\"eyJhY2Nlc3NfdG9rZW4iOnt9fQ==\"";
        headers.insert(WWW_AUTHENTICATE, challenge.parse().unwrap());
        let failure = ArmFailure::read(StatusCode::UNAUTHORIZED, &headers, b"");
        assert!(failure.hint().unwrap().contains("--claims-challenge eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="));
    }

    proptest! {
        #[test]
        fn no_body_makes_it_fail_and_no_key_in_one_is_shown(bytes in prop::collection::vec(any::<u8>(), 0..200), key in "[0-9a-f]{32}") {
            let _ = failure(500, &bytes).to_string();
            let denied = format!("cannot perform action '{key}' over scope '{key}' or");
            let detail = json!({"code": key, "target": key, "message": key});
            let web = json!({"Code": "X", "Details": [{"ErrorEntity": {"ExtendedCode": key, "Message": key}}]});
            let arm = json!({"error": {"code": key, "message": denied, "target": key, "details": [detail]}});
            let marked = json!({"error": {"code": "X", "message": format!("{{\"primaryKey\":\"{key}\"}}")}});
            for (status, body) in [(400, &web), (400, &arm), (403, &arm), (400, &marked)] {
                let failure = said(status, body);
                let shown = format!("{failure} {failure:?} {:?}", failure.hint());
                prop_assert!(!shown.contains(&key), "{shown}");
            }
        }
    }
}
