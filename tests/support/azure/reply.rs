//! An answer, and the envelopes in which each of Azure's parts tells an error.

use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Value>,
    pub(super) text: Option<String>,
}

impl Reply {
    pub(super) fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: None, text: None }
    }

    pub(super) fn ok(body: Value) -> Self {
        Self { body: Some(body), ..Self::status(200) }
    }

    /// An error as the provider of a resource writes it that has no form of its own.
    pub(super) fn error(status: u16, code: &str, message: &str) -> Self {
        let body = json!({"error": {"code": code, "message": message}});
        Self { body: Some(body), ..Self::status(status) }
    }

    /// An error that Resource Manager itself answers (arm-errors #2 #4).
    pub(super) fn gateway(status: u16, code: &str, message: &str) -> Self {
        Self::error(status, code, message).headed("x-ms-failure-cause", "gateway")
    }

    /// An error as API Management writes it (apim-products #45).
    pub(super) fn apim(status: u16, code: &str, message: &str) -> Self {
        let body = json!({"error": {"code": code, "message": message, "details": null}});
        Self { body: Some(body), ..Self::status(status) }
    }

    /// What API Management says of a field that it does not take (error-bodies).
    pub(super) fn invalid(target: &str, message: &str) -> Self {
        let detail = json!([{"code": "ValidationError", "target": target, "message": message}]);
        let body = json!({"error": {"code": "ValidationError",
            "message": "One or more fields contain incorrect values:", "details": detail}});
        Self { body: Some(body), ..Self::status(400) }
    }

    /// An error as `Microsoft.Web` writes it (web-linked-backends #3).
    pub(super) fn web(
        status: u16,
        code: &str,
        extended: Option<&str>,
        template: &str,
        values: &[&str],
    ) -> Self {
        let message = values
            .iter()
            .enumerate()
            .fold(template.to_owned(), |message, (at, value)| message.replace(&format!("{{{at}}}"), value));
        let entity = json!({"ErrorEntity": {"ExtendedCode": extended, "MessageTemplate": template,
            "Parameters": values, "Code": code, "Message": message}});
        let details = json!([{"Message": message}, {"Code": code}, entity]);
        let body =
            json!({"Code": code, "Message": message, "Target": null, "Details": details, "Innererror": null});
        Self { body: Some(body), ..Self::status(status) }
    }

    pub(super) fn headed(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }
}
