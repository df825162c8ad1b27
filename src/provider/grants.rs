//! What the caller may do.

use async_trait::async_trait;

use super::ProviderError;
use crate::model::{Permissions, ResourceId};

/// Tells what the caller may do.
#[async_trait]
pub trait Grants: Send + Sync {
    /// What the caller may do in a scope; `None` where callers are not told apart.
    async fn permissions(&self, scope: &ResourceId) -> Result<Option<Permissions>, ProviderError> {
        let _ = scope;
        Ok(None)
    }
}
