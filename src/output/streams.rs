//! Where results and everything else are written.

use std::{
    io::{self, Write as _},
    sync::{Arc, Mutex, PoisonError},
};

/// Where results and everything else are written.
#[derive(Clone, Debug, Default)]
pub enum Streams {
    /// The streams of this process.
    #[default]
    Process,
    /// Memory, for a caller within this process.
    Kept(Arc<Mutex<Written>>),
}

/// What a command has written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The results.
    pub stdout: String,
    /// Everything else.
    pub stderr: String,
}

impl Streams {
    /// Whether they are this process's, which may lead to a terminal.
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

    /// Writes text that does not belong to the result, in one piece, so that the lines of several processes do not mix.
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
