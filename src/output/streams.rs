//! The streams for results and for all other output.

use std::{
    io::{self, Write as _},
    sync::{Arc, Mutex, PoisonError},
};

/// The streams for results and for all other output.
#[derive(Clone, Debug, Default)]
pub enum Streams {
    /// The streams of this process.
    #[default]
    Process,
    /// A buffer in memory, for a caller in this process.
    Kept(Arc<Mutex<Written>>),
}

/// The output of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The result.
    pub stdout: String,
    /// All other output.
    pub stderr: String,
}

impl Streams {
    /// Whether these are the streams of this process, which may be a terminal.
    pub(super) fn are_of_process(&self) -> bool {
        matches!(self, Self::Process)
    }

    /// Writes a part of a result.
    ///
    /// # Errors
    ///
    /// If stdout cannot be written.
    pub(super) fn result(&self, text: &str) -> io::Result<()> {
        match self {
            Self::Process => {
                let mut stdout = anstream::stdout().lock();
                stdout.write_all(text.as_bytes())?;
                stdout.flush()
            }
            Self::Kept(written) => {
                written.lock().unwrap_or_else(PoisonError::into_inner).stdout.push_str(text);
                Ok(())
            }
        }
    }

    /// Writes text that does not belong to the result in one call, so that the lines of several processes do not mix.
    pub(crate) fn beside(&self, text: &str) {
        match self {
            Self::Process => {
                let _ = anstream::stderr().lock().write_all(text.as_bytes());
            }
            Self::Kept(written) => {
                written.lock().unwrap_or_else(PoisonError::into_inner).stderr.push_str(text);
            }
        }
    }
}
