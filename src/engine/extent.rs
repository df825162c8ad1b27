//! Whether a plan does more than the command asks for; pure.

use super::{
    Adoption, ChangeKind, Existing, FindingCode, Intent, Observed, Part, Plan, PlannedStep, Provisioner,
    Step, assess,
};

/// Whether a plan does more than the command asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// It creates a link, replaces its keys, or does what a flag of the command names.
    AsAsked,
    /// It also repairs the link by a deletion, or changes an existing policy.
    More,
}

/// Compares a plan with the intent of its command.
#[must_use]
pub fn extent(observed: &Observed, plan: &Plan) -> Extent {
    let replaces = matches!(plan.intent, Intent::Link { existing: Existing::Replace });
    let adopts = observed.target.adoption == Adoption::Allow;
    let is_more = |planned: &PlannedStep| match &planned.step {
        Step::Disconnect { from, .. } => !replaces || observed.gone.contains(from),
        Step::PutPolicy { .. } => planned.kind == ChangeKind::Update && !adopts,
        Step::Connect { .. } => rewrites_the_policy(observed) && !adopts,
        Step::PutProduct { .. }
        | Step::PutSubscription { .. }
        | Step::AddApi { .. }
        | Step::RemoveApi { .. }
        | Step::SwapKeys { .. }
        | Step::ProveKey { .. }
        | Step::Settle { .. }
        | Step::RetireSecondary { .. }
        | Step::DeleteSubscription { .. }
        | Step::DeleteProduct { .. } => false,
    };
    match &plan.intent {
        Intent::Link { .. } | Intent::Relink if plan.steps.iter().any(is_more) => Extent::More,
        Intent::Link { .. }
        | Intent::Relink
        | Intent::Unlink { .. }
        | Intent::AddApis { .. }
        | Intent::RemoveApis { .. } => Extent::AsAsked,
    }
}

/// Whether connecting the site makes the resource provider write over a policy that exists and is not in order.
fn rewrites_the_policy(observed: &Observed) -> bool {
    let by_azure = observed.target.provisioner == Provisioner::Service;
    let is_of_policy = |code: FindingCode| code.part() == Part::Policy && code != FindingCode::PolicyMissing;
    by_azure && assess::repairs(observed).iter().any(|found| is_of_policy(found.code) && found.is_mended())
}
