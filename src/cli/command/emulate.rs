//! `swa-apim emulate`

use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

use clap::{
    Args, ValueHint,
    builder::{PossibleValuesParser, TypedValueParser as _},
    value_parser,
};
use serde_json::json;
use tokio::time::sleep;

use crate::{
    cli::{args::typed::duration, interrupt::Interrupt, session::Session},
    config::Settings,
    diagnosis::ExitCode,
    emulator::{
        Admin, Effect, Emulator, EmulatorOptions, Ending, InjectedFault, LinkProvisioning, LogFormat, Remote,
        Shape, Switches, Throttling, TlsOptions,
    },
    report::SCHEMA_VERSION,
    workflow::UsageError,
};

/// Serve a model over HTTP as Azure does
///
/// Answers as Resource Manager, as the edges of the sites and as the gateways of the services.
/// Prints one line of JSON with both addresses when it listens, and serves until it is interrupted, which ends it
/// with exit code 130. The official SDKs, az and this program itself can work against it; several may, and on the
/// model's file at the same time.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim emulate --sample\n  swa-apim emulate --model control-plane.json --content shop-web=./dist\n  swa-apim emulate --listen 127.0.0.1:0 --data-plane 127.0.0.1:0 --log json\n\nFaults, throttling, delays and slow operations: swa-apim emulate --help"
)]
pub(crate) struct EmulateArgs {
    /// Where Resource Manager listens; port 0 picks one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8087")]
    listen: SocketAddr,
    /// Where the sites' edges and the gateways listen; port 0 picks one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8088")]
    data_plane: SocketAddr,
    /// Serve a folder as the content of a site, by the rules of its staticwebapp.config.json
    #[arg(long, value_name = "SITE=FOLDER", value_parser = content, value_hint = ValueHint::DirPath)]
    content: Vec<(String, PathBuf)>,
    /// How each request is told about, on stderr
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    #[arg(value_parser = PossibleValuesParser::new(LogFormat::WORDS).try_map(|word| word.parse::<LogFormat>()))]
    log: LogFormat,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    tls: TlsArgs,
    #[command(flatten)]
    switches: SwitchArgs,
}

/// Who may talk to it.
#[derive(Args)]
#[command(next_help_heading = "Access")]
struct AccessArgs {
    /// Listen where other machines can reach it, and answer to its addresses
    #[arg(long)]
    allow_remote: bool,
    /// Answer to this name of Resource Manager, beside this machine's own
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// Keep at most this many connections open to each listener: for one more, the connection that has been idle
    /// longest is closed
    #[arg(long, hide_short_help = true, value_name = "COUNT", default_value = "1024", value_parser = value_parser!(u32).range(1..))]
    max_connections: u32,
    /// Let in this token alone, and not any
    #[arg(long, env = "SWA_APIM_EMULATOR_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    token: Option<String>,
    /// Let the switches be set while it runs, by whoever is on this machine: GET and PATCH
    /// /_emulator/switches, GET /_emulator/requests
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

/// What clients are shown in a handshake.
#[derive(Debug, Args)]
#[command(next_help_heading = "TLS")]
struct TlsArgs {
    /// Speak TLS; without --tls-key, with a new certificate, written to --tls-cert
    #[arg(long)]
    tls: bool,
    /// The certificates, as PEM
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, default_value_if("tls", "true", "swa-apim-emulator.pem"))]
    tls_cert: Option<PathBuf>,
    /// The key of the first certificate, as PEM
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

/// What goes otherwise than well.
#[derive(Debug, Args)]
#[command(next_help_heading = "Switches")]
struct SwitchArgs {
    /// How long each answer of Resource Manager takes
    #[arg(long, hide_short_help = true, value_name = "TIME", value_parser = milliseconds, default_value = "0")]
    latency: u64,
    /// Whether linking makes the product, the subscription and the policy
    #[arg(long, hide_short_help = true, value_name = "YES|NO", default_value = "yes", value_parser = ["yes", "no"])]
    provisions: String,
    /// How a link is answered while it is being made
    #[arg(long, hide_short_help = true, value_name = "SHAPE", default_value = "final")]
    #[arg(value_parser = PossibleValuesParser::new(Shape::WORDS).try_map(|word| word.parse::<Shape>()))]
    operation_shape: Shape,
    /// How long it takes to be made
    #[arg(long, hide_short_help = true, value_name = "TIME", value_parser = milliseconds, default_value = "0")]
    operation_time: u64,
    /// How that ends
    #[arg(long, hide_short_help = true, value_name = "ENDING", default_value = "succeeds")]
    #[arg(value_parser = PossibleValuesParser::new(Ending::WORDS).try_map(|word| word.parse::<Ending>()))]
    operation_ending: Ending,
    /// Count requests in the token buckets that Azure documents
    #[arg(long, hide_short_help = true)]
    throttle: bool,
    /// Let something go wrong: METHOD PATH EFFECT [RATE%] [xCOUNT] [data], such as "PUT linkedBackends 503 x2";
    /// EFFECT is a status, reset, lost, hang or (with --admin) panic, and * stands for any METHOD or PATH
    #[arg(long, hide_short_help = true, value_name = "FAULT")]
    fault: Vec<InjectedFault>,
    /// How long a key takes to arrive at the gateway
    #[arg(long, hide_short_help = true, value_name = "TIME", value_parser = milliseconds, default_value = "0")]
    gateway_delay: u64,
    /// How long a link takes to arrive at the site's edge
    #[arg(long, hide_short_help = true, value_name = "TIME", value_parser = milliseconds, default_value = "0")]
    edge_delay: u64,
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
        _ => Err("write it as SITE=FOLDER, such as shop-web=./dist".to_owned()),
    }
}

/// Reads `1500ms`, `2s`, or a number of seconds.
fn milliseconds(text: &str) -> Result<u64, String> {
    let time: Duration = duration(text)?;
    let milliseconds = u64::try_from(time.as_millis()).ok().filter(|time| *time <= Switches::LONGEST_MS);
    milliseconds.ok_or_else(|| "the longest time is a day, `24h`".to_owned())
}

/// Refuses arguments that each are well-formed and that the emulator cannot go by.
fn check(args: &EmulateArgs) -> Result<(), UsageError> {
    if let Some((_, folder)) = args.content.iter().find(|(_, folder)| !folder.is_dir()) {
        let error = UsageError::new(format!("`{}` is not a directory", folder.display()));
        return Err(error.hint("name the directory that holds the site's files"));
    }
    if !args.access.admin && args.switches.fault.iter().any(|fault| fault.effect == Effect::Panic) {
        let error = UsageError::new("a fault with the effect `panic` needs `--admin`".to_owned());
        return Err(error.hint("add `--admin`, or let the requests fail with a status such as 500"));
    }
    Ok(())
}

/// Keeps the keys in this process's memory out of core files and away from debuggers of other processes.
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

pub(crate) async fn run(args: EmulateArgs, cx: &'static Session) -> anyhow::Result<ExitCode> {
    let model = model_of(&cx.work.settings);
    check(&args)?;
    keep_out_of_core_files();
    if args.access.allow_remote && args.access.token.is_none() {
        cx.ui.say(
            "warning: with `--allow-remote` and without `--token`, every machine that reaches this one can read and \
             change every key of the model",
        );
    }
    if !model.exists() && !cx.work.is_sample() {
        cx.ui.say(&format!("there is no model at `{}` yet: it begins empty", model.display()));
    }
    drop(if cx.work.is_sample() { None } else { Some(cx.work.create(&model, "")?) });
    let (plane, ui) = (cx.work.model(&model)?, &cx.ui);
    let remote = if args.access.allow_remote { Remote::Allowed } else { Remote::Refused };
    let emulator = Emulator::start(EmulatorOptions {
        model: plane.path().map(PathBuf::from).unwrap_or(model),
        lock_wait: cx.work.deadline().lock_wait(),
        control: args.listen,
        data: args.data_plane,
        remote,
        names: args.access.allow_host,
        token: args.access.token,
        connections: usize::try_from(args.access.max_connections).unwrap_or(usize::MAX),
        admin: if args.access.admin { Admin::Open } else { Admin::Closed },
        content: args.content,
        tls: args.tls.options(),
        switches: args.switches.switches(),
        log: args.log,
        write: Box::new(move |line| ui.tell_line(line)),
        ambient: std::sync::Arc::clone(cx.work.ambient()),
    })
    .await?;
    let ready = json!({"schemaVersion": SCHEMA_VERSION, "controlPlane": emulator.control_plane(),
        "dataPlane": emulator.data_plane()});
    cx.ui.print_text(&format!("{ready}\n"))?;
    let stop = cx.interrupt.clone();
    let served = emulator.run(async move { stop.asked().await });
    tokio::select! {
        () = served => {}
        () = last_orders(&cx.interrupt) => {
            cx.ui.say("some requests did not end in time, and were cut off");
        }
    }
    Ok(ExitCode::Interrupted)
}

/// How long requests that are under way have to end, once the process is asked to.
const LAST_ORDERS: Duration = Duration::from_millis(400);

/// Is over when requests have had their time to end.
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
