//! The conditions that changes carry, so that they are carried out only if a resource has not changed.

use super::{
    route,
    version::{BY_CONTENT, content_tag},
};
use crate::{
    model::ResourceId,
    provider::{
        Expected, ProviderError,
        arm::{
            ArmControlPlane,
            http::client::{Answer, Call},
        },
    },
};

/// How many times a change is retried that was refused although the version has not changed.
const SPURIOUS: usize = 3;

impl ArmControlPlane {
    /// Returns the condition that a change must carry so that it is carried out only if `expected` holds.
    ///
    /// Some resources do not support conditions, and some versions are computed from content. In these cases the
    /// resource is read here, directly before the change; API Management's entity tag of that read becomes the
    /// condition.
    pub(super) async fn condition(
        &self,
        id: &ResourceId,
        expected: &Expected,
        needs_tag: bool,
    ) -> Result<Option<String>, ProviderError> {
        let has_tags = route::has_entity_tag(id);
        match expected {
            Expected::Anything => Ok((needs_tag && has_tags).then(|| "*".to_owned())),
            Expected::Unchanged(tag) if has_tags && !tag.as_str().starts_with(BY_CONTENT) => {
                Ok(Some(tag.as_str().to_owned()))
            }
            Expected::Absent if route::is_unique_by_itself(id) => Ok(None),
            Expected::Absent => match self.read(id).await? {
                Some(_) => Err(ProviderError::Conflict(id.clone())),
                None => Ok(None),
            },
            Expected::Unchanged(tag) => {
                let current = self.read(id).await?;
                let current = current.ok_or_else(|| ProviderError::Conflict(id.clone()))?;
                if content_tag(&current.value) != *tag {
                    return Err(ProviderError::Conflict(id.clone()));
                }
                if !has_tags {
                    return Ok(None);
                }
                // `*` is never sent, since every version fulfils it, and neither is a change without a condition.
                let real = Some(current.etag.as_str()).filter(|tag| !tag.starts_with(BY_CONTENT));
                let tagless = || {
                    let text = format!(
                        "`{}` was returned without an entity tag, so it cannot be changed safely",
                        id.name()
                    );
                    ProviderError::undetermined(text)
                };
                real.map(str::to_owned).ok_or_else(tagless).map(Some)
            }
        }
    }

    /// Sends a change, and retries it if it is refused although the version has not changed: API Management does that.
    pub(in crate::provider::arm) async fn change(
        &self,
        call: &Call,
        id: &ResourceId,
    ) -> Result<Answer, ProviderError> {
        for _ in 0..SPURIOUS {
            let error = match self.http.send(call).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error.about(id),
            };
            let conflict =
                matches!(error, ProviderError::Conflict(_) | ProviderError::ConflictAfterLostAnswer(_));
            let (true, Some(tag)) = (conflict, &call.if_match) else { return Err(error) };
            let now = self.read(id).await.ok().flatten();
            if now.is_none_or(|found| found.etag.as_str() != tag) {
                return Err(error);
            }
            tracing::debug!(%id, "the request was rejected although the resource has not changed; repeating \
                                  it");
        }
        Err(ProviderError::Conflict(id.clone()))
    }
}
