//! The settings of one env.

use std::{path::PathBuf, time::Duration};

use super::{Cloud, ProviderKind, Provisioning, Source, Sourced};

/// All settings of a command's target, and where each value is from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EnvSettings {
    /// The name of the env.
    pub name: String,
    /// Where the env is from: a file, the sample, or flags.
    pub at: Source,
    /// The static web app, by name or id.
    pub static_web_app: Sourced<String>,
    /// The API Management service, by name or id.
    pub apim: Sourced<String>,
    /// The resource group of the resources that are specified by name.
    pub resource_group: Option<Sourced<String>>,
    /// The Azure subscription of the resources that are specified by name.
    pub azure_subscription: Option<Sourced<String>>,
    /// The environment of the site; `default` is production.
    pub site_environment: Sourced<String>,
    /// The APIs to keep in the link's product, without duplicates.
    pub apis: Vec<String>,
    /// The age above which keys are reported as too old.
    pub max_key_age: Option<Duration>,
    /// The control plane.
    pub provider: Sourced<ProviderKind>,
    /// The file of the JSON model.
    pub model: Sourced<PathBuf>,
    /// The cloud, which applies if there is no endpoint.
    pub cloud: Sourced<Cloud>,
    /// The address of Azure Resource Manager, if it is not that of the cloud.
    pub endpoint: Option<Sourced<String>>,
    /// Who creates the parts of a link.
    pub provisioning: Sourced<Provisioning>,
}
