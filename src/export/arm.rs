//! A link as an ARM template.

use serde_json::{Map, Value, json};

use super::{ExportPart, LinkExport};
use crate::{
    model::{API_MANAGEMENT_VERSION, ArmType, WEB_VERSION},
    report::escaped_json,
};

const SCHEMA: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";

pub(super) fn write(link: &LinkExport, part: ExportPart) -> String {
    let mut parameters = Map::new();
    let mut resources = Vec::new();
    if part == ExportPart::Link {
        resources.push(backend(link));
    }
    if link.has_apis(part) {
        let names: Vec<String> = link.api_names().map(literal).collect();
        parameters.insert(
            "apis".to_owned(),
            json!({"type": "array", "defaultValue": names, "metadata": {
            "description": "The APIs that the site can call; their paths must begin with api"}}),
        );
        resources.push(apis(link, part));
    }
    let product = format!("{}/products/{}", link.service, link.product);
    let template = json!({
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "metadata": {"description": format!(
            "{}. Azure creates the product, its subscription and its policy when the backend is connected, \
             so they are not declared here. The template contains no keys.", link.title(part))},
        "parameters": parameters,
        "resources": resources,
        "outputs": {
            "productId": {"type": "string", "value": literal(&product)},
            "productName": {"type": "string", "value": literal(&link.product)},
        },
    });
    escaped_json(format!("{template:#}\n"))
}

fn backend(link: &LinkExport) -> Value {
    let site = link.site.name();
    let name = if link.is_production() {
        format!("{site}/{}", link.backend)
    } else {
        format!("{site}/{}/{}", link.environment, link.backend)
    };
    json!({
        "type": link.backend_type(),
        "apiVersion": WEB_VERSION,
        "name": literal(&name),
        "properties": {"backendResourceId": literal(link.service.as_str())},
    })
}

fn apis(link: &LinkExport, part: ExportPart) -> Value {
    let product = in_expression(&format!("{}/{}", link.service.name(), link.product));
    let mut resource = json!({
        "copy": {"name": "apis", "count": "[length(parameters('apis'))]"},
        "type": ArmType::ProductApi.name(),
        "apiVersion": API_MANAGEMENT_VERSION,
        "name": format!("[concat({product}, '/', parameters('apis')[copyIndex()])]"),
    });
    if part == ExportPart::Link {
        resource["dependsOn"] = json!([backend_id(link)]);
    }
    resource
}

/// Returns the expression for the id of the linked backend.
fn backend_id(link: &LinkExport) -> String {
    let mut names = vec![link.site.name()];
    names.extend(Some(link.environment.as_str()).filter(|_| !link.is_production()));
    names.push(&link.backend);
    let names: Vec<String> = names.into_iter().map(in_expression).collect();
    format!("[resourceId('{}', {})]", link.backend_type(), names.join(", "))
}

/// Returns a text as a literal. Without the escape, a text that starts with a bracket would be an expression.
fn literal(text: &str) -> String {
    if text.starts_with('[') { format!("[{text}") } else { text.to_owned() }
}

/// Returns a string for use within an expression.
fn in_expression(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_neither_taken_for_an_expression_nor_ends_one() {
        assert_eq!(literal("[resourceGroup().id]"), "[[resourceGroup().id]");
        assert_eq!(in_expression("it's"), "'it''s'");
    }
}
