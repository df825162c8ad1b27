//! Links of models that were observed before: only those are observed again that a change of their model concerns.

#![warn(clippy::arithmetic_side_effects)]

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{ExitDetail, Seen, Sighting, look_at_all, resolve, unread};
use crate::{
    config::EnvSettings,
    engine::{KeyAge, Previews, Ripeness},
    provider::{ReadRequest, json::AnswerBasis},
    report::LinkReport,
    workflow::{
        error::Result,
        generations::{Generations, mark_of},
        listener::Listener,
        workspace::Workspace,
    },
};

/// The links of models as they were last observed, by the names of their envs.
#[derive(Default)]
pub(in crate::workflow) struct KnownLinks(HashMap<String, Box<KnownLink>>);

impl fmt::Debug for KnownLinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KnownLinks").field(&self.0.len()).finish()
    }
}

struct KnownLink {
    /// The mark of the settings of its env.
    env: u64,
    memo: Memo,
    /// Whether the keys were too old.
    ripeness: Option<Ripeness>,
    report: Arc<LinkReport>,
}

/// What the report of a link in a model depends on.
pub(super) struct Memo {
    basis: AnswerBasis,
    age: KeyAge,
}

impl Memo {
    pub(super) fn of(questions: &[ReadRequest], age: KeyAge) -> Self {
        Self { basis: AnswerBasis::of(questions), age }
    }

    fn ripeness(&self, limit: Option<Duration>, now: Timestamp) -> Option<Ripeness> {
        limit.map(|limit| self.age.ripeness(limit, now))
    }
}

impl KnownLinks {
    /// The link of an env, if nothing that its report depends on has changed.
    fn take_same(
        &mut self,
        env: &EnvSettings,
        generations: &Generations,
        now: Timestamp,
    ) -> Option<(String, Box<KnownLink>)> {
        let is_of = |known: &KnownLink| generations.same_settings || known.env == mark_of(env);
        let known = self.0.remove_entry(&env.name).filter(|(_, known)| is_of(known))?;
        let changed = generations.changed(env)?;
        let is_same = |known: &KnownLink| {
            !changed.concerns(&known.memo.basis)
                && known.memo.ripeness(env.max_key_age, now) == known.ripeness
        };
        Some(known).filter(|(_, known)| is_same(known))
    }
}

/// Observes the link of each env, and returns the reports in the order of the envs. The link of a model is not observed
/// again if nothing that its report depends on has changed since it was `known`.
///
/// # Errors
///
/// If the operating system provides no thread. An env that cannot be read has a report that says why.
pub(in crate::workflow) async fn links_since(
    work: &Workspace,
    envs: &[EnvSettings],
    generations: &Generations,
    listener: &dyn Listener,
    known: &mut KnownLinks,
) -> Result<Vec<Arc<LinkReport>>> {
    let mut before = std::mem::take(known);
    let now = work.ambient().now();
    let mut links = HashMap::with_capacity(envs.len());
    let mut reports: Vec<Option<Arc<LinkReport>>> = Vec::with_capacity(envs.len());
    let (mut others, mut targets) = (Vec::new(), Vec::new());
    for env in envs {
        let same = before.take_same(env, generations, now);
        reports.push(same.as_ref().map(|(_, same)| Arc::clone(&same.report)));
        if let Some((name, same)) = same {
            links.insert(name, same);
        } else {
            others.push((reports.len().saturating_sub(1), env));
            targets.push(resolve(work, env, Previews::Allow).await);
        }
    }
    listener.doing(&format!("reading {} links", others.len()));
    let how = Sighting { detail: ExitDetail::Plain, now, keeps: true, render: work.render() };
    for ((at, env), sight) in others.into_iter().zip(look_at_all(targets, how, listener).await?) {
        let report = match sight {
            Ok(Seen { link, memo, .. }) => {
                let report = Arc::new(link);
                if let Some(memo) = memo {
                    let (ripeness, report) = (memo.ripeness(env.max_key_age, now), Arc::clone(&report));
                    let known = KnownLink { env: mark_of(env), memo, ripeness, report };
                    links.insert(env.name.clone(), Box::new(known));
                }
                report
            }
            Err(error) => Arc::new(unread(env, &error, work.render())),
        };
        reports[at] = Some(report);
    }
    *known = KnownLinks(links);
    Ok(reports.into_iter().flatten().collect())
}
