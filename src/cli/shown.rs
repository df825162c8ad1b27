//! Each step of a change, as it is taken: on the screen, in the journal and in the file of events.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use super::{journal::Journal, session::Context};
use crate::{
    engine::{Plan, PlannedStep, StepListener},
    output::{Progress, Ui},
    report::{Event, StepReport, StepStatus},
    workflow::{
        change::{plan::is_apart, report},
        plane::Plane,
    },
};

/// Shows, notes and writes down each step as it is taken.
pub(crate) struct Shown<'a> {
    env: &'a str,
    progress: &'a Progress,
    ui: &'a Ui,
    journal: &'a Journal,
    /// The steps in the journal, where each stands by itself.
    chapter: Option<usize>,
    /// How many steps were written to the file of events.
    pub(crate) told: AtomicUsize,
}

impl<'a> Shown<'a> {
    pub(crate) fn new(
        cx: &'a Context,
        env: &'a str,
        plane: &Plane,
        plan: &Plan,
        progress: &'a Progress,
    ) -> Self {
        let chapter = is_apart(plane).then(|| cx.journal.open(env, &plan.steps));
        Self { env, progress, ui: &cx.ui, journal: &cx.journal, chapter, told: AtomicUsize::new(0) }
    }
}

impl StepListener for Shown<'_> {
    fn starting(&self, at: usize, step: &PlannedStep) {
        self.progress.now(format!("{}: {} {}", self.env, step.step.action(), step.step.target().name()));
        if let Some(chapter) = self.chapter {
            self.journal.note(chapter, at, StepStatus::Unknown);
        }
    }

    fn finished(&self, at: usize, step: &PlannedStep, took: Duration) {
        // What a transaction holds is not done before all of it is written.
        let Some(chapter) = self.chapter else { return };
        self.journal.note(chapter, at, StepStatus::Applied);
        let step = report::timed(StepReport::of(step, StepStatus::Applied), took);
        self.ui.happened(&[Event::Step { env: self.env.to_owned(), step }]);
        self.told.fetch_add(1, Ordering::Relaxed);
    }
}
