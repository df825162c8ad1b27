//! `swa-apim doctor`

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use crate::{
    cli::{args::PreviewArgs, session::Session},
    diagnosis::ExitCode,
    engine::RoleDefinition,
    files::is_standard_output,
    model::after_http,
    workflow::{self, Checkup},
};

/// Check a link hop by hop, from the browser to the API
///
/// Checks the configuration, the credentials, the control plane, the site, the service, the link and its
/// APIs. In Azure, it then calls the gateway with and without the site's key, and calls an API through the
/// site without credentials, as a browser does. This call is a GET request to the first API with a suitable
/// operation, and it reaches the API. The command changes nothing.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim doctor --env prod\n  swa-apim doctor --env prod --check-rights --role-definition role.json\n  az role definition create --role-definition @role.json"
)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    preview: PreviewArgs,
    /// Compare your permissions in Azure with those that each command needs
    #[arg(long)]
    check_rights: bool,
    /// Write a role with the fewest sufficient permissions to this file, as input for `az role definition
    /// create`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "check_rights")]
    role_definition: Option<PathBuf>,
    /// The URL of the site, if it is not https:// and the default hostname
    #[arg(long, value_name = "URL", value_parser = site_url)]
    site_url: Option<String>,
    /// Do not call the gateway and the site
    #[arg(long, conflicts_with = "site_url")]
    no_probe: bool,
}

pub(crate) async fn run(args: DoctorArgs, cx: &Session) -> anyhow::Result<ExitCode> {
    let env = cx.work.settings.env()?;
    let asked = Checkup {
        previews: args.preview.previews(),
        check_rights: args.check_rights,
        probes: !args.no_probe,
        site_url: args.site_url,
    };
    let shown = cx.listener();
    let report = workflow::doctor(&cx.work, &env, &asked, &shown).await;
    drop(shown);
    if let (Some(file), Some(role)) = (&args.role_definition, &report.role_definition) {
        write_role(cx, file, role).await?;
    }
    if args.role_definition.as_deref().is_some_and(is_standard_output) {
        // A role on standard output is alone there.
        cx.ui.print_beside(&report);
    } else {
        cx.ui.print(&report)?;
    }
    Ok(report.exit)
}

async fn write_role(cx: &Session, file: &Path, role: &RoleDefinition) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(role)? + "\n";
    Ok(workflow::write_beside(&cx.work, file, &text).await?)
}

fn site_url(text: &str) -> Result<String, String> {
    let host = after_http(text);
    let is_host = |host: &str| !host.trim_end_matches('/').is_empty() && !host.contains(['@', '?', '#']);
    if host.is_some_and(is_host) {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err("not a URL; examples are https://HOST and http://HOST:PORT".to_owned())
    }
}
