//! The lock on a model: exclusive, with the name of its holder; every wait for it is limited.
#![warn(clippy::arithmetic_side_effects)]

use std::{
    fmt,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{beside::sibling, disk};
use crate::{
    ambient::Ambient,
    files::{Facts, open_plain},
    provider::json::ModelError,
};

/// The lock on a model. It is released when it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

/// The process that holds a lock.
#[derive(Serialize, Deserialize)]
struct Holder {
    pid: u32,
    host: String,
    since: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on `{}` since {}", self.pid, self.host, self.since)
    }
}

/// How long to wait for a lock, and how long the wait has lasted.
struct Patience<'a> {
    model: &'a Path,
    limit: Duration,
    pause: Duration,
    warned: bool,
}

impl<'a> Patience<'a> {
    fn new(model: &'a Path, limit: Duration) -> Self {
        Self { model, limit, pause: Duration::from_millis(5), warned: false }
    }

    /// Returns how long to sleep before the next attempt, or the error if there is no time left.
    fn next_pause(&mut self, waited: Duration) -> Result<Duration, ModelError> {
        let left = self.limit.saturating_sub(waited);
        if left.is_zero() {
            return Err(ModelError::Locked { path: self.model.to_owned(), holder: holder(self.model) });
        }
        if waited > Duration::from_secs(1) && !self.warned {
            tracing::warn!(
                "waiting for `{}`, which {} is changing",
                self.model.display(),
                holder(self.model)
            );
            self.warned = true;
        }
        self.pause = self.pause.saturating_mul(2).min(Duration::from_millis(200));
        Ok(self.pause.min(left))
    }
}

impl Lock {
    /// Waits for the lock on `model`, for at most `limit`.
    pub(crate) async fn take(
        model: &Path,
        limit: Duration,
        ambient: &dyn Ambient,
    ) -> Result<Self, ModelError> {
        let (started, mut patience) = (tokio::time::Instant::now(), Patience::new(model, limit));
        loop {
            match Self::try_take(model, ambient)? {
                Some(lock) => return Ok(lock),
                None => tokio::time::sleep(patience.next_pause(started.elapsed())?).await,
            }
        }
    }

    /// Takes the lock like [`take`](Self::take), but blocks the thread.
    pub(crate) fn take_blocking(
        model: &Path,
        limit: Duration,
        ambient: &dyn Ambient,
    ) -> Result<Self, ModelError> {
        let (started, mut patience) = (std::time::Instant::now(), Patience::new(model, limit));
        loop {
            match Self::try_take(model, ambient)? {
                Some(lock) => return Ok(lock),
                None => std::thread::sleep(patience.next_pause(started.elapsed())?),
            }
        }
    }

    fn try_take(model: &Path, ambient: &dyn Ambient) -> Result<Option<Self>, ModelError> {
        let path = path_of(model);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let opened =
            open_plain(&path, &mut options).and_then(|file| Ok((Facts::from(&file.metadata()?), file)));
        let (facts, mut file) = opened.map_err(|error| ModelError::io("open", &path, error))?;
        if facts.names > 1 {
            return Err(ModelError::several_names(&path));
        }
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(ModelError::io("lock", &path, error)),
        }
        // the lock does not depend on this text, which shows other processes who holds it
        let _ = write_holder(&mut file, ambient);
        let _ = disk::make_private(&file);
        let _ = fs::symlink_metadata(model).and_then(|there| disk::keep_owner(&file, &there));
        Ok(Some(Self { file }))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // closing the file releases the lock too; the text about the holder is no longer true
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}

fn path_of(model: &Path) -> PathBuf {
    sibling(model, ".lock")
}

fn write_holder(file: &mut File, ambient: &dyn Ambient) -> io::Result<()> {
    let host = gethostname::gethostname().to_string_lossy().into_owned();
    let holder = Holder { pid: std::process::id(), host, since: ambient.now().to_string() };
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(serde_json::to_string(&holder)?.as_bytes())
}

fn holder(model: &Path) -> String {
    let read = || {
        let mut text = String::new();
        let mut file = open_plain(&path_of(model), OpenOptions::new().read(true)).ok()?;
        file.read_to_string(&mut text).ok()?;
        serde_json::from_str::<Holder>(&text).ok()
    };
    read().map_or_else(
        || "another process, which has not recorded its ID".to_owned(),
        |holder| holder.to_string(),
    )
}
