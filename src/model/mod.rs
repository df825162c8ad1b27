//! The domain model: ids, resources and the rules for them. No input or output, no clock, no random numbers.

mod activity;
mod address;
mod api;
mod arm;
mod elements;
mod hazard;
mod hex;
mod host;
mod id;
mod key;
mod mark;
mod names;
mod ownership;
mod policy;
mod resource;
mod rights;
mod secret;
mod service;
mod site;
mod time;

pub use activity::ActivityEvent;
pub(crate) use address::site_of_configuration;
pub(crate) use api::SITE_KEY_HEADER;
pub use api::{Address, Api, ApiOperation, Reach, Versioning, without_revision};
pub use arm::ArmType;
pub(crate) use arm::{
    API_MANAGEMENT, API_MANAGEMENT_VERSION, APP, IN_A_SERVICE, PRODUCTION_BACKEND, WEB, WEB_VERSION,
};
#[cfg(feature = "emulator")]
pub(crate) use arm::{CONTAINER_APP, RESOURCES};
pub use elements::{PolicyElement, policy_elements};
pub(crate) use hazard::is_hazard;
pub(crate) use hex::hex;
#[cfg(any(feature = "emulator", feature = "ui"))]
pub(crate) use host::Authority;
pub(crate) use host::{after_http, after_scheme, authority_of_url, may_have_user};
pub(crate) use id::check_name;
pub use id::{
    ApiId, ApimPolicyId, ApimServiceId, ApimSubscriptionId, InvalidId, LinkedBackendId, PRODUCTION,
    ProductApiId, ProductId, ResourceId, SiteEnvironmentId, StaticSiteId,
};
pub use key::{Fingerprint, InvalidKey, Key, KeyPair, KeySlot, KeyTimes, SiteKey};
pub use mark::{text_without_mark, without_mark};
pub use names::{Hostname, InvalidHostname, LinkNames, linked_hostname};
pub use ownership::{Ownership, SiteSide};
pub use policy::{
    ApimPolicy, ClaimMatch, Closing, Doubt, GatewayHosts, NotRaw, Opening, PolicyFormat, PolicyVerdict,
    RequiredClaim, SigningSecret, TokenPlace, TooComplex, UnfitPolicy, UnfitText, UnreadPolicy, ValidateJwt,
    canonical_policy, policy_from_raw, policy_to_raw,
};
pub use resource::{Malformed, Resource};
pub use rights::{Permission, Permissions};
pub use service::{ApimService, ApimSubscription, Product, ProductState, SubscriptionState};
pub use site::{LinkedBackend, ProvisioningState, SiteEnvironment, StaticSite, allows_backends};
