//! The APIs of a service, and the addresses at which its gateway serves them.
//!
//! An API may be one of several [versions](https://learn.microsoft.com/azure/api-management/api-management-versions),
//! which a request names in the path, in the query or in a header. It may have
//! [revisions](https://learn.microsoft.com/azure/api-management/api-management-revisions): the current one is served at
//! the path, and each one at `path;rev=n`.

use std::{borrow::Cow, fmt::Write as _};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{ApiId, ArmType, Malformed, ProductApiId, Resource, ResourceId};

/// The header in which a static site sends the key, for every API.
pub(crate) const SITE_KEY_HEADER: &str = "Ocp-Apim-Subscription-Key";

/// The query parameter for the key, if the API does not name another one.
const KEY_PARAMETER: &str = "subscription-key";
/// The separator between the name or path of an API and the number of a revision.
const REVISION: &str = ";rev=";

/// An API of a service.
#[derive(Clone, Debug, PartialEq)]
pub struct Api {
    /// The API's id.
    pub id: ApiId,
    /// The path below the gateway's host, without leading and trailing slashes and without the version.
    pub path: String,
    /// How a request names the version of the API.
    pub versioning: Versioning,
    /// Whether requests to the API need a key.
    pub subscription_required: bool,
    /// The header for the key.
    pub key_header: String,
    /// The query parameter for the key, which is read if the header is absent.
    pub key_parameter: String,
    /// The URL of the backend to which the gateway forwards requests.
    pub service_url: Option<String>,
    /// Whether this is the current revision, which the path without a revision number leads to.
    pub is_current: bool,
    /// The number of the revision.
    pub revision: Option<String>,
    /// Whether the resource lacks fields that only the API itself contains, as in the list of a product's APIs.
    pub is_excerpt: bool,
    /// The operations, if they were read.
    pub operations: Option<Vec<ApiOperation>>,
}

/// How a request names the version of an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Versioning {
    /// The API has no version.
    Unversioned,
    /// The version is the last segment of the API's path.
    Segment {
        /// The version, such as `v1`.
        version: String,
    },
    /// The version is a parameter of the query.
    Query {
        /// The version, such as `v1`.
        version: String,
        /// The parameter, such as `api-version`.
        parameter: String,
    },
    /// The version is a header.
    Header {
        /// The version, such as `v1`.
        version: String,
        /// The header, such as `Api-Version`.
        header: String,
    },
    /// The scheme is defined by a version set that was not read or could not be read.
    Undetermined {
        /// The version, such as `v1`.
        version: String,
        /// The id of the version set, if the API has one.
        set: Option<ResourceId>,
    },
}

/// Whether requests through a static site can reach an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// A site forwards requests to at least one address of the API.
    Reachable,
    /// A site never forwards requests to an address of the API.
    Unreachable,
    /// It depends on the versioning scheme or the operations, which were not read.
    Undetermined,
}

/// The address of a request, with the header that names the version, if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The URL.
    pub url: String,
    /// The name and the value of the header.
    pub header: Option<(String, String)>,
}

impl Address {
    /// Returns an address without a header.
    #[must_use]
    pub fn of(url: impl Into<String>) -> Self {
        Self { url: url.into(), header: None }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.url)?;
        match &self.header {
            Some((name, value)) => write!(f, " with `{name}: {value}`"),
            None => Ok(()),
        }
    }
}

/// Returns the name of an API without the revision number; `None` if it has no revision number.
#[must_use]
pub fn without_revision(name: &str) -> Option<&str> {
    name.split_once(REVISION).map(|(api, _)| api)
}

impl Versioning {
    /// Reads the version of an API, and the versioning scheme if it is embedded.
    fn read(resource: &Resource, api: &ApiId) -> Result<Self, Malformed> {
        let Some(version) = resource.text("properties.apiVersion")?.filter(|version| !version.is_empty())
        else {
            return Ok(Self::Unversioned);
        };
        let named = resource.text("properties.apiVersionSetId")?;
        let set = named.and_then(|named| set_of(api, named));
        let undetermined = Self::Undetermined { version: version.to_owned(), set };
        Ok(undetermined.with_scheme(resource, "properties.apiVersionSet"))
    }

    /// Returns the versioning with the scheme of its version set. If the version set is invalid, it is unchanged.
    #[must_use]
    pub fn by_set(self, set: &Resource) -> Self {
        self.with_scheme(set, "properties")
    }

    fn with_scheme(self, resource: &Resource, place: &str) -> Self {
        let Self::Undetermined { version, .. } = &self else { return self };
        let version = version.clone();
        let text = |field: &str| {
            let found = resource.text(&format!("{place}.{field}")).ok().flatten();
            found.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        match text("versioningScheme").unwrap_or_default().to_ascii_lowercase().as_str() {
            "segment" => Self::Segment { version },
            "query" => match text("versionQueryName") {
                Some(parameter) => Self::Query { version, parameter },
                None => self,
            },
            "header" => match text("versionHeaderName") {
                Some(header) => Self::Header { version, header },
                None => self,
            },
            _ => self,
        }
    }

    /// Returns the version, if there is one.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        match self {
            Self::Unversioned => None,
            Self::Segment { version }
            | Self::Query { version, .. }
            | Self::Header { version, .. }
            | Self::Undetermined { version, .. } => Some(version),
        }
    }

    /// Returns the version set that defines the scheme, if that was not read yet.
    #[must_use]
    pub fn set(&self) -> Option<&ResourceId> {
        match self {
            Self::Undetermined { set, .. } => set.as_ref(),
            Self::Unversioned | Self::Segment { .. } | Self::Query { .. } | Self::Header { .. } => None,
        }
    }

    /// Whether the versioning scheme is known.
    #[must_use]
    pub fn is_determined(&self) -> bool {
        !matches!(self, Self::Undetermined { .. })
    }
}

/// Returns the version set that an API names by its full id, by its path within the service, or by its name.
fn set_of(api: &ApiId, named: &str) -> Option<ResourceId> {
    let within = named.trim_matches('/').rsplit('/').next()?;
    ResourceId::parse(named)
        .ok()
        .or_else(|| api.parent()?.child(ArmType::ApiVersionSet.collection(), within).ok())
}

impl Api {
    /// Reads the API from its resource, or from an entry in a product's list of APIs.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if a field has an invalid type.
    pub fn read(resource: &Resource) -> Result<Self, Malformed> {
        let header = resource.text("properties.subscriptionKeyParameterNames.header")?;
        let parameter = resource.text("properties.subscriptionKeyParameterNames.query")?;
        let id = match ApiId::try_from(resource.id().clone()) {
            Ok(id) => id,
            Err(_) => ProductApiId::try_from(resource.id().clone())?.api(),
        };
        let of_name = id.name().split_once(REVISION).map(|(_, number)| number.to_owned());
        let versioning = Versioning::read(resource, &id)?;
        let lacks_set = matches!(versioning, Versioning::Undetermined { set: None, .. });
        Ok(Self {
            path: resource.text("properties.path")?.unwrap_or_default().trim_matches('/').to_owned(),
            subscription_required: resource.flag("properties.subscriptionRequired")?.unwrap_or(true),
            key_header: header.unwrap_or(SITE_KEY_HEADER).to_owned(),
            key_parameter: parameter.unwrap_or(KEY_PARAMETER).to_owned(),
            service_url: resource.text("properties.serviceUrl")?.map(str::to_owned),
            is_current: resource.flag("properties.isCurrent")?.unwrap_or(of_name.is_none()),
            revision: of_name.or(resource.text("properties.apiRevision")?.map(str::to_owned)),
            is_excerpt: lacks_set || resource.field("properties.subscriptionKeyParameterNames").is_none(),
            operations: None,
            versioning,
            id,
        })
    }

    /// Returns the path at which a gateway serves the API, including the version and without leading and trailing
    /// slashes; `None` if the versioning scheme is unknown.
    #[must_use]
    pub fn served_path(&self) -> Option<String> {
        match &self.versioning {
            Versioning::Undetermined { .. } => None,
            Versioning::Segment { version } => {
                let version = encoded(version);
                Some(format!("{}/{version}", self.path).trim_start_matches('/').to_owned())
            }
            Versioning::Unversioned | Versioning::Query { .. } | Versioning::Header { .. } => {
                Some(self.path.clone())
            }
        }
    }

    /// Whether requests through a static site can reach the API. A site forwards the whole path of requests that start
    /// with `/api`.
    #[must_use]
    pub fn reach(&self) -> Reach {
        let served = if self.path.is_empty() { self.served_path() } else { Some(self.path.clone()) };
        let Some(served) = served else { return Reach::Undetermined };
        let is_below = match (served.is_empty(), &self.operations) {
            (false, _) => is_api(first_segment(&served)),
            (true, None) => return Reach::Undetermined,
            (true, Some(operations)) => operations.iter().any(ApiOperation::may_be_below_api),
        };
        if is_below { Reach::Reachable } else { Reach::Unreachable }
    }

    /// Whether the API reads the key from the header in which a static site sends it.
    #[must_use]
    pub fn takes_the_site_key(&self) -> bool {
        self.key_header.eq_ignore_ascii_case(SITE_KEY_HEADER)
    }
}

/// An operation of an API.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiOperation {
    /// The HTTP method.
    pub method: String,
    /// The path below the API's, with parameters in braces.
    pub url_template: String,
}

impl ApiOperation {
    /// Reads an operation.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it has no method or no path.
    pub fn read(resource: &Resource) -> Result<Self, Malformed> {
        Ok(Self {
            method: resource.required_text("properties.method")?.to_owned(),
            url_template: resource.required_text("properties.urlTemplate")?.to_owned(),
        })
    }

    /// Whether the method is safe: a call changes nothing.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.method.eq_ignore_ascii_case("GET")
    }

    /// Returns the number of parameters in the path.
    #[must_use]
    pub fn blanks(&self) -> usize {
        self.path().matches(['{', '*']).count()
    }

    /// Returns an address at which a gateway or a site serves the operation, with `0` for parameters; `None` if the
    /// versioning scheme is unknown.
    #[must_use]
    pub fn example(&self, base: &str, api: &Api) -> Option<Address> {
        let mut url = format!("{}/{}", base.trim_end_matches('/'), self.example_path(api)?);
        url.truncate(url.trim_end_matches('/').len());
        let mut header = None;
        match &api.versioning {
            Versioning::Query { version, parameter } => {
                let _ = write!(url, "?{}={}", encoded(parameter), encoded(version));
            }
            Versioning::Header { version, header: name } => header = Some((name.clone(), version.clone())),
            Versioning::Unversioned | Versioning::Segment { .. } | Versioning::Undetermined { .. } => {}
        }
        Some(Address { url, header })
    }

    /// Whether a static site forwards requests to the address that [`example`](Self::example) returns.
    #[must_use]
    pub fn is_below_api(&self, api: &Api) -> bool {
        self.example_path(api).is_some_and(|path| is_api(first_segment(&path)))
    }

    /// Returns the path of an example, without leading and trailing slashes.
    fn example_path(&self, api: &Api) -> Option<String> {
        let served = api.served_path()?;
        let filled = self.path().trim_matches('/').split('/').enumerate().map(|(at, segment)| {
            match (is_fixed(segment), at == 0 && served.is_empty()) {
                (true, _) => Cow::Borrowed(segment),
                (false, true) => Cow::Borrowed("api"),
                (false, false) => Cow::Borrowed("0"),
            }
        });
        let path = filled.collect::<Vec<_>>().join("/");
        Some(format!("{served}/{path}").trim_matches('/').to_owned())
    }

    /// Whether the operation may serve a path that starts with `/api` if the path of its API is empty.
    fn may_be_below_api(&self) -> bool {
        let first = first_segment(self.path().trim_matches('/'));
        is_api(first) || !is_fixed(first)
    }

    fn path(&self) -> &str {
        self.url_template.split('?').next().unwrap_or_default()
    }
}

/// Returns a text encoded for a path segment or a query.
fn encoded(text: &str) -> String {
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, RESERVED).to_string()
}

fn first_segment(path: &str) -> &str {
    path.split('/').next().unwrap_or_default()
}

fn is_api(segment: &str) -> bool {
    segment.eq_ignore_ascii_case("api")
}

fn is_fixed(segment: &str) -> bool {
    !segment.contains(['{', '*'])
}

#[cfg(test)]
mod tests;
