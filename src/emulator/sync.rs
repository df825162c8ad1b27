//! The synchronization primitives of the store and the history. `tests/interleavings` compiles them with other
//! primitives of the same names, to test every order of thread operations.

pub(super) use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) use tokio::time::Instant;
