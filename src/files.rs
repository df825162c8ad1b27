//! The user's files: how they are read and written.

mod path;
mod plain;
mod read;
mod same;
mod temporary;
mod write;

pub use path::{folder_of, follow, is_standard_output};
pub use plain::{Facts, open_plain, plain_facts};
pub use read::read_whole;
pub use same::one_of;
pub use temporary::keep_temporary;
pub use write::{append, write, write_blocking};
