//! The same files, each with one mistake, to show that the scenes find it.

mod goes_back;
mod notified_late;
mod out_of_turn;

use std::panic;

use crate::{explore, late, store};

const PUBLISHED: &str = include_str!("../../../src/emulator/store/published.rs");
const HISTORY: &str = include_str!("../../../src/emulator/data/routing/history.rs");

store::scenes!(of_out_of_turn, mutants::out_of_turn);
store::scenes!(of_notified_late, mutants::notified_late);
late::scenes!(of_goes_back, mutants::goes_back);

/// Whether a scene fails in some order.
fn is_found(scene: (usize, fn())) -> bool {
    panic::catch_unwind(|| explore(scene)).is_err()
}

/// Holds a mutant to its file: it differs in nothing but the mistake.
#[track_caller]
fn assert_is_of(file: &str, right: &str, wrong: &str, mutant: &str) {
    assert_eq!(file.matches(right).count(), 1, "the file has changed: {right}");
    assert_eq!(file.replace(right, wrong), mutant);
}

#[test]
fn a_notification_after_readers_can_find_the_generation_is_found() {
    assert_is_of(
        PUBLISHED,
        "        let seen = Seen::notified(&self.source, stamp, value);\n        let before = std::mem::replace(&mut *locked(&self.seen), seen);\n",
        "        let value = Arc::new(value);\n        let seen = Seen { stamp: Some(stamp), value: Arc::clone(&value), unreadable: None };\n        let before = std::mem::replace(&mut *locked(&self.seen), seen);\n        self.source.notify(&value);\n",
        include_str!("notified_late.rs"),
    );
    assert!(is_found(of_notified_late::scene(store::Scenes::Reads)));
}

#[test]
fn a_writer_that_does_not_wait_for_its_turn_is_found() {
    assert_is_of(
        PUBLISHED,
        "    ) -> Result<(), E> {\n        let _turn = locked(&self.turn);\n",
        "    ) -> Result<(), E> {\n",
        include_str!("out_of_turn.rs"),
    );
    assert!(is_found(of_out_of_turn::scene(store::Scenes::Reads)));
}

#[test]
fn a_viewer_that_goes_back_is_found() {
    assert_is_of(
        HISTORY,
        "            && *number >= found.number\n",
        "            && *number == found.number\n",
        include_str!("goes_back.rs"),
    );
    assert!(is_found(of_goes_back::scene(late::Scenes::Looks)));
}
