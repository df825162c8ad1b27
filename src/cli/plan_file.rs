//! Plans in files, for `--out` and `apply`. There is no key in them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{context::UsageError, files, plane::Place};
use crate::{
    engine::{Plan, PrunePlan},
    output::SCHEMA_VERSION,
};

/// A plan, and the control plane that it is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SavedPlan {
    /// The file of the model, if it is for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<PathBuf>,
    /// The address of Azure Resource Manager, if it is for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
    /// The plan.
    pub(super) plan: Plan,
}

impl SavedPlan {
    /// A plan for a place.
    pub(super) fn new(plan: Plan, place: Place) -> Self {
        match place {
            Place::Model(model) => Self { model: Some(model), endpoint: None, plan },
            Place::Azure(endpoint) => Self { model: None, endpoint: Some(endpoint), plan },
        }
    }

    /// The place that the plan is for.
    pub(super) fn place(&self) -> Result<Place, UsageError> {
        place(self.model.as_ref(), self.endpoint.as_ref())
    }
}

fn place(model: Option<&PathBuf>, endpoint: Option<&String>) -> Result<Place, UsageError> {
    match (model, endpoint) {
        (Some(model), None) => Ok(Place::Model(model.clone())),
        (None, Some(endpoint)) => Ok(Place::Azure(endpoint.clone())),
        (Some(_), Some(_)) | (None, None) => {
            let message = "the plan has to name either a `model` or an `endpoint`";
            Err(UsageError::new(message).hint("make it anew with `--out FILE`"))
        }
    }
}

/// What is to be pruned, and the control plane that it is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SavedPrune {
    /// The file of the model, if it is for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<PathBuf>,
    /// The address of Azure Resource Manager, if it is for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
    /// The plan.
    pub(super) plan: PrunePlan,
}

impl SavedPrune {
    /// A plan for a place.
    pub(super) fn new(plan: PrunePlan, place: Place) -> Self {
        match place {
            Place::Model(model) => Self { model: Some(model), endpoint: None, plan },
            Place::Azure(endpoint) => Self { model: None, endpoint: Some(endpoint), plan },
        }
    }

    /// The place that the plan is for.
    pub(super) fn place(&self) -> Result<Place, UsageError> {
        place(self.model.as_ref(), self.endpoint.as_ref())
    }
}

/// What is in a plan's file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Saved {
    /// Links to change.
    Plans(Vec<SavedPlan>),
    /// A service to prune.
    Prune(SavedPrune),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlanFile {
    schema_version: u32,
    #[serde(flatten)]
    saved: Saved,
}

/// What is read of a plan's file first, whatever else is in it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    schema_version: u32,
}

/// Saves plans.
pub(super) async fn write(file: &Path, plans: Vec<SavedPlan>) -> anyhow::Result<()> {
    save(file, Saved::Plans(plans)).await
}

/// Saves what is to be pruned.
pub(super) async fn write_prune(file: &Path, prune: SavedPrune) -> anyhow::Result<()> {
    save(file, Saved::Prune(prune)).await
}

async fn save(file: &Path, saved: Saved) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(&PlanFile { schema_version: SCHEMA_VERSION, saved })? + "\n";
    files::write_result(file, &text).await
}

/// Reads plans back.
pub(super) fn read(file: &Path) -> anyhow::Result<Saved> {
    let shown = file.display();
    let text = fs::read_to_string(file).map_err(|error| {
        UsageError::new(format!("could not read the plan `{shown}`: {error}"))
            .hint("make one with `--out FILE` of link, relink, unlink or prune")
    })?;
    let invalid = |error: serde_json::Error| {
        UsageError::new(format!("`{shown}` is not a plan: {error}"))
            .hint("make one with `--out FILE` of link, relink, unlink or prune")
    };
    let head: Head = serde_json::from_str(&text).map_err(invalid)?;
    if head.schema_version != SCHEMA_VERSION {
        let message = format!("the plan `{shown}` is of schema version {}", head.schema_version);
        let hint = format!("this version of swa-apim reads plans of schema version {SCHEMA_VERSION}");
        return Err(UsageError::new(message).hint(hint).into());
    }
    let file: PlanFile = serde_json::from_str(&text).map_err(invalid)?;
    Ok(file.saved)
}
