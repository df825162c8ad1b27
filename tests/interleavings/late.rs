//! Scenes at the history: generations are published while viewers look on, each with a delay of its own.

/// The scenes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scenes {
    /// Both viewers look on while generations are published.
    Looks,
    /// No thread is behind.
    Drops,
}

/// The scenes over the history of a module.
macro_rules! scenes {
    ($name:ident, $($module:ident)::+) => {
        mod $name {
            use std::{sync::{Arc as StdArc, atomic::{AtomicUsize, Ordering::SeqCst}}, time::Duration};

            use loom::{sync::{Arc, atomic::AtomicUsize as Moves}, thread};

            use crate::{emulator::sync::Instant, file::Generation, late::Scenes, $($module)::+::{History, Viewer}};

            /// When each generation is published, in milliseconds. The third comes in the same part of the longest delay as the
            /// second, which makes room for it.
            const TIMES: [u64; 3] = [0, 500, 900];
            const LONGEST: Duration = Duration::from_secs(64);
            const DELAY: Duration = Duration::from_millis(100);

            fn at(milliseconds: u64) {
                Instant::set(Duration::from_millis(milliseconds));
            }

            type Numbers = History<Generation, u64>;

            struct World {
                history: Arc<Numbers>,
                alive: StdArc<AtomicUsize>,
                /// How often the time has moved on: viewers can look before and after.
                moves: Arc<Moves>,
            }

            impl World {
                fn new() -> Self {
                    at(0);
                    let world = Self { history: Arc::new(History::default()), alive: StdArc::default(), moves: Arc::new(Moves::new(0)) };
                    world.publish(1, LONGEST);
                    world
                }

                fn publish(&self, number: u64, longest: Duration) {
                    self.history.publish(Arc::new(Generation::new(number, &self.alive)), longest);
                }

                fn look(&self, viewer: Viewer, delay: Duration) -> u64 {
                    // The time that the history takes is one that loom does not know of.
                    self.moves.load(SeqCst);
                    *self.history.behind_by(viewer, delay, |generation| generation.number).unwrap()
                }

                /// Publishes the others, each in its time and seen a while later.
                fn go_on(&self, longest: Duration) -> thread::JoinHandle<()> {
                    let (history, alive) = (Arc::clone(&self.history), StdArc::clone(&self.alive));
                    let moves = Arc::clone(&self.moves);
                    let at = move |time| {
                        moves.fetch_add(1, SeqCst);
                        at(time);
                    };
                    thread::spawn(move || {
                        for (time, number) in TIMES.into_iter().zip(1..).skip(1) {
                            at(time);
                            history.publish(Arc::new(Generation::new(number, &alive)), longest);
                            at(time + 150);
                        }
                    })
                }
            }

            /// Whether a generation can be known, the first of which has no one before it.
            fn has_arrived(number: u64, delay: Duration) -> bool {
                let time = TIMES[usize::try_from(number).unwrap() - 1];
                number == 1 || Instant::at(Duration::from_millis(time)).elapsed() >= delay
            }

            /// A scene, and how many preemptions are tried in it.
            pub(crate) fn scene(which: Scenes) -> (usize, fn()) {
                match which {
                    Scenes::Looks => (4, looks_on),
                    Scenes::Drops => (3, drops),
                }
            }

            fn looks_on() {
                let world = World::new();
                let publisher = world.go_on(LONGEST);
                let mut seen = 0;
                for _ in 0..3 {
                    let number = world.look(Viewer::Gateway, DELAY);
                    assert!(number >= seen, "{number} comes back after {seen}");
                    assert!(has_arrived(number, DELAY), "{number} is known too soon");
                    let newest = world.look(Viewer::Edge, Duration::ZERO);
                    assert!(newest >= number, "{newest} is the newest, and {number} is known");
                    seen = number;
                }
                publisher.join().unwrap();
                assert_eq!(world.look(Viewer::Edge, Duration::ZERO), 3);
                assert_eq!(world.look(Viewer::Gateway, DELAY), 3, "its delay is over");
            }

            fn drops() {
                let world = World::new();
                let publisher = world.go_on(Duration::ZERO);
                let first = world.look(Viewer::Edge, Duration::ZERO);
                assert!(world.look(Viewer::Edge, Duration::ZERO) >= first);
                publisher.join().unwrap();
                assert_eq!(world.look(Viewer::Edge, Duration::ZERO), 3);
                assert_eq!(world.alive.load(SeqCst), 1, "a generation is kept that no viewer goes by");
            }
        }
    };
}

pub(crate) use scenes;
