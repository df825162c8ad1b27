//! `swa-apim model snapshot`

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use crate::{
    cli::{args::ScopeArgs, error::command_line, session::Session},
    config::EnvSettings,
    diagnosis::{Cure, ExitCode},
    report::{SCHEMA_VERSION, SnapshotReport},
    workflow::snapshot::{self, OtherModel},
};

#[derive(Debug, Args)]
pub(crate) struct SnapshotArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    /// Write a model to this file instead of printing the resources
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: Option<PathBuf>,
}

pub(crate) async fn run(args: SnapshotArgs, cx: &Session) -> anyhow::Result<ExitCode> {
    let envs = cx.work.envs(args.scope.all)?;
    let shown = cx.listener();
    let taken = snapshot::take(&cx.work, &envs, &shown).await?;
    drop(shown);
    let Some(snapshot) = taken else { return Ok(ExitCode::Success) };
    let Some(file) = args.out.filter(|out| out.as_os_str() != "-") else {
        cx.ui.print_json(&snapshot.into_value())?;
        return Ok(ExitCode::Success);
    };
    let file = cx.work.folder.join(file);
    let (resources, other) = (snapshot.count(), if cx.yes { OtherModel::Replace } else { OtherModel::Keep });
    let changed = snapshot.write(&cx.work, &file, other).await?;
    let model = file.display().to_string();
    cx.ui.print(&SnapshotReport { schema_version: SCHEMA_VERSION, model, resources, changed })?;
    if let (true, [env]) = (cx.ui.is_for_people(), envs.as_slice()) {
        cx.ui.say(&next(cx, env, &file));
    }
    Ok(ExitCode::Success)
}

fn next(cx: &Session, env: &EnvSettings, file: &Path) -> String {
    let on = cx.work.selection_on_model(env, file).with_switch("--dry-run");
    format!("next: {}", command_line(&Cure::Link, &on))
}
