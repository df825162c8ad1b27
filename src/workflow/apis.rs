//! The APIs of a service, and which of them a site can reach.

use super::{
    error::{Result, UsageError},
    workspace::Workspace,
};
use crate::{
    config::EnvSettings,
    engine::{self, Finding, FindingCode, Previews, Verdict},
    model::Api,
    provider::Collection,
    report::{ApiListReport, ApiReport, SCHEMA_VERSION},
};

/// Lists the APIs of the service of an env, and whether its site can reach them.
///
/// # Errors
///
/// If the site or the service does not exist, or the link or the APIs cannot be read.
pub async fn apis(work: &Workspace, env: &EnvSettings) -> Result<ApiListReport> {
    let (plane, target) = work.target(env, Previews::Allow).await?;
    let plane = plane.as_ref();
    let Verdict { observed, findings, .. } = engine::verify(plane, &target).await?;
    let missing = [FindingCode::SiteMissing, FindingCode::EnvironmentMissing, FindingCode::ServiceMissing];
    let is_missing = |finding: &&Finding| missing.contains(&finding.code);
    if let Some(missing) = findings.iter().find(is_missing) {
        return Err(UsageError::refused(&*missing.message).hint(missing.hint.clone()).into());
    }
    let all = plane.list(&Collection::Apis(target.service.clone())).await?;
    let all: Result<Vec<Api>, _> = all.iter().map(|found| Api::read(&found.value)).collect();
    let current = all?.into_iter().filter(|api| api.is_current).collect();
    let all = engine::with_schemes(plane, current).await?;
    let in_product = |api: &Api| observed.product_apis.iter().any(|member| member.id == api.id);
    let apis = all.iter().map(|api| ApiReport::of(api, in_product(api))).collect();
    Ok(ApiListReport {
        schema_version: SCHEMA_VERSION,
        env: env.name.clone(),
        product: observed.product.as_ref().map(|seen| seen.view.id.name().to_owned()),
        apis,
    })
}
