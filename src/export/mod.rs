//! A link as infrastructure code: the linked backend, and the APIs in a product whose name nobody has to guess.
//!
//! What Azure makes when the backend is connected is not declared, so no key can be in it.

mod apiops;
mod arm;
mod bicep;
mod terraform;

use std::{fmt, str::FromStr};

use crate::{
    diagnosis::{Diagnose, Diagnosis, ExitCode},
    engine::Verdict,
    model::{LinkNames, PRODUCTION, ResourceId},
    report::{environment_name, one_line as shown_on_one_line},
};

/// The version of `Microsoft.Web` that exports declare.
const WEB_VERSION: &str = "2024-04-01";
/// The version of `Microsoft.ApiManagement` that exports declare.
const APIM_VERSION: &str = "2024-05-01";

/// A language that a link can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// Bicep, for a deployment to a resource group.
    Bicep,
    /// Terraform, with the providers azapi and azurerm.
    Terraform,
    /// An ARM template, for a deployment to a resource group.
    Arm,
    /// What keeps linked products out of what `APIOps` extracts and publishes.
    Apiops,
}

impl ExportFormat {
    /// Every format by its name.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("bicep", Self::Bicep),
        ("terraform", Self::Terraform),
        ("arm", Self::Arm),
        ("apiops", Self::Apiops),
    ];

    /// The format that a file's name ends with.
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

impl FromStr for ExportFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::NAMES.iter().find(|(name, _)| *name == text);
        found.map(|(_, format)| *format).ok_or_else(|| format!("there is no export as `{text}`"))
    }
}

/// How much of a link is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportPart {
    /// The linked backend, and the APIs where one deployment can hold both.
    Link,
    /// The APIs alone.
    Apis,
}

/// What infrastructure code has to know of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkExport {
    site: ResourceId,
    environment: String,
    service: ResourceId,
    backend: String,
    is_linked: bool,
    product: String,
    subscription: Option<String>,
    apis: Vec<ExportedApi>,
}

/// An API that is, or is to be, in the product.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ExportedApi {
    name: String,
    is_in_product: bool,
}

/// Why a link cannot be exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The product's name follows from the hostname, which is not known.
    #[error("the hostname of `{site}` is not known, and the product's name follows from it")]
    NoHostname {
        /// The site's id.
        site: String,
    },
}

impl Diagnose for ExportError {
    fn diagnosis(&self) -> Diagnosis {
        match self {
            Self::NoHostname { .. } => {
                Diagnosis::new(ExitCode::Refused).hint("run `swa-apim status` to see what is there")
            }
        }
    }
}

impl LinkExport {
    /// What is to be written of a link. Besides the APIs that are in its product, `apis` are to be.
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
        // A link that is read by page is not told the name of its backend.
        let backend_name = backend.filter(|_| observed.is_whole()).map(|seen| seen.view.id.name());
        Ok(Self {
            site: (*site).clone(),
            environment: environment_name(observed),
            service: (*target.service).clone(),
            backend: backend_name.unwrap_or_else(|| target.service.name()).to_owned(),
            is_linked: backend.is_some(),
            product: hostname.first_label().to_owned(),
            subscription: observed.subscription().map(|seen| seen.view.id.name().to_owned()),
            apis: exported_apis(verdict, apis),
        })
    }

    /// The link in a language.
    #[must_use]
    pub fn write(&self, format: ExportFormat, part: ExportPart) -> String {
        match format {
            ExportFormat::Bicep => bicep::write(self, part),
            ExportFormat::Terraform => terraform::write(self, part),
            ExportFormat::Arm => arm::write(self, part),
            ExportFormat::Apiops => apiops::write(std::slice::from_ref(self)),
        }
    }

    /// What keeps the products of several links out of `APIOps`.
    #[must_use]
    pub fn ignore_list(links: &[Self]) -> String {
        apiops::write(links)
    }

    /// Whether site and service are in one resource group, so that one deployment can change both.
    #[must_use]
    pub fn is_in_one_group(&self) -> bool {
        let same =
            |a: Option<&str>, b: Option<&str>| a.zip(b).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b));
        let subscriptions = (self.site.azure_subscription(), self.service.azure_subscription());
        same(self.site.group(), self.service.group()) && same(Some(subscriptions.0), Some(subscriptions.1))
    }

    /// Whether an export of this part is to have the APIs in it.
    fn has_apis(&self, part: ExportPart) -> bool {
        part == ExportPart::Apis || self.is_in_one_group()
    }

    fn is_production(&self) -> bool {
        self.environment == PRODUCTION
    }

    fn api_names(&self) -> impl Iterator<Item = &str> {
        self.apis.iter().map(|api| api.name.as_str())
    }

    /// What the export is, in a line for its head.
    fn title(&self, part: ExportPart) -> String {
        let (site, service) = (self.site.name(), self.service.name());
        one_line(match part {
            ExportPart::Link => format!("The link of the static web app `{site}` to the service `{service}`"),
            ExportPart::Apis => {
                format!("What the static web app `{site}` can reach in the service `{service}`")
            }
        })
    }
}

/// Those that are to be in the product first, then others that are in it.
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

/// A text as it can stand in a comment.
fn one_line(text: impl fmt::Display) -> String {
    shown_on_one_line(&text.to_string()).into_owned()
}
