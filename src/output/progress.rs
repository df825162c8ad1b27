//! What is under way, at a terminal.
#![warn(clippy::arithmetic_side_effects)]

use std::{sync::mpsc, thread, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::report::one_line;

/// What is done sooner is not shown.
const SOON: Duration = Duration::from_millis(100);

/// Something that is under way; dropping it takes it from the screen.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    _done: Option<mpsc::Sender<()>>,
}

impl Progress {
    /// One that is not shown.
    pub(super) fn hidden() -> Self {
        Self { bar: bar(), _done: None }
    }

    /// One that is shown on stderr, with the time that has passed, unless it is done soon.
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

    /// Says what is being done now.
    pub fn now(&self, what: impl Into<String>) {
        self.bar.set_message(one_line(&what.into()).into_owned());
    }

    /// Takes it from the screen for as long as something else is written there.
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
