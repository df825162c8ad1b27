//! The versions of resources: entity tags, or versions that are computed from content.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::route;
use crate::{
    model::{Resource, hex},
    provider::{ETag, Versioned},
};

/// The prefix of a version that is computed from a resource's content, because Azure has no entity tag for it.
pub(super) const BY_CONTENT: &str = "content:";
/// Returns a resource with the version from the header or the body, or otherwise one that is computed from its content.
pub(crate) fn versioned(resource: Resource, tag: Option<ETag>) -> Versioned<Resource> {
    let within = || resource.field("etag").and_then(Value::as_str).map(ETag::new);
    let given = tag.or_else(within).filter(|_| route::has_entity_tag(resource.id()));
    let etag = given.unwrap_or_else(|| content_tag(&resource));
    Versioned { value: resource, etag }
}

pub(super) fn content_tag(resource: &Resource) -> ETag {
    let digest = Sha256::digest(route::comparable(resource).to_string());
    ETag::new(format!("{BY_CONTENT}{}", hex(&digest[..8])))
}
