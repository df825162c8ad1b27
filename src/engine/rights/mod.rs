//! The permissions that a plan, or a verb with any plan, needs; and whether the caller has them.

mod need;
mod role;

pub use self::{
    need::{Certainty, Need, Scope, Verb},
    role::RoleDefinition,
};
use super::{Plan, Target};
use crate::{
    diagnosis::{Cure, Diagnose, Diagnosis, ExitCode, Hint},
    model::{Permissions, ResourceId},
    provider::{Grants, ProviderError},
};

/// The caller's permissions on the site and on the service.
#[derive(Clone, Debug)]
pub struct Rights {
    static_site: Permissions,
    service: Permissions,
}

impl Rights {
    /// Reads the caller's permissions; returns `None` if the control plane does not check permissions.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] if the control plane does not return the permissions.
    pub async fn read(plane: &dyn Grants, target: &Target) -> Result<Option<Self>, ProviderError> {
        let (site, service) = (target.site_environment.site(), &target.service);
        let (static_site, service) = tokio::try_join!(plane.permissions(&site), plane.permissions(service))?;
        Ok(static_site.zip(service).map(|(static_site, service)| Self { static_site, service }))
    }

    /// Combines the permissions on the site and on the service.
    #[must_use]
    pub fn of(static_site: Permissions, service: Permissions) -> Self {
        Self { static_site, service }
    }

    /// Returns the needs that are not met.
    #[must_use]
    pub fn lacks(&self, needs: impl IntoIterator<Item = Need>) -> Vec<Need> {
        needs.into_iter().filter(|need| !self.meet(*need)).collect()
    }

    fn meet(&self, need: Need) -> bool {
        match need.scope {
            Scope::StaticSite => self.static_site.allow(need.action),
            Scope::Service => self.service.allow(need.action),
        }
    }
}

/// The caller lacks permissions that a plan needs. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("you do not have the permissions that the plan needs: {listed}")]
pub struct MissingRights {
    /// The missing permissions: at least one.
    pub missing: Vec<Need>,
    listed: String,
    role: Hint,
}

impl MissingRights {
    fn new(missing: Vec<Need>, target: &Target) -> Self {
        Self { listed: listed(&missing, target), missing, role: role_to_grant(target) }
    }
}

impl Diagnose for MissingRights {
    fn diagnosis(&self) -> Diagnosis {
        Diagnosis::new(ExitCode::NotAuthorized).hint(self.role.clone())
    }
}

/// Returns the hint for missing permissions: the command that writes the role to grant.
pub(super) fn role_to_grant(target: &Target) -> Hint {
    let rest = " writes a role with the fewest permissions that are sufficient; a role assignment can take \
                several minutes to take effect";
    target.command(Cure::GrantRole).then(rest)
}

fn listed(missing: &[Need], target: &Target) -> String {
    let one = |need: &Need| format!("`{}` on `{}`", need.action, need.place(target).name());
    missing.iter().map(one).collect::<Vec<_>>().join(", ")
}

impl Need {
    /// Returns the resource on which the action must be allowed.
    #[must_use]
    pub fn place(&self, target: &Target) -> ResourceId {
        match self.scope {
            Scope::StaticSite => (*target.site_environment.site()).clone(),
            Scope::Service => (*target.service).clone(),
        }
    }
}

/// Checks that the caller has all permissions that a plan is known to need. Actions that Azure may require in addition
/// are not checked here.
///
/// # Errors
///
/// [`MissingRights`] with all missing permissions.
pub fn check_rights(plan: &Plan, rights: &Rights) -> Result<(), MissingRights> {
    let needs = Need::all_of_plan(plan).into_iter().filter(|need| need.certainty == Certainty::Known);
    let missing = rights.lacks(needs);
    if missing.is_empty() { Ok(()) } else { Err(MissingRights::new(missing, &plan.target)) }
}
