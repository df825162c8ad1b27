//! `swa-apim model import|export|snapshot`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueHint};
use serde_json::Value;

use super::snapshot::{self, SnapshotArgs};
use crate::{
    cli::session::Session,
    diagnosis::{ExitCode, misfit_at},
    files::read_whole,
    model::without_mark,
    provider::json::Pages,
    workflow::{self, UsageError},
};

/// Import resources into a model, and export them
#[derive(Debug, Args)]
pub(crate) struct ModelArgs {
    #[command(subcommand)]
    command: ModelCommand,
}

#[derive(Debug, Subcommand)]
enum ModelCommand {
    /// Import resources into the model, each at its id; creates the model if it does not exist
    ///
    /// Accepts answers of Azure Resource Manager, including lists, and the output of `az ... --output json`.
    /// The ID of a resource determines its place in the model. Fields that the imported resource does not
    /// contain keep their values. If one resource cannot be imported, nothing is changed.
    #[command(
        after_help = "Examples:\n  az staticwebapp list --output json | swa-apim model import -\n  swa-apim model import resources.json --model control-plane.json"
    )]
    Import {
        /// A file with a resource, a list of resources, or an array of those, or - for standard input
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// Import a list even if pages of it are missing
        #[arg(long)]
        partial: bool,
    },
    /// Print the resources of the model as an array, without keys
    #[command(
        after_help = "Examples:\n  swa-apim model export\n  swa-apim model export --out resources.json"
    )]
    Export {
        /// Write to this file instead of standard output
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        out: Option<PathBuf>,
    },
    /// Create a model from the links of an env in Azure, without keys, to rehearse changes
    ///
    /// With --out, writes a model in which the links are as in Azure and their keys are unknown. An existing
    /// file is replaced if it is a snapshot of the same links. Without --out, prints the resources as an
    /// array.
    #[command(
        after_help = "Examples:\n  swa-apim model snapshot --env prod --out rehearsal.json\n  swa-apim link --env prod --provider json --model rehearsal.json --dry-run"
    )]
    Snapshot(SnapshotArgs),
}

pub(crate) async fn run(args: ModelArgs, cx: &Session) -> anyhow::Result<ExitCode> {
    match args.command {
        ModelCommand::Import { file, partial } => {
            import(&file, if partial { Pages::Partial } else { Pages::Complete }, cx).await
        }
        ModelCommand::Export { out } => export(out.as_deref(), cx).await,
        ModelCommand::Snapshot(args) => snapshot::run(args, cx).await,
    }
}

async fn import(file: &Path, pages: Pages, cx: &Session) -> anyhow::Result<ExitCode> {
    let (report, withheld) = workflow::model::import(&cx.work, read(file).await?, pages).await?;
    for field in withheld {
        cx.ui.say(&format!("note: {field} is a secret and was not imported"));
    }
    cx.ui.print(&report)?;
    Ok(ExitCode::Success)
}

async fn read(file: &Path) -> anyhow::Result<Value> {
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

async fn export(out: Option<&Path>, cx: &Session) -> anyhow::Result<ExitCode> {
    let values = workflow::model::export(&cx.work)?;
    let Some(file) = out else {
        cx.ui.print_json(&values)?;
        return Ok(ExitCode::Success);
    };
    let text = serde_json::to_string_pretty(&values)? + "\n";
    workflow::write_beside(&cx.work, file, &text).await?;
    Ok(ExitCode::Success)
}
