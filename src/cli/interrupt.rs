//! Ctrl-C and SIGTERM: the command is asked to end, and is ended if it does not, wherever it waits.

use std::{io, process, sync::mpsc, thread, time::Duration};

use tokio::{
    runtime::{Builder, Runtime},
    sync::watch,
    time::timeout,
};

use super::{error, journal::Journal};
use crate::diagnosis::ExitCode;

/// How long a command has to end by itself. Reading a pipe or a terminal does not notice that it is asked to.
const ORDERLY: Duration = Duration::from_millis(500);
/// How long the last message may take: the pipe that it goes to may be full.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// The request to end this process. Clones share one request.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt {
    asked: watch::Receiver<bool>,
}

impl Interrupt {
    /// Listens for signals from now on, on a thread of its own, so that a command is ended wherever it waits.
    ///
    /// # Errors
    ///
    /// If the operating system does not let this process listen.
    pub(crate) fn listen(journal: Journal) -> io::Result<Self> {
        let (tell, asked) = watch::channel(false);
        let terminal = Terminal::remember();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let mut signals = Signals::register(&runtime)?;
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(async {
                signals.next().await;
                tell.send_replace(true);
                // A second signal ends the wait, and the process, at once.
                let _ = timeout(ORDERLY, signals.next()).await;
            });
            terminal.restore();
            end(&journal);
        })?;
        Ok(Self { asked })
    }

    /// A request that never comes.
    pub(crate) fn never() -> Self {
        Self { asked: watch::channel(false).1 }
    }

    /// Is over when this process is asked to end.
    pub(crate) async fn asked(&self) {
        let mut asked = self.asked.clone();
        // The sender lives as long as the process: without it, no signal is heard any more.
        if asked.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

fn end(journal: &Journal) -> ! {
    if let Some(text) = journal.epitaph() {
        let (done, printed) = mpsc::channel();
        thread::spawn(move || {
            error::print_interruption(&text);
            let _ = done.send(());
        });
        let _ = printed.recv_timeout(LAST_WORDS);
    }
    process::exit(ExitCode::Interrupted as i32)
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn register(runtime: &Runtime) -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        let _within = runtime.enter();
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Signals {
    interrupt: tokio::signal::windows::CtrlC,
    stop: tokio::signal::windows::CtrlBreak,
}

#[cfg(windows)]
impl Signals {
    fn register(runtime: &Runtime) -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c};

        let _within = runtime.enter();
        Ok(Self { interrupt: ctrl_c()?, stop: ctrl_break()? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.stop.recv() => {}
        }
    }
}

/// How the terminal was when the program started: a question that is cut off has changed it.
struct Terminal {
    #[cfg(unix)]
    before: Option<rustix::termios::Termios>,
}

impl Terminal {
    #[cfg(unix)]
    fn remember() -> Self {
        Self { before: rustix::termios::tcgetattr(io::stdin()).ok() }
    }

    #[cfg(not(unix))]
    fn remember() -> Self {
        Self {}
    }

    #[cfg(unix)]
    fn restore(&self) {
        use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

        let Some(before) = &self.before else { return };
        let is_changed = |now: rustix::termios::Termios| now.local_modes != before.local_modes;
        if tcgetattr(io::stdin()).is_ok_and(is_changed) {
            // Of a terminal that is gone, nothing is left to restore.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
            error::show_cursor();
        }
    }

    #[cfg(not(unix))]
    fn restore(&self) {
        error::show_cursor();
    }
}
