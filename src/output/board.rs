//! The list of a command's steps while it runs, as text; no clock and no terminal.
#![warn(clippy::arithmetic_side_effects)]

use std::time::{Duration, Instant};

use dialoguer::console::truncate_str;

use super::{
    steps,
    style::{Style, Tone},
};
use crate::{
    engine::ChangeKind,
    report::{Mark, StepReport, one_line},
};

/// The frames of the mark of the current step.
const FRAMES: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// What a command does now: its steps, or an operation.
#[derive(Debug)]
pub(super) struct Board {
    operation: String,
    since: Instant,
    plans: Vec<Plan>,
    /// A notice, and until when it is shown.
    notice: Option<(String, Instant)>,
}

/// The steps of one env.
#[derive(Debug)]
struct Plan {
    of: String,
    steps: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    report: StepReport,
    progress: StepProgress,
}

/// The progress of a step.
#[derive(Clone, Copy, Debug)]
enum StepProgress {
    Pending,
    Running { since: Instant, at_most: Option<Duration> },
    Done(Option<Duration>),
}

impl Board {
    /// Returns a board without steps.
    pub(super) fn new(now: Instant) -> Self {
        Self { operation: String::new(), since: now, plans: Vec::new(), notice: None }
    }

    /// Sets the text about the current operation.
    pub(super) fn operation(&mut self, what: &str) {
        self.operation = one_line(what).into_owned();
    }

    /// Sets the steps of an env. They replace its earlier steps.
    pub(super) fn plan(&mut self, of: &str, steps: Vec<StepReport>) {
        self.plans.retain(|plan| plan.of != of);
        let steps = steps.into_iter().map(|report| Step { report, progress: StepProgress::Pending });
        self.plans.push(Plan { of: of.to_owned(), steps: steps.collect() });
    }

    /// Records that a step is being applied.
    pub(super) fn starts(&mut self, of: &str, at: usize, now: Instant) {
        self.set(of, at, StepProgress::Running { since: now, at_most: None });
    }

    /// Records that the current step of an env waits for this time.
    pub(super) fn waits(&mut self, of: &str, time: Duration) {
        let plan = self.plans.iter_mut().find(|plan| plan.of == of);
        for step in plan.into_iter().flat_map(|plan| &mut plan.steps) {
            if let StepProgress::Running { at_most, .. } = &mut step.progress {
                *at_most = Some(time);
            }
        }
    }

    /// Records that a step was acknowledged.
    pub(super) fn done(&mut self, of: &str, at: usize, took: Option<Duration>) {
        self.set(of, at, StepProgress::Done(took));
    }

    /// Shows a notice until a moment.
    pub(super) fn notice(&mut self, text: &str, until: Instant) {
        self.notice = Some((one_line(text).into_owned(), until));
    }

    fn set(&mut self, of: &str, at: usize, progress: StepProgress) {
        let plan = self.plans.iter_mut().find(|plan| plan.of == of);
        if let Some(step) = plan.and_then(|plan| plan.steps.get_mut(at)) {
            step.progress = progress;
        }
    }

    /// Returns the lines that are shown at a moment.
    pub(super) fn text(&self, now: Instant, style: Style) -> String {
        let frame = frame(now.saturating_duration_since(self.since));
        let mut lines = match self.plans.as_slice() {
            [] => Vec::new(),
            [only] => only.lines(now, frame, style),
            several => several.iter().map(|plan| plan.line(now, frame, style)).collect(),
        };
        if self.plans.iter().all(Plan::is_done) {
            let seconds = now.saturating_duration_since(self.since).as_secs();
            lines.push(format!("{frame} {} ({seconds} s)", self.operation));
        }
        if let Some((text, _)) = self.notice.as_ref().filter(|(_, until)| now < *until) {
            lines.push(format!(" {} {text}", style.paint(Tone::Degraded, Mark::Warning.glyph())));
        }
        let width = style.width.map_or(usize::MAX, usize::from);
        lines.iter().map(|line| truncate_str(line, width, "…").into_owned()).collect::<Vec<_>>().join("\n")
    }
}

impl Plan {
    fn is_done(&self) -> bool {
        self.steps.iter().all(|step| matches!(step.progress, StepProgress::Done(_)))
    }

    /// Returns one line for each step.
    fn lines(&self, now: Instant, frame: &str, style: Style) -> Vec<String> {
        let lines = self.steps.iter().enumerate().map(|(at, step)| match step.progress {
            StepProgress::Pending => {
                format!(" {} {}", style.paint(Tone::Faint, Mark::Absent.glyph()), step.name())
            }
            StepProgress::Running { since, at_most } => {
                let time = time(now.saturating_duration_since(since), at_most);
                format!(" {frame} {}/{} {}, {time}", at.saturating_add(1), self.steps.len(), step.doing())
            }
            StepProgress::Done(took) => {
                let took = took.map(|took| format!(", {:.1} s", took.as_secs_f64())).unwrap_or_default();
                format!(" {} {}{took}", style.paint(Tone::Good, Mark::Good.glyph()), step.name())
            }
        });
        lines.collect()
    }

    /// Returns one line for all steps.
    fn line(&self, now: Instant, frame: &str, style: Style) -> String {
        let of = one_line(&self.of);
        let running = self.steps.iter().enumerate().find_map(|(at, step)| match step.progress {
            StepProgress::Running { since, at_most } => {
                let time = time(now.saturating_duration_since(since), at_most);
                Some(format!(" {}/{} {}, {time}", at.saturating_add(1), self.steps.len(), step.doing()))
            }
            StepProgress::Pending | StepProgress::Done(_) => None,
        });
        let mark =
            if self.is_done() { style.paint(Tone::Good, Mark::Good.glyph()) } else { frame.to_owned() };
        format!(" {mark} {of}{}", running.unwrap_or_default())
    }
}

impl Step {
    /// Returns the step as it is named when it is not running.
    fn name(&self) -> String {
        steps::title(&self.report)
    }

    /// Returns the step as it is named while it is running.
    fn doing(&self) -> String {
        match self.report.kind {
            ChangeKind::Wait => steps::waiting(&self.report).to_owned(),
            ChangeKind::Create | ChangeKind::Update | ChangeKind::Delete => self.name(),
        }
    }
}

/// Returns how long a step has taken, and of how long a wait.
fn time(elapsed: Duration, at_most: Option<Duration>) -> String {
    let elapsed = elapsed.as_secs();
    match at_most {
        Some(time) if elapsed <= time.as_secs() => format!("{elapsed} of {} s", time.as_secs()),
        Some(_) | None => format!("{elapsed} s"),
    }
}

fn frame(elapsed: Duration) -> &'static str {
    let tenths = usize::try_from(elapsed.as_millis() / 100).unwrap_or_default();
    tenths.checked_rem(FRAMES.len()).and_then(|at| FRAMES.get(at)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{engine::StepAction, model::ResourceId, report::StepStatus};

    fn step(action: StepAction, kind: ChangeKind) -> StepReport {
        let id =
            "/subscriptions/s/resourceGroups/r/providers/Microsoft.ApiManagement/service/a/products/shop";
        StepReport {
            action,
            kind,
            target: ResourceId::parse(id).unwrap(),
            reason: String::new(),
            changes: Vec::new(),
            status: StepStatus::Planned,
            seconds: None,
        }
    }

    fn relink() -> Vec<StepReport> {
        Vec::from([
            step(StepAction::Connect, ChangeKind::Update),
            step(StepAction::Settle, ChangeKind::Wait),
            step(StepAction::RetireSecondary, ChangeKind::Update),
        ])
    }

    #[test]
    fn each_step_has_a_line_and_a_wait_has_its_time() {
        let start = Instant::now();
        let mut board = Board::new(start);
        board.plan("prod", relink());
        board.starts("prod", 0, start);
        board.done("prod", 0, Some(Duration::from_millis(1_240)));
        board.starts("prod", 1, start);
        board.waits("prod", Duration::from_secs(30));
        let text = board.text(start + Duration::from_secs(12), Style::PLAIN);
        assert_eq!(
            text,
            " ✓ linked backend: connect shop, 1.2 s\n ⠋ 2/3 waiting for the site's edges, 12 of 30 s\n · keys: \
             retire old key"
        );
    }

    #[test]
    fn several_envs_have_one_line_each() {
        let start = Instant::now();
        let mut board = Board::new(start);
        board.plan("a", relink());
        board.plan("b", relink());
        board.starts("b", 1, start);
        let text = board.text(start + Duration::from_secs(3), Style::PLAIN);
        assert_eq!(text, " ⠋ a\n ⠋ b 2/3 waiting for the site's edges, 3 s");
    }

    #[test]
    fn a_notice_ends_and_lines_fit_the_terminal() {
        let start = Instant::now();
        let mut board = Board::new(start);
        board.operation("reading prod");
        board.notice("Azure limits the rate of requests", start + Duration::from_secs(8));
        let narrow = Style { width: Some(20), ..Style::PLAIN };
        assert_eq!(
            board.text(start + Duration::from_secs(1), narrow),
            "⠋ reading prod (1 s)\n ! Azure limits the…"
        );
        assert_eq!(board.text(start + Duration::from_secs(8), narrow), "⠋ reading prod (8 s)");
    }
}
