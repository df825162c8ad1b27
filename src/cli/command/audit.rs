//! `swa-apim audit`

use clap::Args;

use crate::{
    cli::{
        error,
        session::{Context, UsageError},
    },
    config::{Source, Sourced},
    diagnosis::ExitCode,
    engine::{self, Audit, Standing},
    model::ApimServiceId,
    provider::{Collection, ControlPlane, ProviderError},
    report::{AuditReport, DanglingLinkReport, ServiceAuditReport},
    workflow::plane::Plane,
};

/// Show every product of a service that a link made, who uses it, and which are left over
///
/// A product is in use, an orphan, unknown if something that it depends on could not be read, or foreign
/// if no link made it. Links that point to a service that is gone are listed too.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim audit --apim shop-apim\n  swa-apim audit --all-services --detailed-exitcode\n  swa-apim audit --sample -o tsv"
)]
pub(crate) struct AuditArgs {
    /// Look at every service that you can see
    #[arg(long)]
    all_services: bool,
    /// Exit with 3 if something is left over
    #[arg(long)]
    detailed_exitcode: bool,
}

pub(crate) async fn run(args: AuditArgs, cx: &Context) -> anyhow::Result<ExitCode> {
    let progress = cx.ui.progress();
    progress.now("finding the service");
    let (plane, services) = services(&args, cx).await?;
    progress.now("reading products, subscriptions and sites");
    let audits = engine::audit(plane.as_ref(), &services).await;
    drop(progress);
    if let [(_, Err(_))] = audits.as_slice() {
        // Alone, it is the command that fails.
        for (_, audit) in audits {
            audit?;
        }
        return Ok(ExitCode::Unexpected);
    }
    let (report, code) = conclude(audits, args.detailed_exitcode);
    cx.ui.print(&report)?;
    Ok(code)
}

async fn services(args: &AuditArgs, cx: &Context) -> anyhow::Result<(Plane, Vec<ApimServiceId>)> {
    if !args.all_services {
        let (plane, service) = cx.service().await?;
        return Ok((plane, vec![service]));
    }
    if let Some(Sourced { source: Source::Flag(_), .. }) = &cx.overrides().apim {
        let error = UsageError::new("`--all-services` and `--apim` contradict each other");
        return Err(error.hint("leave one of them out").into());
    }
    let plane = cx.any_plane()?;
    Ok((plane.clone(), every_service(plane.as_ref()).await?))
}

async fn every_service(plane: &dyn ControlPlane) -> anyhow::Result<Vec<ApimServiceId>> {
    let found = plane.list(&Collection::Services).await?;
    let ids = found.into_iter().map(|found| ApimServiceId::try_from(found.value.id().clone()));
    Ok(ids.collect::<Result<_, _>>()?)
}

/// The report, and the exit code of the whole.
fn conclude(
    audits: Vec<(ApimServiceId, Result<Audit, ProviderError>)>,
    detailed: bool,
) -> (AuditReport, ExitCode) {
    let mut code = ExitCode::Success;
    let mut dangling: Vec<DanglingLinkReport> = Vec::new();
    let mut services = Vec::new();
    for (service, audit) in audits {
        match audit {
            Ok(audit) => {
                code = code.worst(exit_code(&audit, detailed));
                let links = audit.dangling.iter().map(DanglingLinkReport::of);
                let new: Vec<_> = links.filter(|link| !dangling.contains(link)).collect();
                let known = new.is_empty() && !audit.dangling.is_empty();
                dangling.extend(new);
                services.push(ServiceAuditReport::of(&audit).without_dangling_links_if(known));
            }
            Err(error) => {
                let error = anyhow::Error::new(error).context("could not read the service");
                code = code.worst(error::diagnose(&error).exit);
                services.push(ServiceAuditReport::unread(&service, error::report(&error)));
            }
        }
    }
    (AuditReport::new(services, dangling), code)
}

fn exit_code(audit: &Audit, detailed: bool) -> ExitCode {
    if !audit.exists {
        return ExitCode::Refused;
    }
    let any = |is: fn(&Standing) -> bool| audit.products.iter().any(|product| is(&product.standing));
    let left_over = any(|standing| matches!(standing, Standing::Orphan(_))) || !audit.dangling.is_empty();
    if any(|standing| matches!(standing, Standing::Unknown(_))) || !audit.is_complete() {
        ExitCode::Unavailable
    } else if detailed && left_over {
        ExitCode::Changes
    } else {
        ExitCode::Success
    }
}
