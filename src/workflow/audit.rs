//! Every product that a link created in a service, its consumers, and which products are left over.

#![warn(clippy::arithmetic_side_effects)]

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;

use super::{
    error::{Result, UsageError, WorkflowError, diagnose, report},
    history,
    listener::Listener,
    plane::Plane,
    workspace::Workspace,
};
use crate::{
    config::{Source, Sourced},
    diagnosis::{ExitCode, Render},
    engine::{self, Audit, LastChange, LinkResources, ProductAudit, Standing},
    model::ApimServiceId,
    provider::{Collection, ProviderError, Reads, at_once},
    report::{ActivityLogReport, AuditReport, DanglingLinkReport, ServiceAuditReport},
};

/// Which services are audited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Services {
    /// The service that the settings name.
    Named,
    /// Every service that the caller can see.
    Every,
}

/// Audits services. With `tells`, the exit code reports whether something is left over.
///
/// # Errors
///
/// If no service is specified, or if the only service cannot be read.
pub async fn audit(
    work: &Workspace,
    which: Services,
    tells: bool,
    listener: &dyn Listener,
) -> Result<(AuditReport, ExitCode)> {
    listener.doing("finding the service");
    let (plane, services) = services(work, which).await?;
    listener.doing("reading products, subscriptions and sites");
    let mut audits = engine::audit(plane.as_ref(), &services).await;
    for audit in audits.iter_mut().filter_map(|(_, audit)| audit.as_mut().ok()) {
        audit.place_hints(&work.selection_of_place());
    }
    if let [(_, Err(_))] = audits.as_slice() {
        // If the only service cannot be read, the command fails.
        audits.remove(0).1?;
    }
    listener.doing("reading the activity log");
    let changes = stream::iter(&audits).map(async |(_, audit)| match audit {
        Ok(audit) => changes(&plane, audit, work.ambient().now()).await,
        Err(_) => Changes::default(),
    });
    let changes = changes.buffered(at_once::LINKS_READ).collect().await;
    Ok(conclude(audits, changes, tells, work.render()))
}

/// The last change of each product of a service, in the order of the products, and the log that was searched.
#[derive(Default)]
struct Changes {
    log: Option<ActivityLogReport>,
    of_products: Vec<Option<LastChange>>,
}

/// Searches the activity log of a service for the last change of each product that a link created. A log that cannot be
/// read is reported, and changes nothing else.
async fn changes(plane: &Plane, audit: &Audit, now: Timestamp) -> Changes {
    let is_of_link = |product: &ProductAudit| product.standing != Standing::Foreign;
    let products = audit.products.iter().map(|product| {
        let subscriptions =
            product.own.iter().chain(product.others.iter().map(|(subscription, _)| subscription));
        LinkResources::of_product(&product.id, subscriptions.map(|it| it.id.clone()).collect())
    });
    let products: Vec<LinkResources> = products.collect();
    let log = plane.activity_log().filter(|_| audit.products.iter().any(is_of_link));
    let group = products.first().and_then(|product| product.groups().into_iter().next());
    let Some((log, group)) = log.zip(group) else { return Changes::default() };
    let since = now.saturating_sub(history::KEPT).unwrap_or(Timestamp::MIN);
    let report = |error| Some(ActivityLogReport { since: format!("{since:.0}"), error });
    match log.events(&group, since, now).await {
        Ok(events) => Changes { log: report(None), of_products: engine::last_changes(&events, &products) },
        Err(error) => Changes { log: report(Some(error.to_string())), of_products: Vec::new() },
    }
}

async fn services(work: &Workspace, which: Services) -> Result<(Plane, Vec<ApimServiceId>)> {
    if which == Services::Named {
        let (plane, service) = work.service().await?;
        return Ok((plane, vec![service]));
    }
    if let Some(Sourced { source: Source::Flag(_), .. }) = &work.overrides().apim {
        let error = UsageError::new("`--all-services` and `--apim` cannot be used together");
        return Err(error.hint("remove one of them").into());
    }
    let plane = work.any_plane()?;
    Ok((plane.clone(), every_service(plane.as_ref()).await?))
}

async fn every_service(plane: &dyn Reads) -> Result<Vec<ApimServiceId>> {
    let found = plane.list(&Collection::Services).await?;
    let ids = found.into_iter().map(|found| ApimServiceId::try_from(found.value.id().clone()));
    Ok(ids.collect::<Result<_, _>>()?)
}

/// Returns the report and the exit code of the command.
fn conclude(
    audits: Vec<(ApimServiceId, Result<Audit, ProviderError>)>,
    changes: Vec<Changes>,
    detailed: bool,
    render: Render,
) -> (AuditReport, ExitCode) {
    let mut code = ExitCode::Success;
    let mut dangling: Vec<DanglingLinkReport> = Vec::new();
    let mut services = Vec::new();
    for ((service, audit), changes) in audits.into_iter().zip(changes) {
        match audit {
            Ok(audit) => {
                code = code.worst(exit_code(&audit, detailed));
                let links = audit.dangling.iter().map(DanglingLinkReport::of);
                let new: Vec<_> = links.filter(|link| !dangling.contains(link)).collect();
                let known = new.is_empty() && !audit.dangling.is_empty();
                dangling.extend(new);
                let report = ServiceAuditReport::of(&audit, render).without_dangling_links_if(known);
                services.push(report.with_changes(changes.log, changes.of_products));
            }
            Err(error) => {
                let error = WorkflowError::from(error).explained("could not read the service");
                code = code.worst(diagnose(&error).exit);
                services.push(ServiceAuditReport::unread(&service, report(&error, render)));
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
