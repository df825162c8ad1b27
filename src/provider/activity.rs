//! The activity log of a control plane.

use std::fmt::Debug;

use async_trait::async_trait;
use jiff::Timestamp;

use super::ProviderError;
use crate::model::{ActivityEvent, ResourceId};

/// Reads an activity log: who changed what, and when. A control plane that keeps no log does not implement it.
#[async_trait]
pub trait ActivityLog: Debug + Send + Sync {
    /// Returns the events about the resources of a resource group from `since` to `until`, in any order.
    ///
    /// An event may become readable minutes after it occurred.
    async fn events(
        &self,
        group: &ResourceId,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<ActivityEvent>, ProviderError>;
}
