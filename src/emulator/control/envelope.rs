//! Azure's error formats.

use hyper::{Method, StatusCode, header::ALLOW};
use serde_json::{Value, json};

use super::served::noun;
use crate::{
    emulator::reply::Reply,
    model::{ArmType, ResourceId},
};

impl Reply {
    /// Resource Manager's error for a missing top-level resource.
    pub(super) fn resource_not_found(id: &ResourceId) -> Self {
        let (kind, name) = (id.resource_type(), id.name());
        let group = id.group().unwrap_or_default();
        let message = format!(
            "The Resource '{kind}/{name}' under resource group '{group}' was not found. For more details please go to \
             https://aka.ms/ARMResourceNotFoundFix"
        );
        Self::arm(StatusCode::NOT_FOUND, "ResourceNotFound", message)
    }

    /// An error in the format of `Microsoft.ApiManagement`.
    pub(super) fn apim(status: StatusCode, code: &str, message: &str) -> Self {
        Self::with(status, json!({"error": {"code": code, "message": message, "details": null}})).indented()
    }

    /// API Management's error for an invalid field.
    pub(super) fn apim_invalid(target: &str, message: &str) -> Self {
        let detail = json!({"code": "ValidationError", "target": target, "message": message});
        Self::apim_invalid_fields(&[detail])
    }

    /// API Management's error for several invalid fields.
    pub(super) fn apim_invalid_fields(details: &[Value]) -> Self {
        let error = json!({"code": "ValidationError",
            "message": "One or more fields contain incorrect values:", "details": details});
        Self::with(StatusCode::BAD_REQUEST, json!({ "error": error })).indented()
    }

    /// API Management's answer to a method that a path does not support.
    pub(super) fn apim_method_not_allowed(method: &Method, allowed: &str) -> Self {
        let message = format!("The requested resource does not support http method '{method}'.");
        Self::with(StatusCode::METHOD_NOT_ALLOWED, json!({"Message": message})).header(ALLOW, allowed)
    }

    /// Resource Manager's error for a body that it cannot parse.
    pub(super) fn invalid_content(problem: &str) -> Self {
        let message = format!("The request content was invalid and could not be deserialized: '{problem}'.");
        Self::arm(StatusCode::BAD_REQUEST, "InvalidRequestContent", message)
    }

    /// The answer for a type that exists in Azure but is not implemented by this emulator.
    pub(super) fn not_emulated(resource_type: &str) -> Self {
        let message = format!(
            "Azure has the resource type '{resource_type}', but this emulator does not implement it. GET \
             /_emulator/limits lists everything that the emulator does not implement."
        );
        Self::with(
            StatusCode::NOT_IMPLEMENTED,
            json!({"error": {"code": "NotEmulated", "message": message,
            "target": resource_type}}),
        )
    }

    /// The answer to the DELETE of a site's production, which no recording shows.
    pub(super) fn production_is_not_deleted() -> Self {
        let message = "No recording shows how Azure deletes a site's production environment, so this emulator does not \
                       implement it, and has deleted nothing. DELETE the site, or the linked backend, instead.";
        Self::with(
            StatusCode::NOT_IMPLEMENTED,
            json!({"error": {"code": "NotEmulated", "message": message, "target": "builds/default"}}),
        )
    }

    /// An error in the format of `Microsoft.Web`: Pascal case, without a wrapper.
    pub(super) fn web(status: StatusCode, code: &str, extended: Option<&str>, message: &str) -> Self {
        Self::web_of_template(status, code, extended, (message, &[]), message)
    }

    /// `Microsoft.Web`'s error for an invalid property.
    pub(super) fn web_invalid_parameter(name: &str) -> Self {
        let parameters = [name];
        let template = ("The parameter {0} has an invalid value.", parameters.as_slice());
        let message = format!("The parameter {name} has an invalid value.");
        Self::web_of_template(StatusCode::BAD_REQUEST, "BadRequest", Some("51008"), template, &message)
    }

    /// `Microsoft.Web`'s error for a missing resource.
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

    /// API Management's error for a missing resource.
    pub(super) fn apim_not_found(kind: ArmType) -> Self {
        Self::apim(StatusCode::NOT_FOUND, "ResourceNotFound", &format!("{} not found.", noun(kind)))
    }

    /// API Management's error for a precondition that is not met.
    pub(super) fn precondition_failed() -> Self {
        let message = "Exception of type 'Microsoft.WindowsAzure.ApiManagement.Management.Core.Exceptions.\
                       PreconditionFailedException' was thrown.";
        Self::apim(StatusCode::PRECONDITION_FAILED, "PreconditionFailed", message)
    }

    /// Resource Manager's error for a resource group that contains no resource.
    pub(super) fn group_not_found(name: &str) -> Self {
        let message = format!("Resource group '{name}' could not be found.");
        Self::arm(StatusCode::NOT_FOUND, "ResourceGroupNotFound", message)
    }

    /// Resource Manager's error for a method that a path does not support.
    pub(super) fn method_not_allowed(method: &Method) -> Self {
        let message = format!("The requested resource does not support http method '{method}'.");
        Self::arm(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
    }

    /// Resource Manager's error for an unknown action of a resource.
    pub(super) fn no_such_action(action: &str) -> Self {
        let message = format!("The requested resource has no action '{action}'.");
        Self::arm(StatusCode::NOT_FOUND, "InvalidResourceType", message)
    }

    /// `Microsoft.Web`'s error for a second backend of an environment.
    pub(super) fn web_second_backend() -> Self {
        let message = "One Static Web App can not have more than one linked backend.";
        Self::web(StatusCode::BAD_REQUEST, "BadRequest", Some("59363"), message)
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
}
