//! Imports resources into the model, and exports them.

use serde_json::Value;

use super::workspace::Workspace;
use crate::{
    config::ProviderKind,
    model::Resource,
    provider::{Writes as _, json::Pages},
    report::{ImportReport, SCHEMA_VERSION},
};

/// Imports resources into the model, each under its id, and returns which fields were omitted because they are secret.
///
/// # Errors
///
/// If a resource cannot be imported, or the model cannot be locked or written.
pub async fn import(
    work: &Workspace,
    resources: Value,
    pages: Pages,
) -> anyhow::Result<(ImportReport, Vec<String>)> {
    let model = work.settings.model().value;
    if work.settings.provider().value == ProviderKind::Json && !work.is_sample() {
        drop(work.create(&model, "")?);
    }
    let plane = work.default_model()?;
    plane.begin().await?;
    let (imported, withheld) = plane.import_withholding(resources, pages)?;
    plane.commit().await?;
    let report = ImportReport {
        schema_version: SCHEMA_VERSION,
        model: model.display().to_string(),
        created: imported.created,
        changed: imported.changed,
        unchanged: imported.unchanged,
    };
    Ok((report, withheld))
}

/// The resources of the model as a JSON array, without keys.
///
/// # Errors
///
/// If the model cannot be read.
pub fn export(work: &Workspace) -> anyhow::Result<Value> {
    let resources = work.default_model()?.resources()?;
    Ok(Value::Array(resources.into_iter().map(Resource::into_value).collect()))
}
