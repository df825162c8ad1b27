//! Observes links without changing them.

mod envs;
mod fleet;
mod known;
mod threads;

use std::time::Duration;

use jiff::Timestamp;

pub use self::envs::{Looked, Pictured, graph, linked_to, links};
pub(super) use self::fleet::Fleet;
pub(super) use self::known::{KnownLinks, links_since};
use self::{known::Memo, threads::look_in_threads};
use super::{
    error::{Result, WorkflowError, diagnose, report},
    listener::Listener,
    plane::Plane,
    rotation::{self, LinkLog},
    select::name_lookalikes,
    workspace::Workspace,
};
use crate::{
    config::EnvSettings,
    diagnosis::{ExitCode, Render},
    engine::{self, FindingCode, LinkState, Previews, Severity, Target, Verdict},
    provider::{Asked, ProviderError, Reads},
    report::{ErrorReport, LinkReport, StatusReport},
};

/// The state of links.
#[derive(Clone, Debug)]
pub struct Status {
    /// The links, in the order of the envs.
    pub report: StatusReport,
    /// The exit code of the command.
    pub exit: ExitCode,
    /// Why the only link could not be read, if the answer does not say whether the link exists.
    pub failure: Option<ErrorReport>,
    /// The activity log of the only link.
    pub log: LinkLog,
}

/// Whether the exit code reports a link that is not in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitDetail {
    /// The exit code of such a link is [`ExitCode::Changes`].
    Detailed,
    /// The exit code reports only links that could not be read.
    Plain,
}

/// A link to observe.
struct Sought {
    plane: Plane,
    target: Target,
    /// The age above which its keys are reported.
    max_key_age: Option<Duration>,
}

/// An observed link.
struct Seen {
    exit: ExitCode,
    link: LinkReport,
    /// What its report depends on, if that is kept.
    memo: Option<Memo>,
}

/// A link to observe, or why its resources are not known.
type Resolved = Result<Sought>;
/// The observation of an env, or why it could not be read.
type Sight = Result<Seen>;

async fn resolve(work: &Workspace, env: &EnvSettings, previews: Previews) -> Resolved {
    let (plane, target) = work.target(env, previews).await?;
    Ok(Sought { plane, target, max_key_age: env.max_key_age })
}

/// Observes the link of each env once.
///
/// # Errors
///
/// If there is one env and its link cannot be read; but a state that is merely unknown is not an error.
pub async fn status(
    work: &Workspace,
    envs: &[EnvSettings],
    previews: Previews,
    detail: ExitDetail,
    listener: &dyn Listener,
) -> Result<Status> {
    let mut targets = Vec::new();
    for env in envs {
        listener.doing(&format!("reading {}", env.name));
        targets.push(resolve(work, env, previews).await);
    }
    listener.doing(&format!("reading {} links", envs.len()));
    let how = Sighting { detail, now: work.ambient().now(), keeps: false, render: work.render() };
    let mut log = LinkLog::NotRead;
    let sights = match (envs, targets.pop()) {
        ([_], Some(only)) => {
            let seen = look_at_one(work, only, how).await;
            vec![seen.map(|(seen, read)| {
                log = read;
                seen
            })]
        }
        (_, last) => {
            targets.extend(last);
            look_at_all(targets, how, listener).await?
        }
    };
    let (mut links, mut exit, mut failure) = (Vec::new(), ExitCode::Success, None);
    for (env, sight) in envs.iter().zip(sights) {
        match sight {
            Ok(seen) => {
                exit = exit.worst(seen.exit);
                links.push(seen.link);
            }
            Err(error) if envs.len() > 1 || is_undetermined(&error) => {
                exit = exit.worst(diagnose(&error).exit);
                failure = (envs.len() == 1).then(|| report(&error, work.render()));
                links.push(unread(env, &error, work.render()));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Status { report: StatusReport::new(links), exit, failure, log })
}

/// Whether an error is an answer that does not say whether a resource exists: the state is unknown in that case.
fn is_undetermined(error: &WorkflowError) -> bool {
    matches!(error.find(), Some(ProviderError::Undetermined(_)))
}

/// Observes the only link of a command, and reads what the activity log says about it.
async fn look_at_one(work: &Workspace, only: Resolved, how: Sighting) -> Result<(Seen, LinkLog)> {
    let Sought { plane, target, max_key_age } = only?;
    let recent = async { Ok(rotation::recent_events(work, &plane, &target).await) };
    let (mut verdict, recent) = tokio::try_join!(engine::verify(plane.as_ref(), &target), recent)?;
    name_lookalikes(plane.as_ref(), &mut verdict.findings).await;
    let (age, log) = rotation::look_back(work, &plane, &mut verdict, max_key_age, recent).await;
    let Seen { exit, link, memo } = how.of(&verdict);
    Ok((Seen { exit, link: link.with_key_age(age), memo }, log))
}

/// Observes each target and returns the results in the same order: those in Azure concurrently, models in threads if
/// there are many.
async fn look_at_all(targets: Vec<Resolved>, how: Sighting, listener: &dyn Listener) -> Result<Vec<Sight>> {
    let (mut in_azure, mut others) = (Vec::new(), Vec::new());
    for (at, resolved) in targets.into_iter().enumerate() {
        match resolved {
            Ok(sought) if sought.plane.is_azure() => in_azure.push((at, sought.target, sought.plane)),
            resolved => others.push((at, resolved)),
        }
    }
    let (places, others): (Vec<usize>, Vec<Resolved>) = others.into_iter().unzip();
    let others = if others.len() < threads::MANY {
        look_at_each(others, how).await
    } else {
        look_in_threads(others, move |part| look_at_each(part, how)).await?
    };
    let mut sights: Vec<(usize, Sight)> = places.into_iter().zip(others).collect();
    for (at, seen) in fleet::look_at_each(in_azure, listener).await {
        sights.push((at, seen.map(|verdict| how.of(&verdict))));
    }
    sights.sort_by_key(|(at, _)| *at);
    Ok(sights.into_iter().map(|(_, sight)| sight).collect())
}

/// How an observation becomes a report.
#[derive(Clone, Copy)]
struct Sighting {
    detail: ExitDetail,
    /// The moment at which keys are compared with their maximum age.
    now: Timestamp,
    /// Whether to keep what the reports of models depend on.
    keeps: bool,
    render: Render,
}

impl Sighting {
    fn of(self, verdict: &Verdict) -> Seen {
        let (exit, link) = (exit_code(verdict, self.detail), LinkReport::of(verdict, self.render));
        Seen { exit, link, memo: None }
    }
}

async fn look_at_each(targets: Vec<Resolved>, how: Sighting) -> Vec<Sight> {
    let mut sights = Vec::with_capacity(targets.len());
    for resolved in targets {
        sights.push(match resolved {
            Ok(sought) => look_in_a_model(&sought, how).await.map_err(WorkflowError::from),
            Err(error) => Err(error),
        });
    }
    sights
}

async fn look_in_a_model(sought: &Sought, how: Sighting) -> Result<Seen, ProviderError> {
    let Sought { plane, target, max_key_age } = sought;
    let asked = Asked::new(plane.as_ref());
    let plane: &dyn Reads = if how.keeps { &asked } else { plane.as_ref() };
    let mut verdict = engine::verify(plane, target).await?;
    let age = rotation::date_keys(plane, &mut verdict, *max_key_age, how.now, None).await;
    let Seen { exit, link, .. } = how.of(&verdict);
    let memo = how.keeps.then(|| Memo::of(&asked.into_questions(), age));
    Ok(Seen { exit, link: link.with_key_age(age), memo })
}

fn exit_code(verdict: &Verdict, detail: ExitDetail) -> ExitCode {
    let missing = verdict.findings.iter().any(|finding| finding.code == FindingCode::SiteMissing);
    let broken = || verdict.findings.iter().any(|finding| finding.severity == Severity::Broken);
    let is_well = match verdict.state {
        LinkState::Unknown if missing => return ExitCode::Refused,
        LinkState::Unknown => return ExitCode::Unavailable,
        LinkState::Linked => !broken(),
        LinkState::Unlinked
        | LinkState::Leftover
        | LinkState::Partial
        | LinkState::Drifted
        | LinkState::LinkedElsewhere
        | LinkState::Dangling => false,
    };
    if is_well || detail == ExitDetail::Plain { ExitCode::Success } else { ExitCode::Changes }
}

/// The report of an env that could not be read, in a list of several envs.
fn unread(env: &EnvSettings, error: &WorkflowError, render: Render) -> LinkReport {
    let (site, apim) = (&env.static_web_app.value, &env.apim.value);
    let environment = &env.site_environment.value;
    LinkReport::unread(&env.name, site, environment, apim, report(error, render))
}
