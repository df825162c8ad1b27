//! APIs, on their own and in a product, and their operations.

use serde_json::{Value, json};

use super::{Picked, View, Wanted, version_set_of};
use crate::provider::json::JsonControlPlane;

pub(super) fn api(picked: &mut Picked, plane: &JsonControlPlane, wanted: Wanted<'_>) {
    let set = version_set_of(plane, &picked.from).filter(|_| wanted.view.is_put());
    head(picked, wanted);
    picked.or("path", "").or("protocols", json!(["https"]));
    if wanted.since("2024-05-01") {
        picked.nullable("mcpProperties");
    }
    let authentication = authentication(picked.from.remove("authenticationSettings"), wanted);
    picked.set("authenticationSettings", authentication);
    let names = picked.from.remove("subscriptionKeyParameterNames").unwrap_or_default();
    let name =
        |field: &str, usual: &str| names.get(field).and_then(Value::as_str).unwrap_or(usual).to_owned();
    picked.set(
        "subscriptionKeyParameterNames",
        json!({"header": name("header", "Ocp-Apim-Subscription-Key"), "query": name("query", "subscription-key")}),
    );
    if picked.from.get("type").is_some_and(|kind| kind != "http") {
        picked.present("type");
    }
    picked.present("termsOfServiceUrl");
    for (object, fields) in [("contact", ["name", "url", "email"].as_slice()), ("license", &["name", "url"])]
    {
        if let Some(given) = picked.from.remove(object).filter(Value::is_object) {
            let shown = fields
                .iter()
                .map(|field| ((*field).to_owned(), given.get(*field).cloned().unwrap_or_default()));
            picked.set(object, Value::Object(shown.collect()));
        }
    }
    revision(picked);
    picked.present("apiVersionSetId");
    if let Some(set) = set {
        picked.set("apiVersionSet", set);
    }
}

/// Shows an API in a product's list, where Azure leaves the settings of authentication and key names null.
pub(super) fn of_product(picked: &mut Picked, wanted: Wanted<'_>) {
    head(picked, wanted);
    picked.or("path", "");
    if wanted.view.is_put() {
        picked.set("protocols", Value::Null);
    } else {
        picked.or("protocols", json!(["https"]));
    }
    if wanted.since("2024-05-01") {
        picked.nullable("mcpProperties");
    }
    picked.set("authenticationSettings", Value::Null).set("subscriptionKeyParameterNames", Value::Null);
    revision(picked);
}

fn head(picked: &mut Picked, wanted: Wanted<'_>) {
    picked.nullable("displayName").or("apiRevision", "1").nullable("description");
    picked.or("subscriptionRequired", true).nullable("serviceUrl");
    if wanted.since("2022-08-01") {
        picked.nullable("backendId");
    }
}

fn revision(picked: &mut Picked) {
    if picked.is_true("isCurrent", true) {
        picked.set("isCurrent", true);
    }
    picked.present("apiRevisionDescription").present("apiVersion").present("apiVersionDescription");
}

fn authentication(given: Option<Value>, wanted: Wanted<'_>) -> Value {
    let given = given.unwrap_or_default();
    let of = |name: &str| given.get(name).cloned();
    let mut shown = json!({"oAuth2": of("oAuth2"), "openid": of("openid")});
    let has_lists = wanted.since("2024-05-01") || wanted.since("2022-08-01") && !wanted.view.is_put();
    if has_lists {
        for name in ["oAuth2AuthenticationSettings", "openidAuthenticationSettings"] {
            shown[name] = of(name).filter(Value::is_array).unwrap_or_else(|| json!([]));
        }
    }
    shown
}

pub(super) fn operation(picked: &mut Picked, wanted: Wanted<'_>) {
    picked.nullable("displayName").nullable("method").nullable("urlTemplate");
    let parameters = picked.from.remove("templateParameters").unwrap_or_default();
    let parameters = parameters.as_array().cloned().unwrap_or_default();
    let parameters = parameters.into_iter().map(|parameter| template_parameter(parameter, wanted));
    picked.set("templateParameters", Value::Array(parameters.collect())).nullable("description");
    let request = picked.from.remove("request");
    if wanted.view != View::Listed || request.is_some() {
        picked.set("request", with_lists(request, &["queryParameters", "headers", "representations"]));
    }
    picked.or("responses", json!([])).nullable("policies");
}

/// Returns a path parameter. It is always required; Azure sets `required` when the operation is read or changed.
fn template_parameter(mut parameter: Value, wanted: Wanted<'_>) -> Value {
    if matches!(wanted.view, View::Read | View::Changed) && parameter.is_object() {
        parameter["required"] = true.into();
    }
    with_lists(Some(parameter), &["values"])
}

fn with_lists(given: Option<Value>, names: &[&str]) -> Value {
    let mut value = given.filter(Value::is_object).unwrap_or_else(|| json!({}));
    for name in names {
        if !value.get(name).is_some_and(Value::is_array) {
            value[name] = json!([]);
        }
    }
    value
}
