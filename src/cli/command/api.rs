//! `swa-apim api list|add|remove`

use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;

use crate::{
    cli::{
        args::{self, PlanArgs},
        changing, complete,
        session::Session,
    },
    diagnosis::ExitCode,
    engine::{Intent, Previews},
    workflow::{self, LinkChange},
};

/// Print and change which APIs the site can call
#[derive(Debug, Args)]
pub(crate) struct ApiArgs {
    #[command(subcommand)]
    command: ApiCommand,
}

#[derive(Debug, Subcommand)]
enum ApiCommand {
    /// List the APIs of the service, and whether they are in the link's product
    #[command(
        after_help = "Examples:\n  swa-apim api list --env prod\n  swa-apim api list --env prod -o json"
    )]
    List,
    /// Add APIs to the link's product, so that the site can call them
    #[command(after_help = "Examples:\n  swa-apim api add catalog --env prod --sample")]
    Add(NamesArgs),
    /// Remove APIs from the link's product; the APIs are not deleted
    #[command(after_help = "Examples:\n  swa-apim api remove catalog --env prod --sample")]
    Remove(NamesArgs),
}

#[derive(Debug, Args)]
struct NamesArgs {
    /// IDs of APIs of the service
    #[arg(required = true, value_name = "API", value_parser = args::typed::api_name, add = ArgValueCandidates::new(complete::apis))]
    apis: Vec<String>,
    #[command(flatten)]
    plan: PlanArgs,
}

impl ApiArgs {
    /// Whether the command may change something.
    pub(crate) fn changes(&self) -> bool {
        match self.command {
            ApiCommand::List => false,
            ApiCommand::Add(_) | ApiCommand::Remove(_) => true,
        }
    }
}

pub(crate) async fn run(args: ApiArgs, cx: &Session) -> anyhow::Result<ExitCode> {
    let env = cx.work.settings.env()?;
    let (intent, options) = match args.command {
        ApiCommand::List => {
            cx.ui.print(&workflow::apis(&cx.work, &env).await?)?;
            return Ok(ExitCode::Success);
        }
        ApiCommand::Add(NamesArgs { apis, plan }) => (Intent::AddApis { apis }, plan),
        ApiCommand::Remove(NamesArgs { apis, plan }) => (Intent::RemoveApis { apis }, plan),
    };
    if let Intent::RemoveApis { apis } = &intent {
        for api in apis.iter().filter(|api| env.apis.contains(api)) {
            cx.ui.say(&format!("note: the env lists `{api}`; the next `link` or `relink` adds it again"));
        }
    }
    let change = LinkChange { previews: Previews::Allow, ..LinkChange::new(intent) };
    Box::pin(changing::change(cx, vec![env], change, options)).await
}
