//! ARM resource ids, parsed once and compared like in Azure: ignoring case.

mod canonical;
mod casing;
mod typed;

use std::{cmp::Ordering, fmt, hash, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::arm::{ArmType, RESOURCES};

pub use self::typed::{
    ApiId, ApimPolicyId, ApimServiceId, ApimSubscriptionId, LinkedBackendId, ProductApiId, ProductId,
    SiteEnvironmentId, StaticSiteId,
};

/// The name of the production environment of a site in ARM.
pub const PRODUCTION: &str = "default";

/// A well-formed ARM resource id: a subscription, a resource group, or a resource in one of them.
///
/// Equality, order and hash ignore ASCII case; the text keeps its spelling. An id that Azure spells in several ways is
/// stored in its canonical form: a site's `linkedBackends/B` as `builds/default/linkedBackends/B`, of which it is an
/// alias; and a subscription or a product of API Management that is listed below another resource as a child of the
/// service.
#[derive(Clone)]
pub struct ResourceId {
    text: Arc<str>,
    key: Arc<str>,
}

/// Why a text is not a valid id of the expected type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidId {
    /// The text does not have the form of an ARM id.
    #[error("`{text}` is not an ARM resource ID: {problem}")]
    Malformed {
        /// The input text.
        text: String,
        /// The problem.
        problem: String,
    },
    /// The id is well-formed, but is the id of a resource of another type.
    #[error("`{text}` is the ID of a `{actual}`; the ID of a `{expected}` is required")]
    WrongType {
        /// The input text.
        text: String,
        /// The expected resource type.
        expected: &'static str,
        /// The resource type of the id.
        actual: String,
    },
    /// A name that is not allowed in an id.
    #[error("`{name}` is not a valid resource name: it {problem}")]
    Name {
        /// The input name.
        name: String,
        /// The problem.
        problem: &'static str,
    },
}

impl ResourceId {
    /// Parses an id.
    ///
    /// # Errors
    ///
    /// [`InvalidId::Malformed`] with the part that is invalid.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        match shape_problem(text) {
            Some(problem) => Err(InvalidId::Malformed { text: text.to_owned(), problem }),
            None => Ok(Self::new(text.to_owned())),
        }
    }

    /// Returns the id of a resource group.
    ///
    /// # Errors
    ///
    /// [`InvalidId::Name`] if one of the names is not allowed in an id.
    pub fn resource_group(azure_subscription: &str, group: &str) -> Result<Self, InvalidId> {
        check_name(azure_subscription)?;
        check_name(group)?;
        Ok(Self::new(format!("/subscriptions/{azure_subscription}/resourceGroups/{group}")))
    }

    /// Returns the id of a resource of a top-level type in the resource group `self`.
    ///
    /// # Errors
    ///
    /// [`InvalidId::Name`] if the name is not allowed in an id.
    pub fn resource(&self, of: ArmType, name: &str) -> Result<Self, InvalidId> {
        check_name(name)?;
        Ok(Self::new(format!("{self}/providers/{}/{name}", of.name())))
    }

    /// Returns the id of the child `name` in the collection `kind` of `self`.
    ///
    /// # Errors
    ///
    /// [`InvalidId::Name`] if the name is not allowed in an id.
    pub fn child(&self, kind: &str, name: &str) -> Result<Self, InvalidId> {
        check_name(name)?;
        Ok(Self::new(format!("{self}/{kind}/{name}")))
    }

    fn new(text: String) -> Self {
        let text = canonical::canonical(text);
        Self { key: text.to_ascii_lowercase().into(), text: text.into() }
    }

    /// Returns the id with known types and keywords in the documented letter case; names are unchanged.
    #[must_use]
    pub fn in_known_casing(&self) -> Self {
        Self::new(casing::in_known_casing(&self.text))
    }

    /// Returns the id in its original spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the id in lower case: equal for equal ids, and followed by `/` a prefix of those of child resources.
    #[must_use]
    pub fn lower_case(&self) -> &str {
        &self.key
    }

    /// Returns the name: the last segment.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text.rsplit('/').next().unwrap_or_default()
    }

    /// Returns the resource type, such as `Microsoft.Web/staticSites/builds`.
    #[must_use]
    pub fn resource_type(&self) -> String {
        self.type_segments().collect::<Vec<_>>().join("/")
    }

    /// Returns the provider's namespace and the type segments after it.
    fn type_segments(&self) -> impl Iterator<Item = &str> {
        let provider = self.key.rfind("/providers/").map(|at| &self.text[at + "/providers/".len()..]);
        let scope = if self.group().is_some() { "resourceGroups" } else { "subscriptions" };
        let (namespace, path) = provider.and_then(|path| path.split_once('/')).unwrap_or((RESOURCES, scope));
        std::iter::once(namespace).chain(path.split('/').step_by(2))
    }

    /// Whether the resource has this type, ignoring case.
    #[must_use]
    pub fn is_a(&self, resource_type: &str) -> bool {
        let mut wanted = resource_type.split('/');
        let same = |segment: &str| wanted.next().is_some_and(|wanted| wanted.eq_ignore_ascii_case(segment));
        self.type_segments().all(same) && wanted.next().is_none()
    }

    /// Returns the parent resource, if there is one.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let after_provider = self.key.rfind("/providers/")? + "/providers/".len();
        let depth = self.text[after_provider..].split('/').count();
        (depth >= 5).then(|| Self::new(cut_segments(&self.text, 2).to_owned()))
    }

    /// Returns the Azure (billing) subscription of the resource.
    #[must_use]
    pub fn azure_subscription(&self) -> &str {
        self.segments().nth(1).unwrap_or_default()
    }

    /// Returns the resource group of the resource, if it is in one.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        let mut segments = self.segments().skip(2);
        segments.next().filter(|kind| kind.eq_ignore_ascii_case("resourceGroups"))?;
        segments.next()
    }

    fn segments(&self) -> impl Iterator<Item = &str> {
        self.text[1..].split('/')
    }
}

fn cut_segments(text: &str, count: usize) -> &str {
    (0..count).fold(text, |rest, _| rest.rsplit_once('/').map_or("", |(head, _)| head))
}

fn shape_problem(text: &str) -> Option<String> {
    let Some(path) = text.strip_prefix('/') else {
        return Some("it does not begin with `/subscriptions/`".to_owned());
    };
    let segments: Vec<&str> = path.split('/').collect();
    if let Some(at) = segments.iter().position(|segment| segment.is_empty()) {
        return Some(format!("segment {} is empty", at + 1));
    }
    if let Some((segment, problem)) = segments.iter().find_map(|s| name_problem(s).map(|p| (s, p))) {
        return Some(format!("segment `{segment}` {problem}"));
    }
    segments_problem(&segments)
}

fn segments_problem(segments: &[&str]) -> Option<String> {
    let is = |at: usize, word: &str| segments.get(at).is_some_and(|s| s.eq_ignore_ascii_case(word));
    if !is(0, "subscriptions") {
        return Some("it does not begin with `/subscriptions/`".to_owned());
    }
    if segments.len() < 2 {
        return Some("the subscription ID is missing".to_owned());
    }
    let after_scope = match segments.len() {
        2 => return None,
        3 if is(2, "resourceGroups") => return Some("the name of the resource group is missing".to_owned()),
        _ if is(2, "resourceGroups") => 4,
        _ => 2,
    };
    if segments.len() == after_scope {
        return None;
    }
    if !is(after_scope, "providers") {
        return Some(format!("`providers` is expected instead of `{}`", segments[after_scope]));
    }
    match segments.len() - after_scope {
        ..4 => Some("`providers` must be followed by a namespace, a type and a name".to_owned()),
        // `providers`, the namespace, then pairs of a type and a name.
        whole if whole % 2 != 0 => Some(format!("the name after `{}` is missing", segments.last()?)),
        _ => None,
    }
}

/// Checks that a name can be a part of an id.
pub(crate) fn check_name(name: &str) -> Result<(), InvalidId> {
    let problem = if name.is_empty() { Some("is empty") } else { name_problem(name) };
    let problem = problem.or(name.contains('/').then_some("contains a `/`"));
    problem.map_or(Ok(()), |problem| Err(InvalidId::Name { name: name.to_owned(), problem }))
}

fn name_problem(name: &str) -> Option<&'static str> {
    // Nearly all names consist of these characters only.
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')) {
        return None;
    }
    if name.chars().any(char::is_control) {
        return Some("contains a control character");
    }
    if name.trim() != name {
        return Some("begins or ends with whitespace");
    }
    name.contains(['?', '#', '%', '\\', '<', '>', '"'])
        .then_some("contains a character that is not allowed in an ID")
}

impl PartialEq for ResourceId {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for ResourceId {}

impl PartialOrd for ResourceId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ResourceId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl hash::Hash for ResourceId {
    fn hash<H: hash::Hasher>(&self, hasher: &mut H) {
        self.key.hash(hasher);
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl Serialize for ResourceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for ResourceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
