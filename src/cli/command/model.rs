//! `swa-apim model import|export|snapshot`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueHint};

use super::snapshot::{self, SnapshotArgs};
use crate::{cli::session::Session, diagnosis::ExitCode, provider::json::Pages, workflow};

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

impl ModelArgs {
    /// Whether the command may change a model.
    pub(crate) fn changes(&self) -> bool {
        !matches!(self.command, ModelCommand::Export { .. })
    }
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
    let (report, withheld) =
        workflow::model::import(&cx.work, workflow::model::read(file).await?, pages).await?;
    for field in withheld {
        cx.ui.say(&format!("note: {field} is a secret and was not imported"));
    }
    cx.ui.print(&report)?;
    Ok(ExitCode::Success)
}

async fn export(out: Option<&Path>, cx: &Session) -> anyhow::Result<ExitCode> {
    let values = workflow::model::export(&cx.work)?;
    let text = serde_json::to_string_pretty(&values)? + "\n";
    match out {
        None => cx.ui.print_json(&values)?,
        Some(file) => workflow::write_beside(&cx.work, file, &text).await?,
    }
    Ok(ExitCode::Success)
}
