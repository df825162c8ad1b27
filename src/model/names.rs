//! The names of the resources of a link, all derived from the site's hostname.

use std::fmt;

use super::{ApimServiceId, InvalidId, ProductId};

/// A DNS hostname in lower case, such as a static site's default hostname.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hostname(String);

/// A text that is not a hostname.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a hostname")]
pub struct InvalidHostname(String);

impl Hostname {
    /// Parses a hostname.
    ///
    /// # Errors
    ///
    /// [`InvalidHostname`] unless the text consists of dot-separated labels of letters, digits and hyphens.
    pub fn parse(text: &str) -> Result<Self, InvalidHostname> {
        let label_fits = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        if text.len() > 253 || !text.split('.').all(label_fits) {
            return Err(InvalidHostname(text.to_owned()));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// Returns the hostname as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the first DNS label.
    #[must_use]
    pub fn first_label(&self) -> &str {
        self.0.split('.').next().unwrap_or_default()
    }

    /// Whether Azure may have generated this hostname for a preview environment of the site with the default hostname
    /// `site`: Azure appends the environment's name to the site's first label. Always `true` for hostnames that Azure
    /// does not generate, such as custom domains.
    #[must_use]
    pub fn may_be_preview_of(&self, site: &Self) -> bool {
        let behind = self.first_label().strip_prefix(site.first_label());
        !self.0.contains(".azurestaticapps.") || behind.is_some_and(|rest| rest.starts_with('-'))
    }
}

impl fmt::Display for Hostname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const DISPLAY_NAME: (&str, &str) = ("Azure Static Web Apps - ", " (Linked)");

/// The names of the product and the subscription of a site's link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkNames {
    hostname: Hostname,
}

impl LinkNames {
    /// Returns the names that are derived from a site environment's hostname.
    #[must_use]
    pub fn of(hostname: Hostname) -> Self {
        Self { hostname }
    }

    /// Returns the hostname that the names are derived from.
    #[must_use]
    pub fn hostname(&self) -> &Hostname {
        &self.hostname
    }

    /// Returns the display name of the product, which the subscription has too.
    #[must_use]
    pub fn display_name(&self) -> String {
        let (before, after) = DISPLAY_NAME;
        format!("{before}{}{after}", self.hostname)
    }

    /// Returns the display name truncated to 100 characters, the maximum of an API Management subscription.
    #[must_use]
    pub fn subscription_display_name(&self) -> String {
        self.display_name().chars().take(100).collect()
    }

    /// Whether a subscription's display name is one that linking gives. Azure's documentation gives two different
    /// names, so both are accepted, in full and truncated to 100 characters, the maximum of a subscription's display
    /// name.
    #[must_use]
    pub fn names_subscription(&self, display_name: &str) -> bool {
        let generated =
            format!("Generated for Static Web Apps resource with default hostname: {}", self.hostname);
        display_name == self.subscription_display_name()
            || display_name == self.display_name()
            || display_name == generated
            || display_name == generated.chars().take(100).collect::<String>()
    }

    /// Returns the id of the link's product in a service.
    ///
    /// # Errors
    ///
    /// [`InvalidId::Name`] if the hostname's first label is not allowed in an id.
    pub fn product(&self, service: &ApimServiceId) -> Result<ProductId, InvalidId> {
        service.product(self.hostname.first_label())
    }

    /// Returns the issuer of the tokens that the site signs.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("https://{}/.auth", self.hostname)
    }
}

/// Returns the hostname of the site that a product was created for, if its display name contains it.
#[must_use]
pub fn linked_hostname(display_name: &str) -> Option<Hostname> {
    let (before, after) = DISPLAY_NAME;
    let hostname = display_name.strip_prefix(before)?.strip_suffix(after)?;
    Hostname::parse(hostname).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> LinkNames {
        LinkNames::of(Hostname::parse("Agreeable-Smoke-06273c21e.5.azurestaticapps.net").unwrap())
    }

    #[test]
    fn the_product_is_the_first_label_of_the_hostname() {
        let service = ApimServiceId::parse(
            "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a",
        )
        .unwrap();
        assert_eq!(names().product(&service).unwrap().name(), "agreeable-smoke-06273c21e");
    }

    #[test]
    fn a_display_name_leads_back_to_its_hostname() {
        assert_eq!(linked_hostname(&names().display_name()).as_ref(), Some(names().hostname()));
        assert_eq!(linked_hostname("Starter"), None);
    }

    #[test]
    fn both_documented_display_names_of_the_subscription_are_known() {
        let names = names();
        assert!(names.names_subscription(&names.display_name()));
        assert!(names.names_subscription(&format!(
            "Generated for Static Web Apps resource with default hostname: {}",
            names.hostname()
        )));
        assert!(names.names_subscription(
            "Generated for Static Web Apps resource with default hostname: agreeable-smoke-06273c21e.5.azurestati"
        ));
        assert!(!names.names_subscription("Generated for Static Web Apps resource"));
        assert!(!names.names_subscription(""));
    }

    #[test]
    fn the_label_of_a_hostname_shows_that_it_is_a_preview() {
        let host = |text: &str| Hostname::parse(text).unwrap();
        let site = host("calm-sea-0a1.5.azurestaticapps.net");
        assert!(host("calm-sea-0a1-stage.eastasia.5.azurestaticapps.net").may_be_preview_of(&site));
        assert!(!host("calm-sea-0a1x.5.azurestaticapps.net").may_be_preview_of(&site));
        assert!(host("stage.example").may_be_preview_of(&site), "Azure does not generate it");
    }
}
