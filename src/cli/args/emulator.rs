//! The arguments of an emulator: where it listens, who may use it, its certificates and its switches.

use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, ValueHint, value_parser};

use super::typed::{address, duration, word};
use crate::{
    emulator::{
        Admin, Ending, FaultEffect, InjectedFault, LinkProvisioning, LogFormat, Remote, Shape, Switches,
        Throttling, TlsOptions,
    },
    workflow::UsageError,
};

/// The addresses, the content of the sites, and the log.
#[derive(Debug, Args)]
pub(crate) struct ServedArgs {
    /// The address of Resource Manager
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8087", value_parser = address)]
    pub(crate) listen: SocketAddr,
    /// The address of the edges and the gateways
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8088", value_parser = address)]
    pub(crate) data_plane: SocketAddr,
    /// Serve a directory as the content of a site
    #[arg(long, value_name = "SITE=DIRECTORY", value_parser = content, value_hint = ValueHint::DirPath)]
    pub(crate) content: Vec<(String, PathBuf)>,
    /// The format of the request log
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    #[arg(value_parser = word::<LogFormat>())]
    pub(crate) log: LogFormat,
}

impl ServedArgs {
    /// Refuses content that is not a directory.
    pub(crate) fn check(&self) -> Result<(), UsageError> {
        match self.content.iter().find(|(_, folder)| !folder.is_dir()) {
            Some((_, folder)) => Err(UsageError::new(format!("`{}` is not a directory", folder.display()))
                .hint("specify the directory that contains the files of the site")),
            None => Ok(()),
        }
    }
}

/// The clients that may use the emulator.
#[derive(Args)]
#[command(next_help_heading = "Access")]
pub(crate) struct AccessArgs {
    /// Accept connections of other machines
    #[arg(long)]
    allow_remote: bool,
    /// Accept one more hostname for Resource Manager
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<String>,
    /// The maximum number of connections to each listener; when it is exceeded, the connection that has been
    /// idle longest is closed
    #[arg(long, hide_short_help = true, value_name = "COUNT", default_value = "1024", value_parser = value_parser!(u32).range(1..))]
    max_connections: u32,
    /// Accept only this access token
    #[arg(long, env = "SWA_APIM_EMULATOR_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub(crate) token: Option<String>,
    /// Let clients on this machine read the traffic and change the switches while the emulator runs, at
    /// /_emulator/switches, /_emulator/traffic, /_emulator/sites, /_emulator/calls and /_emulator/requests
    #[arg(long, hide_short_help = true)]
    admin: bool,
}

impl AccessArgs {
    pub(crate) fn remote(&self) -> Remote {
        if self.allow_remote { Remote::Allowed } else { Remote::Refused }
    }

    pub(crate) fn admin(&self) -> Admin {
        if self.admin { Admin::Open } else { Admin::Closed }
    }

    pub(crate) fn connections(&self) -> usize {
        usize::try_from(self.max_connections).unwrap_or(usize::MAX)
    }

    /// Warns of keys that other machines can read.
    pub(crate) fn warning(&self) -> Option<&'static str> {
        (self.allow_remote && self.token.is_none()).then_some(
            "warning: with `--allow-remote` and without `--token`, every machine that can reach this one can \
             read and change all keys of the model",
        )
    }
}

impl fmt::Debug for AccessArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessArgs")
            .field("allow_remote", &self.allow_remote)
            .field("allow_host", &self.allow_host)
            .field("admin", &self.admin)
            .finish_non_exhaustive()
    }
}

/// The certificates that clients receive.
#[derive(Debug, Args)]
#[command(next_help_heading = "TLS")]
pub(crate) struct TlsArgs {
    /// Use TLS; without --tls-key, create a certificate in --tls-cert
    #[arg(long)]
    tls: bool,
    /// The certificate file, in PEM format
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, default_value_if("tls", "true", "swa-apim-emulator.pem"))]
    tls_cert: Option<PathBuf>,
    /// The file with the private key, in PEM format
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

/// Faults and delays.
#[derive(Debug, Args)]
#[command(next_help_heading = "Switches")]
pub(crate) struct SwitchArgs {
    /// The delay of each answer of Resource Manager
    #[arg(long, hide_short_help = true, value_name = "TIME", value_parser = milliseconds, default_value = "0")]
    latency: u64,
    /// Whether linking creates the product, the subscription and the policy
    #[arg(long, hide_short_help = true, value_name = "YES|NO", default_value = "yes", value_parser = ["yes", "no"])]
    provisions: String,
    /// The form of the answer while a link is being created
    #[arg(long, hide_short_help = true, value_name = "SHAPE", default_value = "final")]
    #[arg(value_parser = word::<Shape>())]
    operation_shape: Shape,
    /// The time that creating a link takes
    #[arg(long, hide_short_help = true, value_name = "TIME", value_parser = milliseconds, default_value = "0")]
    operation_time: u64,
    /// The final state of creating a link
    #[arg(long, hide_short_help = true, value_name = "ENDING", default_value = "succeeds")]
    #[arg(value_parser = word::<Ending>())]
    operation_ending: Ending,
    /// Limit the rate of requests with the token buckets that Azure documents
    #[arg(long, hide_short_help = true)]
    throttle: bool,
    /// Inject a fault: METHOD PATH EFFECT [RATE%] [xCOUNT] [data], such as "PUT linkedBackends 503 x2".
    /// EFFECT is a status, reset, lost, hang or (with --admin) panic; * is any METHOD or PATH
    #[arg(long, hide_short_help = true, value_name = "FAULT")]
    fault: Vec<InjectedFault>,
    /// How long a key takes to arrive at the gateway
    #[arg(long, hide_short_help = true, value_name = "TIME", value_parser = milliseconds, default_value = "0")]
    gateway_delay: u64,
    /// The time until a new link takes effect at the edge of the site
    #[arg(long, hide_short_help = true, value_name = "TIME", value_parser = milliseconds, default_value = "0")]
    edge_delay: u64,
    /// The time until a change is in the activity log
    #[arg(long, hide_short_help = true, value_name = "TIME", value_parser = milliseconds, default_value = "0")]
    log_delay: u64,
}

impl SwitchArgs {
    /// Refuses a fault that requires `--admin`.
    pub(crate) fn check(&self, admin: Admin) -> Result<(), UsageError> {
        if admin == Admin::Closed && self.fault.iter().any(|fault| fault.effect == FaultEffect::Panic) {
            let error = UsageError::new("a fault with the effect `panic` requires `--admin`");
            return Err(error.hint("add `--admin`, or use a status such as 500 as the effect"));
        }
        Ok(())
    }

    pub(crate) fn switches(self) -> Switches {
        Switches {
            latency_ms: self.latency,
            provisions: self.provisions == "yes",
            provisioning: LinkProvisioning {
                shape: self.operation_shape,
                takes_ms: self.operation_time,
                ending: self.operation_ending,
            },
            throttling: self.throttle.then(Throttling::default),
            gateway_delay_ms: self.gateway_delay,
            edge_delay_ms: self.edge_delay,
            log_delay_ms: self.log_delay,
            faults: self.fault,
        }
    }
}

impl TlsArgs {
    pub(crate) fn options(self) -> TlsOptions {
        match (self.tls, self.tls_cert, self.tls_key) {
            (_, Some(certificate), Some(key)) => TlsOptions::Files { certificate, key },
            (true, Some(certificate), None) => TlsOptions::Generated { certificate },
            (true | false, _, _) => TlsOptions::Plain,
        }
    }
}

fn content(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((site, folder)) if !site.is_empty() && !folder.is_empty() => {
            Ok((site.to_owned(), PathBuf::from(folder)))
        }
        _ => Err("must have the form SITE=DIRECTORY, such as shop-web=./dist".to_owned()),
    }
}

/// Parses `1500ms`, `2s`, or a number of seconds.
fn milliseconds(text: &str) -> Result<u64, String> {
    let time: Duration = duration(text)?;
    let milliseconds = u64::try_from(time.as_millis()).ok().filter(|time| *time <= Switches::LONGEST_MS);
    milliseconds.ok_or_else(|| "the maximum is one day, `24h`".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        access: AccessArgs,
    }

    #[test]
    fn a_command_line_that_is_debugged_shows_no_token() {
        let line = Line::parse_from(["x", "--token", "very-secret"]);
        assert_eq!(line.access.token.as_deref(), Some("very-secret"));
        assert!(!format!("{line:?}{line:#?}").contains("very-secret"));
    }
}
