//! The properties of each request body, from the definitions of `Microsoft.ApiManagement` 2024-05-01 and
//! `Microsoft.Web` 2024-04-01.

use crate::model::ArmType;

/// A property of a body.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Type,
    /// Whether a body that is the whole resource must have it.
    pub(super) is_required: bool,
}

/// The type of a property.
pub(super) enum Type {
    /// A text, with its length limits in characters.
    Text {
        shortest: usize,
        longest: usize,
    },
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these words; any other is ignored, as recorded.
    LenientWord(&'static [&'static str]),
    Flag,
    /// A 32-bit integer.
    Whole,
    Object(&'static [Field]),
    List(&'static Type),
    /// An object whose members are strings.
    Texts,
    /// Any value: Azure's own rules for it are not emulated.
    Any,
    /// Set by Azure. A value in a request is ignored.
    ReadOnly,
}

impl Field {
    pub(super) const fn of(name: &'static str, kind: Type) -> Self {
        Self { name, kind, is_required: false }
    }

    const fn required(name: &'static str, kind: Type) -> Self {
        Self { name, kind, is_required: true }
    }
}

impl Type {
    pub(super) const TEXT: Self = Self::Text { shortest: 0, longest: usize::MAX };

    /// Returns the name of the type in messages.
    pub(super) fn noun(&self) -> &'static str {
        match self {
            Self::Text { .. } | Self::Word(_) | Self::LenientWord(_) => "string",
            Self::Flag => "boolean",
            Self::Whole => "integer",
            Self::List(_) => "array",
            Self::Object(_) | Self::Texts | Self::Any | Self::ReadOnly => "object",
        }
    }

    const fn up_to(longest: usize) -> Self {
        Self::Text { shortest: 0, longest }
    }

    const fn of(shortest: usize, longest: usize) -> Self {
        Self::Text { shortest, longest }
    }
}

/// Returns the properties of the body for a type of resource.
pub(super) fn fields(kind: ArmType) -> &'static [Field] {
    match kind {
        ArmType::Product => PRODUCT,
        ArmType::ApimSubscription => SUBSCRIPTION,
        ArmType::Api => API,
        ArmType::ApiOperation => OPERATION,
        ArmType::ApiVersionSet => VERSION_SET,
        ArmType::ProductPolicy => POLICY,
        ArmType::ApimService => SERVICE,
        ArmType::StaticSite => SITE,
        ArmType::LinkedBackend => BACKEND,
        ArmType::SiteEnvironment => BUILD,
        ArmType::ProductApi => &[],
    }
}

const ON_OR_OFF: Type = Type::Word(&["Enabled", "Disabled"]);

/// From `ProductContractProperties`.
const PRODUCT: &[Field] = &[
    Field::required("displayName", Type::of(1, 300)),
    Field::of("description", Type::up_to(1000)),
    Field::of("terms", Type::TEXT),
    Field::of("subscriptionRequired", Type::Flag),
    Field::of("approvalRequired", Type::Flag),
    Field::of("subscriptionsLimit", Type::Whole),
    Field::of("state", Type::Word(&["notPublished", "published"])),
];

/// From `SubscriptionCreateParameterProperties` and `SubscriptionUpdateParameterProperties`.
const SUBSCRIPTION: &[Field] = &[
    Field::of("ownerId", Type::TEXT),
    Field::required("scope", Type::TEXT),
    Field::required("displayName", Type::of(1, 100)),
    Field::of("primaryKey", Type::of(1, 256)),
    Field::of("secondaryKey", Type::of(1, 256)),
    Field::of("state", Type::Word(&["suspended", "active", "expired", "submitted", "rejected", "cancelled"])),
    Field::of("allowTracing", Type::Flag),
    Field::of("expirationDate", Type::TEXT),
    Field::of("stateComment", Type::TEXT),
    Field::of("createdDate", Type::ReadOnly),
];

const KEY_NAMES: &[Field] = &[Field::of("header", Type::TEXT), Field::of("query", Type::TEXT)];
const CONTACT: &[Field] =
    &[Field::of("name", Type::TEXT), Field::of("url", Type::TEXT), Field::of("email", Type::TEXT)];
const LICENSE: &[Field] = &[Field::of("name", Type::TEXT), Field::of("url", Type::TEXT)];
const OAUTH2: &[Field] = &[Field::of("authorizationServerId", Type::TEXT), Field::of("scope", Type::TEXT)];
const OPENID: &[Field] = &[
    Field::of("openidProviderId", Type::TEXT),
    Field::of("bearerTokenSendingMethods", Type::List(&Type::TEXT)),
];
const AUTHENTICATION: &[Field] = &[
    Field::of("oAuth2", Type::Object(OAUTH2)),
    Field::of("openid", Type::Object(OPENID)),
    Field::of("oAuth2AuthenticationSettings", Type::List(&Type::Object(OAUTH2))),
    Field::of("openidAuthenticationSettings", Type::List(&Type::Object(OPENID))),
];
const API_TYPES: &[&str] = &["http", "soap", "websocket", "graphql", "odata", "grpc"];
const FORMATS: &[&str] = &[
    "wadl-xml",
    "wadl-link-json",
    "swagger-json",
    "swagger-link-json",
    "wsdl",
    "wsdl-link",
    "openapi",
    "openapi+json",
    "openapi-link",
    "openapi+json-link",
    "graphql-link",
    "odata",
    "odata-link",
    "grpc",
    "grpc-link",
];

/// From `ApiCreateOrUpdateProperties`. If the body names another API or a description, the display name and the path
/// come from there.
const API: &[Field] = &[
    Field::of("displayName", Type::of(1, 300)),
    Field::of("path", Type::up_to(400)),
    Field::of("description", Type::TEXT),
    Field::of("authenticationSettings", Type::Object(AUTHENTICATION)),
    Field::of("subscriptionKeyParameterNames", Type::Object(KEY_NAMES)),
    Field::of("type", Type::Word(API_TYPES)),
    Field::of("apiType", Type::Word(API_TYPES)),
    Field::of("apiRevision", Type::of(1, 100)),
    Field::of("apiVersion", Type::up_to(100)),
    Field::of("isCurrent", Type::Flag),
    Field::of("apiRevisionDescription", Type::up_to(256)),
    Field::of("apiVersionDescription", Type::up_to(256)),
    Field::of("apiVersionSetId", Type::TEXT),
    Field::of("subscriptionRequired", Type::Flag),
    Field::of("termsOfServiceUrl", Type::TEXT),
    Field::of("contact", Type::Object(CONTACT)),
    Field::of("license", Type::Object(LICENSE)),
    Field::of("sourceApiId", Type::TEXT),
    Field::of("serviceUrl", Type::up_to(2000)),
    Field::of("protocols", Type::List(&Type::Word(&["http", "https", "ws", "wss"]))),
    Field::of("value", Type::TEXT),
    Field::of("format", Type::Word(FORMATS)),
    Field::of("isOnline", Type::ReadOnly),
    Field::of("provisioningState", Type::ReadOnly),
];

const PARAMETER: &[Field] = &[
    Field::required("name", Type::TEXT),
    Field::of("description", Type::TEXT),
    Field::required("type", Type::TEXT),
    Field::of("defaultValue", Type::TEXT),
    Field::of("required", Type::Flag),
    Field::of("values", Type::List(&Type::TEXT)),
    Field::of("schemaId", Type::TEXT),
    Field::of("typeName", Type::TEXT),
    Field::of("examples", Type::Any),
];
const PARAMETERS: Type = Type::List(&Type::Object(PARAMETER));
const REPRESENTATION: &[Field] = &[
    Field::required("contentType", Type::TEXT),
    Field::of("schemaId", Type::TEXT),
    Field::of("typeName", Type::TEXT),
    Field::of("formParameters", PARAMETERS),
    Field::of("examples", Type::Any),
    Field::of("sample", Type::TEXT),
];
const REPRESENTATIONS: Type = Type::List(&Type::Object(REPRESENTATION));
const REQUEST: &[Field] = &[
    Field::of("description", Type::TEXT),
    Field::of("queryParameters", PARAMETERS),
    Field::of("headers", PARAMETERS),
    Field::of("representations", REPRESENTATIONS),
];
const RESPONSE: &[Field] = &[
    Field::required("statusCode", Type::Whole),
    Field::of("description", Type::TEXT),
    Field::of("representations", REPRESENTATIONS),
    Field::of("headers", PARAMETERS),
];

/// From `OperationContractProperties`.
const OPERATION: &[Field] = &[
    Field::required("displayName", Type::of(1, 300)),
    Field::required("method", Type::of(1, 100)),
    Field::required("urlTemplate", Type::of(1, 1000)),
    Field::of("templateParameters", PARAMETERS),
    Field::of("description", Type::up_to(1000)),
    Field::of("request", Type::Object(REQUEST)),
    Field::of("responses", Type::List(&Type::Object(RESPONSE))),
    Field::of("policies", Type::TEXT),
];

/// From `ApiVersionSetContractProperties`.
const VERSION_SET: &[Field] = &[
    Field::required("displayName", Type::of(1, 100)),
    Field::required("versioningScheme", Type::Word(&["Segment", "Query", "Header"])),
    Field::of("description", Type::TEXT),
    Field::of("versionQueryName", Type::of(1, 100)),
    Field::of("versionHeaderName", Type::of(1, 100)),
];

/// From `PolicyContractProperties`. The presence of the value is checked together with its content.
const POLICY: &[Field] = &[
    Field::of("value", Type::TEXT),
    Field::of("format", Type::Word(&["xml", "xml-link", "rawxml", "rawxml-link"])),
];

/// From the `sku` of a service and of a site.
pub(super) const SKU: &[Field] =
    &[Field::of("name", Type::TEXT), Field::of("tier", Type::TEXT), Field::of("capacity", Type::Whole)];

/// From `ApiManagementServiceProperties`.
const SERVICE: &[Field] = &[
    Field::required("publisherEmail", Type::of(1, 100)),
    Field::required("publisherName", Type::of(1, 100)),
    Field::of("notificationSenderEmail", Type::up_to(100)),
    Field::of("hostnameConfigurations", Type::List(&Type::Any)),
    Field::of("publicIpAddressId", Type::TEXT),
    // The Azure CLI (`az`) sends `True`.
    Field::of("publicNetworkAccess", Type::LenientWord(&["Enabled", "Disabled"])),
    Field::of("configurationApi", Type::Any),
    Field::of("virtualNetworkConfiguration", Type::Any),
    Field::of("additionalLocations", Type::List(&Type::Any)),
    Field::of("customProperties", Type::Texts),
    Field::of("certificates", Type::List(&Type::Any)),
    Field::of("enableClientCertificate", Type::Flag),
    Field::of("natGatewayState", ON_OR_OFF),
    Field::of("disableGateway", Type::Flag),
    Field::of("virtualNetworkType", Type::Word(&["None", "External", "Internal"])),
    Field::of("apiVersionConstraint", Type::Any),
    Field::of("restore", Type::Flag),
    Field::of("legacyPortalStatus", ON_OR_OFF),
    Field::of("developerPortalStatus", ON_OR_OFF),
    Field::of("gatewayUrl", Type::ReadOnly),
    Field::of("provisioningState", Type::ReadOnly),
];

const BUILD_PROPERTIES: &[Field] = &[
    Field::of("appLocation", Type::TEXT),
    Field::of("apiLocation", Type::TEXT),
    Field::of("appArtifactLocation", Type::TEXT),
    Field::of("outputLocation", Type::TEXT),
    Field::of("appBuildCommand", Type::TEXT),
    Field::of("apiBuildCommand", Type::TEXT),
    Field::of("skipGithubActionWorkflowGeneration", Type::Flag),
    Field::of("githubActionSecretNameOverride", Type::TEXT),
];

/// From `StaticSite`. A hostname can be set, which Azure does not allow, so that a test can choose it.
const SITE: &[Field] = &[
    Field::of("repositoryUrl", Type::TEXT),
    Field::of("branch", Type::TEXT),
    Field::of("provider", Type::TEXT),
    Field::of("repositoryToken", Type::TEXT),
    Field::of("buildProperties", Type::Object(BUILD_PROPERTIES)),
    Field::of("stagingEnvironmentPolicy", ON_OR_OFF),
    Field::of("allowConfigFileUpdates", Type::Flag),
    Field::of("templateProperties", Type::Any),
    Field::of("enterpriseGradeCdnStatus", Type::Word(&["Enabled", "Enabling", "Disabled", "Disabling"])),
    Field::of("publicNetworkAccess", Type::TEXT),
    Field::of("defaultHostname", Type::TEXT),
];

/// From `StaticSiteLinkedBackendARMResource`.
const BACKEND: &[Field] = &[Field::of("backendResourceId", Type::TEXT), Field::of("region", Type::TEXT)];

/// Azure creates builds only from pull requests; here a PUT can create one, so that a test can set it up.
const BUILD: &[Field] = &[
    Field::of("buildId", Type::TEXT),
    Field::of("sourceBranch", Type::TEXT),
    Field::of("pullRequestTitle", Type::TEXT),
    Field::of("hostname", Type::TEXT),
    Field::of("status", Type::TEXT),
    Field::of("createdTimeUtc", Type::TEXT),
    Field::of("lastUpdatedOn", Type::TEXT),
];
