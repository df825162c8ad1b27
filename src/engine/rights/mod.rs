//! What the caller has to be allowed to do for a plan, or for a verb whatever its plan; and whether it is.

mod need;
mod role;

pub use self::{
    need::{Certainty, Need, Scope, Verb},
    role::RoleDefinition,
};
use super::{Plan, Target};
use crate::{
    diagnosis::{Diagnose, Diagnosis, ExitCode},
    model::{Permissions, ResourceId},
    provider::{Grants, ProviderError},
};

/// What the caller may do at the two ends of a link.
#[derive(Clone, Debug)]
pub struct Rights {
    static_site: Permissions,
    service: Permissions,
}

impl Rights {
    /// Asks what the caller may do; `None` where nobody is asked who is calling.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] if the control plane does not tell.
    pub async fn read(plane: &dyn Grants, target: &Target) -> Result<Option<Self>, ProviderError> {
        let (site, service) = (target.site_environment.site(), &target.service);
        let (static_site, service) = tokio::try_join!(plane.permissions(&site), plane.permissions(service))?;
        Ok(static_site.zip(service).map(|(static_site, service)| Self { static_site, service }))
    }

    /// What they may do, given apart.
    #[must_use]
    pub fn of(static_site: Permissions, service: Permissions) -> Self {
        Self { static_site, service }
    }

    /// Which of the needs they do not meet.
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

/// The caller may not do all that a plan needs. Nothing has been changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("you may not do what the plan needs: {listed}")]
pub struct MissingRights {
    /// What is missing: at least one need.
    pub missing: Vec<Need>,
    listed: String,
    doctor: String,
}

impl MissingRights {
    fn new(missing: Vec<Need>, target: &Target) -> Self {
        let doctor = target.command("doctor --check-rights --role-definition role.json");
        Self { listed: listed(&missing, target), missing, doctor }
    }
}

impl Diagnose for MissingRights {
    fn diagnosis(&self) -> Diagnosis {
        Diagnosis::new(ExitCode::NotAuthorized).hint(format!(
            "{} writes the least role that is enough; rights that were granted just now may take minutes",
            self.doctor
        ))
    }
}

fn listed(missing: &[Need], target: &Target) -> String {
    let one = |need: &Need| format!("`{}` on `{}`", need.action, need.place(target).name());
    missing.iter().map(one).collect::<Vec<_>>().join(", ")
}

impl Need {
    /// The resource in which the action has to be allowed.
    #[must_use]
    pub fn place(&self, target: &Target) -> ResourceId {
        match self.scope {
            Scope::StaticSite => (*target.site_environment.site()).clone(),
            Scope::Service => (*target.service).clone(),
        }
    }
}

/// Whether the caller may do all that a plan is known to need. What Azure only may ask for beyond that does
/// not count here.
///
/// # Errors
///
/// [`MissingRights`] with all that is missing.
pub fn check_rights(plan: &Plan, rights: &Rights) -> Result<(), MissingRights> {
    let needs = Need::all_of_plan(plan).into_iter().filter(|need| need.certainty == Certainty::Known);
    let missing = rights.lacks(needs);
    if missing.is_empty() { Ok(()) } else { Err(MissingRights::new(missing, &plan.target)) }
}
