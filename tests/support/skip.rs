//! The one way for a test to leave something out that this machine cannot run.
#![expect(clippy::unwrap_used, reason = "a skip that cannot be noted is a failure")]

use std::{fs::File, io::Write as _, path::Path, thread};

/// Prints that the running test leaves something out, and why, and appends the same to `skips` in the tests' own
/// folder of the target directory: `.ci/run` prints them all, and fails if one is not in `.ci/permitted-skips`.
pub(crate) fn skipped(why: &str) {
    let thread = thread::current();
    let line = format!("{} {}: {why}\n", env!("CARGO_CRATE_NAME"), thread.name().unwrap_or("a test"));
    // Past what the test harness captures: it shows nothing of a test that passes.
    std::io::stderr().write_all(format!("skipped: {line}").as_bytes()).unwrap();
    let notes = Path::new(env!("CARGO_TARGET_TMPDIR")).join("skips");
    let mut notes = File::options().create(true).append(true).open(notes).unwrap();
    notes.write_all(line.as_bytes()).unwrap();
}
