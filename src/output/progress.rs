//! The progress display on a terminal.
#![warn(clippy::arithmetic_side_effects)]

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::{board::Board, style::Style};
use crate::report::StepReport;

/// Operations that take less than this are not displayed.
const SOON: Duration = Duration::from_millis(100);

/// The display of an operation in progress; dropping it removes it from the screen. Clones share one display.
#[derive(Clone, Debug)]
pub struct Progress {
    bar: ProgressBar,
    board: Arc<Mutex<Board>>,
    done: Option<Arc<End>>,
}

/// Removes the display from the screen with the last clone.
#[derive(Debug)]
struct End {
    bar: ProgressBar,
    _done: mpsc::Sender<()>,
}

impl Drop for End {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Progress {
    /// Returns a display that shows nothing.
    pub(super) fn hidden() -> Self {
        let board = Arc::new(Mutex::new(Board::new(Instant::now())));
        Self { bar: ProgressBar::hidden(), board, done: None }
    }

    /// Returns a display on stderr, which appears only if the operation takes longer than 100 ms.
    pub(super) fn shown(style: Style) -> Self {
        let board = Arc::new(Mutex::new(Board::new(Instant::now())));
        let bar = bar(Arc::clone(&board), style);
        let (done, ended) = mpsc::channel::<()>();
        let shown = bar.clone();
        thread::spawn(move || {
            if ended.recv_timeout(SOON) == Err(mpsc::RecvTimeoutError::Timeout) {
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(SOON);
            }
        });
        let done = Some(Arc::new(End { bar: bar.clone(), _done: done }));
        Self { bar, board, done }
    }

    /// Whether the display is on a terminal.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        self.done.is_some()
    }

    /// Sets the text about the current operation.
    pub fn now(&self, what: &str) {
        self.board().operation(what);
    }

    /// Sets the steps of an env.
    pub fn plan(&self, of: &str, steps: Vec<StepReport>) {
        self.board().plan(of, steps);
    }

    /// Records that a step is being applied; `at` is its index in the plan.
    pub fn starts(&self, of: &str, at: usize) {
        self.board().starts(of, at, Instant::now());
    }

    /// Records that the current step of an env waits for this time.
    pub fn waits(&self, of: &str, time: Duration) {
        self.board().waits(of, time);
    }

    /// Records that a step was acknowledged; `at` is its index in the plan.
    pub fn done(&self, of: &str, at: usize, took: Option<Duration>) {
        self.board().done(of, at, took);
    }

    /// Shows a notice below the steps for some time.
    pub fn notice(&self, text: &str, lasting: Duration) {
        let now = Instant::now();
        self.board().notice(text, now.checked_add(lasting).unwrap_or(now));
    }

    /// Removes the display from the screen while `write` writes there.
    pub(super) fn suspend(&self, write: impl FnOnce()) {
        self.bar.suspend(write);
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        // The texts of a board are always consistent, even if the thread that held the lock panicked.
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bar(board: Arc<Mutex<Board>>, style: Style) -> ProgressBar {
    let text = move |_: &ProgressState, out: &mut dyn fmt::Write| {
        let board = board.lock().unwrap_or_else(PoisonError::into_inner);
        // The display is drawn again in 100 ms.
        let _ = out.write_str(&board.text(Instant::now(), style));
    };
    let layout = ProgressStyle::with_template("{board}");
    let layout = layout.unwrap_or_else(|_| ProgressStyle::default_spinner()).with_key("board", text);
    ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()).with_style(layout)
}
