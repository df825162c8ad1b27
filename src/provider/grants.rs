//! The caller's permissions.

use async_trait::async_trait;

use super::ProviderError;
use crate::model::{Permissions, ResourceId};

/// Reports the caller's permissions.
#[async_trait]
pub trait Grants: Send + Sync {
    /// Returns the caller's permissions in a scope, or `None` if the control plane does not distinguish callers.
    async fn permissions(&self, scope: &ResourceId) -> Result<Option<Permissions>, ProviderError> {
        let _ = scope;
        Ok(None)
    }
}
