//! Finds the problems that prevent a link from working, hop by hop.

use super::{
    error::{Result, WorkflowError, causes, diagnose},
    listener::Listener,
    plane::Plane,
    rotation,
    select::name_lookalikes,
    workspace::Workspace,
};
use crate::{
    config::{EnvSettings, ProviderKind},
    diagnosis::{Diagnosis, ExitCode},
    engine::{self, Hop, HopName, Previews, Probe, Rights, RoleDefinition, Target},
    provider::{
        Browser, ProviderError, Readable,
        arm::{ArmError, Authenticated},
    },
    report::DoctorReport,
};

/// Which checks are made.
#[derive(Clone, Debug)]
pub struct Checkup {
    /// Whether named preview environments may be linked.
    pub previews: Previews,
    /// Whether the rights of the caller are compared with what each command needs.
    pub check_rights: bool,
    /// Whether the gateway and the site are called.
    pub probes: bool,
    /// The address where the site answers, if it is not `https://` and the site's own hostname.
    pub site_url: Option<String>,
}

/// Examines the link of an env. Errors are part of the report.
pub async fn doctor(
    work: &Workspace,
    env: &EnvSettings,
    asked: &Checkup,
    listener: &dyn Listener,
) -> DoctorReport {
    let mut walk = Walk { work, asked, env, listener, hops: Vec::new(), rights: None };
    walk.go().await;
    let Walk { hops, rights, .. } = walk;
    let mut report = DoctorReport::new(&env.name, in_order(&hops), work.render());
    if let Some((target, rights)) = &rights {
        report.role_definition = Some(RoleDefinition::least(target));
        if let Some(rights) = rights {
            report = report.with_rights(target, rights);
        }
    }
    report
}

/// A walk along the hops, which ends when the later hops cannot be checked.
struct Walk<'a> {
    work: &'a Workspace,
    asked: &'a Checkup,
    env: &'a EnvSettings,
    listener: &'a dyn Listener,
    hops: Vec<Hop>,
    /// The target, and the rights of the caller there, if they are known.
    rights: Option<(Target, Option<Rights>)>,
}

impl Walk<'_> {
    async fn go(&mut self) {
        if let Err(error) = self.hop_by_hop().await {
            let hop = hop_of(&error, &self.hops);
            let before = self.hops.iter().find(|before| before.name == hop.name);
            let seen = before.map(|before| before.saw.clone()).unwrap_or_default();
            self.hops.push(seen.into_iter().fold(hop, Hop::also));
        }
    }

    async fn hop_by_hop(&mut self) -> Result<()> {
        self.hops.push(configuration(self.work, self.env));
        let plane = self.work.plane_of(self.env)?;
        self.listener.doing("getting a token");
        self.hops.push(credentials(&plane).await?);
        self.listener.doing("reading the link");
        let (_, target) = self.work.target(self.env, self.asked.previews).await?;
        self.check_rights(plane.as_ref(), &target).await?;
        let recent = async { Ok(rotation::recent_events(self.work, &plane, &target).await) };
        let (mut examined, recent) = tokio::try_join!(engine::examine(plane.as_ref(), &target), recent)?;
        let verb = if plane.is_azure() { "answers" } else { "can be read" };
        self.hops.push(Hop::ok(HopName::ControlPlane, format!("{} {verb}", plane.place())));
        name_lookalikes(plane.as_ref(), &mut examined.verdict.findings).await;
        let limit = self.env.max_key_age;
        rotation::look_back(self.work, &plane, &mut examined.verdict, limit, recent).await;
        self.hops.extend(engine::hops_of_parts(&examined));
        self.probe(&plane, &examined).await
    }

    async fn check_rights(&mut self, plane: &dyn Readable, target: &Target) -> Result<()> {
        if !self.asked.check_rights {
            self.hops.push(Hop::skipped(HopName::Rights, "not requested; `--check-rights` checks them"));
            return Ok(());
        }
        self.listener.doing("reading your permissions");
        let rights = Rights::read(plane, target).await?;
        self.hops.push(match &rights {
            Some(rights) => engine::hop_of_rights(target, rights),
            None => Hop::skipped(HopName::Rights, "a model has no permissions to check"),
        });
        self.rights = Some((target.clone(), rights));
        Ok(())
    }

    async fn probe(&mut self, plane: &Plane, examined: &engine::Examined) -> Result<()> {
        let why = match plane.azure() {
            Some(_) if !self.asked.probes => "not requested",
            Some(arm) => {
                self.listener.doing("calling `/api`");
                let browser: &dyn Browser = arm.as_ref();
                let probe = Probe { browser, site_url: self.asked.site_url.as_deref() };
                let observed = &examined.verdict.observed;
                self.hops.extend(engine::probe(plane.as_ref(), observed, probe).await?);
                return Ok(());
            }
            None => "a model does not serve requests",
        };
        self.hops.extend(PROBES.map(|name| Hop::skipped(name, why)));
        Ok(())
    }
}

const PROBES: [HopName; 3] = [HopName::GatewayWithKey, HopName::GatewayWithoutKey, HopName::Site];

fn configuration(work: &Workspace, env: &EnvSettings) -> Hop {
    let hop = Hop::ok(HopName::Configuration, format!("env `{}` ({})", env.name, env.at));
    let (site, apim) = (&env.static_web_app, &env.apim);
    let plane = match env.provider.value {
        ProviderKind::Json => format!("model {} ({})", env.model.value.display(), env.model.source),
        ProviderKind::Arm => match &env.endpoint {
            Some(endpoint) => format!("Azure at {} ({})", endpoint.value, endpoint.source),
            None => format!("Azure, cloud {} ({})", env.cloud.value, env.cloud.source),
        },
    };
    let hop = match &work.settings.file {
        Some(file) => hop.also(format!("configuration file {}", file.display())),
        None => hop,
    };
    hop.also(format!("static web app `{}` ({})", site.value, site.source))
        .also(format!("API Management `{}` ({})", apim.value, apim.source))
        .also(format!("provider {} ({})", env.provider.value, env.provider.source))
        .also(plane)
}

async fn credentials(plane: &Plane) -> Result<Hop> {
    let Some(arm) = plane.azure() else {
        return Ok(Hop::skipped(HopName::Credentials, "a model requires no credentials"));
    };
    let Authenticated { kind, tried, caller, ends } = arm.authenticate().await?;
    let mut hop = Hop::ok(HopName::Credentials, format!("a token from {kind}"));
    if let Some(caller) = caller {
        let tenant = caller.tenant.map(|tenant| format!(" in tenant {tenant}")).unwrap_or_default();
        hop = hop.also(format!("issued for {}{tenant}", caller.name));
    }
    if let Some(ends) = ends {
        hop = hop.also(format!("valid until {ends:.0}"));
    }
    Ok(tried
        .iter()
        .fold(hop, |hop, tried| hop.also(format!("no token from {}: {}", tried.kind(), tried.problem()))))
}

/// The hop whose failure prevented all later hops.
fn hop_of(error: &WorkflowError, before: &[Hop]) -> Hop {
    let Diagnosis { exit, hint } = diagnose(error);
    let causes = causes(error);
    let passed = before.iter().any(|hop| hop.name == HopName::Credentials);
    let met = error.met();
    let of_credential = matches!(met.downcast_ref(), Some(ArmError::Credential(_)))
        || matches!(met.downcast_ref(), Some(ProviderError::NotAuthenticated(_)));
    let name = if of_credential { HopName::Credentials } else { hop_of_exit(exit, passed) };
    let text = error.to_string();
    let lines = text.lines().chain(causes.iter().flat_map(|cause| cause.lines()));
    let mut lines = lines.map(str::to_owned);
    let hop = Hop::failed(name, exit, lines.next().unwrap_or_default());
    let hop = lines.fold(hop, Hop::also);
    match hint {
        Some(hint) => hop.hint(hint),
        None => hop,
    }
}

/// The hop that an exit code is about; `passed` is whether there is a token.
fn hop_of_exit(exit: ExitCode, passed: bool) -> HopName {
    match exit {
        ExitCode::NotAuthorized if !passed => HopName::Credentials,
        ExitCode::NotAuthorized => HopName::Rights,
        ExitCode::Usage | ExitCode::Refused => HopName::Configuration,
        ExitCode::Success
        | ExitCode::Unexpected
        | ExitCode::Changes
        | ExitCode::Unavailable
        | ExitCode::Partial
        | ExitCode::NotVerified
        | ExitCode::Interrupted => HopName::ControlPlane,
    }
}

/// Returns each hop once and in order: a failure replaces the earlier result of its hop, and hops that were not reached
/// are skipped.
fn in_order(hops: &[Hop]) -> Vec<Hop> {
    let stuck = hops
        .last()
        .map(|hop| format!("not checked, because this check failed: {}", hop.name.title()))
        .unwrap_or_default();
    let of = |name| hops.iter().rfind(|hop| hop.name == name).cloned();
    HopName::ALL.iter().copied().map(|name| of(name).unwrap_or_else(|| Hop::skipped(name, &*stuck))).collect()
}
