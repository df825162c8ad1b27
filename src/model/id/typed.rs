//! Ids of one type each: whoever has one need not ask what it is the id of.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::{InvalidId, PRODUCTION, ResourceId};

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $id:ident = $type:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $id(ResourceId);

        impl $id {
            /// The resource type of every id of this kind.
            pub const TYPE: &'static str = $type;

            /// Reads an id of this kind.
            ///
            /// # Errors
            ///
            /// [`InvalidId`] if the text is no ARM id, or one of another type.
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
    StaticSiteId = "Microsoft.Web/staticSites";
    /// The id of a site environment, which ARM calls a build.
    SiteEnvironmentId = "Microsoft.Web/staticSites/builds";
    /// The id of a linked backend, always below its site environment.
    LinkedBackendId = "Microsoft.Web/staticSites/builds/linkedBackends";
    /// The id of an API Management instance.
    ApimServiceId = "Microsoft.ApiManagement/service";
    /// The id of an API of a service.
    ApiId = "Microsoft.ApiManagement/service/apis";
    /// The id of a product of a service.
    ProductId = "Microsoft.ApiManagement/service/products";
    /// The id of the place of an API in a product.
    ProductApiId = "Microsoft.ApiManagement/service/products/apis";
    /// The id of the policy of a product.
    ApimPolicyId = "Microsoft.ApiManagement/service/products/policies";
    /// The id of an API Management subscription: the holder of two keys, not the billing scope.
    ApimSubscriptionId = "Microsoft.ApiManagement/service/subscriptions";
}

impl StaticSiteId {
    /// The environment of this name; production is [`PRODUCTION`].
    ///
    /// # Errors
    ///
    /// [`InvalidId::Name`] if the name cannot be part of an id.
    pub fn environment(&self, name: &str) -> Result<SiteEnvironmentId, InvalidId> {
        self.child("builds", name).map(SiteEnvironmentId)
    }
}

impl SiteEnvironmentId {
    /// The site that this is an environment of.
    ///
    /// # Panics
    ///
    /// Never: an environment's id always has its site's as its parent.
    #[must_use]
    pub fn site(&self) -> StaticSiteId {
        StaticSiteId(self.0.parent().expect("an environment is a child of a site"))
    }

    /// Whether this is the production environment.
    #[must_use]
    pub fn is_production(&self) -> bool {
        self.name().eq_ignore_ascii_case(PRODUCTION)
    }

    /// The linked backend of this name.
    ///
    /// # Errors
    ///
    /// [`InvalidId::Name`] if the name cannot be part of an id.
    pub fn linked_backend(&self, name: &str) -> Result<LinkedBackendId, InvalidId> {
        self.child("linkedBackends", name).map(LinkedBackendId)
    }
}

impl ApimServiceId {
    /// The product of this id within the service.
    ///
    /// # Errors
    ///
    /// [`InvalidId::Name`] if the name cannot be part of an id.
    pub fn product(&self, name: &str) -> Result<ProductId, InvalidId> {
        self.child("products", name).map(ProductId)
    }

    /// The API of this id within the service.
    ///
    /// # Errors
    ///
    /// [`InvalidId::Name`] if the name cannot be part of an id.
    pub fn api(&self, name: &str) -> Result<ApiId, InvalidId> {
        self.child("apis", name).map(ApiId)
    }

    /// The API Management subscription of this id within the service.
    ///
    /// # Errors
    ///
    /// [`InvalidId::Name`] if the name cannot be part of an id.
    pub fn apim_subscription(&self, name: &str) -> Result<ApimSubscriptionId, InvalidId> {
        self.child("subscriptions", name).map(ApimSubscriptionId)
    }
}

impl ProductId {
    /// The service that the product is of.
    ///
    /// # Panics
    ///
    /// Never: a product's id always has its service's as its parent.
    #[must_use]
    pub fn service(&self) -> ApimServiceId {
        ApimServiceId(self.0.parent().expect("a product is a child of a service"))
    }

    /// The product's one policy.
    ///
    /// # Panics
    ///
    /// Never: `policy` can be part of an id.
    #[must_use]
    pub fn policy(&self) -> ApimPolicyId {
        ApimPolicyId(self.child("policies", "policy").expect("a constant name"))
    }

    /// The place of an API in the product.
    ///
    /// # Panics
    ///
    /// Never: the API's name is already part of an id.
    #[must_use]
    pub fn api(&self, api: &ApiId) -> ProductApiId {
        ProductApiId(self.child("apis", api.name()).expect("the name of a parsed id"))
    }
}

impl ApimPolicyId {
    /// The product that the policy is of.
    ///
    /// # Panics
    ///
    /// Never: a product policy's id always has its product's as its parent.
    #[must_use]
    pub fn product(&self) -> ProductId {
        ProductId(self.0.parent().expect("a product policy is a child of a product"))
    }
}

impl ProductApiId {
    /// The product that holds the API.
    ///
    /// # Panics
    ///
    /// Never: the place of an API in a product has the product as its parent.
    #[must_use]
    pub fn product(&self) -> ProductId {
        ProductId(self.0.parent().expect("the place of an API is a child of a product"))
    }

    /// The API itself.
    ///
    /// # Panics
    ///
    /// Never: the API's name is already part of an id.
    #[must_use]
    pub fn api(&self) -> ApiId {
        self.product().service().api(self.name()).expect("the name of a parsed id")
    }
}
