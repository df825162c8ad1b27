//! A file whose generations are numbers, which say what the file says and tell one from the next.

use std::sync::{
    Arc as StdArc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use loom::sync::{Mutex, atomic::AtomicU64};

/// The file, and the lock that all who write it take.
pub(crate) struct File {
    lock: Mutex<()>,
    content: AtomicU64,
}

impl File {
    pub(crate) fn new() -> Self {
        Self { lock: Mutex::new(()), content: AtomicU64::new(0) }
    }

    /// The generation that is there.
    pub(crate) fn now(&self) -> u64 {
        self.content.load(SeqCst)
    }

    /// Writes the next generation, as a process does that holds the lock.
    pub(crate) fn write(&self) -> u64 {
        let _lock = self.lock.lock().unwrap();
        let next = self.now() + 1;
        self.content.store(next, SeqCst);
        next
    }
}

/// A generation in memory, which is counted as long as it lives.
pub(crate) struct Generation {
    pub(crate) number: u64,
    alive: StdArc<AtomicUsize>,
}

impl Generation {
    pub(crate) fn new(number: u64, alive: &StdArc<AtomicUsize>) -> Self {
        alive.fetch_add(1, SeqCst);
        Self { number, alive: StdArc::clone(alive) }
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, SeqCst);
    }
}
