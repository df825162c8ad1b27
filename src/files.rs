//! The user's files: how they are read and written, and what is wrong in them.

mod json;
mod path;
mod plain;
mod read;
mod same;
mod write;

pub use json::{json_problem, json_problem_at};
pub use path::{folder_of, follow, is_standard_output};
pub use plain::{Facts, open_plain, plain_facts};
pub use read::read_whole;
pub use same::one_of;
pub use write::{append, write, write_blocking};
