//! The control plane of a link, and how its two kinds differ. No other module distinguishes them.

use std::{fmt, path::PathBuf, sync::Arc};

use crate::{
    config::{EnvSettings, ProviderKind, Provisioning},
    engine::{Grace, Propagation, Provisioner},
    model::ResourceId,
    provider::{
        ActivityLog, ControlPlane, Readable, WriteAccess, arm::ArmControlPlane, json::JsonControlPlane,
    },
};

/// A control plane of either kind.
#[derive(Clone, Debug)]
pub enum Plane {
    /// A model in a file.
    Model(Arc<JsonControlPlane>),
    /// Azure Resource Manager.
    Azure(Arc<ArmControlPlane>),
}

/// A plane is given for reading. [`Plane::for_changes`] gives one that writes.
impl AsRef<dyn Readable> for Plane {
    fn as_ref(&self) -> &(dyn Readable + 'static) {
        match self {
            Self::Model(plane) => plane.as_ref(),
            Self::Azure(plane) => plane.as_ref(),
        }
    }
}

impl Plane {
    /// The control plane for a use case that changes it.
    #[must_use]
    pub fn for_changes(&self, _: WriteAccess) -> &(dyn ControlPlane + 'static) {
        match self {
            Self::Model(plane) => plane.as_ref(),
            Self::Azure(plane) => plane.as_ref(),
        }
    }

    /// The location of the control plane.
    #[must_use]
    pub fn place(&self) -> PlaneLocation {
        match self {
            Self::Model(plane) => PlaneLocation::Model(plane.path().map(PathBuf::from).unwrap_or_default()),
            Self::Azure(plane) => {
                PlaneLocation::Azure(plane.endpoint().base().as_str().trim_end_matches('/').to_owned())
            }
        }
    }

    /// Whether it is Azure, where other clients write at the same time, each change is applied by itself, and a change
    /// takes time to propagate. A model has transactions, and serves no requests.
    #[must_use]
    pub fn is_azure(&self) -> bool {
        self.azure().is_some()
    }

    /// The kind of the control plane, as the configuration calls it.
    pub(super) fn kind(&self) -> ProviderKind {
        match self {
            Self::Model(_) => ProviderKind::Json,
            Self::Azure(_) => ProviderKind::Arm,
        }
    }

    /// The Azure control plane, if it is that.
    #[must_use]
    pub fn azure(&self) -> Option<&Arc<ArmControlPlane>> {
        match self {
            Self::Model(_) => None,
            Self::Azure(plane) => Some(plane),
        }
    }

    /// The log of changes, if the control plane keeps one.
    #[must_use]
    pub fn activity_log(&self) -> Option<&dyn ActivityLog> {
        self.azure().map(|plane| -> &dyn ActivityLog { plane.as_ref() })
    }

    /// How long a change takes to propagate on this control plane.
    pub(super) fn propagation(&self) -> Propagation {
        if self.is_azure() { Propagation::Eventual(Grace::default()) } else { Propagation::Immediate }
    }

    /// Who creates the parts of a link, according to the setting of an env.
    pub(super) fn provisioner(provisioning: Provisioning) -> Provisioner {
        match provisioning {
            Provisioning::Engine => Provisioner::Engine,
            Provisioning::Service => Provisioner::Service,
        }
    }
}

/// The location of a control plane.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlaneLocation {
    /// The file of a model.
    Model(PathBuf),
    /// The address of Azure Resource Manager.
    Azure(String),
}

impl fmt::Display for PlaneLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model(path) => path.display().fmt(f),
            Self::Azure(address) => address.fmt(f),
        }
    }
}

/// The Azure subscription of an env, if it has one or specifies the full id of its site.
pub(super) fn subscription_of(env: &EnvSettings) -> Option<String> {
    let named = env.azure_subscription.as_ref().map(|given| given.value.clone());
    named.or_else(|| {
        let id = super::given::id_in(&env.static_web_app.value)?;
        ResourceId::parse(&id).ok().map(|id| id.azure_subscription().to_owned())
    })
}
