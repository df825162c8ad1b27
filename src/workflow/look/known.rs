//! Links of models that were observed before: only those are observed again that a change of their model concerns.

#![warn(clippy::arithmetic_side_effects)]

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;

use super::{ExitDetail, Seen, Sighting, look_at_all, resolve, unread};
use crate::{
    config::{EnvSettings, ProviderKind},
    engine::{KeyAge, Previews, Ripeness},
    provider::{
        ReadRequest,
        json::{AnswerBasis, Changed, JsonControlPlane},
    },
    report::LinkReport,
    workflow::{error::Result, listener::Listener, workspace::Workspace},
};

/// The links of models as they were last observed, and the generations of the models.
#[derive(Default)]
pub struct KnownLinks {
    models: BTreeMap<PathBuf, Arc<JsonControlPlane>>,
    /// The links by the names of their envs.
    links: HashMap<String, KnownLink>,
}

impl fmt::Debug for KnownLinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownLinks").field("models", &self.models).finish_non_exhaustive()
    }
}

struct KnownLink {
    env: EnvSettings,
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

/// The changes of the models since the links were observed, by their paths. A model that is not listed has changed
/// as a whole.
type Changes = BTreeMap<PathBuf, Changed>;

impl KnownLinks {
    /// Compares the models of these envs with their earlier generations. Returns the present generations too.
    fn compare(
        &self,
        work: &Workspace,
        envs: &[EnvSettings],
    ) -> (Changes, BTreeMap<PathBuf, Arc<JsonControlPlane>>) {
        let (mut changes, mut models) = (Changes::new(), BTreeMap::new());
        // Names in the settings are resolved again if the set of resources that can have them is another one.
        let ids = AnswerBasis::of_ids();
        for env in envs.iter().filter(|env| env.provider.value == ProviderKind::Json) {
            let path = &env.model.value;
            if models.contains_key(path) {
                continue;
            }
            // A model that cannot be opened is reported with each of its links.
            let Ok(model) = work.model(path) else { continue };
            let earlier = self.models.get(path).filter(|earlier| !Arc::ptr_eq(earlier, &model));
            let changed = earlier.and_then(|earlier| model.changed_since(earlier).ok());
            changes.extend(changed.filter(|changed| !changed.concerns(&ids)).map(|it| (path.clone(), it)));
            models.insert(path.clone(), model);
        }
        (changes, models)
    }

    /// The link of an env, if nothing that its report depends on has changed.
    fn take_same(&mut self, env: &EnvSettings, changes: &Changes, now: Timestamp) -> Option<KnownLink> {
        let known = self.links.remove(&env.name).filter(|known| known.env == *env)?;
        let changed = changes.get(&env.model.value)?;
        let is_same = !changed.concerns(&known.memo.basis)
            && known.memo.ripeness(env.max_key_age, now) == known.ripeness;
        is_same.then_some(known)
    }
}

/// Observes the link of each env once, as [`status`](super::status) does for several envs, and returns the reports in
/// the order of the envs. Preview environments are observed too. The link of a model is not observed again if nothing
/// that its report depends on has changed since it was `known`.
///
/// # Errors
///
/// If the operating system provides no thread. An env that cannot be read has a report that says why.
pub async fn links_since(
    work: &Workspace,
    envs: &[EnvSettings],
    listener: &dyn Listener,
    known: &mut KnownLinks,
) -> Result<Vec<Arc<LinkReport>>> {
    // If the use case fails or is dropped, nothing is known.
    let mut before = std::mem::take(known);
    let now = work.ambient().now();
    let (changes, models) = before.compare(work, envs);
    let mut links = HashMap::with_capacity(envs.len());
    let mut reports: Vec<Option<Arc<LinkReport>>> = Vec::with_capacity(envs.len());
    let (mut others, mut targets) = (Vec::new(), Vec::new());
    for env in envs {
        let same = before.take_same(env, &changes, now);
        reports.push(same.as_ref().map(|same| Arc::clone(&same.report)));
        if let Some(same) = same {
            links.insert(env.name.clone(), same);
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
                    let known = KnownLink { env: env.clone(), memo, ripeness, report };
                    links.insert(env.name.clone(), known);
                }
                report
            }
            Err(error) => Arc::new(unread(env, &error, work.render())),
        };
        reports[at] = Some(report);
    }
    *known = KnownLinks { models, links };
    Ok(reports.into_iter().flatten().collect())
}
