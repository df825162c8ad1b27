//! Scenes at the published value: who reads it, and who writes the file.

/// The scenes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scenes {
    /// A request reads while the emulator and another process write.
    Reads,
    /// The emulator writes twice while another process does.
    Writes,
    /// What another process has written cannot be read at first.
    Recovery,
}

/// The scenes over the published value of a module.
macro_rules! scenes {
    ($name:ident, $($module:ident)::+) => {
        mod $name {
            use std::sync::{Arc as StdArc, atomic::{AtomicUsize, Ordering::SeqCst}};

            use loom::{sync::{Arc, Mutex}, thread};

            use crate::{file::{File, Generation}, store::Scenes, $($module)::+::{Published, GenerationSource}};

            /// A file that cannot be read.
            struct Torn;

            struct Scene {
                file: Arc<File>,
                notified: Arc<Mutex<Vec<u64>>>,
                alive: StdArc<AtomicUsize>,
                /// The generation that cannot be read.
                torn: Option<u64>,
            }

            impl GenerationSource for Scene {
                type Stamp = u64;
                type Value = Generation;
                type Error = Torn;

                fn stamp(&self) -> u64 {
                    self.file.now()
                }

                fn load(&self, _: Option<&Generation>) -> Result<Generation, Torn> {
                    let number = self.file.now();
                    if self.torn == Some(number) { Err(Torn) } else { Ok(Generation::new(number, &self.alive)) }
                }

                fn unreadable(&self, _: Torn, _: bool) -> Generation {
                    Generation::new(0, &self.alive)
                }

                fn notify(&self, value: &Arc<Generation>) {
                    self.notified.lock().unwrap().push(value.number);
                }
            }

            struct World {
                file: Arc<File>,
                notified: Arc<Mutex<Vec<u64>>>,
                alive: StdArc<AtomicUsize>,
                published: Arc<Published<Scene>>,
            }

            impl World {
                fn new(torn: Option<u64>) -> Self {
                    let (file, notified) = (Arc::new(File::new()), Arc::new(Mutex::new(Vec::new())));
                    let alive = StdArc::default();
                    let scene = Scene {
                        file: Arc::clone(&file),
                        notified: Arc::clone(&notified),
                        alive: StdArc::clone(&alive),
                        torn,
                    };
                    Self { published: Arc::new(Published::new(scene)), file, notified, alive }
                }

                /// Writes as the emulator's own writer does.
                fn write_here(&self) -> thread::JoinHandle<()> {
                    let (file, published) = (Arc::clone(&self.file), Arc::clone(&self.published));
                    let alive = StdArc::clone(&self.alive);
                    thread::spawn(move || {
                        let written = published.change(|_| {
                            let number = file.write();
                            Ok::<_, Torn>(Some((number, Generation::new(number, &alive))))
                        });
                        assert!(written.is_ok());
                    })
                }

                /// Writes as another process does.
                fn write_elsewhere(&self) -> thread::JoinHandle<()> {
                    let file = Arc::clone(&self.file);
                    thread::spawn(move || assert!(file.write() > 0))
                }

                /// What a request reads.
                fn read(&self) -> u64 {
                    let at_least = self.file.now();
                    if self.published.is_behind() {
                        self.published.keep_up();
                    }
                    let notified = *self.notified.lock().unwrap().last().unwrap();
                    let number = self.published.value().number;
                    assert!(number >= at_least, "{number} is read where {at_least} was in the file");
                    assert!(notified >= at_least, "{notified} is notified where {at_least} was in the file");
                    number
                }

                /// What holds when all are done.
                fn end(&self, writes: u64) {
                    assert_eq!(self.file.now(), writes, "a change is lost");
                    assert_eq!(self.read(), writes);
                    let notified = self.notified.lock().unwrap();
                    assert!(notified.is_sorted(), "{notified:?}");
                    assert_eq!(notified.last(), Some(&writes));
                    assert_eq!(self.alive.load(SeqCst), 1, "an unused generation is kept");
                }
            }

            /// A scene, and how many preemptions are tried in it.
            pub(crate) fn scene(which: Scenes) -> (usize, fn()) {
                match which {
                    Scenes::Reads => (3, reads_while_two_write),
                    Scenes::Writes => (2, three_write),
                    Scenes::Recovery => (3, recovers),
                }
            }

            fn reads_while_two_write() {
                let world = World::new(None);
                let writers = [world.write_here(), world.write_elsewhere()];
                let (first, second) = (world.read(), world.read());
                assert!(first <= second, "{second} is read after {first}");
                for writer in writers {
                    writer.join().unwrap();
                }
                world.end(2);
            }

            fn three_write() {
                let world = World::new(None);
                let writers = [world.write_here(), world.write_here(), world.write_elsewhere()];
                for writer in writers {
                    writer.join().unwrap();
                }
                world.end(3);
            }

            fn recovers() {
                let world = World::new(Some(1));
                let writers = [world.write_elsewhere(), world.write_elsewhere()];
                if world.published.is_behind() {
                    world.published.keep_up();
                }
                for writer in writers {
                    writer.join().unwrap();
                }
                world.end(2);
            }
        }
    };
}

pub(crate) use scenes;
