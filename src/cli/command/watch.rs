//! `swa-apim status --watch` and `--wait-for`: looking again and again.

use std::{future::Future, time::Duration};

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::{
    cli::{
        args::typed::{LONGEST, duration, told},
        error,
        session::{Context, UsageError},
    },
    config::EnvSettings,
    diagnosis::ExitCode,
    engine::LinkState,
    output::Screen,
    report::{LinkReport, StatusReport},
};

/// Whether to look again and again, and until when.
#[derive(Clone, Debug, Args)]
pub(crate) struct WatchArgs {
    /// Look again and again: at a terminal in place, in a pipe with a line for each change
    #[arg(long)]
    watch: bool,
    /// Wait until every link is in this state; exits with 5 when --timeout is over before
    #[arg(long, value_name = "STATE", conflicts_with = "watch")]
    #[arg(value_parser = PossibleValuesParser::new(LinkState::ALL.map(LinkState::as_str)).try_map(|word| word.parse::<LinkState>()))]
    wait_for: Option<LinkState>,
    /// How long to pause before looking again
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    interval: Duration,
}

impl WatchArgs {
    pub(crate) fn is_asked_for(&self) -> bool {
        self.watch || self.wait_for.is_some()
    }
}

/// How long a state is waited for, unless somebody says otherwise.
const WAITING: Duration = Duration::from_secs(5 * 60);
/// The shortest pause: without any, looking would keep a processor busy, or a control plane.
const SHORTEST: Duration = Duration::from_millis(50);
/// How long one look may take at one link, and at many.
const ONE_LOOK: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(10 * 60));
/// How much longer a request may take than is waited for it, so that it is clear who gives up first.
const SLACK: Duration = Duration::from_secs(60);

/// What one look at every env came to.
type Look = anyhow::Result<(StatusReport, ExitCode)>;

/// Looks until it is interrupted, or until every link is in the state that is waited for.
pub(crate) async fn run<F: Future<Output = Look>>(
    cx: &Context,
    envs: &[EnvSettings],
    args: &WatchArgs,
    look: impl Fn() -> F,
) -> anyhow::Result<ExitCode> {
    let interval = args.interval.max(SHORTEST);
    match args.wait_for {
        Some(state) => wait_for(cx, state, interval, look).await,
        None => watch(cx, envs.len(), interval, look).await,
    }
}

async fn watch<F: Future<Output = Look>>(
    cx: &Context,
    envs: usize,
    interval: Duration,
    look: impl Fn() -> F,
) -> anyhow::Result<ExitCode> {
    cx.go_on_for(LONGEST);
    let usual = if envs == 1 { ONE_LOOK.0 } else { ONE_LOOK.1 };
    let limit = cx.timeout().unwrap_or(usual);
    let mut shown = Shown::default();
    let mut has_looked = false;
    loop {
        cx.refresh();
        let seen = timeout(limit, look()).await.unwrap_or_else(|_| Err(too_slow(limit).into()));
        match seen {
            Ok((report, _)) => {
                has_looked = true;
                shown.show(cx, &report, interval)?;
            }
            // A model that was readable before may be in the hands of an editor.
            Err(error) if is_final(&error) && !(has_looked && is_damage(&error)) => return Err(error),
            Err(error) => shown.show_failure(cx, &error)?,
        }
        sleep(interval).await;
    }
}

fn too_slow(limit: Duration) -> UsageError {
    UsageError::not_yet(format!("the control plane has not answered for {}", told(limit)))
}

/// Whether looking again will not help.
fn is_final(error: &anyhow::Error) -> bool {
    matches!(
        error::diagnose(error).exit,
        ExitCode::Usage | ExitCode::NotAuthorized | ExitCode::Unexpected | ExitCode::Interrupted
    )
}

fn is_damage(error: &anyhow::Error) -> bool {
    error::diagnose(error).exit == ExitCode::Unexpected
}

/// What was shown last.
#[derive(Default)]
struct Shown {
    screen: Screen,
    lines: Vec<String>,
    document: Option<serde_json::Value>,
    /// What a pipeline was told last.
    told: Option<serde_json::Value>,
}

impl Shown {
    fn show(&mut self, cx: &Context, report: &StatusReport, interval: Duration) -> anyhow::Result<()> {
        let document = serde_json::to_value(report)?;
        let is_for_people = cx.ui.is_at_a_screen() || cx.ui.is_for_people();
        if is_for_people && self.told.as_ref() != Some(&document) {
            cx.ui.tell_of(report);
            self.told = Some(document.clone());
        }
        if cx.ui.is_at_a_screen() {
            let below = format!("\nlooked at {}, every {}; Ctrl-C ends it", now(cx), told(interval));
            return cx.ui.redraw(&mut self.screen, report, &below);
        }
        if cx.ui.is_for_people() {
            return self.show_lines(cx, report.links.iter().map(line).collect());
        }
        if self.document.as_ref() == Some(&document) {
            return Ok(());
        }
        self.document = Some(document);
        cx.ui.print_in_a_line(report)
    }

    /// Says what was not there before, each with the time.
    fn show_lines(&mut self, cx: &Context, lines: Vec<String>) -> anyhow::Result<()> {
        for new in lines.iter().filter(|line| !self.lines.contains(line)) {
            cx.ui.print_lines(&format!("{} {new}\n", now(cx)))?;
        }
        self.lines = lines;
        Ok(())
    }

    fn show_failure(&mut self, cx: &Context, error: &anyhow::Error) -> anyhow::Result<()> {
        let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
        // A refusal is an answer: only what could not be read leaves the state unknown.
        let what = match error::diagnose(error).exit {
            ExitCode::Refused => "refused",
            _ => LinkState::Unknown.as_str(),
        };
        let line = format!("{what}: {}", causes.join(": "));
        if cx.ui.is_at_a_screen() {
            return cx.ui.redraw_text(&mut self.screen, &format!("{} {line}\n", now(cx)));
        }
        if cx.ui.is_for_people() {
            return self.show_lines(cx, vec![line]);
        }
        if self.document.take().is_some() {
            cx.ui.say(&line);
        }
        Ok(())
    }
}

fn now(cx: &Context) -> String {
    cx.ambient.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A link as one line: its state, and the codes of its findings.
fn line(link: &LinkReport) -> String {
    let mut line = format!("{}: {}", link.env, link.state);
    for finding in &link.findings {
        line += " ";
        line += finding.code.as_str();
    }
    line
}

async fn wait_for<F: Future<Output = Look>>(
    cx: &Context,
    wanted: LinkState,
    interval: Duration,
    look: impl Fn() -> F,
) -> anyhow::Result<ExitCode> {
    let patience = cx.timeout().unwrap_or(WAITING);
    cx.go_on_for(patience.saturating_add(SLACK));
    let start = Instant::now();
    let end = start.checked_add(patience).unwrap_or(start);
    let mut last: Option<Look> = None;
    loop {
        cx.refresh();
        let Ok(seen) = timeout_at(end, look()).await else { break };
        match &seen {
            Ok((report, _)) if report.links.iter().all(|link| link.state == wanted) => {
                cx.ui.print(report)?;
                return Ok(ExitCode::Success);
            }
            Err(error) if is_final(error) => return seen.map(|(_, code)| code),
            Ok(_) | Err(_) => last = Some(seen),
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        // The last look is when the time is over, however long the interval is.
        sleep(interval.min(left)).await;
    }
    give_up(cx, wanted, patience, last)
}

/// Says in which state every link is that is not in the wanted one.
fn give_up(
    cx: &Context,
    wanted: LinkState,
    patience: Duration,
    last: Option<Look>,
) -> anyhow::Result<ExitCode> {
    let others = match last {
        None => return Err(too_slow(patience).into()),
        Some(Err(error)) => {
            let message =
                format!("after {}, it is not known whether it is {wanted}: {error:#}", told(patience));
            let hint = error::diagnose(&error).hint;
            return Err(hint.into_iter().fold(UsageError::not_yet(message), UsageError::hint).into());
        }
        Some(Ok((report, _))) => {
            cx.ui.print(&report)?;
            let others = report.links.iter().filter(|link| link.state != wanted);
            others.map(|link| format!("`{}` is {}", link.env, link.state)).collect::<Vec<_>>()
        }
    };
    let message = format!("after {}, {}, not {wanted}", told(patience), others.join(", "));
    let hint = "give it more time with `--timeout`, or see what stands in the way with `swa-apim status`";
    Err(UsageError::not_yet(message).hint(hint).into())
}
