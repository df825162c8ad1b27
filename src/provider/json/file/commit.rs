//! Transactions of a model: begun under the lock, and written once.

use super::{lock::Lock, stamp::FileStamp};
use crate::provider::json::{JsonControlPlane, ModelError, store::Store, text::document::ModelDocument};

impl JsonControlPlane {
    /// Takes the lock and reads the current file.
    pub(in crate::provider::json) async fn begin_transaction(&self) -> Result<(), ModelError> {
        let Some(file) = &self.file else { return Ok(()) };
        // The lock is a file in the directory of the model: nothing is written there if the model must not be changed.
        file.check_private(&self.state().store)?;
        let abandoned = self.state().lock.take();
        let lock = match abandoned {
            Some(lock) => lock,
            None => Lock::take(&file.path, file.lock_wait, &*self.ambient).await?,
        };
        let mut state = self.state();
        state.stale = true;
        state.reload(file)?;
        file.check_writable(&state.store)?;
        state.lock = Some(lock);
        Ok(())
    }

    /// Writes the changes and releases the lock. Whether or not that succeeds, the next read comes from the file.
    pub(in crate::provider::json) fn commit_transaction(&self) -> Result<(), ModelError> {
        let Some(file) = &self.file else { return Ok(()) };
        let mut state = self.state();
        let Some(_lock) = state.lock.take() else { return Ok(()) };
        state.stale = true;
        if state.store.is_changed() { state.write(file, &*self.ambient).map(drop) } else { Ok(()) }
    }

    /// Writes the changes and releases the lock. The next read returns the written content, until another process
    /// writes.
    pub(in crate::provider::json) fn commit_keeping(&self) -> Result<(FileStamp, Store), ModelError> {
        let mut state = self.state();
        let (Some(file), Some(_lock)) = (&self.file, state.lock.take()) else {
            return Ok((FileStamp::default(), state.store.clone()));
        };
        state.stale = true;
        if state.store.is_changed() {
            state.written = None;
            let text = state.write(file, &*self.ambient)?;
            state.store = Store::new(ModelDocument::parse(text, &file.path)?);
        }
        let stamp = FileStamp::of(&file.path);
        (state.written, state.stale) = (Some(stamp.clone()), false);
        Ok((stamp, state.store.clone()))
    }
}
