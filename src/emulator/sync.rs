//! What the store and the history synchronise by. `tests/interleavings` compiles them with other primitives under the same
//! names, to try every order in which threads can meet.

pub(super) use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) use tokio::time::Instant;
