//! The progress display on a terminal.
#![warn(clippy::arithmetic_side_effects)]

use std::{sync::mpsc, thread, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::report::one_line;

/// Operations that take less than this are not displayed.
const SOON: Duration = Duration::from_millis(100);

/// The display of an operation in progress; dropping it removes it from the screen.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    _done: Option<mpsc::Sender<()>>,
}

impl Progress {
    /// Returns a display that shows nothing.
    pub(super) fn hidden() -> Self {
        Self { bar: bar(), _done: None }
    }

    /// Returns a display on stderr with the elapsed time, which appears only if the operation takes longer than 100 ms.
    /// [`SOON`].
    pub(super) fn shown() -> Self {
        let (done, ended) = mpsc::channel::<()>();
        let bar = bar();
        let shown = bar.clone();
        thread::spawn(move || {
            if ended.recv_timeout(SOON) == Err(mpsc::RecvTimeoutError::Timeout) {
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(SOON);
            }
        });
        Self { bar, _done: Some(done) }
    }

    /// Sets the text about the current operation.
    pub fn now(&self, what: impl Into<String>) {
        self.bar.set_message(one_line(&what.into()).into_owned());
    }

    /// Removes the display from the screen while `write` writes there.
    pub(super) fn suspend(&self, write: impl FnOnce()) {
        self.bar.suspend(write);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
    ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()).with_style(style)
}
