//! Derives a [`Plan`] from `Observed` and `Intent`; pure: no clock, no I/O, no random numbers.

mod blocks;
mod link;

use serde::{Deserialize, Serialize};

use self::{
    blocks::{blocks_apis, blocks_link, blocks_unlink},
    link::{Rotation, link_steps},
};
use super::{
    Basis, ChangeKind, Intent, Leftovers, LinkState, Observed, PlannedStep, Refusal, Step, Target, Undo,
    Verdict, assess, undo::undo,
};
use crate::model::{Ownership, ProductId};

/// The steps from the observed state to the intended state, and the observation that they were planned from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The site environment and the service.
    pub target: Target,
    /// The intent of the command.
    pub intent: Intent,
    /// The state before the first step.
    pub state: LinkState,
    /// The steps, in the order in which they must be applied.
    pub steps: Vec<PlannedStep>,
    /// The versions of everything that the plan was made from.
    pub basis: Basis,
    /// How to undo the plan, if it changes something. It is not saved: a saved plan is computed again.
    #[serde(skip)]
    pub undo: Option<Undo>,
}

impl Plan {
    /// Returns a plan without steps, for a link that already is as intended.
    #[must_use]
    pub fn nothing(verdict: &Verdict, intent: Intent) -> Self {
        let (target, basis) = (verdict.observed.target.clone(), verdict.observed.basis());
        Self { target, intent, state: verdict.state, steps: Vec::new(), basis, undo: None }
    }

    /// Whether the plan has no steps.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Returns how many of the steps change something; the other steps wait.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.steps.iter().filter(|planned| planned.kind != ChangeKind::Wait).count()
    }

    /// Whether the plan replaces the keys of a link.
    #[must_use]
    pub fn rotates(&self) -> bool {
        self.steps.iter().any(|planned| matches!(planned.step, Step::SwapKeys { live: Some(_), .. }))
    }
}

/// Plans the steps from `observed` to the state that `intent` describes.
///
/// # Errors
///
/// [`Refusal`] with every finding that blocks the plan.
pub fn plan(observed: &Observed, intent: &Intent) -> Result<Plan, Refusal> {
    let findings = assess::findings(observed);
    let blocking = match intent {
        Intent::Link { .. } | Intent::Relink => blocks_link(observed, &findings, intent),
        Intent::Unlink { leftovers } => blocks_unlink(observed, &findings, *leftovers),
        Intent::AddApis { .. } | Intent::RemoveApis { .. } => blocks_apis(observed, &findings, intent),
    };
    if !blocking.is_empty() {
        return Err(Refusal { findings: blocking, intent: intent.clone() });
    }
    let steps = match intent {
        Intent::Link { .. } => link_steps(observed, Rotation::Keep),
        Intent::Relink => link_steps(observed, Rotation::Rotate),
        Intent::Unlink { leftovers } => unlink_steps(observed, *leftovers),
        Intent::AddApis { apis } => add_steps(observed, apis),
        Intent::RemoveApis { apis } => remove_steps(observed, apis),
    };
    let undo = undo(observed, intent, &steps);
    let (target, intent) = (observed.target.clone(), intent.clone());
    let (state, basis) = (LinkState::of(observed, &findings), observed.basis());
    Ok(Plan { target, intent, state, steps, basis, undo })
}

fn unlink_steps(observed: &Observed, leftovers: Leftovers) -> Vec<PlannedStep> {
    let ours =
        observed.backends.iter().filter(|backend| observed.is_own(backend) || observed.is_gone(backend));
    let mut steps: Vec<PlannedStep> = ours
        .map(|backend| {
            let (id, from) = (backend.view.id.clone(), backend.view.backend.clone());
            let reason = format!("the site will no longer proxy `/api` to `{}`", from.name());
            step(ChangeKind::Delete, reason, Step::Disconnect { backend: id, from })
        })
        .collect();
    if leftovers == Leftovers::Purge
        && let Some(product) = &observed.product
    {
        let going = observed.owned_subscriptions().filter(|(_, ownership)| ownership.goes_with_product());
        steps.extend(going.map(|(subscription, ownership)| {
            let delete = Step::DeleteSubscription { subscription: subscription.id.clone() };
            let reason = if ownership == Ownership::Administrator {
                "API Management created it with the product for the administrator; its keys become invalid"
            } else {
                "no other consumer uses it; its keys become invalid"
            };
            step(ChangeKind::Delete, reason, delete)
        }));
        let delete = Step::DeleteProduct { product: product.view.id.clone() };
        steps.push(step(
            ChangeKind::Delete,
            "no other consumer uses it; its APIs stay in the service",
            delete,
        ));
    }
    steps
}

fn add_steps(observed: &Observed, apis: &[String]) -> Vec<PlannedStep> {
    let Some(product) = product_id(observed) else { return Vec::new() };
    let wanted = observed.addable_apis.iter();
    let wanted = wanted.filter(|api| apis.iter().any(|name| name.eq_ignore_ascii_case(api.id.name())));
    let add = |api| Step::AddApi { api: product.api(api) };
    wanted.map(|api| step(ChangeKind::Create, "the site will be able to call it", add(&api.id))).collect()
}

fn remove_steps(observed: &Observed, apis: &[String]) -> Vec<PlannedStep> {
    let Some(product) = product_id(observed) else { return Vec::new() };
    let present = observed.product_apis.iter();
    let unwanted = present.filter(|api| apis.iter().any(|name| name.eq_ignore_ascii_case(api.id.name())));
    let remove = |api| Step::RemoveApi { api: product.api(api) };
    unwanted
        .map(|api| step(ChangeKind::Delete, "the site will no longer be able to call it", remove(&api.id)))
        .collect()
}

fn product_id(observed: &Observed) -> Option<ProductId> {
    observed.names.as_ref()?.product(&observed.target.service).ok()
}

fn step(kind: ChangeKind, reason: impl Into<String>, step: Step) -> PlannedStep {
    PlannedStep { step, kind, reason: reason.into(), changes: Vec::new() }
}
