//! Ids with the resource type in the Rust type, so that callers need not check it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::{InvalidId, PRODUCTION, ResourceId};
use crate::model::arm::ArmType;

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $id:ident = $type:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $id(ResourceId);

        impl $id {
            /// The resource type of every id of this kind.
            pub const TYPE: &'static str = ArmType::$type.name();

            /// Parses an id of this type.
            ///
            /// # Errors
            ///
            /// [`InvalidId`] if the text is not an ARM id, or is the id of a resource of another type.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                Self::try_from(ResourceId::parse(text)?)
            }
        }

        impl TryFrom<ResourceId> for $id {
            type Error = InvalidId;

            fn try_from(id: ResourceId) -> Result<Self, InvalidId> {
                if id.is_a(Self::TYPE) {
                    return Ok(Self(id));
                }
                let (text, actual) = (id.to_string(), id.resource_type());
                Err(InvalidId::WrongType { text, expected: Self::TYPE, actual })
            }
        }

        impl std::ops::Deref for $id {
            type Target = ResourceId;

            fn deref(&self) -> &ResourceId {
                &self.0
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::try_from(ResourceId::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

typed_ids! {
    /// The id of a `Microsoft.Web/staticSites`.
    StaticSiteId = StaticSite;
    /// The id of a site environment (`builds` in ARM).
    SiteEnvironmentId = SiteEnvironment;
    /// The id of a linked backend, below its site environment in every case.
    LinkedBackendId = LinkedBackend;
    /// The id of an API Management instance.
    ApimServiceId = ApimService;
    /// The id of an API of a service.
    ApiId = Api;
    /// The id of a product of a service.
    ProductId = Product;
    /// The id of the assignment of an API to a product.
    ProductApiId = ProductApi;
    /// The id of the policy of a product.
    ApimPolicyId = ProductPolicy;
    /// The id of an API Management subscription, which has two keys; not an Azure (billing) subscription.
    ApimSubscriptionId = ApimSubscription;
}

impl StaticSiteId {
    /// Returns the id of the environment with this name; [`PRODUCTION`] for production.
    ///
    /// # Errors
    ///
    /// [`InvalidId::Name`] if the name is not allowed in an id.
    pub fn environment(&self, name: &str) -> Result<SiteEnvironmentId, InvalidId> {
        self.child(ArmType::SiteEnvironment.collection(), name).map(SiteEnvironmentId)
    }
}

impl SiteEnvironmentId {
    /// Returns the site of this environment.
    ///
    /// # Panics
    ///
    /// Never: the parent of an environment's id is the id of its site.
    #[must_use]
    pub fn site(&self) -> StaticSiteId {
        StaticSiteId(self.0.parent().expect("an environment is a child of a site"))
    }

    /// Whether this is the production environment.
    #[must_use]
    pub fn is_production(&self) -> bool {
        self.name().eq_ignore_ascii_case(PRODUCTION)
    }

    /// Returns the id of the linked backend with this name.
    ///
    /// # Errors
    ///
    /// [`InvalidId::Name`] if the name is not allowed in an id.
    pub fn linked_backend(&self, name: &str) -> Result<LinkedBackendId, InvalidId> {
        self.child(ArmType::LinkedBackend.collection(), name).map(LinkedBackendId)
    }
}

impl ApimServiceId {
    /// Returns the id of the product with this name in the service.
    ///
    /// # Errors
    ///
    /// [`InvalidId::Name`] if the name is not allowed in an id.
    pub fn product(&self, name: &str) -> Result<ProductId, InvalidId> {
        self.child(ArmType::Product.collection(), name).map(ProductId)
    }

    /// Returns the id of the API with this name in the service.
    ///
    /// # Errors
    ///
    /// [`InvalidId::Name`] if the name is not allowed in an id.
    pub fn api(&self, name: &str) -> Result<ApiId, InvalidId> {
        self.child(ArmType::Api.collection(), name).map(ApiId)
    }

    /// Returns the id of the API Management subscription with this name in the service.
    ///
    /// # Errors
    ///
    /// [`InvalidId::Name`] if the name is not allowed in an id.
    pub fn apim_subscription(&self, name: &str) -> Result<ApimSubscriptionId, InvalidId> {
        self.child(ArmType::ApimSubscription.collection(), name).map(ApimSubscriptionId)
    }
}

impl ProductId {
    /// Returns the service of the product.
    ///
    /// # Panics
    ///
    /// Never: the parent of a product's id is the id of its service.
    #[must_use]
    pub fn service(&self) -> ApimServiceId {
        ApimServiceId(self.0.parent().expect("a product is a child of a service"))
    }

    /// Returns the id of the product's policy; a product has only one.
    ///
    /// # Panics
    ///
    /// Never: `policy` is allowed in an id.
    #[must_use]
    pub fn policy(&self) -> ApimPolicyId {
        ApimPolicyId(self.child(ArmType::ProductPolicy.collection(), "policy").expect("a constant name"))
    }

    /// Returns the id of the assignment of an API to the product.
    ///
    /// # Panics
    ///
    /// Never: the API's name is already part of an id.
    #[must_use]
    pub fn api(&self, api: &ApiId) -> ProductApiId {
        ProductApiId(
            self.child(ArmType::ProductApi.collection(), api.name()).expect("the name of a parsed id"),
        )
    }
}

impl ApimPolicyId {
    /// Returns the product of the policy.
    ///
    /// # Panics
    ///
    /// Never: the parent of a product policy's id is the id of its product.
    #[must_use]
    pub fn product(&self) -> ProductId {
        ProductId(self.0.parent().expect("a product policy is a child of a product"))
    }
}

impl ProductApiId {
    /// Returns the product that contains the API.
    ///
    /// # Panics
    ///
    /// Never: the parent of an API assignment is the product.
    #[must_use]
    pub fn product(&self) -> ProductId {
        ProductId(self.0.parent().expect("the place of an API is a child of a product"))
    }

    /// Returns the id of the API.
    ///
    /// # Panics
    ///
    /// Never: the API's name is already part of an id.
    #[must_use]
    pub fn api(&self) -> ApiId {
        self.product().service().api(self.name()).expect("the name of a parsed id")
    }
}
