//! Snapshots of links in Azure, without keys, to rehearse changes on.

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{
    error::{Explain as _, Result, UsageError},
    listener::Listener,
    plane::Plane,
    workspace::Workspace,
};
use crate::{
    config::EnvSettings,
    diagnosis::{Cure, Hint, Selection},
    engine::{self, Previews, Target},
    model::Resource,
    provider::{Writes as _, json::JsonControlPlane},
};

/// The resources of links, without keys, and the lineage of the links.
#[derive(Clone, Debug)]
pub struct Snapshot {
    lineage: String,
    resources: Vec<Resource>,
}

/// Whether a file with another model is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherModel {
    /// It is kept, and the snapshot is refused.
    Keep,
    /// It is kept as the previous generation.
    Replace,
}

/// Reads the links of envs from Azure; `None` if there are no envs.
///
/// # Errors
///
/// [`UsageError`] if an env is on a model; otherwise, if its link cannot be read.
pub async fn take(
    work: &Workspace,
    envs: &[EnvSettings],
    listener: &dyn Listener,
) -> Result<Option<Snapshot>> {
    let (mut targets, mut azure) = (Vec::new(), None);
    for env in envs {
        listener.doing(&format!("reading {}", env.name));
        check_is_azure(&work.plane_of(env)?, env)?;
        let (plane, target) = work.target(env, Previews::Allow).await?;
        targets.push(target);
        azure = Some(plane);
    }
    let Some(plane) = azure else { return Ok(None) };
    listener.doing(&format!("reading {} links", targets.len()));
    let resources =
        engine::snapshot(plane.as_ref(), &targets).await.explain("could not create the snapshot")?;
    Ok(Some(Snapshot { lineage: lineage_of(&plane, &targets), resources }))
}

fn check_is_azure(plane: &Plane, env: &EnvSettings) -> Result<(), UsageError> {
    if plane.is_azure() {
        return Ok(());
    }
    let message = format!(
        "the env `{}` uses a model (from {}), but a snapshot is made from Azure",
        env.name, env.provider.source
    );
    let export = Hint::command(Cure::ExportModel, Selection::default());
    let hint = Hint::from("add `--provider arm`, or take what is in the model with ").then(export);
    Err(UsageError::new(message).hint(hint))
}

/// The lineage of a snapshot: two snapshots of the same links are generations of one model.
fn lineage_of(plane: &Plane, targets: &[Target]) -> String {
    let ends = |target: &Target| {
        format!("{}\n{}\n", target.site_environment.lower_case(), target.service.lower_case())
    };
    let ends: BTreeSet<String> = targets.iter().map(ends).collect();
    let mut digest = Sha256::new_with_prefix(plane.place().to_string());
    for end in &ends {
        digest.update(end);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

impl Snapshot {
    /// The number of resources.
    #[must_use]
    pub fn count(&self) -> usize {
        self.resources.len()
    }

    /// The resources as a JSON array.
    #[must_use]
    pub fn into_value(self) -> Value {
        Value::Array(self.resources.into_iter().map(Resource::into_value).collect())
    }

    /// Creates a model of the snapshot, or a new generation of an existing one, and returns whether the file has
    /// changed.
    ///
    /// # Errors
    ///
    /// [`UsageError`] if the file contains another model that must be kept; otherwise, if the file cannot be written.
    pub async fn write(self, work: &Workspace, file: &Path, other: OtherModel) -> Result<bool> {
        let plane: JsonControlPlane = work.create(file, "")?;
        plane.begin().await?;
        let another = plane.generation().0 != self.lineage && !plane.resources()?.is_empty();
        if another && other == OtherModel::Keep {
            let message = format!("`{}` already contains another model", file.display());
            let hint = "specify another file, or run the command again with `--yes`, which keeps the \
                        existing model as the previous generation";
            return Err(UsageError::refused(message).hint(hint).into());
        }
        let lineage = self.lineage.clone();
        let changed = plane.replace_by_snapshot(&lineage, self.into_value())?;
        plane.commit().await?;
        Ok(changed)
    }
}
