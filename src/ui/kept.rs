//! Answers that are used again: about Azure for some seconds, about a model as long as its files are the same.

#![warn(clippy::arithmetic_side_effects)]

use std::{
    collections::BTreeSet,
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use super::{mark::Marked, problem::Problem};

/// How long an answer about Azure is used again, so that many windows cost as much as one.
const AZURE: Duration = Duration::from_secs(5);
/// How long an answer about Azure is kept for windows that only ask whether it has changed.
const AZURE_WATCHED: Duration = Duration::from_secs(15);
/// How long a failure is used again.
const FAILURE: Duration = Duration::from_secs(3);
/// How long an answer about files is used without reading them again, although they seem to be the same.
const SAME_FILES: Duration = Duration::from_secs(10);
/// The time limit of one read.
pub(super) const ONE_READ: Duration = Duration::from_secs(120);

/// An answer, and a number that distinguishes it from other answers.
#[derive(Debug)]
pub(super) struct Answer<T> {
    pub(super) value: T,
    pub(super) mark: u64,
    /// Whether it is about Azure.
    pub(super) azure: bool,
}

/// An answer, or why there is none.
pub(super) type Answered<T> = Result<Arc<Answer<T>>, Problem>;

/// A value that was read, and its origin.
pub(super) struct Fresh<T> {
    pub(super) value: T,
    pub(super) origin: Origin,
}

/// Where an answer is from.
#[derive(Clone, Debug, Default)]
pub(super) struct Origin {
    /// The files that it was read from, as they were before.
    pub(super) files: Files,
    /// Whether a part of it is from Azure.
    pub(super) azure: bool,
}

/// How an answer may have been obtained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// For a page that is opened: files that have the same size and time have the same content.
    Page,
    /// For a window that is open: files are read again now and then, and Azure less often.
    Watch,
}

/// The state of a kept answer, found without waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peek {
    /// The mark of the answer, or of the failure.
    Known(u64),
    /// An answer is being read.
    Reading,
    /// There is no answer that can be used.
    Old,
}

/// Keeps an answer. Callers that come while it is read wait for the same answer.
pub(super) struct Kept<T> {
    /// How often the answer was forgotten.
    epoch: AtomicU64,
    held: Mutex<Option<Held<T>>>,
}

struct Held<T> {
    since: Instant,
    epoch: u64,
    origin: Origin,
    answer: Answered<T>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { epoch: AtomicU64::default(), held: Mutex::default() }
    }
}

impl<T> Held<T> {
    fn is_usable(&self, need: Need) -> bool {
        let age = self.since.elapsed();
        match &self.answer {
            Err(_) => age < FAILURE,
            Ok(_) if !self.origin.files.are_the_same() => false,
            Ok(answer) if answer.azure => age < if need == Need::Page { AZURE } else { AZURE_WATCHED },
            Ok(_) => need == Need::Page || age < SAME_FILES,
        }
    }
}

impl<T: Marked> Kept<T> {
    /// Returns the kept answer, or reads one.
    pub(super) async fn get<F>(&self, need: Need, read: F) -> Answered<T>
    where
        F: AsyncFnOnce() -> Result<Fresh<T>, Problem>,
    {
        let mut held = self.held.lock().await;
        let epoch = self.epoch.load(Ordering::Relaxed);
        if let Some(held) = held.as_ref().filter(|held| held.epoch == epoch && held.is_usable(need)) {
            return held.answer.clone();
        }
        let read = timeout(ONE_READ, read()).await.unwrap_or_else(|_| Err(Problem::too_slow(ONE_READ)));
        let (answer, origin) = match read {
            Ok(Fresh { value, origin }) => {
                let (mark, azure) = (value.mark(), origin.azure);
                (Ok(Arc::new(Answer { value, mark, azure })), origin)
            }
            Err(problem) => (Err(problem), Origin::default()),
        };
        *held = Some(Held { since: Instant::now(), epoch, origin, answer: answer.clone() });
        answer
    }
}

impl<T> Kept<T> {
    /// The mark of the kept answer, without waiting.
    pub(super) fn peek(&self, need: Need) -> Peek {
        let Ok(held) = self.held.try_lock() else { return Peek::Reading };
        let epoch = self.epoch.load(Ordering::Relaxed);
        match held.as_ref().filter(|held| held.epoch == epoch && held.is_usable(need)) {
            Some(Held { answer: Ok(answer), .. }) => Peek::Known(answer.mark),
            Some(Held { answer: Err(problem), .. }) => Peek::Known(problem.mark()),
            None => Peek::Old,
        }
    }

    /// Makes the next caller read again, also if an answer is being read.
    pub(super) fn forget(&self) {
        self.epoch.fetch_add(1, Ordering::Relaxed);
    }
}

/// Files, as they were at a moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Files(Vec<(PathBuf, Option<Look>)>);

/// What changes with the content of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Look {
    modified: Option<SystemTime>,
    size: u64,
    #[cfg(unix)]
    node: (u64, u64, i64, i64),
}

impl Files {
    /// Reads the size and the times of files.
    pub(super) fn of(paths: BTreeSet<PathBuf>) -> Self {
        Self(paths.into_iter().map(|path| (path.clone(), Look::at(&path))).collect())
    }

    fn are_the_same(&self) -> bool {
        self.0.iter().all(|(path, before)| Look::at(path) == *before)
    }
}

impl Look {
    fn at(path: &PathBuf) -> Option<Self> {
        let found = fs::metadata(path).ok()?;
        Some(Self {
            modified: found.modified().ok(),
            size: found.len(),
            #[cfg(unix)]
            node: {
                use std::os::unix::fs::MetadataExt as _;
                (found.dev(), found.ino(), found.ctime(), found.ctime_nsec())
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, io::Write as _};

    use super::*;

    async fn get(kept: &Kept<u32>, need: Need, reads: &Cell<u32>, origin: &Origin) -> u32 {
        let read = async || {
            reads.set(reads.get().saturating_add(1));
            Ok(Fresh { value: reads.get(), origin: origin.clone() })
        };
        kept.get(need, read).await.unwrap().value
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_about_azure_is_used_again_for_some_seconds() {
        let (kept, reads) = (Kept::default(), Cell::new(0_u32));
        let azure = Origin { azure: true, ..Origin::default() };
        let get = async || get(&kept, Need::Page, &reads, &azure).await;
        assert_eq!(tokio::join!(get(), get(), get()), (1, 1, 1));
        tokio::time::advance(AZURE.checked_sub(Duration::from_millis(1)).unwrap()).await;
        assert_eq!(get().await, 1);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(get().await, 2);
        kept.forget();
        assert_eq!(get().await, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_about_files_is_used_until_they_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        let write = |text: &str| fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
        write("one");
        let (kept, reads) = (Kept::default(), Cell::new(0_u32));
        let origin = || Origin { files: Files::of([path.clone()].into()), azure: false };
        assert_eq!(get(&kept, Need::Page, &reads, &origin()).await, 1);
        tokio::time::advance(SAME_FILES).await;
        assert_eq!(get(&kept, Need::Page, &reads, &origin()).await, 1);
        assert_eq!(get(&kept, Need::Watch, &reads, &origin()).await, 2, "now and then it is read again");
        assert_eq!(get(&kept, Need::Watch, &reads, &origin()).await, 2);
        write("other");
        assert_eq!(get(&kept, Need::Page, &reads, &origin()).await, 3);
        fs::remove_file(&path).unwrap();
        assert_eq!(get(&kept, Need::Page, &reads, &origin()).await, 4);
        write("new");
        assert_eq!(get(&kept, Need::Page, &reads, &origin()).await, 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_window_that_asks_whether_something_has_changed_does_not_wait() {
        let (kept, reads) = (Kept::default(), Cell::new(0_u32));
        let azure = Origin { azure: true, ..Origin::default() };
        assert_eq!(kept.peek(Need::Watch), Peek::Old);
        get(&kept, Need::Page, &reads, &azure).await;
        let Peek::Known(first) = kept.peek(Need::Watch) else { panic!("it was read") };
        tokio::time::advance(AZURE).await;
        assert_eq!((kept.peek(Need::Page), kept.peek(Need::Watch)), (Peek::Old, Peek::Known(first)));
        let read = async || {
            assert_eq!(kept.peek(Need::Watch), Peek::Reading);
            Ok(Fresh { value: 2, origin: Origin::default() })
        };
        kept.get(Need::Page, read).await.unwrap();
        assert!(matches!(kept.peek(Need::Watch), Peek::Known(second) if second != first));
        kept.forget();
        assert_eq!(kept.peek(Need::Watch), Peek::Old);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_used_again_for_a_moment() {
        let (kept, reads) = (Kept::<u32>::default(), Cell::new(0_u32));
        let get = async || {
            let read = async || {
                reads.set(reads.get().saturating_add(1));
                Err(Problem::not_found("nothing"))
            };
            assert!(kept.get(Need::Page, read).await.is_err());
            reads.get()
        };
        assert_eq!((get().await, get().await), (1, 1));
        tokio::time::advance(FAILURE).await;
        assert_eq!(get().await, 2);
    }
}
