//! The activity log of Azure Monitor.

use async_trait::async_trait;
use jiff::Timestamp;

use super::route;
use crate::{
    model::{ActivityEvent, ResourceId},
    provider::{ActivityLog, ProviderError, arm::ArmControlPlane},
};

#[async_trait]
impl ActivityLog for ArmControlPlane {
    /// Lists the events of a resource group, page by page. Azure allows one condition beside the time, so the
    /// resources are selected afterwards. `$select` is not sent: the definition does not list `caller` among the
    /// properties that it returns.
    async fn events(
        &self,
        group: &ResourceId,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<ActivityEvent>, ProviderError> {
        let azure_subscription = group.azure_subscription();
        let path = format!(
            "/subscriptions/{azure_subscription}/providers/Microsoft.Insights/eventtypes/management/values"
        );
        let name = group.name().replace('\'', "''");
        let filter = format!(
            "eventTimestamp ge '{since}' and eventTimestamp le '{until}' and resourceGroupName eq '{name}'"
        );
        let mut url = self.endpoint().join(&path);
        url.query_pairs_mut().append_pair("api-version", route::ACTIVITY_LOG).append_pair("$filter", &filter);
        let what = format!("reading the activity log of the resource group `{}`", group.name());
        let values = self.pages(url, &what).await.map_err(|error| error.about(group))?;
        Ok(values.iter().filter_map(ActivityEvent::read).collect())
    }
}
