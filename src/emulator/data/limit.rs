//! One thing that the data plane does not carry out.

/// Something that the model or a site's configuration has, and that is not carried out.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Limit {
    /// The id of the resource, or the path of the file.
    pub(super) resource: String,
    /// The element, the property or the rule.
    pub(super) what: String,
    /// What is done instead.
    pub(super) instead: Instead,
}

/// What is done about something that is not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Instead {
    /// The data plane goes on without it.
    Skipped,
    /// The data plane refuses each request that it applies to.
    Refused,
}
