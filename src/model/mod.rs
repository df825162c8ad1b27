//! What exists: ids, resources and what holds of them. No input or output, no clock, no chance.

mod address;
mod id;
mod key;
mod names;
mod policy;
mod resource;
mod rights;
mod service;
mod site;

pub(crate) use address::site_of_configuration;
pub use id::{
    ApiId, ApimPolicyId, ApimServiceId, ApimSubscriptionId, InvalidId, LinkedBackendId, PRODUCTION,
    ProductApiId, ProductId, ResourceId, SiteEnvironmentId, StaticSiteId,
};
pub use key::{Fingerprint, InvalidKey, Key, KeyPair, KeySlot, SiteKey};
pub use names::{Hostname, InvalidHostname, LinkNames, linked_hostname};
pub use policy::{
    ApimPolicy, ClaimMatch, Closing, Doubt, NotRaw, Opening, PolicyFormat, PolicyVerdict, RequiredClaim,
    SigningSecret, TokenPlace, TooComplex, UnfitPolicy, UnfitText, UnreadPolicy, ValidateJwt,
    canonical_policy, policy_from_raw, policy_to_raw,
};
pub use resource::{Malformed, Resource};
pub use rights::{Permission, Permissions};
pub(crate) use service::SITE_KEY_HEADER;
pub use service::{
    Api, ApiOperation, ApimService, ApimSubscription, Product, ProductState, SubscriptionState,
};
pub use site::{LinkedBackend, Provisioning, SiteEnvironment, StaticSite};
