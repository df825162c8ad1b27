//! The user's files: how they are read and written.

mod read;

pub use read::{read_whole, without_mark};
