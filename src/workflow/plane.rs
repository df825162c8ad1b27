//! The control plane of an env, as far as the command line has to tell them apart.

use std::{fmt, path::PathBuf, sync::Arc};

use crate::{
    config::EnvSettings,
    model::ResourceId,
    provider::{ControlPlane, arm::ArmControlPlane, json::JsonControlPlane},
};

/// A control plane of one kind or the other.
#[derive(Clone, Debug)]
pub(crate) enum Plane {
    /// A model in a file.
    Model(Arc<JsonControlPlane>),
    /// Azure Resource Manager.
    Azure(Arc<ArmControlPlane>),
}

impl AsRef<dyn ControlPlane> for Plane {
    fn as_ref(&self) -> &(dyn ControlPlane + 'static) {
        match self {
            Self::Model(plane) => plane.as_ref(),
            Self::Azure(plane) => plane.as_ref(),
        }
    }
}

impl Plane {
    /// Where it is.
    pub(crate) fn place(&self) -> Place {
        match self {
            Self::Model(plane) => Place::Model(plane.path().map(PathBuf::from).unwrap_or_default()),
            Self::Azure(plane) => {
                Place::Azure(plane.endpoint().base().as_str().trim_end_matches('/').to_owned())
            }
        }
    }

    /// Whether it is Azure, where others write at the same time and nothing is taken back.
    pub(crate) fn is_azure(&self) -> bool {
        matches!(self, Self::Azure(_))
    }
}

/// Where a control plane is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// The file of a model.
    Model(PathBuf),
    /// The address of Azure Resource Manager.
    Azure(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model(path) => path.display().fmt(f),
            Self::Azure(address) => address.fmt(f),
        }
    }
}

/// The Azure subscription of an env, if it names one or gives the full id of its site.
pub(crate) fn subscription_of(env: &EnvSettings) -> Option<String> {
    let named = env.subscription.as_ref().map(|given| given.value.clone());
    named.or_else(|| {
        let id = super::select::id_in(&env.static_web_app.value)?;
        ResourceId::parse(&id).ok().map(|id| id.azure_subscription().to_owned())
    })
}
