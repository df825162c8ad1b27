//! Numbers that distinguish the contents of pages.

use std::{
    hash::{DefaultHasher, Hasher as _},
    io,
};

use serde::Serialize;

/// The content of a page.
pub(super) trait Marked {
    /// A number that differs for contents that differ.
    fn mark(&self) -> u64;
}

impl<T: Serialize> Marked for T {
    fn mark(&self) -> u64 {
        mark_of(self)
    }
}

/// A number that differs for values that differ.
pub(super) fn mark_of(value: &impl Serialize) -> u64 {
    let mut hashing = Hashing(DefaultHasher::new());
    // A value that cannot be written has the mark of an empty one, and is not noticed to change.
    let _ = serde_json::to_writer(&mut hashing, value);
    hashing.0.finish()
}

struct Hashing(DefaultHasher);

impl io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
