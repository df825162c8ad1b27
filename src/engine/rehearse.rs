//! Validates a plan before it is applied.

use super::{ChangeKind, Plan, Step};
use crate::{
    model::LinkedBackend,
    provider::{ProviderError, Reads},
};

/// Asks the control plane whether it would accept the plan's connect step. A plan that disconnects another backend
/// first is not validated, since that backend would block the connection now.
///
/// # Errors
///
/// [`ProviderError`] with the control plane's objection.
pub async fn rehearse(plane: &dyn Reads, plan: &Plan) -> Result<(), ProviderError> {
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
