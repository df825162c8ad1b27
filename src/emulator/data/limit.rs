//! A limit: a feature that the data plane does not carry out.

/// A feature that the model or a site's configuration uses, but that is not carried out.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Limit {
    /// The id of the resource, or the path of the file.
    pub(super) resource: String,
    /// The element, the property or the rule.
    pub(super) what: String,
    /// The behavior instead.
    pub(super) instead: Instead,
}

/// How the data plane handles a feature that it does not carry out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Instead {
    /// It ignores the feature.
    Skipped,
    /// It refuses each request to which the feature applies.
    Refused,
}
