//! `swa-apim api list|add|remove`

use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;

use crate::{
    cli::{args::PlanArgs, complete, session::Context},
    diagnosis::ExitCode,
    engine::{self, Adoption, Grace, Intent, Previews},
    model::Api,
    provider::{Collection, arm::Wait},
    report::{ApiListReport, ApiReport, SCHEMA_VERSION},
    workflow::change::plan::{self, Change},
};

/// Show and change which APIs the site can reach
#[derive(Debug, Args)]
pub(crate) struct ApiArgs {
    #[command(subcommand)]
    command: ApiCommand,
}

#[derive(Debug, Subcommand)]
enum ApiCommand {
    /// List the APIs of the service, and which of them are in the link's product
    #[command(
        after_help = "Examples:\n  swa-apim api list --env prod\n  swa-apim api list --env prod -o json"
    )]
    List,
    /// Add APIs to the link's product, so that the site can reach them
    #[command(after_help = "Examples:\n  swa-apim api add catalog --env prod --sample")]
    Add(NamesArgs),
    /// Take APIs out of the link's product; the APIs themselves stay
    #[command(after_help = "Examples:\n  swa-apim api remove catalog --env prod --sample")]
    Remove(NamesArgs),
}

#[derive(Debug, Args)]
struct NamesArgs {
    /// Ids of APIs within the service
    #[arg(required = true, value_name = "API", add = ArgValueCandidates::new(complete::apis))]
    apis: Vec<String>,
    #[command(flatten)]
    plan: PlanArgs,
}

pub(crate) async fn run(args: ApiArgs, cx: &Context) -> anyhow::Result<ExitCode> {
    let (intent, options) = match args.command {
        ApiCommand::List => return list(cx).await,
        ApiCommand::Add(NamesArgs { apis, plan }) => (Intent::AddApis { apis }, plan),
        ApiCommand::Remove(NamesArgs { apis, plan }) => (Intent::RemoveApis { apis }, plan),
    };
    let env = cx.settings.env()?;
    if let Intent::RemoveApis { apis } = &intent {
        for api in apis.iter().filter(|api| env.apis.contains(api)) {
            cx.ui.say(&format!("note: the env lists `{api}`; the next link or relink adds it again"));
        }
    }
    let (previews, grace, wait) = (Previews::Allow, Grace::default(), Wait::UntilDone);
    Box::pin(plan::run(
        cx,
        vec![env],
        Change { intent, previews, adoption: Adoption::Refuse, grace, wait, check_rights: false, options },
    ))
    .await
}

async fn list(cx: &Context) -> anyhow::Result<ExitCode> {
    let env = cx.settings.env()?;
    let plane = cx.plane_of(&env)?;
    let plane = plane.as_ref();
    let target = cx.target(&env, plane, Previews::Allow).await?;
    let observed = engine::observe(plane, &target).await?;
    let all = plane.list(&Collection::Apis(target.service.clone())).await?;
    let all: Result<Vec<Api>, _> = all.iter().map(|found| Api::read(&found.value)).collect();
    let current = all?.into_iter().filter(|api| api.is_current).collect();
    let all = engine::with_schemes(plane, current).await?;
    let in_product = |api: &Api| observed.product_apis.iter().any(|member| member.id == api.id);
    let apis = all.iter().map(|api| ApiReport::of(api, in_product(api))).collect();
    cx.ui.print(&ApiListReport {
        schema_version: SCHEMA_VERSION,
        env: env.name,
        product: observed.product.as_ref().map(|seen| seen.view.id.name().to_owned()),
        apis,
    })?;
    Ok(ExitCode::Success)
}
