//! Actions that a caller must be allowed to perform, in Azure's spelling.

use std::collections::BTreeSet;

use strum::VariantArray;

use crate::engine::{Plan, Provisioner, Step, Target};

/// One of the two resources on which a caller needs permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The static site.
    StaticSite,
    /// The API Management service.
    Service,
}

/// How certain it is that Azure requires an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// A request that this program sends needs it.
    Known,
    /// The resource provider may perform it on the caller's behalf; whether it does is not documented.
    Inferred,
}

/// An action that a caller must be allowed to perform in a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Need {
    /// The resource.
    pub scope: Scope,
    /// The action, as role definitions name it.
    pub action: &'static str,
    /// How certain it is that Azure requires the action.
    pub certainty: Certainty,
}

/// A command, by the permissions that it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, VariantArray)]
pub enum Verb {
    /// Read a link.
    Status,
    /// Read many links.
    Fleet,
    /// Read a link in detail.
    Doctor,
    /// Validate a link without changing it.
    DryRun,
    /// Create or repair a link.
    Link,
    /// Replace the keys of a link.
    Relink,
    /// Disconnect a link.
    Unlink,
    /// Disconnect a link and delete its leftovers.
    Purge,
    /// Read who changed a link, from the activity log.
    History,
}

impl Verb {
    /// Whether links can be created and repaired without it.
    #[must_use]
    pub fn is_extra(self) -> bool {
        match self {
            Self::Fleet | Self::DryRun | Self::Purge | Self::History => true,
            Self::Status | Self::Doctor | Self::Link | Self::Relink | Self::Unlink => false,
        }
    }

    /// Every verb, from the one that needs the fewest permissions.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Returns the command as the user types it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Fleet => "status --all",
            Self::Doctor => "doctor",
            Self::DryRun => "link --dry-run",
            Self::Link => "link",
            Self::Relink => "relink",
            Self::Unlink => "unlink",
            Self::Purge => "unlink --purge",
            Self::History => "history",
        }
    }
}

const READ: [Need; 9] = [
    at_site("Microsoft.Web/staticSites/read"),
    at_site("Microsoft.Web/staticSites/builds/linkedBackends/read"),
    at_service("Microsoft.ApiManagement/service/read"),
    at_service("Microsoft.ApiManagement/service/products/read"),
    at_service("Microsoft.ApiManagement/service/products/apis/read"),
    at_service("Microsoft.ApiManagement/service/apis/read"),
    at_service("Microsoft.ApiManagement/service/products/policies/read"),
    at_service("Microsoft.ApiManagement/service/products/subscriptions/read"),
    at_service("Microsoft.ApiManagement/service/subscriptions/listSecrets/action"),
];
const READ_ENVIRONMENT: Need = at_site("Microsoft.Web/staticSites/builds/read");
const READ_VERSION_SETS: Need = at_service("Microsoft.ApiManagement/service/apiVersionSets/read");
const READ_OPERATIONS: Need = at_service("Microsoft.ApiManagement/service/apis/operations/read");
const READ_PRODUCTS_OF_APIS: Need = at_service("Microsoft.ApiManagement/service/apis/products/read");
const READ_SUBSCRIPTION: Need = at_service("Microsoft.ApiManagement/service/subscriptions/read");
const VALIDATE: Need = at_site("Microsoft.Web/staticSites/builds/linkedBackends/validate/action");
const CONNECT: Need = at_site("Microsoft.Web/staticSites/builds/linkedBackends/write");
const DISCONNECT: Need = at_site("Microsoft.Web/staticSites/builds/linkedBackends/delete");
const PUT_PRODUCT: Need = at_service("Microsoft.ApiManagement/service/products/write");
const PUT_POLICY: Need = at_service("Microsoft.ApiManagement/service/products/policies/write");
const PUT_SUBSCRIPTION: Need = at_service("Microsoft.ApiManagement/service/subscriptions/write");
const ADD_API: Need = at_service("Microsoft.ApiManagement/service/products/apis/write");
const REMOVE_API: Need = at_service("Microsoft.ApiManagement/service/products/apis/delete");
const DELETE_SUBSCRIPTION: Need = at_service("Microsoft.ApiManagement/service/subscriptions/delete");
const DELETE_PRODUCT: Need = at_service("Microsoft.ApiManagement/service/products/delete");

/// The log is read with the subscription's or the resource group's address; a role that allows it there allows it on the
/// resources in it.
const READ_LOG: Need = at_service("Microsoft.Insights/eventtypes/values/Read");

const fn at_site(action: &'static str) -> Need {
    Need { scope: Scope::StaticSite, action, certainty: Certainty::Known }
}

const fn at_service(action: &'static str) -> Need {
    Need { scope: Scope::Service, action, certainty: Certainty::Known }
}

impl Need {
    /// Returns the permissions that a plan and the reads before and after it need. An action that is known to be needed
    /// is not listed as inferred too.
    #[must_use]
    pub fn all_of_plan(plan: &Plan) -> Vec<Self> {
        let steps = plan.steps.iter().flat_map(|planned| of_step(&planned.step, plan.target.provisioner));
        merged(reading(&plan.target).into_iter().chain(steps))
    }

    /// Returns the permissions that a verb may need on a target, in any state of the link.
    #[must_use]
    pub fn all_of_verb(verb: Verb, target: &Target) -> Vec<Self> {
        let needs = match verb {
            Verb::Status => Vec::new(),
            Verb::Fleet => vec![READ_PRODUCTS_OF_APIS, READ_SUBSCRIPTION],
            Verb::DryRun => vec![VALIDATE],
            Verb::Doctor => {
                vec![READ_ENVIRONMENT, READ_OPERATIONS, READ_PRODUCTS_OF_APIS, READ_VERSION_SETS]
            }
            Verb::Link => making(target),
            Verb::Relink => [making(target), rotating()].concat(),
            Verb::Unlink => vec![DISCONNECT],
            Verb::History => vec![READ_LOG, Need { scope: Scope::StaticSite, ..READ_LOG }],
            Verb::Purge => vec![DISCONNECT, READ_SUBSCRIPTION, DELETE_SUBSCRIPTION, DELETE_PRODUCT],
        };
        merged(reading(target).into_iter().chain(needs))
    }
}

/// Returns the permissions for reading a link.
fn reading(target: &Target) -> Vec<Need> {
    let environment = (!target.site_environment.is_production()).then_some(READ_ENVIRONMENT);
    let taken = (target.provisioner == Provisioner::Engine).then_some(READ_SUBSCRIPTION);
    READ.into_iter().chain(environment).chain(taken).collect()
}

/// Returns the permissions for creating a link, including those for disconnecting another backend and for setting keys
/// of a subscription that has none.
fn making(target: &Target) -> Vec<Need> {
    let mut needs = connecting(target.provisioner);
    needs.extend([DISCONNECT, PUT_SUBSCRIPTION, READ_SUBSCRIPTION]);
    needs.extend((!target.apis.is_empty()).then_some(ADD_API));
    if target.provisioner == Provisioner::Engine {
        needs.extend([PUT_PRODUCT, PUT_POLICY]);
    }
    needs
}

/// Returns the permissions for replacing keys. After a swap that is refused, the subscription is read to check whether
/// it has changed.
fn rotating() -> Vec<Need> {
    vec![PUT_SUBSCRIPTION, READ_SUBSCRIPTION, READ_OPERATIONS, READ_VERSION_SETS]
}

fn connecting(provisioner: Provisioner) -> Vec<Need> {
    let inferred = |need: Need| Need { certainty: Certainty::Inferred, ..need };
    match provisioner {
        Provisioner::Engine => vec![CONNECT],
        Provisioner::Service => {
            let made = [PUT_PRODUCT, PUT_POLICY, PUT_SUBSCRIPTION].map(inferred);
            std::iter::once(CONNECT).chain(made).collect()
        }
    }
}

fn of_step(step: &Step, provisioner: Provisioner) -> Vec<Need> {
    match step {
        Step::PutProduct { .. } => vec![PUT_PRODUCT],
        Step::PutPolicy { .. } => vec![PUT_POLICY],
        Step::PutSubscription { .. } | Step::SwapKeys { .. } | Step::RetireSecondary { .. } => {
            vec![PUT_SUBSCRIPTION, READ_SUBSCRIPTION]
        }
        Step::AddApi { .. } => vec![ADD_API],
        Step::RemoveApi { .. } => vec![REMOVE_API],
        Step::Connect { .. } => connecting(provisioner),
        Step::Disconnect { .. } => vec![DISCONNECT],
        Step::ProveKey { .. } => vec![READ_OPERATIONS, READ_VERSION_SETS],
        Step::Settle { .. } => Vec::new(),
        Step::DeleteSubscription { .. } => vec![DELETE_SUBSCRIPTION, READ_SUBSCRIPTION],
        Step::DeleteProduct { .. } => vec![DELETE_PRODUCT],
    }
}

/// Merges equal actions; a known need replaces an inferred one.
fn merged(needs: impl Iterator<Item = Need>) -> Vec<Need> {
    let all: BTreeSet<Need> = needs.collect();
    let known = |need: &Need| Need { certainty: Certainty::Known, ..*need };
    let doubled = |need: &&Need| need.certainty == Certainty::Inferred && all.contains(&known(need));
    all.iter().filter(|need| !doubled(need)).copied().collect()
}
