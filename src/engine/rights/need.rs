//! Actions that a caller has to be allowed, in Azure's own words.

use std::collections::BTreeSet;

use crate::engine::{Plan, Provisioner, Step, Target};

/// One of the two resources in which a caller needs rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The static site.
    StaticSite,
    /// The API Management service.
    Service,
}

/// How sure it is that Azure asks for an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// A request that this program sends needs it.
    Known,
    /// The resource provider may do it in the caller's name; whether it does is not documented.
    Inferred,
}

/// An action that a caller has to be allowed in a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Need {
    /// Where.
    pub scope: Scope,
    /// The action, as roles name it.
    pub action: &'static str,
    /// How sure it is.
    pub certainty: Certainty,
}

/// What a caller may want to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Look.
    Status,
    /// Look at many.
    Fleet,
    /// Look closely.
    Doctor,
    /// Ask Azure whether it would link.
    DryRun,
    /// Link.
    Link,
    /// Relink.
    Relink,
    /// Unlink.
    Unlink,
    /// Unlink, and delete what is left.
    Purge,
}

impl Verb {
    /// Whether links can be made and kept without it.
    #[must_use]
    pub fn is_extra(self) -> bool {
        match self {
            Self::Fleet | Self::DryRun | Self::Purge => true,
            Self::Status | Self::Doctor | Self::Link | Self::Relink | Self::Unlink => false,
        }
    }

    /// Every verb, from the one that needs least.
    pub const ALL: [Self; 8] = [
        Self::Status,
        Self::Fleet,
        Self::Doctor,
        Self::DryRun,
        Self::Link,
        Self::Relink,
        Self::Unlink,
        Self::Purge,
    ];

    /// The command, as it is typed.
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
const RETIRE: Need =
    at_service("Microsoft.ApiManagement/service/subscriptions/regenerateSecondaryKey/action");
const DELETE_SUBSCRIPTION: Need = at_service("Microsoft.ApiManagement/service/subscriptions/delete");
const DELETE_PRODUCT: Need = at_service("Microsoft.ApiManagement/service/products/delete");

const fn at_site(action: &'static str) -> Need {
    Need { scope: Scope::StaticSite, action, certainty: Certainty::Known }
}

const fn at_service(action: &'static str) -> Need {
    Need { scope: Scope::Service, action, certainty: Certainty::Known }
}

impl Need {
    /// What a plan needs, and the reading before and after it. An action that is sent for is not inferred as
    /// well.
    #[must_use]
    pub fn all_of_plan(plan: &Plan) -> Vec<Self> {
        let steps = plan.steps.iter().flat_map(|planned| of_step(&planned.step, plan.target.provisioner));
        merged(reading(&plan.target).into_iter().chain(steps))
    }

    /// What a verb may need on a target, whatever is there.
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
            Verb::Purge => vec![DISCONNECT, READ_SUBSCRIPTION, DELETE_SUBSCRIPTION, DELETE_PRODUCT],
        };
        merged(reading(target).into_iter().chain(needs))
    }
}

/// What looking at a link takes.
fn reading(target: &Target) -> Vec<Need> {
    let environment = (!target.site_environment.is_production()).then_some(READ_ENVIRONMENT);
    let taken = (target.provisioner == Provisioner::Engine).then_some(READ_SUBSCRIPTION);
    READ.into_iter().chain(environment).chain(taken).collect()
}

/// What making a link may need: also to take another backend away, and to give keys to a subscription that
/// has none.
fn making(target: &Target) -> Vec<Need> {
    let mut needs = connecting(target.provisioner);
    needs.extend([DISCONNECT, PUT_SUBSCRIPTION, READ_SUBSCRIPTION]);
    needs.extend((!target.apis.is_empty()).then_some(ADD_API));
    if target.provisioner == Provisioner::Engine {
        needs.extend([PUT_PRODUCT, PUT_POLICY]);
    }
    needs
}

/// What replacing keys takes. A swap that is refused looks whether its subscription has changed.
fn rotating() -> Vec<Need> {
    vec![PUT_SUBSCRIPTION, READ_SUBSCRIPTION, READ_OPERATIONS, READ_VERSION_SETS, RETIRE]
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
        Step::PutSubscription { .. } | Step::SwapKeys { .. } => vec![PUT_SUBSCRIPTION, READ_SUBSCRIPTION],
        Step::AddApi { .. } => vec![ADD_API],
        Step::RemoveApi { .. } => vec![REMOVE_API],
        Step::Connect { .. } => connecting(provisioner),
        Step::Disconnect { .. } => vec![DISCONNECT],
        Step::ProveKey { .. } => vec![READ_OPERATIONS, READ_VERSION_SETS],
        Step::Settle { .. } => Vec::new(),
        Step::RetireSecondary { .. } => vec![RETIRE],
        Step::DeleteSubscription { .. } => vec![DELETE_SUBSCRIPTION, READ_SUBSCRIPTION],
        Step::DeleteProduct { .. } => vec![DELETE_PRODUCT],
    }
}

/// Each action once, and the surer of two.
fn merged(needs: impl Iterator<Item = Need>) -> Vec<Need> {
    let all: BTreeSet<Need> = needs.collect();
    let known = |need: &Need| Need { certainty: Certainty::Known, ..*need };
    let doubled = |need: &&Need| need.certainty == Certainty::Inferred && all.contains(&known(need));
    all.iter().filter(|need| !doubled(need)).copied().collect()
}
