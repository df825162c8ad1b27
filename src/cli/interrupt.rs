//! Ctrl-C and SIGTERM: the command is asked to end. If it does not, the process is ended, wherever the command waits.

use std::{io, process, sync::mpsc, thread, time::Duration};

use tokio::{
    runtime::{Builder, Runtime},
    sync::watch,
    time::timeout,
};

use super::{error, journal::Journal};
use crate::diagnosis::ExitCode;

/// How long a command may take to end by itself. A read from a pipe or a terminal does not notice the request.
const ORDERLY: Duration = Duration::from_millis(500);
/// How long the last message may take: its pipe may be full.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// The request to end this process. Clones share one request.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt {
    asked: watch::Receiver<bool>,
}

impl Interrupt {
    /// Listens for signals from now on, on a separate thread, so that a command can be ended wherever it waits.
    ///
    /// # Errors
    ///
    /// If the operating system does not allow this process to listen.
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

    /// A request that is never made.
    pub(crate) fn never() -> Self {
        Self { asked: watch::channel(false).1 }
    }

    /// Completes when this process is asked to end; it borrows nothing.
    #[cfg(any(feature = "emulator", feature = "ui"))]
    pub(crate) fn when_asked(&self) -> impl Future<Output = ()> + Send + use<> {
        let interrupt = self.clone();
        async move { interrupt.asked().await }
    }

    /// Returns when this process is asked to end.
    pub(crate) async fn asked(&self) {
        let mut asked = self.asked.clone();
        // The sender lives as long as the process. Without it, no signal can be received.
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

/// The state of the terminal when the program started: an interrupted prompt has changed it.
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
            // If the terminal no longer exists, there is nothing to restore.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
            error::show_cursor();
        }
    }

    #[cfg(not(unix))]
    fn restore(&self) {
        error::show_cursor();
    }
}
