//! `swa-apim model snapshot`

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Args, ValueHint};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{
    cli::{
        args::ScopeArgs,
        session::{Context, UsageError, quoted},
    },
    config::EnvSettings,
    diagnosis::ExitCode,
    engine::{self, Previews, Target},
    model::Resource,
    provider::{ControlPlane, json::JsonControlPlane},
    report::{SCHEMA_VERSION, SnapshotReport},
    workflow::plane::Plane,
};

#[derive(Debug, Args)]
pub(crate) struct SnapshotArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    /// Make a model of it in this file, instead of printing it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: Option<PathBuf>,
}

pub(crate) async fn run(args: SnapshotArgs, cx: &Context) -> anyhow::Result<ExitCode> {
    let envs = cx.envs(args.scope.all)?;
    let progress = cx.ui.progress();
    let mut targets = Vec::new();
    let mut azure = None;
    for env in &envs {
        progress.now(format!("reading {}", env.name));
        let plane = live_plane(cx, env)?;
        targets.push(cx.target(env, plane.as_ref(), Previews::Allow).await?);
        azure = Some(plane);
    }
    let Some(plane) = azure else { return Ok(ExitCode::Success) };
    progress.now(format!("reading {} links", targets.len()));
    let resources =
        engine::snapshot(plane.as_ref(), &targets).await.context("could not take the snapshot")?;
    drop(progress);
    let count = resources.len();
    let values = Value::Array(resources.into_iter().map(Resource::into_value).collect());
    let Some(file) = args.out.filter(|out| out.as_os_str() != "-") else {
        cx.ui.print_json(&values)?;
        return Ok(ExitCode::Success);
    };
    let file = cx.folder.join(file);
    let changed = write(cx, &file, &lineage_of(&plane, &targets), values).await?;
    let model = file.display().to_string();
    cx.ui.print(&SnapshotReport { schema_version: SCHEMA_VERSION, model, resources: count, changed })?;
    if let (true, [env]) = (cx.ui.is_for_people(), envs.as_slice()) {
        cx.ui.say(&next(cx, env, &file));
    }
    Ok(ExitCode::Success)
}

fn live_plane(cx: &Context, env: &EnvSettings) -> anyhow::Result<Plane> {
    match cx.plane_of(env)? {
        plane @ Plane::Azure(_) => Ok(plane),
        Plane::Model(_) => {
            let message = format!(
                "env `{}` is on a model (from {}), and a snapshot is of Azure",
                env.name, env.provider.source
            );
            let hint = "add `--provider arm`, or take what is in the model with `swa-apim model export`";
            Err(UsageError::new(message).hint(hint).into())
        }
    }
}

/// Two snapshots of the same links are generations of one model.
fn lineage_of(plane: &Plane, targets: &[Target]) -> String {
    let ends = |target: &Target| format!("{}\n{}\n", target.site_environment.key(), target.service.key());
    let ends: BTreeSet<String> = targets.iter().map(ends).collect();
    let mut digest = Sha256::new_with_prefix(plane.place().to_string());
    for end in &ends {
        digest.update(end);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

/// Makes the model, or a new generation of it. What is not a snapshot of the same links stays, unless somebody
/// said `--yes`.
async fn write(cx: &Context, file: &Path, lineage: &str, resources: Value) -> anyhow::Result<bool> {
    let plane: JsonControlPlane = cx.create(file, "")?;
    plane.begin().await?;
    let another = plane.generation().0 != *lineage && !plane.resources()?.is_empty();
    if another && !cx.yes {
        let message = format!("`{}` holds another model", file.display());
        let hint = "name another file, or repeat the command with `--yes`, which keeps what is there as the generation before";
        return Err(UsageError::refused(message).hint(hint).into());
    }
    let changed = plane.replace_by_snapshot(lineage, resources)?;
    plane.commit().await?;
    Ok(changed)
}

fn next(cx: &Context, env: &EnvSettings, file: &Path) -> String {
    let file = quoted(&file.display().to_string());
    format!("next: swa-apim link {} --provider json --model {file} --dry-run", cx.selector_for_model(env))
}
