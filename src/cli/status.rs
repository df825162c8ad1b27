//! `swa-apim status`

use clap::Args;

use super::{
    args::{PreviewArgs, ScopeArgs},
    context::Context,
    failure,
};
use crate::{
    config::EnvSettings,
    diagnosis::ExitCode,
    engine::{self, FindingCode, LinkState, Verdict},
    output::{LinkReport, StatusReport},
};

/// Show every part of a link, and what is not as it should be
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim status --env prod\n  swa-apim status --all --detailed-exitcode\n  swa-apim status --env prod -o tsv --query 'links[0].state'"
)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    #[command(flatten)]
    preview: PreviewArgs,
    /// Exit with 3 if a link is not as it should be
    #[arg(long)]
    detailed_exitcode: bool,
}

pub(super) async fn run(args: StatusArgs, cx: &Context) -> anyhow::Result<ExitCode> {
    let envs = cx.envs(args.scope.all)?;
    let several = envs.len() > 1;
    let progress = cx.ui.progress();
    let mut links = Vec::new();
    let mut code = ExitCode::Success;
    for env in &envs {
        progress.now(format!("reading {}", env.name));
        match look_at(cx, env, args.preview).await {
            Ok(verdict) => {
                code = code.worst(exit_code(&verdict, args.detailed_exitcode));
                links.push(LinkReport::of(&verdict));
            }
            Err(error) if several => {
                code = code.worst(failure::diagnose(&error).exit);
                links.push(unread(env, &error));
            }
            Err(error) => return Err(error),
        }
    }
    drop(progress);
    cx.ui.print(&StatusReport::new(links))?;
    Ok(code)
}

async fn look_at(cx: &Context, env: &EnvSettings, preview: PreviewArgs) -> anyhow::Result<Verdict> {
    let plane = cx.plane_of(env)?;
    let target = cx.target(env, plane.as_ref(), preview.previews()).await?;
    Ok(engine::verify(plane.as_ref(), &target).await?)
}

fn exit_code(verdict: &Verdict, detailed: bool) -> ExitCode {
    let missing = verdict.findings.iter().any(|finding| finding.code == FindingCode::SiteMissing);
    match verdict.state {
        LinkState::Unknown if missing => ExitCode::Refused,
        LinkState::Unknown => ExitCode::Unavailable,
        LinkState::Linked => {
            let broken = verdict.findings.iter().any(|f| f.severity == engine::Severity::Broken);
            if detailed && broken { ExitCode::Changes } else { ExitCode::Success }
        }
        LinkState::Unlinked
        | LinkState::Leftover
        | LinkState::Partial
        | LinkState::Drifted
        | LinkState::LinkedElsewhere
        | LinkState::Dangling => {
            if detailed {
                ExitCode::Changes
            } else {
                ExitCode::Success
            }
        }
    }
}

/// An env that could not be looked at, among others that could.
fn unread(env: &EnvSettings, error: &anyhow::Error) -> LinkReport {
    let (site, apim) = (&env.static_web_app.value, &env.apim.value);
    let environment = &env.site_environment.value;
    LinkReport::unread(&env.name, site, environment, apim, failure::report(error))
}
