//! Shows the progress of a use case: on the screen, in the journal and in the event file.

use std::time::Duration;

use super::{journal::Journal, session::Session};
use crate::{
    engine::{LinkState, PlannedStep},
    output::{Progress, Ui},
    report::{ChangeResult, Event, StepReport, StepStatus},
    workflow::{Listener, StepNews, StepStage},
};

/// Shows and records the progress of a use case. Dropping it removes the progress display from the screen.
pub(crate) struct Shown<'a> {
    progress: Progress,
    ui: &'a Ui,
    journal: &'a Journal,
}

impl Session {
    /// The listener for the use cases of this command.
    pub(crate) fn listener(&self) -> Shown<'_> {
        Shown { progress: self.ui.progress(), ui: &self.ui, journal: &self.journal }
    }
}

impl Shown<'_> {
    fn done(&self, news: &StepNews<'_>, took: Option<Duration>) {
        self.journal.note(news.of, news.at, StepStatus::Applied);
        // The steps of a transaction are reported with its result.
        if let Some(took) = took {
            let step = StepReport::of(news.step, StepStatus::Applied).timed(took);
            self.ui.happened(&[Event::Step { env: news.of.to_owned(), step }]);
        }
    }
}

impl Shown<'_> {
    fn lost(&self, news: &StepNews<'_>) {
        self.journal.note(news.of, news.at, StepStatus::Unknown);
        let step = StepReport::of(news.step, StepStatus::Unknown);
        self.ui.happened(&[Event::Step { env: news.of.to_owned(), step }]);
    }
}

impl Listener for Shown<'_> {
    fn doing(&self, what: &str) {
        self.progress.now(what);
    }

    fn plan(&self, of: &str, steps: &[PlannedStep]) {
        self.journal.open(of, steps);
    }

    fn step(&self, news: StepNews<'_>) {
        match news.stage {
            StepStage::Starting => {
                let (action, name) = (news.step.step.action(), news.step.step.target().name());
                self.progress.now(format!("{}: {action} {name}", news.of));
                self.journal.note(news.of, news.at, StepStatus::Unknown);
            }
            StepStage::Sent => self.journal.note(news.of, news.at, StepStatus::Unknown),
            StepStage::Lost => self.lost(&news),
            StepStage::Done(took) => self.done(&news, took),
        }
    }

    fn looked(&self, env: &str, state: Option<LinkState>) {
        let seen = state.map_or_else(|| "could not be read".to_owned(), |state| state.to_string());
        self.ui.say_beside(&self.progress, &format!("{env}: {seen}"));
    }

    fn result(&self, command: &str, result: &ChangeResult, beside: usize) {
        self.ui.happened(&Event::untold_of(command, result));
        if beside > 0 {
            self.ui.say_beside(&self.progress, &format!("{}: {}", result.env, result.summary));
        }
    }
}
