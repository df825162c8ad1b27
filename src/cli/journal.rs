//! The changes that a command has made so far, for the message after an interruption.

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

/// The steps of a command and the progress of each. Clones share one list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    chapters: Mutex<Vec<Chapter>>,
    /// The verb that changes links, once it is known.
    verb: Mutex<Option<String>>,
    /// Whether the command may change something.
    changes: AtomicBool,
    /// Whether the command must not write to a file of a pipeline.
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
    /// Records that the command may change something.
    pub(crate) fn expect_changes(&self) {
        self.0.changes.store(true, Ordering::Relaxed);
    }

    /// Records that the command must not write to a file of the pipeline, not even an error.
    pub(crate) fn refuse_files(&self) {
        self.0.refuses_files.store(true, Ordering::Relaxed);
    }

    /// Whether an error may be written to the files of a pipeline.
    pub(crate) fn may_tell(&self) -> bool {
        !self.0.refuses_files.load(Ordering::Relaxed)
    }

    /// Records which command changes links.
    pub(crate) fn begin(&self, verb: &str) {
        *self.0.verb.lock().unwrap_or_else(PoisonError::into_inner) = Some(verb.to_owned());
    }

    /// The report of an interrupted change: the steps of each env with their progress. `None` if the command changes no
    /// links.
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

    /// Records steps that are about to be applied, as a chapter with this title.
    pub(crate) fn open(&self, title: &str, steps: &[PlannedStep]) {
        let steps = steps.iter().map(|planned| StepReport::of(planned, initial(planned))).collect();
        self.chapters().push(Chapter { title: title.to_owned(), steps });
    }

    /// Records the progress of a step in the last chapter with this title, if there is one.
    pub(crate) fn note(&self, title: &str, at: usize, status: StepStatus) {
        let mut chapters = self.chapters();
        let chapter = chapters.iter_mut().rfind(|chapter| chapter.title == title);
        let step = chapter.and_then(|chapter| chapter.steps.get_mut(at));
        if let Some(step) = step.filter(|step| step.status != StepStatus::Skipped) {
            step.status = status;
        }
    }

    /// The message after an interruption; `None` if it was already printed.
    pub(crate) fn epitaph(&self) -> Option<String> {
        if self.0.printed.swap(true, Ordering::Relaxed) {
            return None;
        }
        if !self.0.changes.load(Ordering::Relaxed) {
            return Some("interrupted".to_owned());
        }
        let mut text = "interrupted; run the same command again to apply the remaining steps".to_owned();
        let chapters = self.chapters();
        let begun = |chapter: &&Chapter| {
            chapter.steps.iter().any(|it| matches!(it.status, StepStatus::Applied | StepStatus::Unknown))
        };
        for chapter in chapters.iter().filter(begun) {
            for (status, words) in [
                (StepStatus::Applied, "applied"),
                (StepStatus::Unknown, "sent, but it is not known whether it was applied"),
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
        // A list of words is always consistent, even if the thread that held the lock panicked.
        self.0.chapters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn named(step: &StepReport) -> String {
    format!("{} {}", step.action, step.target.name())
}

/// The initial status of a step. A wait changes nothing, so it is not part of the message.
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
        PlannedStep { step: Step::PutProduct { product }, kind, reason: String::new(), changes: Vec::new() }
    }

    #[test]
    fn an_interruption_lists_each_step_with_its_progress_and_is_printed_once() {
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
                "interrupted; run the same command again to apply the remaining steps",
                "  prod: applied: put-product a",
                "  prod: sent, but it is not known whether it was applied: put-product b",
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
