//! Imports resources into the model, and exports them.

use std::path::Path;
#[cfg(feature = "emulator")]
use std::path::PathBuf;

use serde_json::Value;

use super::{
    error::{Result, UsageError},
    workspace::Workspace,
};
use crate::{
    config::ProviderKind,
    diagnosis::misfit_at,
    files::read_whole,
    model::{Resource, without_mark},
    provider::{Writes as _, json::Pages},
    report::{ImportReport, SCHEMA_VERSION},
};

/// Reads resources from a file, or from standard input.
///
/// # Errors
///
/// A usage error with a hint, if the file cannot be read or is not JSON.
pub async fn read(file: &Path) -> Result<Value> {
    let shown = file.display();
    let bytes = read_whole(file).await.map_err(|error| {
        UsageError::new(format!("could not read `{shown}`: {error}"))
            .hint("specify a file with an array of ARM resources, or `-` for standard input")
    })?;
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        let hint = "save the file as UTF-8; in Windows PowerShell, use `| Out-File -Encoding utf8 FILE`";
        return Err(UsageError::new(format!("`{shown}` is encoded as UTF-16, but JSON must be UTF-8"))
            .hint(hint)
            .into());
    }
    serde_json::from_slice(without_mark(&bytes)).map_err(|error| {
        let hint = "give it a resource or a list of resources: what `az ... --output json` prints, or what an ARM call answers";
        UsageError::new(format!("`{shown}` is not JSON: {}", misfit_at(&error))).hint(hint).into()
    })
}

/// Returns the file of the model that an emulator serves. It is created if it does not exist; before that, `missing`
/// receives its path, unless it is the sample.
///
/// # Errors
///
/// If the model cannot be created or read.
#[cfg(feature = "emulator")]
pub(crate) fn served(work: &Workspace, missing: impl FnOnce(&Path)) -> Result<PathBuf> {
    work.refuse_azure()?;
    let model = work.settings.model().value;
    if !work.is_sample() {
        if !model.exists() {
            missing(&model);
        }
        drop(work.create(&model, "")?);
    }
    let plane = work.model(&model)?;
    Ok(plane.path().map_or(model, PathBuf::from))
}

/// Imports resources into the model, each under its id, and returns which fields were omitted because they are secret.
///
/// # Errors
///
/// If a resource cannot be imported, or the model cannot be locked or written.
pub async fn import(work: &Workspace, resources: Value, pages: Pages) -> Result<(ImportReport, Vec<String>)> {
    work.refuse_azure()?;
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
pub fn export(work: &Workspace) -> Result<Value> {
    let resources = work.default_model()?.resources()?;
    Ok(Value::Array(resources.into_iter().map(Resource::into_value).collect()))
}
