//! A link as infrastructure code: the linked backend, and the APIs in the product under its generated name.
//!
//! Resources that Azure creates when the backend is linked are not declared, so the code contains no keys.

mod apiops;
mod arm;
mod bicep;
mod terraform;

use std::fmt;

use strum::{EnumString, IntoStaticStr, VariantNames};

use crate::{
    diagnosis::{Diagnose, Diagnosis, ExitCode},
    engine::Verdict,
    model::{ArmType, LinkNames, PRODUCTION, PRODUCTION_BACKEND, ResourceId},
    report::{environment_name, one_line as shown_on_one_line},
};

/// A language of infrastructure code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "kebab-case", parse_err_ty = String, parse_err_fn = unknown)]
pub enum ExportFormat {
    /// Bicep, for a deployment to a resource group.
    Bicep,
    /// Terraform, with the azapi and azurerm providers.
    Terraform,
    /// An ARM template, for a deployment to a resource group.
    Arm,
    /// An `APIOps` configuration that excludes linked products from extraction and publishing.
    Apiops,
}

impl ExportFormat {
    /// Returns the format for the extension of a file name.
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "bicep" => Some(Self::Bicep),
            "tf" => Some(Self::Terraform),
            "json" => Some(Self::Arm),
            "yaml" | "yml" => Some(Self::Apiops),
            _ => None,
        }
    }
}

fn unknown(word: &str) -> String {
    format!("`{word}` is not an export format")
}

/// The part of a link that is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportPart {
    /// The linked backend, and the APIs if one deployment can contain both.
    Link,
    /// Only the APIs.
    Apis,
}

/// The data of a link that infrastructure code needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkExport {
    site: ResourceId,
    environment: String,
    service: ResourceId,
    backend: String,
    is_linked: bool,
    product: String,
    apim_subscription: Option<String>,
    apis: Vec<ExportedApi>,
}

/// An API that is in the product, or will be added to it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ExportedApi {
    name: String,
    is_in_product: bool,
}

/// Why a link cannot be exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The product's name follows from the hostname, which is unknown.
    #[error("the hostname of `{site}` is not known, but the ID of the product depends on it")]
    NoHostname {
        /// The id of the site.
        site: String,
    },
}

impl LinkExport {
    /// Returns the resource type of the linked backend in a template. That of production is a child of the site.
    fn backend_type(&self) -> &'static str {
        if self.is_production() { PRODUCTION_BACKEND } else { ArmType::LinkedBackend.name() }
    }
}

impl Diagnose for ExportError {
    fn diagnosis(&self) -> Diagnosis {
        match self {
            Self::NoHostname { .. } => {
                Diagnosis::new(ExitCode::Refused).hint("run `swa-apim status` to print the current state")
            }
        }
    }
}

impl LinkExport {
    /// Returns the exported data of a link: the APIs in its product, and `apis` in addition.
    ///
    /// # Errors
    ///
    /// [`ExportError`] if the site could not be read.
    pub fn of(verdict: &Verdict, apis: &[String]) -> Result<Self, ExportError> {
        let (observed, target) = (&verdict.observed, &verdict.observed.target);
        let site = target.site_environment.site();
        let hostname = observed.names.as_ref().map(LinkNames::hostname);
        let hostname = hostname.ok_or_else(|| ExportError::NoHostname { site: site.to_string() })?;
        let backend = observed.own_backend();
        // Links that were read from lists of resources do not contain the name of the backend.
        let backend_name = backend.filter(|_| observed.is_whole()).map(|seen| seen.view.id.name());
        Ok(Self {
            site: (*site).clone(),
            environment: environment_name(observed),
            service: (*target.service).clone(),
            backend: backend_name.unwrap_or_else(|| target.service.name()).to_owned(),
            is_linked: backend.is_some(),
            product: hostname.first_label().to_owned(),
            apim_subscription: observed.subscription().map(|seen| seen.view.id.name().to_owned()),
            apis: exported_apis(verdict, apis),
        })
    }

    /// Returns the link in a language.
    #[must_use]
    pub fn write(&self, format: ExportFormat, part: ExportPart) -> String {
        match format {
            ExportFormat::Bicep => bicep::write(self, part),
            ExportFormat::Terraform => terraform::write(self, part),
            ExportFormat::Arm => arm::write(self, part),
            ExportFormat::Apiops => apiops::write(std::slice::from_ref(self)),
        }
    }

    /// Returns the `APIOps` configuration that excludes the products of several links.
    #[must_use]
    pub fn ignore_list(links: &[Self]) -> String {
        apiops::write(links)
    }

    /// Whether the site and the service are in the same resource group, so that one deployment can change both.
    #[must_use]
    pub fn is_in_one_group(&self) -> bool {
        let same =
            |a: Option<&str>, b: Option<&str>| a.zip(b).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b));
        let azure_subscriptions = (self.site.azure_subscription(), self.service.azure_subscription());
        same(self.site.group(), self.service.group())
            && same(Some(azure_subscriptions.0), Some(azure_subscriptions.1))
    }

    /// Whether an export of this part contains the APIs.
    fn has_apis(&self, part: ExportPart) -> bool {
        part == ExportPart::Apis || self.is_in_one_group()
    }

    fn is_production(&self) -> bool {
        self.environment == PRODUCTION
    }

    fn api_names(&self) -> impl Iterator<Item = &str> {
        self.apis.iter().map(|api| api.name.as_str())
    }

    /// Returns the title of the export, for its first line.
    fn title(&self, part: ExportPart) -> String {
        let (site, service) = (self.site.name(), self.service.name());
        one_line(match part {
            ExportPart::Link => format!("The link of the static web app `{site}` to the service `{service}`"),
            ExportPart::Apis => {
                format!("The APIs that the static web app `{site}` can call in the service `{service}`")
            }
        })
    }
}

/// Returns the `wanted` APIs, followed by the other APIs in the product.
fn exported_apis(verdict: &Verdict, wanted: &[String]) -> Vec<ExportedApi> {
    let observed = &verdict.observed;
    let product = || observed.product.iter().flat_map(|_| &observed.product_apis);
    let present = || product().map(|api| api.id.name());
    let is_in_product = |name: &str| present().any(|api| api.eq_ignore_ascii_case(name));
    let is_wanted = |name: &str| wanted.iter().any(|api| api.eq_ignore_ascii_case(name));
    let others = present().filter(|name| !is_wanted(name));
    let all = wanted.iter().map(String::as_str).chain(others);
    all.map(|name| ExportedApi { name: name.to_owned(), is_in_product: is_in_product(name) }).collect()
}

/// Returns a text that is safe in a one-line comment.
fn one_line(text: impl fmt::Display) -> String {
    shown_on_one_line(&text.to_string()).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::is_hazard;

    const GROUP: &str = "/subscriptions/s/resourceGroups/r/providers";

    /// Returns a link with `text` from another party in every field that is not an ID.
    fn hostile(text: &str, environment: &str) -> LinkExport {
        let id = |path: &str| ResourceId::parse(&format!("{GROUP}/{path}")).unwrap();
        let api = |is_in_product| ExportedApi { name: text.to_owned(), is_in_product };
        LinkExport {
            site: id("Microsoft.Web/staticSites/shop"),
            environment: environment.to_owned(),
            service: id("Microsoft.ApiManagement/service/gate"),
            backend: text.to_owned(),
            is_linked: true,
            product: text.to_owned(),
            apim_subscription: Some(text.to_owned()),
            apis: vec![api(true), api(false)],
        }
    }

    proptest! {
        #[test]
        fn no_name_steers_a_terminal_or_a_pipeline_that_prints_an_export(
            text in "(?s)([\u{1b}\u{9b}\u{202e}\u{200b}\r\n\t'\"$%{}#:\\[\\]]|\n *::|##vso\\[|##\\[|.){0,30}"
        ) {
            for environment in [PRODUCTION, &text] {
                for name in ExportFormat::VARIANTS {
                    let format = name.parse().unwrap();
                    for part in [ExportPart::Link, ExportPart::Apis] {
                        let written = hostile(&text, environment).write(format, part);
                        prop_assert!(written.chars().all(|c| c == '\n' || !is_hazard(c)), "{name}: {written:?}");
                        prop_assert!(!written.contains("##"), "{name}: {written:?}");
                        let is_command = |line: &str| line.trim_start().starts_with("::");
                        prop_assert!(!written.lines().any(is_command), "{name}: {written:?}");
                    }
                }
            }
        }
    }
}
