//! Plans that were shown and can be applied: kept for a while, applied exactly as they were shown.

#![warn(clippy::arithmetic_side_effects)]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{ambient::Ambient, workflow::Saved};

/// How long a plan can be applied after it was shown.
const KEPT: Duration = Duration::from_secs(15 * 60);
/// The maximum number of plans that are kept; the oldest one is dropped first.
const MOST: usize = 100;

/// The plans that were shown.
pub(super) struct Plans {
    ambient: Arc<dyn Ambient>,
    kept: Mutex<HashMap<String, ShownPlan>>,
}

/// A plan as it was shown.
#[derive(Clone, Debug)]
pub(super) struct ShownPlan {
    /// What the plan does, for the title of its progress.
    pub(super) title: String,
    /// The page that the change is about.
    pub(super) back: String,
    /// The name that the user types to confirm, if the plan deletes something that cannot be restored.
    pub(super) confirm: Option<String>,
    /// The plan itself.
    pub(super) saved: Saved,
    shown: Instant,
}

impl ShownPlan {
    pub(super) fn new(title: String, back: String, confirm: Option<String>, saved: Saved) -> Self {
        Self { title, back, confirm, saved, shown: Instant::now() }
    }
}

impl Plans {
    pub(super) fn new(ambient: Arc<dyn Ambient>) -> Self {
        Self { ambient, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, ShownPlan>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, plan| plan.shown.elapsed() < KEPT);
        kept
    }

    /// Keeps a plan, and returns its id.
    pub(super) fn keep(&self, plan: ShownPlan) -> String {
        let id = self.ambient.unguessable().simple().to_string();
        let mut kept = self.kept();
        let oldest = kept.iter().min_by_key(|(_, plan)| plan.shown).map(|(id, _)| id.clone());
        if let Some(oldest) = oldest.filter(|_| kept.len() >= MOST) {
            kept.remove(&oldest);
        }
        kept.insert(id.clone(), plan);
        id
    }

    /// The plan with this id, if it is still kept.
    pub(super) fn get(&self, id: &str) -> Option<ShownPlan> {
        self.kept().get(id).cloned()
    }

    /// Takes the plan with this id, so that a second click does not apply it again.
    pub(super) fn take(&self, id: &str) -> Option<ShownPlan> {
        self.kept().remove(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ambient::System;

    fn plan(title: &str) -> ShownPlan {
        ShownPlan::new(title.to_owned(), "/".to_owned(), None, Saved::Plans(Vec::new()))
    }

    #[tokio::test(start_paused = true)]
    async fn a_plan_is_applied_once_and_within_its_time() {
        let plans = Plans::new(Arc::new(System));
        let (first, second) = (plans.keep(plan("first")), plans.keep(plan("second")));
        assert_eq!(plans.take(&first).map(|plan| plan.title).as_deref(), Some("first"));
        assert!(plans.take(&first).is_none());
        tokio::time::advance(KEPT).await;
        assert!(plans.get(&second).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_plan_makes_room() {
        let plans = Plans::new(Arc::new(System));
        let first = plans.keep(plan("first"));
        for _ in 0..MOST {
            tokio::time::advance(Duration::from_millis(1)).await;
            plans.keep(plan("later"));
        }
        assert!(plans.get(&first).is_none());
        assert_eq!(plans.kept().len(), MOST);
    }
}
