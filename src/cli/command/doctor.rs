//! `swa-apim doctor`

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use crate::{
    cli::{args::PreviewArgs, error, files, session::Context},
    config::{EnvSettings, ProviderKind},
    diagnosis::ExitCode,
    engine::{self, Hop, HopName, Probe, Rights, RoleDefinition, Target},
    files::is_standard_output,
    output::Progress,
    provider::{
        Browser, ControlPlane, ProviderError,
        arm::{ArmError, Authenticated},
    },
    report::DoctorReport,
    workflow::{plane::Plane, select::name_lookalikes},
};

/// Find out what stands in the way of a link, hop by hop
///
/// Looks at the configuration, the credentials, the control plane, the site, the service, the link and its
/// APIs; then, in Azure, asks the gateway with the site's key and without one, and calls an API through the
/// site, as a browser does. The call is a GET of the first API that can be called so; it does reach the API.
/// Changes nothing.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim doctor --env prod\n  swa-apim doctor --env prod --check-rights --role-definition role.json\n  az role definition create --role-definition @role.json"
)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    preview: PreviewArgs,
    /// Compare what you may do in Azure with what each command needs
    #[arg(long)]
    check_rights: bool,
    /// Write the least role that is enough to this file, as `az role definition create` takes it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "check_rights")]
    role_definition: Option<PathBuf>,
    /// Where the site answers, if not at its own hostname over https
    #[arg(long, value_name = "URL", value_parser = site_url)]
    site_url: Option<String>,
    /// Leave out the calls to gateway and site
    #[arg(long, conflicts_with = "site_url")]
    no_probe: bool,
}

pub(crate) async fn run(args: DoctorArgs, cx: &Context) -> anyhow::Result<ExitCode> {
    let env = cx.settings.env()?;
    let progress = cx.ui.progress();
    let mut walk = Walk { cx, args: &args, env: &env, progress: &progress, hops: Vec::new(), rights: None };
    walk.go().await;
    let Walk { hops, rights, .. } = walk;
    let mut report = DoctorReport::new(&env.name, in_order(&hops));
    if let Some((target, rights)) = &rights {
        report.role_definition = Some(RoleDefinition::least(target));
        if let Some(rights) = rights {
            report = report.with_rights(target, rights);
        }
    }
    drop(progress);
    if let (Some(file), Some(role)) = (&args.role_definition, &report.role_definition) {
        write_role(cx, file, role).await?;
    }
    let exit = report.exit;
    if args.role_definition.as_deref().is_some_and(is_standard_output) {
        // A role on standard output is alone there.
        cx.ui.print_beside(&report);
    } else {
        cx.ui.print(&report)?;
    }
    Ok(exit)
}

/// A walk along the hops, which ends where there is no point in going on.
struct Walk<'a> {
    cx: &'a Context,
    args: &'a DoctorArgs,
    env: &'a EnvSettings,
    progress: &'a Progress,
    hops: Vec<Hop>,
    /// The target, and what the caller may do there if somebody tells.
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

    async fn hop_by_hop(&mut self) -> anyhow::Result<()> {
        self.hops.push(configuration(self.cx, self.env));
        let plane = self.cx.plane_of(self.env)?;
        self.progress.now("asking for a token");
        self.hops.push(credentials(&plane).await?);
        self.progress.now("reading the link");
        let target = self.cx.target(self.env, plane.as_ref(), self.args.preview.previews()).await?;
        self.check_rights(plane.as_ref(), &target).await?;
        let mut examined = engine::examine(plane.as_ref(), &target).await?;
        let verb = if plane.is_azure() { "answers" } else { "can be read" };
        self.hops.push(Hop::ok(HopName::ControlPlane, format!("{} {verb}", plane.place())));
        name_lookalikes(plane.as_ref(), &mut examined.verdict.findings).await;
        self.hops.extend(engine::hops_of_parts(&examined));
        self.probe(&plane, &examined).await
    }

    async fn check_rights(&mut self, plane: &dyn ControlPlane, target: &Target) -> anyhow::Result<()> {
        if !self.args.check_rights {
            self.hops.push(Hop::skipped(HopName::Rights, "not asked for; `--check-rights` looks at them"));
            return Ok(());
        }
        self.progress.now("reading what you may do");
        let rights = Rights::read(plane, target).await?;
        self.hops.push(match &rights {
            Some(rights) => engine::hop_of_rights(target, rights),
            None => Hop::skipped(HopName::Rights, "a model lets everybody do everything"),
        });
        self.rights = Some((target.clone(), rights));
        Ok(())
    }

    async fn probe(&mut self, plane: &Plane, examined: &engine::Examined) -> anyhow::Result<()> {
        let why = match plane {
            Plane::Azure(_) if self.args.no_probe => "not asked for",
            Plane::Azure(arm) => {
                self.progress.now("calling `/api`");
                let browser: &dyn Browser = arm.as_ref();
                let probe = Probe { browser, site_url: self.args.site_url.as_deref() };
                let observed = &examined.verdict.observed;
                self.hops.extend(engine::probe(plane.as_ref(), observed, probe).await?);
                return Ok(());
            }
            Plane::Model(_) => "a model serves no requests",
        };
        self.hops.extend(PROBES.map(|name| Hop::skipped(name, why)));
        Ok(())
    }
}

const PROBES: [HopName; 3] = [HopName::GatewayWithKey, HopName::GatewayWithoutKey, HopName::Site];

fn configuration(cx: &Context, env: &EnvSettings) -> Hop {
    let hop = Hop::ok(HopName::Configuration, format!("env `{}`, from {}", env.name, env.at));
    let (site, apim) = (&env.static_web_app, &env.apim);
    let plane = match env.provider.value {
        ProviderKind::Json => format!("model {} (from {})", env.model.value.display(), env.model.source),
        ProviderKind::Arm => match &env.endpoint {
            Some(endpoint) => format!("Azure at {} (from {})", endpoint.value, endpoint.source),
            None => format!("Azure, {} (from {})", env.cloud.value, env.cloud.source),
        },
    };
    let hop = match &cx.settings.file {
        Some(file) => hop.also(format!("configuration file {}", file.display())),
        None => hop,
    };
    hop.also(format!("static web app `{}` (from {})", site.value, site.source))
        .also(format!("API Management `{}` (from {})", apim.value, apim.source))
        .also(format!("provider {} (from {})", env.provider.value, env.provider.source))
        .also(plane)
}

async fn credentials(plane: &Plane) -> anyhow::Result<Hop> {
    let arm = match plane {
        Plane::Model(_) => {
            return Ok(Hop::skipped(HopName::Credentials, "a model asks nobody who is calling"));
        }
        Plane::Azure(arm) => arm,
    };
    let Authenticated { kind, tried, caller, ends } = arm.authenticate().await?;
    let mut hop = Hop::ok(HopName::Credentials, format!("a token from {kind}"));
    if let Some(caller) = caller {
        let tenant = caller.tenant.map(|tenant| format!(" in tenant {tenant}")).unwrap_or_default();
        hop = hop.also(format!("it is for {}{tenant}", caller.name));
    }
    if let Some(ends) = ends {
        hop = hop.also(format!("it ends at {ends:.0}"));
    }
    Ok(tried
        .iter()
        .fold(hop, |hop, tried| hop.also(format!("none from {}: {}", tried.kind(), tried.problem()))))
}

/// The hop at which something failed that stopped all that comes after it.
fn hop_of(error: &anyhow::Error, before: &[Hop]) -> Hop {
    let failure = error::report(error);
    let exit = error::diagnose(error).exit;
    let passed = before.iter().any(|hop| hop.name == HopName::Credentials);
    let of_credential = matches!(error.downcast_ref::<ArmError>(), Some(ArmError::Credential(_)))
        || matches!(error.downcast_ref::<ProviderError>(), Some(ProviderError::NotAuthenticated(_)));
    let name = match exit {
        _ if of_credential => HopName::Credentials,
        ExitCode::NotAuthorized if !passed => HopName::Credentials,
        ExitCode::NotAuthorized => HopName::Rights,
        ExitCode::Usage | ExitCode::Refused => HopName::Configuration,
        _ => HopName::ControlPlane,
    };
    let lines = failure.message.lines().chain(failure.causes.iter().flat_map(|cause| cause.lines()));
    let mut lines = lines.map(str::to_owned);
    let hop = Hop::failed(name, exit, lines.next().unwrap_or_default());
    let hop = lines.fold(hop, Hop::also);
    match failure.hint {
        Some(hint) => hop.hint(hint),
        None => hop,
    }
}

/// Each hop once and in order: a failure replaces what was said before it, and what was not reached is
/// skipped.
fn in_order(hops: &[Hop]) -> Vec<Hop> {
    let stuck =
        hops.last().map(|hop| format!("not reached: {} failed", hop.name.title())).unwrap_or_default();
    let of = |name| hops.iter().rfind(|hop| hop.name == name).cloned();
    HopName::ALL.into_iter().map(|name| of(name).unwrap_or_else(|| Hop::skipped(name, &*stuck))).collect()
}

async fn write_role(cx: &Context, file: &Path, role: &RoleDefinition) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(role)? + "\n";
    files::write_beside(cx, file, &text).await
}

fn site_url(text: &str) -> Result<String, String> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_host = |host: &str| !host.trim_end_matches('/').is_empty() && !host.contains(['@', '?', '#']);
    if host.is_some_and(is_host) {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err("an address is written as https://HOST or http://HOST:PORT".to_owned())
    }
}
