//! A plan, asked about before it is applied.

use super::{ChangeKind, Plan, Step};
use crate::{
    model::LinkedBackend,
    provider::{ProviderError, Writes},
};

/// Asks the control plane whether it would connect the site as the plan does. What stands in the way of that
/// now, and is disconnected by the plan first, leaves nothing to ask.
///
/// # Errors
///
/// [`ProviderError`] with what the control plane objects to.
pub async fn rehearse(plane: &dyn Writes, plan: &Plan) -> Result<(), ProviderError> {
    for planned in &plan.steps {
        match &planned.step {
            Step::Disconnect { .. } => return Ok(()),
            Step::Connect { backend, service } if planned.kind == ChangeKind::Create => {
                return plane.validate(&LinkedBackend::desired(backend, service)).await;
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
    Ok(())
}
