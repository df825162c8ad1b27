//! Shows the progress of a use case: on the screen, in the journal and in the event file.

#![warn(clippy::arithmetic_side_effects)]

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use super::{journal::Journal, session::Session};
use crate::{
    engine::{LinkState, PlannedStep},
    output::{Progress, StepLine, Ui},
    report::{ChangeResult, Event, StepReport, StepStatus},
    workflow::{Listener, StepNews, StepStage},
};

/// Shows and records the progress of a use case. Dropping it removes the progress display from the screen.
pub(crate) struct Shown<'a> {
    progress: Progress,
    ui: &'a Ui,
    journal: &'a Journal,
    /// How many links were read.
    looked: AtomicUsize,
}

impl Session {
    /// The listener for the use cases of this command.
    pub(crate) fn listener(&self) -> Shown<'_> {
        let progress = self.ui.progress();
        self.journal.retries().hear(self.ui.notifier(&progress));
        Shown { progress, ui: &self.ui, journal: &self.journal, looked: AtomicUsize::new(0) }
    }
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        self.journal.retries().hear_no_more();
    }
}

impl Shown<'_> {
    fn done(&self, news: &StepNews<'_>, took: Option<Duration>) {
        self.journal.note(news.of, news.at, StepStatus::Applied);
        self.progress.done(news.of, news.at, took);
        // The steps of a transaction are reported with its result.
        if let Some(took) = took {
            let step = StepReport::of(news.step, StepStatus::Applied).timed(took);
            self.say_step(news, StepLine::Done { took });
            self.ui.happened(&[Event::Step { env: news.of.to_owned(), step }]);
        }
    }

    fn lost(&self, news: &StepNews<'_>) {
        self.journal.note(news.of, news.at, StepStatus::Unknown);
        let step = StepReport::of(news.step, StepStatus::Unknown);
        self.ui.happened(&[Event::Step { env: news.of.to_owned(), step }]);
    }

    /// Prints a line about a step, if no terminal shows the list of steps.
    fn say_step(&self, news: &StepNews<'_>, line: StepLine) {
        if !self.progress.is_shown() {
            let step = StepReport::of(news.step, StepStatus::Planned);
            self.ui.say(&line.text(news.of, (news.at.saturating_add(1), news.total), &step));
        }
    }
}

impl Listener for Shown<'_> {
    fn doing(&self, what: &str) {
        self.progress.now(what);
    }

    fn plan(&self, of: &str, steps: &[PlannedStep]) {
        self.journal.open(of, steps);
        let steps = steps.iter().map(|step| StepReport::of(step, StepStatus::Planned));
        self.progress.plan(of, steps.collect());
    }

    fn step(&self, news: StepNews<'_>) {
        match news.stage {
            StepStage::Starting => {
                self.journal.note(news.of, news.at, StepStatus::Unknown);
                self.progress.starts(news.of, news.at);
                if let Some(time) = news.step.step.waits() {
                    self.progress.waits(news.of, time);
                    self.say_step(&news, StepLine::Waits { time });
                }
            }
            StepStage::Sent => self.journal.note(news.of, news.at, StepStatus::Unknown),
            StepStage::Skipped => self.journal.note(news.of, news.at, StepStatus::Skipped),
            StepStage::Lost => self.lost(&news),
            StepStage::Done(took) => self.done(&news, took),
        }
    }

    fn retries(&self, env: &str) {
        let text = format!("{env}: another client changed the link; the plan is computed again");
        self.ui.say_beside(&self.progress, &text);
    }

    fn looked(&self, env: &str, state: Option<LinkState>) {
        if self.progress.is_shown() {
            let count = self.looked.fetch_add(1, Ordering::Relaxed).saturating_add(1);
            self.progress.now(&format!("{count} links read"));
            return;
        }
        let state = state.map_or_else(|| "could not be read".to_owned(), |state| state.to_string());
        self.ui.say(&format!("{env}: {state}"));
    }

    fn result(&self, command: &str, result: &ChangeResult, beside: usize) {
        self.ui.happened(&Event::untold_of(command, result));
        if beside > 0 {
            self.ui.say_beside(&self.progress, &format!("{}: {}", result.env, result.summary));
        }
    }
}
