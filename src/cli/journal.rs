//! What a command has changed so far, kept for the message that an interruption prints.

use std::{
    fmt::Write as _,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    diagnosis::ExitCode,
    engine::{ChangeKind, LinkState, PlannedStep},
    report::{
        ChangeReport, ChangeResult, ErrorReport, Outcome, SCHEMA_VERSION, StepReport, StepStatus, Told,
    },
};

/// The steps of a command and how far each has come. Clones share one list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    chapters: Mutex<Vec<Chapter>>,
    /// The verb that changes links, once it is known.
    verb: Mutex<Option<String>>,
    /// Whether the command is one that changes something.
    changes: AtomicBool,
    /// Whether a file of a pipeline is one that must not be written.
    refuses_files: AtomicBool,
    /// Whether the message about an interruption was printed.
    printed: AtomicBool,
}

/// The steps that change something for one env, or for one product that is pruned.
#[derive(Debug)]
struct Chapter {
    title: String,
    steps: Vec<StepReport>,
}

impl Journal {
    /// Notes that the command is one that changes something.
    pub(crate) fn expect_changes(&self) {
        self.0.changes.store(true, Ordering::Relaxed);
    }

    /// Notes that a file of the pipeline is one that must not be written, not even with a failure.
    pub(crate) fn refuse_files(&self) {
        self.0.refuses_files.store(true, Ordering::Relaxed);
    }

    /// Whether a pipeline may be told of a failure.
    pub(crate) fn may_tell(&self) -> bool {
        !self.0.refuses_files.load(Ordering::Relaxed)
    }

    /// Notes which verb changes links.
    pub(crate) fn begin(&self, verb: &str) {
        *self.0.verb.lock().unwrap_or_else(PoisonError::into_inner) = Some(verb.to_owned());
    }

    /// What an interrupted change reports: the steps of each env as far as they have come. Nothing, if the command
    /// changes no links.
    pub(crate) fn report(&self, error: &ErrorReport) -> Option<ChangeReport> {
        let command = self.0.verb.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let result = |chapter: &Chapter| ChangeResult {
            env: chapter.title.clone(),
            outcome: Outcome::Failed,
            steps: chapter.steps.clone(),
            state: LinkState::Unknown,
            keys: None,
            findings: Vec::new(),
            undo: None,
            error: Some(error.clone()),
            product: None,
            told: Told::Everything,
            summary: "interrupted".to_owned(),
            exit: ExitCode::Interrupted,
        };
        let results = self.chapters().iter().map(result).collect();
        Some(ChangeReport { schema_version: SCHEMA_VERSION, command, results })
    }

    /// Notes steps that are about to be taken, as a chapter of this title.
    pub(crate) fn open(&self, title: &str, steps: &[PlannedStep]) {
        let steps = steps.iter().map(|planned| StepReport::of(planned, initial(planned))).collect();
        self.chapters().push(Chapter { title: title.to_owned(), steps });
    }

    /// Notes how far a step has come of the last chapter of this title, if there is one.
    pub(crate) fn note(&self, title: &str, at: usize, status: StepStatus) {
        let mut chapters = self.chapters();
        let chapter = chapters.iter_mut().rfind(|chapter| chapter.title == title);
        let step = chapter.and_then(|chapter| chapter.steps.get_mut(at));
        if let Some(step) = step.filter(|step| step.status != StepStatus::Skipped) {
            step.status = status;
        }
    }

    /// What an interruption says; nothing, if it was said already.
    pub(crate) fn epitaph(&self) -> Option<String> {
        if self.0.printed.swap(true, Ordering::Relaxed) {
            return None;
        }
        if !self.0.changes.load(Ordering::Relaxed) {
            return Some("interrupted".to_owned());
        }
        let mut text = "interrupted; run the same command again to do what is left".to_owned();
        let chapters = self.chapters();
        let begun = |chapter: &&Chapter| {
            chapter.steps.iter().any(|it| matches!(it.status, StepStatus::Applied | StepStatus::Unknown))
        };
        for chapter in chapters.iter().filter(begun) {
            for (status, words) in [
                (StepStatus::Applied, "applied"),
                (StepStatus::Unknown, "sent, and not known whether it was applied"),
                (StepStatus::Pending, "not applied"),
            ] {
                let of_status = chapter.steps.iter().filter(|step| step.status == status);
                let names: Vec<String> = of_status.map(named).collect();
                if !names.is_empty() {
                    let _ = write!(text, "\n  {}: {words}: {}", chapter.title, names.join(", "));
                }
            }
        }
        if !chapters.iter().any(|chapter| begun(&chapter)) {
            text.push_str("\n  nothing was changed");
        }
        Some(text)
    }

    fn chapters(&self) -> MutexGuard<'_, Vec<Chapter>> {
        // A list of words is whole, whatever happened to the thread that held it.
        self.0.chapters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn named(step: &StepReport) -> String {
    format!("{} {}", step.action, step.target.name())
}

/// A wait changes nothing, so it is left out of the message.
fn initial(planned: &PlannedStep) -> StepStatus {
    match planned.kind {
        ChangeKind::Wait => StepStatus::Skipped,
        ChangeKind::Create | ChangeKind::Update | ChangeKind::Delete => StepStatus::Pending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{engine::Step, model::ResourceId};

    fn step(name: &str, kind: ChangeKind) -> PlannedStep {
        let id = format!(
            "/subscriptions/s/resourceGroups/r/providers/Microsoft.ApiManagement/service/a/products/{name}"
        );
        let product = ResourceId::parse(&id).unwrap().try_into().unwrap();
        PlannedStep { step: Step::PutProduct { product }, kind, reason: String::new() }
    }

    #[test]
    fn an_interruption_names_each_step_by_how_far_it_came_and_is_told_once() {
        let journal = Journal::default();
        journal.expect_changes();
        let steps = ["a", "b", "c"].map(|name| step(name, ChangeKind::Create));
        journal.open("prod", &steps);
        journal.note("prod", 0, StepStatus::Applied);
        journal.note("prod", 1, StepStatus::Unknown);
        let text = journal.epitaph().unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "interrupted; run the same command again to do what is left",
                "  prod: applied: put-product a",
                "  prod: sent, and not known whether it was applied: put-product b",
                "  prod: not applied: put-product c",
            ]
        );
        assert_eq!(journal.epitaph(), None);
    }

    #[test]
    fn an_interruption_before_the_first_step_says_that_nothing_was_changed() {
        let journal = Journal::default();
        journal.expect_changes();
        journal.open("prod", &[step("a", ChangeKind::Create)]);
        assert!(journal.epitaph().unwrap().ends_with("\n  nothing was changed"));
        assert_eq!(Journal::default().epitaph().as_deref(), Some("interrupted"));
    }
}
