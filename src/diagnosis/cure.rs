//! Commands of this program as values: what resolves a finding or a failure.

/// A command of this program. The command line renders it; no other part of the program writes command lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cure {
    /// Creates the link, or repairs it.
    Link,
    /// Creates the link, and disconnects another backend first.
    LinkReplacing,
    /// Creates the link with a product that is not proven to be the link's.
    LinkAdopting,
    /// Repairs the link, and replaces its keys.
    Relink,
    /// Repairs the link with a product that is not proven to be the link's, and replaces its keys.
    RelinkAdopting,
    /// Disconnects the site.
    Unlink,
    /// Disconnects the site, and deletes the product and the subscription.
    Purge,
    /// Prints the state of the link.
    Status,
    /// Examines the link hop by hop.
    Doctor,
    /// Prints the permissions that the caller lacks.
    CheckRights,
    /// Writes the role that the caller needs.
    GrantRole,
    /// Prints the APIs of the service, and which of them are in the link's product.
    ListApis,
    /// Adds APIs to the link's product, by their names in the service.
    AddApis(Vec<String>),
    /// Removes APIs from the link's product, by their names in the service.
    RemoveApis(Vec<String>),
    /// Deletes the products that links left behind in a service.
    Prune,
    /// Prints the products of every service.
    AuditServices,
    /// Applies a saved plan: its file, or `-` for standard input.
    Apply(String),
    /// Prints the resources of a model.
    ExportModel,
    /// Adds an env to the configuration.
    AddEnv,
    /// Writes the files of the sample: a configuration and a model.
    InitSample,
    /// Creates a model from the resources in a file; `-` is standard input.
    ImportModel(Option<String>),
}

/// The options that select the resources of a command, in the order in which they are written. It is empty if the command
/// needs none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection(Vec<(&'static str, Option<String>)>);

impl Selection {
    /// Selects a service by its name or its ARM id.
    #[must_use]
    pub fn of_service(service: impl Into<String>) -> Self {
        Self::default().with("--apim", service)
    }

    /// Selects the link of a site and a service by their ARM ids.
    #[must_use]
    pub fn of_link(site: impl Into<String>, service: impl Into<String>) -> Self {
        Self::default().with("--static-web-app", site).with("--apim", service)
    }

    /// Adds an option with a value.
    #[must_use]
    pub fn with(mut self, option: &'static str, value: impl Into<String>) -> Self {
        self.0.push((option, Some(value.into())));
        self
    }

    /// Adds an option without a value.
    #[must_use]
    pub fn with_switch(mut self, option: &'static str) -> Self {
        self.0.push((option, None));
        self
    }

    /// Adds the options of another selection that this one lacks.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        let missing = other.0.iter().filter(|(option, _)| self.0.iter().all(|(known, _)| known != option));
        let missing: Vec<_> = missing.cloned().collect();
        self.0.extend(missing);
        self
    }

    /// Returns each option with its value.
    pub fn options(&self) -> impl Iterator<Item = (&'static str, Option<&str>)> {
        self.0.iter().map(|(option, value)| (*option, value.as_deref()))
    }
}
