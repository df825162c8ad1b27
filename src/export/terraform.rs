//! A link as Terraform code: the linked backend with azapi, since azurerm has no resource for it, and the APIs with
//! azurerm, since azapi reads every resource by GET and Azure has no GET for an API in a product.

use std::fmt::Write as _;

use super::{ExportPart, LinkExport};
use crate::model::{ArmType, WEB_VERSION, is_hazard};

pub(super) fn write(link: &LinkExport, part: ExportPart) -> String {
    let mut text = head(link, part);
    if part == ExportPart::Link {
        text += &backend(link);
    }
    text += &apis(link, part);
    text += &imports(link, part);
    let service = quoted_part(link.service.as_str());
    let _ = write!(
        text,
        "\noutput \"swa_apim_product_id\" {{\n  value = \"{service}/products/${{local.swa_apim_product}}\"\n}}\n"
    );
    text
}

fn head(link: &LinkExport, part: ExportPart) -> String {
    let azapi = match part {
        ExportPart::Link => {
            "    azapi = {\n      source  = \"Azure/azapi\"\n      version = \"~> 2.0\"\n    }\n"
        }
        ExportPart::Apis => "",
    };
    let (names, product) =
        (link.api_names().map(|name| format!("    {},\n", quoted(name))), quoted(&link.product));
    format!(
        "# {}.\n\
         # Azure creates the product, its subscription and its policy when the backend is connected, so they are not\n\
         # declared here. The configuration and its state contain no keys. Azure derives the name of the product from\n\
         # the hostname of the site.\n\n\
         terraform {{\n  required_version = \">= 1.5\"\n  required_providers {{\n{azapi}    azurerm = {{\n      \
         source  = \"hashicorp/azurerm\"\n      version = \">= 3.0\"\n    }}\n  }}\n}}\n\n\
         locals {{\n  swa_apim_product = {product}\n\n  \
         # The path of each API must begin with api.\n  swa_apim_apis = toset([\n{}  ])\n}}\n",
        link.title(part),
        names.collect::<String>()
    )
}

fn backend(link: &LinkExport) -> String {
    let (kind, parent) = (link.backend_type(), quoted(&parent(link)));
    let (name, service) = (quoted(&link.backend), quoted(link.service.as_str()));
    format!(
        "\nresource \"azapi_resource\" \"swa_apim_link\" {{\n  type      = \"{kind}@{WEB_VERSION}\"\n  \
         parent_id = {parent}\n  name      = {name}\n\n  body = {{\n    properties = {{\n      \
         backendResourceId = {service}\n    }}\n  }}\n\n  lifecycle {{\n    \
         # Azure returns a location that cannot be set. Without this, every plan would unlink and link again\n    \
         # (Azure/terraform-provider-azapi#629).\n    ignore_changes = [location]\n  }}\n}}\n"
    )
}

fn parent(link: &LinkExport) -> String {
    if link.is_production() {
        link.site.to_string()
    } else {
        format!("{}/{}/{}", link.site, ArmType::SiteEnvironment.collection(), link.environment)
    }
}

fn apis(link: &LinkExport, part: ExportPart) -> String {
    let (service, group) = (quoted(link.service.name()), quoted(link.service.group().unwrap_or_default()));
    let after = match part {
        ExportPart::Link => "\n  depends_on = [azapi_resource.swa_apim_link]\n",
        ExportPart::Apis => "",
    };
    format!(
        "\n# azurerm must be configured for the Azure subscription {}.\n\
         resource \"azurerm_api_management_product_api\" \"swa_apim\" {{\n  for_each = local.swa_apim_apis\n\n  \
         api_name            = each.value\n  product_id          = local.swa_apim_product\n  \
         api_management_name = {service}\n  resource_group_name = {group}\n{after}}}\n",
        super::one_line(link.service.azure_subscription())
    )
}

/// Returns `import` blocks for resources that exist, so that Terraform does not create them again.
fn imports(link: &LinkExport, part: ExportPart) -> String {
    let mut text = String::new();
    if link.is_linked && part == ExportPart::Link {
        let id =
            quoted(&format!("{}/linkedBackends/{}?api-version={WEB_VERSION}", parent(link), link.backend));
        let _ = write!(text, "\nimport {{\n  to = azapi_resource.swa_apim_link\n  id = {id}\n}}\n");
    }
    for api in link.apis.iter().filter(|api| api.is_in_product) {
        let id = quoted(&format!("{}/products/{}/apis/{}", link.service, link.product, api.name));
        let name = quoted(&api.name);
        let _ = write!(
            text,
            "\nimport {{\n  to = azurerm_api_management_product_api.swa_apim[{name}]\n  id = {id}\n}}\n"
        );
    }
    text
}

/// Returns a string literal.
fn quoted(text: &str) -> String {
    format!("\"{}\"", quoted_part(text))
}

/// Escapes a text for the inside of a string literal.
fn quoted_part(text: &str) -> String {
    let escape = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        c if is_hazard(c) && u32::from(c) > 0xffff => format!("\\U{:08x}", u32::from(c)),
        c if is_hazard(c) => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    let escaped: String = text.chars().map(escape).collect();
    // A pipeline that prints the file reads `##[` and `##vso[` as commands.
    let escaped = escaped.replace("##", "#\\u0023");
    // The first character of a template sequence is written as a number, since `$${` after another `$` is ambiguous.
    escaped.replace("${", "\\u0024{").replace("%{", "\\u0025{")
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_text_cannot_break_out_of_its_quotes() {
        assert_eq!(quoted("\"${x} %{if}\\ \n"), r#""\"\u0024{x} \u0025{if}\\ \n""#);
    }
}
