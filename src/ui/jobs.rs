//! Changes that run: their steps as they happen, and their result.

#![warn(clippy::arithmetic_side_effects)]

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::problem::Problem;
use crate::{
    ambient::Ambient,
    engine::PlannedStep,
    report::{ChangeReport, PruneReport, StepReport, StepStatus},
    workflow::{Listener, StepNews, StepStage},
};

/// The maximum number of jobs that are kept; the oldest one that has ended is dropped first.
const MOST: usize = 50;

/// The jobs since the page was started.
pub(super) struct Jobs {
    ambient: Arc<dyn Ambient>,
    kept: Mutex<VecDeque<Arc<Job>>>,
}

/// A change that runs, or has ended.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: String,
    pub(super) title: String,
    /// The page that the change is about.
    pub(super) back: String,
    progress: Mutex<Progress>,
    /// The number of changes of the progress.
    mark: AtomicU64,
}

/// The progress of a job.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    /// What it is doing.
    pub(super) doing: String,
    /// The steps of each env or product.
    pub(super) parts: Vec<Part>,
    /// How long the current step waits at most.
    pub(super) wait: Option<Duration>,
    /// Its result, once it has ended.
    pub(super) end: Option<End>,
}

/// The steps for one env or product.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) of: String,
    pub(super) steps: Vec<StepReport>,
    /// The step that is being applied.
    pub(super) current: Option<usize>,
}

/// The result of a job.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// Links were changed, or could not be.
    Changed(ChangeReport),
    /// Products were deleted, or could not be.
    Pruned(PruneReport),
    /// It could not begin.
    Failed(Problem),
}

impl Jobs {
    pub(super) fn new(ambient: Arc<dyn Ambient>) -> Self {
        Self { ambient, kept: Mutex::default() }
    }

    /// Adds a job that is about to run.
    pub(super) fn begin(&self, title: String, back: String) -> Arc<Job> {
        let job = Arc::new(Job {
            id: self.ambient.unguessable().simple().to_string(),
            title,
            back,
            progress: Mutex::default(),
            mark: AtomicU64::new(1),
        });
        let mut kept = locked(&self.kept);
        if kept.len() >= MOST
            && let Some(at) = kept.iter().position(|job| job.progress().end.is_some())
        {
            kept.remove(at);
        }
        kept.push_back(Arc::clone(&job));
        job
    }

    pub(super) fn get(&self, id: &str) -> Option<Arc<Job>> {
        locked(&self.kept).iter().find(|job| job.id == id).cloned()
    }
}

impl Job {
    pub(super) fn progress(&self) -> Progress {
        locked(&self.progress).clone()
    }

    /// The number of changes of the progress.
    pub(super) fn mark(&self) -> u64 {
        self.mark.load(Ordering::Acquire)
    }

    pub(super) fn end(&self, end: End) {
        self.note(|progress| progress.end = Some(end));
    }

    fn note(&self, change: impl FnOnce(&mut Progress)) {
        change(&mut locked(&self.progress));
        self.mark.fetch_add(1, Ordering::Release);
    }
}

impl Listener for Job {
    fn doing(&self, what: &str) {
        self.note(|progress| what.clone_into(&mut progress.doing));
    }

    fn plan(&self, of: &str, steps: &[PlannedStep]) {
        let steps = steps.iter().map(|step| StepReport::of(step, StepStatus::Pending)).collect();
        let part = Part { of: of.to_owned(), steps, current: None };
        self.note(|progress| {
            // A plan that is computed again replaces the one before.
            progress.parts.retain(|known| known.of != part.of);
            progress.parts.push(part);
        });
    }

    fn step(&self, news: StepNews<'_>) {
        self.note(|progress| {
            progress.wait = None;
            let Some(part) = progress.parts.iter_mut().find(|part| part.of == news.of) else { return };
            let Some(step) = part.steps.get_mut(news.at) else { return };
            match news.stage {
                StepStage::Starting | StepStage::Sent => {
                    step.status = StepStatus::Unknown;
                    part.current = Some(news.at);
                }
                StepStage::Skipped => step.status = StepStatus::Skipped,
                StepStage::Lost => part.current = None,
                StepStage::Done(took) => {
                    step.status = StepStatus::Applied;
                    step.seconds = took.map(|took| (took.as_secs_f64() * 10.0).round() / 10.0);
                    part.current = None;
                }
            }
        });
    }

    fn waits(&self, _: &str, left: Duration) {
        self.note(|progress| progress.wait = Some(left));
    }

    fn retries(&self, env: &str) {
        let doing = format!("another client changed {env} first, so the plan is computed again");
        self.note(|progress| progress.doing = doing);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
