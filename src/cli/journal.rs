//! The changes that a command has made so far, for the message after an interruption.

use std::{
    ffi::OsString,
    fmt::Write as _,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use super::retries::Retries;
use crate::{
    diagnosis::{ExitCode, quoted},
    engine::{ChangeKind, LinkState, PlannedStep, Step, StepAction},
    model::may_have_user,
    report::{
        ChangeReport, ChangeResult, ErrorReport, Outcome, PruneOutcome, PruneReport, SCHEMA_VERSION,
        StepReport, StepStatus, Told,
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
    /// The products that a prune deletes, once they are known.
    pruning: Mutex<Option<PruneReport>>,
    /// Whether the command may change something.
    changes: AtomicBool,
    /// Whether the command must not write to a file of a pipeline.
    refuses_files: AtomicBool,
    /// Whether the message about an interruption was printed.
    printed: AtomicBool,
    /// The command that completes an interrupted change.
    again: Mutex<Option<String>>,
    retries: Retries,
}

/// The steps that change something for one env, or for one product that is pruned.
#[derive(Debug)]
struct Chapter {
    title: String,
    steps: Vec<StepReport>,
    rotation: Rotation,
}

/// Whether the steps replace the keys of a working link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rotation {
    Keep,
    Rotate,
}

impl Journal {
    /// Returns the journal of a command line, without the name of the program. Repeating it completes the command.
    pub(crate) fn of_command(words: &[OsString]) -> Self {
        let journal = Self::default();
        let words: Option<Vec<&str>> = words.iter().map(|word| word.to_str()).collect();
        // An address can contain a password.
        let words = words.filter(|words| !words.iter().any(|word| may_have_user(word)));
        if let Some(words) = words {
            let words: Vec<String> = words.into_iter().map(quoted).collect();
            journal.complete_with(Some(format!("swa-apim {}", words.join(" "))));
        }
        journal
    }

    /// Records the command that completes the change if this one is interrupted; `None` if it is not known.
    pub(crate) fn complete_with(&self, command: Option<String>) {
        *self.0.again.lock().unwrap_or_else(PoisonError::into_inner) = command;
    }

    /// Returns where retries of requests are passed on.
    pub(crate) fn retries(&self) -> &Retries {
        &self.0.retries
    }

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
            address: None,
            findings: Vec::new(),
            undo: None,
            error: Some(error.clone()),
            note: None,
            product: None,
            told: Told::Everything,
            summary: "interrupted".to_owned(),
            exit: ExitCode::Interrupted,
        };
        let results = self.chapters().iter().map(result).collect();
        Some(ChangeReport { schema_version: SCHEMA_VERSION, command, results })
    }

    /// Records that the command is about to delete the products of this plan.
    pub(crate) fn begin_pruning(&self, planned: PruneReport) {
        *self.0.pruning.lock().unwrap_or_else(PoisonError::into_inner) = Some(planned);
    }

    /// The report of an interrupted prune: the steps of each product with their progress. `None` if the command does not
    /// prune, or does not know yet which products it deletes.
    pub(crate) fn prune_report(&self, error: &ErrorReport) -> Option<PruneReport> {
        let mut report = self.0.pruning.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let chapters = self.chapters();
        for product in &mut report.products {
            match chapters.iter().find(|chapter| chapter.title == product.name) {
                Some(chapter) => product.steps.clone_from(&chapter.steps),
                None => product.steps.iter_mut().for_each(|step| step.status = StepStatus::Pending),
            }
            product.outcome = so_far(&product.steps);
            let is_over = matches!(
                product.outcome,
                PruneOutcome::Deleted | PruneOutcome::Unchanged | PruneOutcome::Kept
            );
            product.error = (!is_over).then(|| error.clone());
        }
        Some(report)
    }

    /// Records steps that are about to be applied, as a chapter with this title.
    pub(crate) fn open(&self, title: &str, steps: &[PlannedStep]) {
        let rotates = |planned: &PlannedStep| matches!(planned.step, Step::SwapKeys { live: Some(_), .. });
        let rotation = if steps.iter().any(rotates) { Rotation::Rotate } else { Rotation::Keep };
        let steps = steps.iter().map(|planned| StepReport::of(planned, initial(planned))).collect();
        self.chapters().push(Chapter { title: title.to_owned(), steps, rotation });
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
            let _ = write!(text, "\n  {}: {}", chapter.title, chapter.extent());
        }
        if !chapters.iter().any(|chapter| begun(&chapter)) {
            text.push_str("\n  nothing was changed");
        }
        let again = self.0.again.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(command) = again.as_ref().filter(|_| chapters.iter().any(|chapter| begun(&chapter))) {
            let _ = write!(text, "\n  to complete it: {command}");
        }
        Some(text)
    }

    fn chapters(&self) -> MutexGuard<'_, Vec<Chapter>> {
        // A list of words is always consistent, even if the thread that held the lock panicked.
        self.0.chapters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chapter {
    /// Returns how many of the changes were made, and which keys are valid.
    fn extent(&self) -> String {
        let changes = self.steps.iter().filter(|step| step.kind != ChangeKind::Wait);
        let applied = changes.clone().filter(|step| step.status == StepStatus::Applied).count();
        let text = format!("{applied} of {} changes were applied", changes.count());
        match self.rotation {
            Rotation::Keep => text,
            Rotation::Rotate => format!("{text}; {}", self.keys()),
        }
    }

    /// Returns which keys are valid. The site sends one of the subscription's two keys at every step.
    fn keys(&self) -> &'static str {
        let status = |action| self.steps.iter().find(|step| step.action == action).map(|step| step.status);
        match (status(StepAction::SwapKeys), status(StepAction::RetireSecondary)) {
            (Some(StepStatus::Pending), _) | (_, Some(StepStatus::Pending)) => "both keys are valid",
            (_, Some(StepStatus::Applied)) => "both keys are new and valid",
            (
                _,
                None
                | Some(StepStatus::Planned | StepStatus::Failed | StepStatus::Unknown | StepStatus::Skipped),
            ) => "the new key is valid; the old one may have been replaced",
        }
    }
}

fn named(step: &StepReport) -> String {
    format!("{} {}", step.action, step.target.name())
}

/// The result for a product whose steps have come this far.
fn so_far(steps: &[StepReport]) -> PruneOutcome {
    let any = |status| steps.iter().any(|step| step.status == status);
    let (applied, skipped) = (any(StepStatus::Applied), any(StepStatus::Skipped));
    let open = any(StepStatus::Pending) || any(StepStatus::Unknown);
    match (applied, open) {
        (true, false) => PruneOutcome::Deleted,
        (true, true) => PruneOutcome::Failed,
        (false, _) if any(StepStatus::Unknown) => PruneOutcome::Failed,
        (false, _) if skipped => PruneOutcome::Kept,
        (false, _) => PruneOutcome::NotTried,
    }
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
    use crate::model::{ApimSubscriptionId, Key, ResourceId};

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
                "  prod: 1 of 3 changes were applied",
            ]
        );
        assert_eq!(journal.epitaph(), None);
    }

    #[test]
    fn an_interrupted_rotation_names_the_valid_keys_and_the_command_that_completes_it() {
        let id =
            "/subscriptions/s/resourceGroups/r/providers/Microsoft.ApiManagement/service/a/subscriptions/l";
        let subscription = ApimSubscriptionId::try_from(ResourceId::parse(id).unwrap()).unwrap();
        let live = Key::new("0123456789abcdef0123456789abcdef").unwrap().fingerprint();
        let planned =
            |step| PlannedStep { step, kind: ChangeKind::Update, reason: String::new(), changes: Vec::new() };
        let swap = Step::SwapKeys { subscription: subscription.clone(), live: Some(live.clone()) };
        let retire = Step::RetireSecondary { subscription, retiring: live };
        for (swapped, retired, keys) in [
            (StepStatus::Pending, StepStatus::Pending, "nothing was changed"),
            (StepStatus::Unknown, StepStatus::Pending, "both keys are valid"),
            (StepStatus::Applied, StepStatus::Pending, "both keys are valid"),
            (
                StepStatus::Applied,
                StepStatus::Unknown,
                "the new key is valid; the old one may have been replaced",
            ),
            (StepStatus::Applied, StepStatus::Applied, "both keys are new and valid"),
        ] {
            let journal = Journal::of_command(&["relink", "--env", "my prod"].map(OsString::from));
            journal.expect_changes();
            journal.open("prod", &[planned(swap.clone()), planned(retire.clone())]);
            journal.note("prod", 0, swapped);
            journal.note("prod", 1, retired);
            let text = journal.epitaph().unwrap();
            assert!(text.contains(keys), "{text}");
            let complete = text.lines().last().unwrap();
            assert_eq!(
                complete == "  to complete it: swa-apim relink --env 'my prod'",
                swapped != StepStatus::Pending,
                "{text}"
            );
        }
    }

    #[test]
    fn a_command_line_with_a_password_is_not_repeated() {
        let words = ["link", "--endpoint", "https://u:p@x.example"].map(OsString::from);
        let journal = Journal::of_command(&words);
        journal.expect_changes();
        journal.open("prod", &[step("a", ChangeKind::Create)]);
        journal.note("prod", 0, StepStatus::Applied);
        assert!(!journal.epitaph().unwrap().contains("x.example"));
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
