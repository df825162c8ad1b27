//! Policies of products: both spellings, the verdict on each, the repair, the limits.
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]
#![expect(clippy::format_collect, reason = "policies of any size are put together from parts")]
#![expect(clippy::too_many_lines, reason = "a table has a row for each policy, with its reason")]
#![expect(
    clippy::struct_excessive_bools,
    clippy::trivially_copy_pass_by_ref,
    reason = "the grammar of generated policies has many independent switches"
)]
#![expect(clippy::disallowed_methods, reason = "a variable names policies to try, where there are any")]

mod hostile;
mod limits;
mod parts;
mod properties;
mod raw;
mod repairs;
#[path = "../support/skip.rs"]
mod skip;
mod trials;
mod verdicts;
mod world;
