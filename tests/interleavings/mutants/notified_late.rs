//! A value that follows a file: one writer here and other processes change the file, many threads read the value, and one
//! listener is notified of each generation.

use crate::emulator::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The file, and the listener that is notified of its generations.
pub(crate) trait GenerationSource {
    /// Distinguishes a generation of the file from the next one, without reading the file.
    type Stamp: PartialEq;
    /// The content of a generation.
    type Value;
    /// The reason why it cannot be read.
    type Error;

    /// The stamp of the file as it is now.
    fn stamp(&self) -> Self::Stamp;

    /// Reads the file, of which `before` is the last generation that is known.
    fn load(&self, before: Option<&Self::Value>) -> Result<Self::Value, Self::Error>;

    /// What takes the place of a generation that cannot be read. `is_new` is whether it is the first attempt to read it.
    fn unreadable(&self, error: Self::Error, is_new: bool) -> Self::Value;

    /// Notifies the listener of a generation. Calls follow one another, in the order of the generations.
    fn notify(&self, value: &Arc<Self::Value>);
}

/// The newest generation of which the listener was notified.
pub(crate) struct Published<S: GenerationSource> {
    source: S,
    /// Held from before the file is changed or read until the listener is notified: no notification of a generation follows
    /// that of a later one.
    turn: Mutex<()>,
    seen: Mutex<Seen<S>>,
}

struct Seen<S: GenerationSource> {
    /// The file's stamp when `value` was taken from it, at the latest; `None` where nothing could be read.
    stamp: Option<S::Stamp>,
    value: Arc<S::Value>,
    /// The stamp with which it could not be read.
    unreadable: Option<S::Stamp>,
}

impl<S: GenerationSource> Published<S> {
    /// Reads the file, and notifies the listener.
    pub(crate) fn new(source: S) -> Self {
        let stamp = source.stamp();
        let seen = match source.load(None) {
            Ok(value) => Seen::notified(&source, stamp, value),
            Err(error) => {
                let value = Arc::new(source.unreadable(error, true));
                Seen { stamp: None, value, unreadable: Some(stamp) }
            }
        };
        Self { source, turn: Mutex::new(()), seen: Mutex::new(seen) }
    }

    /// The value of the file when it was last read.
    pub(crate) fn value(&self) -> Arc<S::Value> {
        Arc::clone(&locked(&self.seen).value)
    }

    /// Whether the file has changed since.
    pub(crate) fn is_behind(&self) -> bool {
        // The file is looked at first: what is published meanwhile is at least as new.
        let stamp = self.source.stamp();
        locked(&self.seen).stamp.as_ref() != Some(&stamp)
    }

    /// Reads the file if it has changed, and notifies the listener. Waits while another thread does.
    pub(crate) fn keep_up(&self) {
        let _turn = locked(&self.turn);
        self.follow();
    }

    /// Changes the file, and publishes the new generation without reading it, if `change` returns that. Threads that
    /// need to read the file wait meanwhile.
    pub(crate) fn change<E>(
        &self,
        change: impl FnOnce(&S::Value) -> Result<Option<(S::Stamp, S::Value)>, E>,
    ) -> Result<(), E> {
        let _turn = locked(&self.turn);
        let before = self.value();
        let changed = change(&before);
        drop(before);
        match changed {
            Ok(Some((stamp, value))) => {
                self.publish(stamp, value);
                Ok(())
            }
            // It is not known what became of the file.
            other => {
                self.follow();
                other.map(drop)
            }
        }
    }

    fn follow(&self) {
        let stamp = self.source.stamp();
        let (before, is_new) = {
            let seen = locked(&self.seen);
            if seen.stamp.as_ref() == Some(&stamp) {
                return;
            }
            (Arc::clone(&seen.value), seen.unreadable.as_ref() != Some(&stamp))
        };
        match self.source.load(Some(&before)) {
            Ok(value) => self.publish(stamp, value),
            Err(error) => {
                let value = Arc::new(self.source.unreadable(error, is_new));
                let mut seen = locked(&self.seen);
                *seen = Seen { stamp: None, value, unreadable: Some(stamp) };
            }
        }
    }

    fn publish(&self, stamp: S::Stamp, value: S::Value) {
        let value = Arc::new(value);
        let seen = Seen { stamp: Some(stamp), value: Arc::clone(&value), unreadable: None };
        let before = std::mem::replace(&mut *locked(&self.seen), seen);
        self.source.notify(&value);
        // A large generation takes a while to drop, and no request waits for that.
        drop(before);
    }
}

impl<S: GenerationSource> Seen<S> {
    /// The generation after the listener was notified: a reader that finds the stamp up to date relies on it.
    fn notified(source: &S, stamp: S::Stamp, value: S::Value) -> Self {
        let value = Arc::new(value);
        source.notify(&value);
        Self { stamp: Some(stamp), value, unreadable: None }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
