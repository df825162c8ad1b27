//! The generations of models, and what they differ in.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher as _},
    path::PathBuf,
    sync::Arc,
};

use super::workspace::Workspace;
use crate::{
    config::{EnvSettings, ProviderKind, Settings},
    provider::json::{AnswerBasis, Changed, JsonControlPlane},
};

/// Open models, by their paths.
type Models = BTreeMap<PathBuf, Arc<JsonControlPlane>>;

/// The settings and the models of an earlier read.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    settings: Option<Settings>,
    models: Models,
}

/// A number that differs for settings that differ.
pub(super) fn mark_of(settings: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    settings.hash(&mut hasher);
    hasher.finish()
}

/// The present generations of models, and what has changed in each since an earlier read. A model that could not be
/// compared counts as changed as a whole.
#[derive(Debug)]
pub(super) struct Generations {
    /// Whether all settings are as they were.
    pub(super) same_settings: bool,
    models: Models,
    changes: BTreeMap<PathBuf, Change>,
}

/// The changes of a model.
#[derive(Debug)]
struct Change {
    changed: Changed,
    /// Whether names in settings may mean other resources than before.
    renames: bool,
}

impl Generations {
    /// Compares the models of these envs with their earlier generations.
    pub(super) fn compare(work: &Workspace, envs: &[EnvSettings], earlier: &Earlier) -> Self {
        let same_settings = earlier.settings.as_ref().is_some_and(|it| it.is_same_as(&work.settings));
        let (mut models, mut changes) = (Models::new(), BTreeMap::new());
        for env in envs.iter().filter(|env| env.provider.value == ProviderKind::Json) {
            let path = &env.model.value;
            if models.contains_key(path) {
                continue;
            }
            // A model that cannot be opened is reported with each of its links.
            let Ok(model) = work.model(path) else { continue };
            let before = earlier.models.get(path).filter(|before| !Arc::ptr_eq(before, &model));
            if let Some(changed) = before.and_then(|before| model.changed_since(before).ok()) {
                let renames = changed.concerns(&AnswerBasis::of_ids());
                changes.insert(path.clone(), Change { changed, renames });
            }
            models.insert(path.clone(), model);
        }
        Self { same_settings, models, changes }
    }

    /// Returns what has changed in the model of an env. A model counts as changed as a whole if names in settings may
    /// mean other resources than before.
    pub(super) fn changed(&self, env: &EnvSettings) -> Option<&Changed> {
        self.changes.get(&env.model.value).filter(|change| !change.renames).map(|change| &change.changed)
    }

    /// Returns what has changed in an open model.
    pub(super) fn changed_in(&self, model: &Arc<JsonControlPlane>) -> Option<&Changed> {
        let (path, _) = self.models.iter().find(|(_, open)| Arc::ptr_eq(open, model))?;
        self.changes.get(path).map(|change| &change.changed)
    }

    /// The present generations, as the earlier ones of the next read.
    pub(super) fn into_earlier(self, work: &Workspace) -> Earlier {
        Earlier { settings: Some(work.settings.clone()), models: self.models }
    }
}
