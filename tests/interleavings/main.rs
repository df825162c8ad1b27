//! What the emulator publishes and the history of it, in every order in which threads can meet there: the very files of the
//! emulator, over the primitives of [loom](https://docs.rs/loom), which runs each scene once for each order.
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]

mod emulator {
    pub(crate) mod sync;
}
mod file;
#[path = "../../src/emulator/data/routing/history.rs"]
mod history;
mod late;
mod mutants;
#[path = "../../src/emulator/store/published.rs"]
mod published;
mod store;

/// Runs a scene in every order with at most so many switches away from a thread that could go on.
fn explore((preemptions, scene): (usize, fn())) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(scene);
}

store::scenes!(of_published, published);
late::scenes!(of_history, history);

#[test]
fn a_reader_sees_generations_in_order_and_none_that_is_older_than_the_file_was_when_it_asked() {
    explore(of_published::scene(store::Scenes::Reads));
}

#[test]
fn two_writes_here_and_one_of_another_process_lose_no_change_and_notify_in_order() {
    explore(of_published::scene(store::Scenes::Writes));
}

#[test]
fn a_file_that_cannot_be_read_is_read_again_when_it_has_changed() {
    explore(of_published::scene(store::Scenes::Recovery));
}

#[test]
fn a_viewer_goes_by_generations_in_order_and_never_by_one_before_its_delay_is_over() {
    explore(of_history::scene(late::Scenes::Looks));
}

#[test]
fn generations_that_no_viewer_goes_by_are_dropped() {
    explore(of_history::scene(late::Scenes::Drops));
}
