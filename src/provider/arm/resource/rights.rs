//! The caller's permissions, as Azure Resource Manager reports them.

use super::route;
use crate::{
    model::{Permission, Permissions, ResourceId},
    provider::{ProviderError, arm::ArmControlPlane},
};

impl ArmControlPlane {
    /// Returns the permissions that all roles together grant the caller in a scope.
    pub(in crate::provider::arm) async fn permissions_in(
        &self,
        scope: &ResourceId,
    ) -> Result<Permissions, ProviderError> {
        let path = format!("{scope}/providers/Microsoft.Authorization/permissions");
        let mut url = self.endpoint().join(&path);
        url.query_pairs_mut().append_pair("api-version", route::AUTHORIZATION);
        let what = format!("reading your permissions for `{}`", scope.name());
        let elements = self.pages(url, &what).await.map_err(|error| error.about(scope))?;
        Ok(Permissions::new(elements.iter().map(Permission::read).collect()))
    }
}
