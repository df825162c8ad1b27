//! `swa-apim init`

use std::{fs, io, path::Path};

use anyhow::Context as _;
use clap::Args;

use crate::{
    cli::session::Session,
    config::{FILE_NAME, MODEL_NAME, NewEnv, Source, Sourced, add_env, sample_config, sample_model},
    diagnosis::{ExitCode, quoted},
    model::{Api, ApimServiceId, PRODUCTION, ResourceId, StaticSiteId},
    provider::{Collection, ControlPlane},
    workflow::{self, UsageError},
};

/// Create swa-apim.toml, with the prompts of the Azure portal
///
/// Prompts for the static web app and its environment, the subscription, the service, and the APIs to expose.
/// The choices are read from the control plane. Values of flags are not prompted for. Without a terminal,
/// flags must specify all values.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim init\n  swa-apim init --sample\n  swa-apim init --env staging --static-web-app shop-web --apim shop-apim --api orders"
)]
pub(crate) struct InitArgs {
    /// An API to add to the link's product; can be repeated
    #[arg(long = "api", value_name = "API")]
    apis: Vec<String>,
}

pub(crate) async fn run(args: InitArgs, cx: &Session) -> anyhow::Result<ExitCode> {
    if cx.work.is_sample() {
        return init_sample(cx).await;
    }
    let file = cx
        .work
        .overrides()
        .config
        .as_ref()
        .map_or_else(|| cx.work.folder.join(FILE_NAME), |it| cx.work.folder.join(&it.value));
    let existing = read_if_there(&file)?;
    let new = ask(args, cx).await?;
    let text = add_env(&file, existing.as_deref(), &new)?;
    workflow::write_result(&file, &text).await?;
    let verb = if existing.is_some() { "added env" } else { "wrote" };
    let what = if existing.is_some() {
        format!("`{}` to {}", new.name, file.display())
    } else {
        file.display().to_string()
    };
    cx.ui.say(&format!("{verb} {what}"));
    cx.ui.say(&format!("next: swa-apim link --env {}{}", quoted(&new.name), flags(cx)));
    Ok(ExitCode::Success)
}

/// The flags of this command line that the next command needs too.
fn flags(cx: &Session) -> String {
    let given = cx.work.overrides();
    let flags = [("--config", &given.config), ("--model", &given.model)];
    let words = flags.iter().filter_map(|(flag, given)| match given {
        Some(Sourced { value, source: Source::Flag(_) }) => {
            Some(format!(" {flag} {}", quoted(&value.display().to_string())))
        }
        _ => None,
    });
    words.collect()
}

/// Writes the sample as files of the user.
async fn init_sample(cx: &Session) -> anyhow::Result<ExitCode> {
    let (config, model) = (cx.work.folder.join(FILE_NAME), cx.work.folder.join(MODEL_NAME));
    let existing = read_if_there(&config)?;
    if existing.as_deref().is_some_and(|text| text != sample_config()) {
        let error =
            UsageError::refused(format!("`{}` already exists and is not the sample", config.display()));
        return Err(error
            .hint("run the command in an empty directory, or move the file to another place")
            .into());
    }
    let had_both = existing.is_some() && model.exists();
    drop(cx.work.create(&model, sample_model())?);
    if existing.is_none() {
        workflow::write_result(&config, sample_config()).await?;
    }
    let done = if had_both { "already exist" } else { "have been created" };
    cx.ui.say(&format!("{FILE_NAME} and {MODEL_NAME} {done}"));
    cx.ui.say("next: swa-apim link --env prod");
    Ok(ExitCode::Success)
}

fn read_if_there(file: &Path) -> anyhow::Result<Option<String>> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("could not read `{}`", file.display())),
    }
}

async fn ask(args: InitArgs, cx: &Session) -> anyhow::Result<NewEnv> {
    let given = cx.work.overrides();
    let text = |it: &Option<Sourced<String>>| it.as_ref().map(|it| it.value.clone());
    let complete = given.static_web_app.is_some() && given.apim.is_some();
    if complete && !cx.ui.can_ask() {
        return Ok(NewEnv {
            name: text(&given.env).unwrap_or_else(|| "prod".to_owned()),
            static_web_app: text(&given.static_web_app).unwrap_or_default(),
            apim: text(&given.apim).unwrap_or_default(),
            resource_group: text(&given.resource_group),
            subscription: text(&given.subscription),
            site_environment: text(&given.site_environment),
            apis: args.apis,
            provider: given.provider.as_ref().map(|it| it.value),
        });
    }
    if !cx.ui.can_ask() {
        let flag = if given.static_web_app.is_none() { "`--static-web-app NAME`" } else { "`--apim NAME`" };
        let question =
            if given.static_web_app.is_none() { "Static web app" } else { "API Management service" };
        cx.ui.check_terminal(question, flag)?;
    }
    let plane = cx.work.default_plane()?;
    let plane = plane.as_ref();
    let site = match text(&given.static_web_app) {
        Some(site) => site,
        None => choose_site(cx, plane).await?,
    };
    let environment = match text(&given.site_environment) {
        Some(environment) => Some(environment),
        None => choose_environment(cx, plane, &site).await?,
    };
    let apim = match text(&given.apim) {
        Some(apim) => apim,
        None => choose_service(cx, plane, text(&given.subscription).as_deref()).await?,
    };
    let apis = if args.apis.is_empty() { choose_apis(cx, plane, &apim).await? } else { args.apis };
    let name = match text(&given.env) {
        Some(name) => name,
        None => cx.ui.ask("Name of the env", "prod", "`--env NAME`")?,
    };
    Ok(NewEnv {
        name,
        static_web_app: site,
        apim,
        resource_group: text(&given.resource_group),
        subscription: text(&given.subscription),
        site_environment: environment,
        apis,
        provider: given.provider.as_ref().map(|it| it.value),
    })
}

async fn ids(plane: &dyn ControlPlane, of: &Collection) -> anyhow::Result<Vec<ResourceId>> {
    Ok(plane.list(of).await?.into_iter().map(|found| found.value.id().clone()).collect())
}

fn described(id: &ResourceId) -> String {
    format!("{}  (resource group {})", id.name(), id.group().unwrap_or("none"))
}

async fn choose_site(cx: &Session, plane: &dyn ControlPlane) -> anyhow::Result<String> {
    let sites = ids(plane, &Collection::StaticSites).await?;
    if sites.is_empty() {
        let error = UsageError::refused("the control plane has no static web app");
        return Err(error
            .hint("import resources into the model with `swa-apim model import`, or use `--sample`")
            .into());
    }
    let choices: Vec<String> = sites.iter().map(described).collect();
    let at = cx.ui.choose("Static web app", &choices, "`--static-web-app NAME`")?;
    Ok(sites[at].to_string())
}

async fn choose_environment(
    cx: &Session,
    plane: &dyn ControlPlane,
    site: &str,
) -> anyhow::Result<Option<String>> {
    let Ok(site) = StaticSiteId::parse(site) else { return Ok(None) };
    let mut names = vec![PRODUCTION.to_owned()];
    let previews = ids(plane, &Collection::SiteEnvironments(site)).await?;
    names.extend(previews.iter().map(|id| id.name().to_owned()).filter(|name| name != PRODUCTION));
    if names.len() == 1 {
        return Ok(None);
    }
    let choices: Vec<String> = names
        .iter()
        .map(|name| if name == PRODUCTION { "Production".to_owned() } else { name.clone() })
        .collect();
    let at = cx.ui.choose("Site environment", &choices, "`--site-environment NAME`")?;
    Ok((at > 0).then(|| names[at].clone()))
}

async fn choose_service(
    cx: &Session,
    plane: &dyn ControlPlane,
    subscription: Option<&str>,
) -> anyhow::Result<String> {
    let services = ids(plane, &Collection::Services).await?;
    if services.is_empty() {
        let error = UsageError::refused("the control plane has no API Management service");
        return Err(error
            .hint("import resources into the model with `swa-apim model import`, or use `--sample`")
            .into());
    }
    let mut subscriptions: Vec<String> =
        services.iter().map(|id| id.azure_subscription().to_owned()).collect();
    subscriptions.dedup();
    let subscription = if let Some(given) = subscription {
        given.to_owned()
    } else {
        let question = "Azure subscription of the API Management service";
        let at = cx.ui.choose(question, &subscriptions, "`--subscription ID`")?;
        subscriptions[at].clone()
    };
    let there: Vec<&ResourceId> =
        services.iter().filter(|id| id.azure_subscription().eq_ignore_ascii_case(&subscription)).collect();
    if there.is_empty() {
        return Err(UsageError::refused(format!(
            "the subscription `{subscription}` has no API Management service"
        ))
        .into());
    }
    let choices: Vec<String> = there.iter().map(|id| described(id)).collect();
    let at = cx.ui.choose("API Management service", &choices, "`--apim NAME`")?;
    Ok(there[at].to_string())
}

async fn choose_apis(cx: &Session, plane: &dyn ControlPlane, apim: &str) -> anyhow::Result<Vec<String>> {
    let Ok(service) = ApimServiceId::parse(apim) else { return Ok(Vec::new()) };
    let found = plane.list(&Collection::Apis(service)).await?;
    let apis = found.iter().filter_map(|found| Api::read(&found.value).ok());
    let apis: Vec<Api> = apis.filter(|api| api.is_current).collect();
    if apis.is_empty() {
        return Ok(Vec::new());
    }
    let choices: Vec<String> = apis.iter().map(|api| format!("{}  (/{})", api.id.name(), api.path)).collect();
    let chosen = cx.ui.choose_any(
        "APIs that the site may call (select with the space bar)",
        &choices,
        "`--api API`",
    )?;
    Ok(chosen.into_iter().map(|at| apis[at].id.name().to_owned()).collect())
}
