//! A link as Bicep.

use std::fmt::Write as _;

use super::{ExportPart, LinkExport, one_line};
use crate::model::{API_MANAGEMENT_VERSION, ArmType, WEB_VERSION, is_hazard};

pub(super) fn write(link: &LinkExport, part: ExportPart) -> String {
    let mut text = head(link, part);
    if link.has_apis(part) {
        let names = link.api_names().map(|name| format!("  {}\n", quoted(name)));
        let _ = write!(
            text,
            "\n@description('The APIs that the site can call; their paths must begin with api')\nparam apis \
             array = [\n{}]\n",
            names.collect::<String>()
        );
    }
    if part == ExportPart::Link {
        text += &backend(link);
    }
    text += &product(link, part);
    text
}

fn head(link: &LinkExport, part: ExportPart) -> String {
    let group = match part {
        ExportPart::Link => link.site.group(),
        ExportPart::Apis => link.service.group(),
    };
    let group = one_line(group.unwrap_or_default());
    let mut text = format!("// {}.\n// Deploy it to the resource group `{group}`.\n", link.title(part));
    text += "// Azure creates the product, its subscription and its policy when the backend is connected, so \
             they are\n// not declared here. The template contains no keys. Azure derives the name of the \
             product from the\n// hostname of the site.\n";
    if !link.has_apis(part) {
        text += "// The service is in another resource group; deploy the output of `swa-apim export \
                 --apis-only` there.\n";
    }
    text
}

fn backend(link: &LinkExport) -> String {
    let (site, service) = (quoted(link.site.name()), quoted(link.service.as_str()));
    let name = quoted(&link.backend);
    let site_type = ArmType::StaticSite.name();
    let mut text = format!("\nresource site '{site_type}@{WEB_VERSION}' existing = {{\n  name: {site}\n}}\n");
    let parent = if link.is_production() {
        "site"
    } else {
        let environment_type = ArmType::SiteEnvironment.name();
        let environment = quoted(&link.environment);
        let _ = write!(
            text,
            "\nresource environment '{environment_type}@{WEB_VERSION}' existing = {{\n  \
             parent: site\n  name: {environment}\n}}\n"
        );
        "environment"
    };
    let kind = link.backend_type();
    let _ = write!(
        text,
        "\nresource linkedBackend '{kind}@{WEB_VERSION}' = {{\n  parent: {parent}\n  name: {name}\n  \
         properties: {{\n    backendResourceId: {service}\n  }}\n}}\n"
    );
    text
}

fn product(link: &LinkExport, part: ExportPart) -> String {
    let (service, product) = (quoted(link.service.name()), quoted(&link.product));
    let scope = if link.has_apis(part) {
        String::new()
    } else {
        let azure_subscription = quoted(link.service.azure_subscription());
        let group = quoted(link.service.group().unwrap_or_default());
        format!("  scope: resourceGroup({azure_subscription}, {group})\n")
    };
    let [service_type, product_type, assignment_type] =
        [ArmType::ApimService, ArmType::Product, ArmType::ProductApi].map(ArmType::name);
    let mut text = format!(
        "\nresource apim '{service_type}@{API_MANAGEMENT_VERSION}' existing = {{\n  name: {service}\n{scope}}}\n\
         \nresource product '{product_type}@{API_MANAGEMENT_VERSION}' existing = {{\n  \
         parent: apim\n  name: {product}\n}}\n"
    );
    if link.has_apis(part) {
        let after = match part {
            ExportPart::Link => "  dependsOn: [\n    linkedBackend\n  ]\n",
            ExportPart::Apis => "",
        };
        let _ = write!(
            text,
            "\nresource productApis '{assignment_type}@{API_MANAGEMENT_VERSION}' = \
             [for api in apis: {{\n  parent: product\n  name: api\n{after}}}]\n"
        );
    }
    text + "\noutput productId string = product.id\noutput productName string = product.name\n"
}

/// Returns a string literal.
fn quoted(text: &str) -> String {
    let escape = |c: char| match c {
        // Every `$` is escaped, since `${` starts an expression.
        '\'' | '\\' | '$' => format!("\\{c}"),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        c if is_hazard(c) => format!("\\u{{{:x}}}", u32::from(c)),
        c => c.to_string(),
    };
    // A pipeline that prints the file reads `##[` and `##vso[` as commands.
    format!("'{}'", text.chars().map(escape).collect::<String>().replace("##", "#\\u{23}"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_text_cannot_break_out_of_its_quotes() {
        assert_eq!(quoted("it's ${x} \\ \n"), r"'it\'s \${x} \\ \n'");
    }
}
