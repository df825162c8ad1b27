//! Validates a plan before it is applied.

use super::{ChangeKind, Plan, Step};
use crate::{
    model::LinkedBackend,
    provider::{ProviderError, Reads},
};

/// What a control plane says of a plan that was not applied.
#[derive(Debug)]
pub enum Rehearsal {
    /// It has no objection, or the plan has no step that it can validate.
    Unopposed,
    /// It would reject the plan.
    Rejected(ProviderError),
    /// It did not say, for this reason: it is busy, does not support validation, or the caller lacks the permission.
    Unknown(ProviderError),
}

/// Asks the control plane whether it would accept the plan's connect step. A plan that disconnects another backend
/// first is not validated, since that backend would block the connection now.
pub async fn rehearse(plane: &dyn Reads, plan: &Plan) -> Rehearsal {
    for planned in &plan.steps {
        match &planned.step {
            Step::Disconnect { .. } => return Rehearsal::Unopposed,
            Step::Connect { backend, service } if planned.kind == ChangeKind::Create => {
                let validated = plane.validate(&LinkedBackend::desired(backend, service)).await;
                return validated.map_or_else(Rehearsal::of, |()| Rehearsal::Unopposed);
            }
            Step::PutProduct { .. }
            | Step::PutSubscription { .. }
            | Step::PutPolicy { .. }
            | Step::AddApi { .. }
            | Step::RemoveApi { .. }
            | Step::Connect { .. }
            | Step::SwapKeys { .. }
            | Step::ProveKey { .. }
            | Step::Settle { .. }
            | Step::RetireSecondary { .. }
            | Step::DeleteSubscription { .. }
            | Step::DeleteProduct { .. } => {}
        }
    }
    Rehearsal::Unopposed
}

impl Rehearsal {
    fn of(error: ProviderError) -> Self {
        match error {
            ProviderError::Rejected { .. } | ProviderError::Conflict(_) => Self::Rejected(error),
            ProviderError::ConflictAfterLostAnswer(_)
            | ProviderError::NotFound(_)
            | ProviderError::NotAuthenticated(_)
            | ProviderError::NotAuthorized(_)
            | ProviderError::Throttled(_)
            | ProviderError::Unavailable(_)
            | ProviderError::Undetermined(_)
            | ProviderError::Unfinished(_)
            | ProviderError::Malformed(_)
            | ProviderError::Storage(_) => Self::Unknown(error),
        }
    }
}
