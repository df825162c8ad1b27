//! Answers, and errors in the envelopes that Azure has for them.

use std::fmt;

use hyper::{
    Method, Response, StatusCode,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, RETRY_AFTER},
};
use serde_json::{Value, json};

use crate::{
    emulator::body::{self, Body},
    model::ResourceId,
    provider::ETag,
};

/// An answer of the control plane.
#[derive(Clone, PartialEq)]
pub(in crate::emulator) struct Reply {
    pub(in crate::emulator) status: StatusCode,
    headers: Vec<(HeaderName, String)>,
    body: Option<Value>,
    writing: Writing,
}

/// How the body of an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    /// On one line.
    Compact,
    /// On one line, without a word about its characters, as `Microsoft.Web` does where a request succeeds.
    Plain,
    /// By two spaces a level, with CRLF, as API Management does.
    Indented,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Reply {
    /// An answer without a body.
    pub(in crate::emulator) fn status(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: None, writing: Writing::Compact }
    }

    /// 200 with a body.
    pub(in crate::emulator) fn ok(body: Value) -> Self {
        Self::with(StatusCode::OK, body)
    }

    /// A body with a status.
    pub(in crate::emulator) fn with(status: StatusCode, body: Value) -> Self {
        Self { body: Some(body), ..Self::status(status) }
    }

    /// The same, written as `Microsoft.Web` writes what succeeds.
    pub(super) fn plain(self) -> Self {
        let writing = if self.status.is_success() { Writing::Plain } else { self.writing };
        Self { writing, ..self }
    }

    /// The same, written as API Management writes resources and lists.
    pub(super) fn indented(self) -> Self {
        Self { writing: Writing::Indented, ..self }
    }

    /// 201 if something was created, and 200 if it was there.
    pub(super) fn put(existed: bool, body: Value) -> Self {
        Self::with(if existed { StatusCode::OK } else { StatusCode::CREATED }, body)
    }

    /// 200 for what was deleted, and 204 for what was not there.
    pub(super) fn deleted(existed: bool) -> Self {
        Self::status(if existed { StatusCode::OK } else { StatusCode::NO_CONTENT })
    }

    pub(in crate::emulator) fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn tagged(self, etag: &ETag) -> Self {
        self.header(ETAG, etag.as_str())
    }

    pub(in crate::emulator) fn retry_after(self, seconds: u64) -> Self {
        self.header(RETRY_AFTER, seconds.max(1).to_string())
    }

    /// An error as Resource Manager writes it.
    pub(in crate::emulator) fn arm(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self::with(status, json!({"error": {"code": code, "message": message.into()}}))
            .header(HeaderName::from_static("x-ms-failure-cause"), "gateway")
    }

    /// Resource Manager's error for a top-level resource that is not there.
    pub(super) fn resource_not_found(id: &ResourceId) -> Self {
        let (kind, name) = (id.resource_type(), id.name());
        let group = id.group().unwrap_or_default();
        let message = format!(
            "The Resource '{kind}/{name}' under resource group '{group}' was not found. For more details please go to \
             https://aka.ms/ARMResourceNotFoundFix"
        );
        Self::arm(StatusCode::NOT_FOUND, "ResourceNotFound", message)
    }

    /// An error as `Microsoft.ApiManagement` writes it.
    pub(super) fn apim(status: StatusCode, code: &str, message: &str) -> Self {
        Self::with(status, json!({"error": {"code": code, "message": message, "details": null}})).indented()
    }

    /// API Management's error for a field that does not fit.
    pub(super) fn apim_invalid(target: &str, message: &str) -> Self {
        let detail = json!({"code": "ValidationError", "target": target, "message": message});
        Self::apim_invalid_fields(&[detail])
    }

    /// API Management's error for several fields that do not fit.
    pub(super) fn apim_invalid_fields(details: &[Value]) -> Self {
        let error = json!({"code": "ValidationError",
            "message": "One or more fields contain incorrect values:", "details": details});
        Self::with(StatusCode::BAD_REQUEST, json!({ "error": error })).indented()
    }

    /// The answer of API Management's front to a method that a path does not have.
    pub(super) fn apim_method_not_allowed(method: &Method, allowed: &str) -> Self {
        let message = format!("The requested resource does not support http method '{method}'.");
        Self::with(StatusCode::METHOD_NOT_ALLOWED, json!({"Message": message})).header(ALLOW, allowed)
    }

    /// Resource Manager's error for a body that it cannot read.
    pub(super) fn invalid_content(problem: &str) -> Self {
        let message = format!("The request content was invalid and could not be deserialized: '{problem}'.");
        Self::arm(StatusCode::BAD_REQUEST, "InvalidRequestContent", message)
    }

    /// The answer for a type that Azure has and this emulator does not implement.
    pub(super) fn not_emulated(resource_type: &str) -> Self {
        let message = format!(
            "Azure has '{resource_type}', and this emulator does not implement it. GET /_emulator/limits lists \
             everything that it does not implement."
        );
        Self::with(
            StatusCode::NOT_IMPLEMENTED,
            json!({"error": {"code": "NotEmulated", "message": message,
            "target": resource_type}}),
        )
    }

    /// An error as `Microsoft.Web` writes it: in Pascal case, and without a wrapper.
    pub(super) fn web(status: StatusCode, code: &str, extended: Option<&str>, message: &str) -> Self {
        Self::web_of_template(status, code, extended, (message, &[]), message)
    }

    /// `Microsoft.Web`'s error for a property that does not fit.
    pub(super) fn web_invalid_parameter(name: &str) -> Self {
        let parameters = [name];
        let template = ("The parameter {0} has an invalid value.", parameters.as_slice());
        let message = format!("The parameter {name} has an invalid value.");
        Self::web_of_template(StatusCode::BAD_REQUEST, "BadRequest", Some("51008"), template, &message)
    }

    /// `Microsoft.Web`'s error for something that is not there.
    pub(super) fn web_not_found(what: &str, name: &str) -> Self {
        let parameters = [what, name];
        let template = ("Cannot find {0} with name {1}.", parameters.as_slice());
        let message = format!("Cannot find {what} with name {name}.");
        Self::web_of_template(StatusCode::NOT_FOUND, "NotFound", Some("51004"), template, &message)
    }

    fn web_of_template(
        status: StatusCode,
        code: &str,
        extended: Option<&str>,
        (template, parameters): (&str, &[&str]),
        message: &str,
    ) -> Self {
        let entity = json!({"ErrorEntity": {"ExtendedCode": extended, "MessageTemplate": template,
            "Parameters": parameters, "Code": code, "Message": message}});
        let details = json!([{ "Message": message }, { "Code": code }, entity]);
        let body =
            json!({"Code": code, "Message": message, "Target": null, "Details": details, "Innererror": null});
        Self::with(status, body)
    }

    /// What has gone wrong within the emulator.
    pub(in crate::emulator) fn internal_error() -> Self {
        Self::arm(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
            "The server encountered an unexpected error.",
        )
    }

    /// The body, for what is built on it.
    pub(in crate::emulator) fn body(&self) -> Option<&Value> {
        self.body.as_ref()
    }

    /// Replaces the body.
    pub(super) fn with_body(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    pub(in crate::emulator) fn into_response(self) -> Response<Body> {
        let content = self.body.as_ref().map(|body| self.writing.written(body)).unwrap_or_default();
        let mut response = Response::new(body::full(content));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if self.body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.writing.content_type()));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        response
    }
}

impl Writing {
    fn written(self, body: &Value) -> String {
        match self {
            Self::Compact | Self::Plain => body.to_string(),
            // a line end within a text is written as an escape
            Self::Indented => serde_json::to_string_pretty(body).unwrap_or_default().replace('\n', "\r\n"),
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Compact | Self::Indented => "application/json; charset=utf-8",
            Self::Plain => "application/json",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_provider_has_the_envelope_that_was_recorded() {
        let id = ResourceId::parse(
            "/subscriptions/s/resourceGroups/clitest.rg000001/providers/Microsoft.Web/staticSites/swabackends000003",
        )
        .unwrap();
        assert_eq!(
            Reply::resource_not_found(&id).body(),
            Some(&json!({"error": {"code": "ResourceNotFound", "message": "The Resource \
             'Microsoft.Web/staticSites/swabackends000003' under resource group 'clitest.rg000001' was not found. For \
             more details please go to https://aka.ms/ARMResourceNotFoundFix"}}))
        );
        let web = Reply::web_not_found("WebSite", "swabackends000005");
        let body = web.body().unwrap();
        let entity = &body["Details"][2]["ErrorEntity"];
        assert_eq!(entity["ExtendedCode"], "51004");
        assert_eq!(entity["MessageTemplate"], "Cannot find {0} with name {1}.");
        assert_eq!(entity["Parameters"], json!(["WebSite", "swabackends000005"]));
        assert_eq!(body["Details"][1], json!({"Code": "NotFound"}));
        assert!(body.get("error").is_none() && body["Innererror"].is_null());
        assert_eq!(
            Reply::apim_invalid("name", "Product with the same name already exists").body().unwrap()["error"]
                ["details"],
            json!([{"code": "ValidationError", "target": "name", "message": "Product with the same name already exists"}])
        );
    }

    #[test]
    fn what_was_not_there_is_deleted_with_204_and_what_was_with_200() {
        assert_eq!(Reply::deleted(true).status, StatusCode::OK);
        assert_eq!(Reply::deleted(false).status, StatusCode::NO_CONTENT);
        assert_eq!(Reply::put(false, Value::Null).status, StatusCode::CREATED);
        assert_eq!(Reply::put(true, Value::Null).status, StatusCode::OK);
    }

    #[test]
    fn a_client_is_never_told_to_come_back_at_once() {
        let response = Reply::status(StatusCode::OK).retry_after(0).into_response();
        assert_eq!(response.headers()[RETRY_AFTER], "1");
    }
}
