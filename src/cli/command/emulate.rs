//! `swa-apim emulate`

use std::{
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, ValueHint, value_parser};
use serde_json::json;
use tokio::time::sleep;

use super::emulate_page::{EmulatePageArgs, Page};
use crate::{
    cli::{
        args::typed::{duration, word},
        interrupt::Interrupt,
        session::Session,
    },
    config::Settings,
    diagnosis::ExitCode,
    emulator::{
        Admin, Effect, Emulator, EmulatorOptions, Ending, InjectedFault, LinkProvisioning, LogFormat,
        Recorded, Remote, Shape, Switches, Throttling, TlsOptions,
    },
    report::SCHEMA_VERSION,
    workflow::UsageError,
};

/// Serve a model over HTTP as Azure does
///
/// Serves Azure Resource Manager, the edges of the sites and the gateways of the services. When the emulator is
/// ready, it prints one line of JSON with its addresses; port 0 selects a free port. It serves requests until it is
/// interrupted, and then exits with 130. The Azure SDKs, the Azure CLI and swa-apim can use it. Several emulators and
/// commands can use the same model at the same time. The content of a site follows its staticwebapp.config.json.
/// Without --token, every access token is accepted.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim emulate --sample\n  swa-apim emulate --model control-plane.json --content shop-web=./dist\n  swa-apim emulate --listen 127.0.0.1:0 --data-plane 127.0.0.1:0 --log json\n  swa-apim emulate --sample --ui\n\nFaults, throttling, delays and slow operations: swa-apim emulate --help"
)]
pub(crate) struct EmulateArgs {
    /// The address of Resource Manager
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8087")]
    listen: SocketAddr,
    /// The address of the edges and the gateways
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8088")]
    data_plane: SocketAddr,
    /// Serve a directory as the content of a site
    #[arg(long, value_name = "SITE=DIRECTORY", value_parser = content, value_hint = ValueHint::DirPath)]
    content: Vec<(String, PathBuf)>,
    /// The format of the request log
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    #[arg(value_parser = word::<LogFormat>())]
    log: LogFormat,
    #[command(flatten)]
    page: EmulatePageArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    tls: TlsArgs,
    #[command(flatten)]
    switches: SwitchArgs,
}

/// The clients that may use the emulator.
#[derive(Args)]
#[command(next_help_heading = "Access")]
struct AccessArgs {
    /// Accept connections of other machines
    #[arg(long)]
    allow_remote: bool,
    /// Accept one more hostname for Resource Manager
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// The maximum number of connections to each listener; when it is exceeded, the connection that has been
    /// idle longest is closed
    #[arg(long, hide_short_help = true, value_name = "COUNT", default_value = "1024", value_parser = value_parser!(u32).range(1..))]
    max_connections: u32,
    /// Accept only this access token
    #[arg(long, env = "SWA_APIM_EMULATOR_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    token: Option<String>,
    /// Let clients on this machine read the traffic and change the switches while the emulator runs, at
    /// /_emulator/switches, /_emulator/traffic, /_emulator/sites, /_emulator/calls and /_emulator/requests
    #[arg(long, hide_short_help = true)]
    admin: bool,
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
struct TlsArgs {
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
struct SwitchArgs {
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
    fn switches(self) -> Switches {
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
    fn options(self) -> TlsOptions {
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

/// Refuses arguments that are well-formed but cannot be used.
fn check(args: &EmulateArgs) -> Result<(), UsageError> {
    if let Some((_, folder)) = args.content.iter().find(|(_, folder)| !folder.is_dir()) {
        let error = UsageError::new(format!("`{}` is not a directory", folder.display()));
        return Err(error.hint("specify the directory that contains the files of the site"));
    }
    if !args.access.admin && args.switches.fault.iter().any(|fault| fault.effect == Effect::Panic) {
        let error = UsageError::new("a fault with the effect `panic` requires `--admin`".to_owned());
        return Err(error.hint("add `--admin`, or use a status such as 500 as the effect"));
    }
    if args.page.is_wanted() && cfg!(not(feature = "ui")) {
        let error = UsageError::new("`--ui` is not available: this build of swa-apim has no page");
        return Err(error.hint("remove `--ui`, or install the complete program: `cargo install swa-apim`"));
    }
    Ok(())
}

/// Excludes the keys in the memory of this process from core files, and from debuggers of other processes.
#[cfg(unix)]
fn keep_out_of_core_files() {
    use rustix::process::{Resource, Rlimit, setrlimit};

    // Where a limit cannot be lowered, the emulator works all the same.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

#[cfg(not(unix))]
fn keep_out_of_core_files() {}

/// Warns of keys that other machines can read, and of a model that does not exist yet.
fn warn(args: &EmulateArgs, model: &Path, cx: &Session) {
    if args.access.allow_remote && args.access.token.is_none() {
        cx.ui.say(
            "warning: with `--allow-remote` and without `--token`, every machine that can reach this one can \
             read and change all keys of the model",
        );
    }
    if !model.exists() && !cx.work.is_sample() {
        cx.ui.say(&format!(
            "the model `{}` does not exist; the emulator starts with an empty one",
            model.display()
        ));
    }
}

pub(crate) async fn run(args: EmulateArgs, cx: &'static Session) -> anyhow::Result<ExitCode> {
    let model = model_of(&cx.work.settings);
    check(&args)?;
    keep_out_of_core_files();
    warn(&args, &model, cx);
    drop(if cx.work.is_sample() { None } else { Some(cx.work.create(&model, "")?) });
    let (plane, ui) = (cx.work.model(&model)?, &cx.ui);
    let remote = if args.access.allow_remote { Remote::Allowed } else { Remote::Refused };
    let model = plane.path().map(PathBuf::from).unwrap_or(model);
    let emulator = Emulator::start(EmulatorOptions {
        model: model.clone(),
        lock_wait: cx.work.deadline().lock_wait(),
        control: args.listen,
        data: args.data_plane,
        remote,
        names: args.access.allow_host,
        token: args.access.token,
        connections: usize::try_from(args.access.max_connections).unwrap_or(usize::MAX),
        admin: if args.access.admin { Admin::Open } else { Admin::Closed },
        traffic: if args.page.is_wanted() { Recorded::Always } else { Recorded::IfReadable },
        content: args.content,
        tls: args.tls.options(),
        switches: args.switches.switches(),
        log: args.log,
        write: Box::new(move |line| ui.tell_line(line)),
        ambient: std::sync::Arc::clone(cx.work.ambient()),
    })
    .await?;
    let page = args.page.start(emulator.own_routes(), &model, cx).await?;
    let mut ready = json!({"schemaVersion": SCHEMA_VERSION, "controlPlane": emulator.control_plane(),
        "dataPlane": emulator.data_plane()});
    if let Some(page) = &page {
        ready["ui"] = page.address().into();
    }
    cx.ui.print_json_line(&ready)?;
    serve(emulator, page, cx).await;
    Ok(ExitCode::Interrupted)
}

/// Serves the emulator, and the page beside it, until the process is interrupted.
async fn serve(emulator: Emulator, page: Option<Page>, cx: &Session) {
    let (stop, stop_of_page) = (cx.interrupt.clone(), cx.interrupt.clone());
    let of_page = async {
        if let Some(page) = page {
            page.run(async move { stop_of_page.asked().await }).await;
        }
    };
    let served = emulator.run(async move { stop.asked().await });
    tokio::select! {
        ((), ()) = async { tokio::join!(served, of_page) } => {}
        () = last_orders(&cx.interrupt) => {
            cx.ui.say("some requests were aborted because they did not finish in time");
        }
    }
}

/// How long requests in progress may take after the process was asked to stop.
const LAST_ORDERS: Duration = Duration::from_millis(400);

/// Completes when the time for requests in progress is over.
async fn last_orders(interrupt: &Interrupt) {
    interrupt.asked().await;
    sleep(LAST_ORDERS).await;
}

fn model_of(settings: &Settings) -> PathBuf {
    settings.model().value
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        emulate: EmulateArgs,
    }

    #[test]
    fn a_command_line_that_is_debugged_shows_no_token() {
        let line = Line::parse_from(["x", "--token", "very-secret"]);
        assert_eq!(line.emulate.access.token.as_deref(), Some("very-secret"));
        assert!(!format!("{line:?}{line:#?}").contains("very-secret"));
    }
}
