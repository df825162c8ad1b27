use proptest::prelude::*;
use reqwest::header::WWW_AUTHENTICATE;
use serde_json::{Value, json};

use super::*;
use crate::{cli::command_line, diagnosis::ExitCode, provider::arm::Unproven};

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
    let texts = [said(400, &web), said(400, &apim), said(500, &json!({"Message": "An error has occurred."}))];
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
fn the_text_of_an_answer_that_is_not_json_is_shown() {
    let page = b"<html><head><title>502 Bad\r\n Gateway</title></head><body>nginx</body></html>";
    assert!(failure(502, page).to_string().contains(
        "the answer does not come from Azure: 502 Bad \
                                                     Gateway"
    ));
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
        (409, arm("ScopeLocked", "x"), ExitCode::Refused, "az lock list"),
        (409, arm("Conflict", "Operation on the API is in progress"), ExitCode::Unavailable, "wait until"),
        (422, arm("ManagementApiRequestFailed", "x"), ExitCode::Unavailable, "wait until"),
        (429, arm("TooManyRequests", "x"), ExitCode::Unavailable, "wait a minute"),
        (500, json!({"Message": "An error has occurred."}), ExitCode::Unavailable, "region"),
        (503, arm("ServiceUnavailable", "x"), ExitCode::Unavailable, "again"),
    ];
    for (status, body, exit, hint) in cases {
        let diagnosis = said(status, &body).diagnosis();
        assert_eq!(diagnosis.exit, exit, "{body}");
        assert!(
            diagnosis.hint.clone().unwrap_or_default().text(command_line).contains(hint),
            "{diagnosis:?}"
        );
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
    assert!(
        failure
            .hint()
            .unwrap()
            .text(command_line)
            .contains("--claims-challenge eyJhY2Nlc3NfdG9rZW4iOnt9fQ==")
    );
}

const ARM: &str = "/subscriptions/s/resourceGroups/g/providers";

fn id(tail: &str) -> ResourceId {
    ResourceId::parse(&format!("{ARM}{tail}")).unwrap()
}

fn of_web(kind: &str, name: &str) -> Value {
    let message = format!("Cannot find {kind} with name {name}.");
    json!({"Code": "NotFound", "Message": message, "Target": null, "Details": [{"Message": message}, {"Code": "NotFound"},
        {"ErrorEntity": {"ExtendedCode": "51004", "MessageTemplate": "Cannot find {0} with name {1}.",
        "Parameters": [kind, name], "Code": "NotFound", "Message": message}}], "Innererror": null})
}

#[test]
fn only_the_own_provider_and_resource_manager_prove_that_a_resource_is_missing() {
    let arm = |code: &str, message: &str| json!({"error": {"code": code, "message": message}});
    let product = id("/Microsoft.ApiManagement/service/a/products/p");
    let service = id("/Microsoft.ApiManagement/service/a");
    let site = id("/Microsoft.Web/staticSites/shop");
    let preview = id("/Microsoft.Web/staticSites/shop/builds/7");
    let backend = id("/Microsoft.Web/staticSites/shop/builds/default/linkedBackends/gate");
    let functions = id("/Microsoft.Web/sites/gate");
    let plain = json!({"Code": "NotFound", "Message": "Cannot find StaticSiteBuild with name 7."});
    let old = json!({"code": "ServiceNotFound", "message": "Api service does not exist: a", "details": null, "innerError": null});
    for (id, body) in [
        (&product, arm("ResourceNotFound", "Product not found.")),
        (&product, arm("ResourceGroupNotFound", "Resource group 'G' could not be found.")),
        (&product, arm("ParentResourceNotFound", "Can not perform requested operation on nested resource.")),
        (&service, old),
        (&site, arm("ResourceNotFound", "The Resource 'Microsoft.Web/staticSites/shop' was not found.")),
        (&preview, plain.clone()),
        (&preview, of_web("StaticSiteBuild", "7")),
        (&preview, of_web("StaticSite", "shop")),
        (&backend, json!({"Code": "NotFound", "Message": "Cannot find linked backend."})),
        (&functions, of_web("WebSite", "gate")),
    ] {
        let failure = said(404, &body);
        assert!(failure.is_absence_of(id), "{id}: {body} {:?}", failure.kind());
    }
    for (id, body) in [
        (&product, arm("SubscriptionNotFound", "The subscription 's' could not be found.")),
        (&product, arm("InvalidSubscriptionId", "The provided subscription identifier 's' is malformed.")),
        (&product, arm("InvalidResourceType", "The resource type could not be found in the namespace.")),
        (&product, arm("NoRegisteredProviderFound", "No registered resource provider found.")),
        (&product, arm("ResourceGroupNotFound", "Resource group 'another' could not be found.")),
        (&product, arm("NotFound", "no route")),
        (&product, json!({"statusCode": 404, "message": "Resource not found"})),
        (&product, json!({"message": "no Route matched with those values"})),
        (&product, json!({})),
        (&product, json!(null)),
        (&product, json!("ResourceNotFound")),
        (&preview, of_web("StaticSiteBuild", "8")),
        (&backend, of_web("WebSite", "gate")),
        (&backend, of_web("StaticSite", "another")),
    ] {
        assert!(!said(404, &body).is_absence_of(id), "{id}: {body}");
    }
    for bytes in
        [&b""[..], b"<html><title>Not Found</title></html>", b"\xff\xfe", b"{\"error\": {\"code\": \"Resou"]
    {
        let failure = failure(404, bytes);
        assert_eq!(failure.kind(), &FailureKind::Undetermined(Unproven::NoCode));
        assert_eq!(failure.diagnosis().exit, ExitCode::Unavailable);
    }
    assert!(!said(400, &arm("ResourceNotFound", "x")).is_absence_of(&product));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of quoted failures, a row for each")]
fn each_quoted_failure_leads_to_its_cure() {
    let arm = |code: &str, message: &str| json!({"error": {"code": code, "message": message}});
    let policy = json!({"error": {"code": "RequestDisallowedByPolicy", "target": "shop",
        "message": "Resource 'shop' was disallowed by policy.", "additionalInfo": [{"type": "PolicyViolation", "info": {
        "policyAssignmentDisplayName": "No public backends", "policyAssignmentName": "7f1d",
        "policyAssignmentId": "/providers/Microsoft.Management/managementGroups/m/providers/Microsoft.Authorization/policyAssignments/7f1d"}}]}});
    let in_message = arm(
        "RequestDisallowedByPolicy",
        "Resource 'shop' was disallowed by policy. Policy identifiers: \
        '[{\"policyAssignment\":{\"name\":\"Allowed regions\",\"id\":\"/subscriptions/s/policyAssignments/a\"},\"policyDefinition\":{}}]'.",
    );
    let linked = "The client 'c' with object id 'o' has permission to perform action 'Microsoft.Web/staticSites/linkedBackends/write' \
        on scope '/subscriptions/s/x'; however, it does not have permission to perform action(s) \
        'Microsoft.ApiManagement/service/read' on the linked scope(s) '/subscriptions/t/y' or the linked scope(s) are invalid.";
    let tenant = "The access token is from the wrong issuer 'https://sts.windows.net/11111111-1111-1111-1111-111111111111/'. It must \
        match the tenant 'https://sts.windows.net/22222222-2222-2222-2222-222222222222/' associated with this subscription.";
    let registration = "The subscription is not registered to use namespace 'Microsoft.Web'. See https://aka.ms/rps-not-found";
    for (status, body, exit, hint) in [
        (403, policy, ExitCode::Refused, "`No public backends` (/providers/"),
        (403, in_message, ExitCode::Refused, "`Allowed regions` (/subscriptions/s/policyAssignments/a)"),
        (403, arm("DenyAssignmentAuthorizationFailed", "x"), ExitCode::NotAuthorized, "no role can allow it"),
        (
            403,
            arm("LinkedAuthorizationFailed", linked),
            ExitCode::NotAuthorized,
            "`Microsoft.ApiManagement/service/read` on /subscriptions/t/y",
        ),
        (409, arm("ScopeLocked", "x"), ExitCode::Refused, "az lock list"),
        (
            401,
            arm("InvalidAuthenticationTokenTenant", tenant),
            ExitCode::NotAuthorized,
            "az account get-access-token --subscription S",
        ),
        (
            401,
            arm("InvalidAuthenticationTokenTenant", tenant),
            ExitCode::NotAuthorized,
            "az login --tenant 22222222-2222-2222-2222-222222222222",
        ),
        (401, arm("ExpiredAuthenticationToken", "x"), ExitCode::NotAuthorized, "az login"),
        (404, arm("SubscriptionNotFound", "x"), ExitCode::Unavailable, "subscription `S`"),
        (404, arm("InvalidSubscriptionId", "x"), ExitCode::Unavailable, "subscription `S`"),
        (400, arm("InvalidSubscriptionId", "x"), ExitCode::Refused, "subscription `S`"),
        (409, arm("ReadOnlyDisabledSubscription", "x"), ExitCode::Refused, "subscription S is disabled"),
        (403, arm("ReadOnlyDisabledSubscription", "x"), ExitCode::Refused, "subscription S is disabled"),
        (
            409,
            arm("MissingSubscriptionRegistration", registration),
            ExitCode::Refused,
            "az provider register --namespace Microsoft.Web --wait --subscription S",
        ),
        (
            409,
            arm("ServiceLocked", "The API Service a is transitioning at this time."),
            ExitCode::Unavailable,
            "wait until",
        ),
        (
            409,
            json!({"Code": "Conflict", "Message": "Another operation is in progress."}),
            ExitCode::Unavailable,
            "wait until",
        ),
        (
            429,
            json!({"Code": "429", "Message": "Cannot acquire exclusive lock to create, update or delete this site. \
            Retry the request later."}),
            ExitCode::Unavailable,
            "wait until",
        ),
        (407, json!(null), ExitCode::NotAuthorized, "HTTPS_PROXY"),
        (404, arm("NoRegisteredProviderFound", "x"), ExitCode::Unavailable, "endpoint"),
    ] {
        let url = Url::parse("https://management.azure.com/subscriptions/S/resourceGroups/g").unwrap();
        let diagnosis = said(status, &body).from(&url).diagnosis();
        assert_eq!(diagnosis.exit, exit, "{body}");
        assert!(
            diagnosis.hint.clone().unwrap_or_default().text(command_line).contains(hint),
            "{hint}: {diagnosis:?}"
        );
    }
}

#[test]
fn errors_within_errors_are_shown_however_they_are_nested() {
    let inner = json!({"error": {"code": "BadRequest", "message": "Outer.", "innererror": {"code": "X", "message": "Inner."},
        "details": [{"code": "D", "message": "Detail.", "details": [{"message": "Deepest."}]}]}});
    let text = said(400, &inner).to_string();
    assert!(text.starts_with("BadRequest: Outer; D: Detail; Deepest; X: Inner ("), "{text}");
    let quoted = json!({"error": {"code": "Failed", "message": "{\"Code\":\"BadRequest\",\"Message\":\"The real one.\"}"}});
    assert!(said(400, &quoted).to_string().starts_with("Failed/BadRequest: The real one ("));
    let mut deep = json!({"message": "bottom"});
    for _ in 0..200 {
        deep = json!({"code": "C", "message": "m", "innererror": deep});
    }
    assert!(said(400, &json!({"error": deep})).to_string().len() < 2_000);
}

#[test]
fn a_short_token_leaves_the_message_as_it_is_and_an_echoed_one_is_hidden_everywhere() {
    let body = json!({"error": {"code": "AuthorizationFailed", "message": "The client does not have authorization."}});
    let read = |body: &Value, headers: &HeaderMap, secret: &str| {
        let bytes = body.to_string();
        ArmFailure::read_without(StatusCode::FORBIDDEN, headers, bytes.as_bytes(), &[secret.to_owned()])
    };
    for secret in ["e", "az", "r"] {
        let shown = read(&body, &HeaderMap::new(), secret).to_string();
        assert_eq!(shown, "AuthorizationFailed: The client does not have authorization");
    }
    let secret = "opaque-token-of-no-shape";
    let escaped: Vec<String> = secret.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    let escaped = escaped.concat();
    let mut headers = HeaderMap::new();
    headers.insert("x-ms-request-id", secret.parse().unwrap());
    let raw = format!("{{\"error\": {{\"code\": \"{escaped}\", \"message\": \"of {secret}\"}}}}");
    let failure =
        ArmFailure::read_without(StatusCode::BAD_REQUEST, &headers, raw.as_bytes(), &[secret.to_owned()]);
    let shown = format!("{failure} {failure:?} {:?} {:?}", failure.hint(), failure.request_id());
    assert!(!shown.contains(secret) && shown.contains("of …"), "{shown}");
}

/// Checks the kind and the exit code of every recorded failure.
#[test]
fn every_recorded_failure_is_understood() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/recordings");
    // Where there are no recordings, `tests/recordings` reports that they are skipped.
    let Ok(entries) = std::fs::read_dir(&folder) else { return };
    let mut count = 0;
    for entry in
        entries.filter_map(Result::ok).filter(|it| it.path().extension().is_some_and(|it| it == "json"))
    {
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let Ok(Value::Object(file)) = serde_json::from_str(&text) else { continue };
        for interaction in file.get("interactions").and_then(Value::as_array).into_iter().flatten() {
            let Some(response) = interaction.get("response") else { continue };
            let status = u16::try_from(response["status"].as_u64().unwrap_or(200)).unwrap();
            if status < 400 {
                continue;
            }
            let body = match &response["body"] {
                Value::String(text) => text.clone(),
                Value::Null => String::new(),
                body => body.to_string(),
            };
            let failure = failure(status, body.as_bytes());
            let (exit, kind) = meant(status, failure.code());
            let what = format!("{}: {status} {failure}", entry.path().display());
            assert_eq!(failure.diagnosis().exit, exit, "{what}");
            assert!(format!("{:?}", failure.kind()).starts_with(kind), "{what}: {:?}", failure.kind());
            count += 1;
        }
    }
    assert!(count > 40, "{count}");
}

fn meant(status: u16, code: &str) -> (ExitCode, &'static str) {
    match (status, code) {
        (403, "AuthorizationFailed") => (ExitCode::NotAuthorized, "NotAuthorized"),
        (404, "ResourceNotFound" | "ResourceGroupNotFound" | "ServiceNotFound") => {
            (ExitCode::Refused, "NotFound")
        }
        (404, "NotFound/51004") => (ExitCode::Refused, "BackendNotFound"),
        (404, _) => (ExitCode::Unavailable, "Undetermined(OtherCode)"),
        (409, "ServiceLocked") | (429, "429/59206") => (ExitCode::Unavailable, "InProgress"),
        (412, _) => (ExitCode::Unavailable, "Conflict"),
        (429, _) => (ExitCode::Unavailable, "Throttled"),
        (500.., _) => (ExitCode::Unavailable, "Unavailable"),
        (_, _) => (ExitCode::Refused, "Rejected"),
    }
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
