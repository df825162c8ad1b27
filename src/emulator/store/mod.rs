//! The model behind the server: reads from memory, and writes that are durable before they are answered.

mod view;

use std::{
    fmt,
    panic::AssertUnwindSafe,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
    task::block_in_place,
    time::sleep,
};

pub(super) use self::view::ModelView;
use super::reply::Reply;
use crate::{
    ambient::Ambient,
    provider::{
        ControlPlane as _, ProviderError,
        json::{FileStamp, JsonControlPlane, ModelError},
    },
};

/// How many writes become durable at once, at most.
const BATCH: usize = 256;
/// How often the file is looked at for what others have written.
const WATCH: Duration = Duration::from_millis(20);

/// A change of the model: `Err` if it is refused, and then nothing of it stays.
type Work = Box<dyn for<'a> FnOnce(&'a JsonControlPlane) -> BoxFuture<'a, Result<Reply, Reply>> + Send>;

struct Job {
    work: Work,
    answer: oneshot::Sender<Reply>,
}

/// The model of a file that others may write as well.
#[derive(Clone)]
pub(super) struct Store {
    shared: Arc<Shared>,
    jobs: mpsc::Sender<Job>,
}

/// What reads and writes have in common.
struct Shared {
    /// Reads only; what another value or another process has written is seen by its stamp.
    reader: JsonControlPlane,
    seen: Mutex<Seen>,
    publish: Box<dyn Fn(ModelView) + Send + Sync>,
}

/// What the file was like when it was last looked at.
#[derive(Default)]
struct Seen {
    stamp: FileStamp,
    /// What it was like when it could not be read, which is told once.
    unreadable: Option<FileStamp>,
}

/// The thread that writes; it ends when every [`Store`] is gone.
pub(super) struct Writer(thread::JoinHandle<()>);

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("model", &self.shared.reader).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the model at `path`; `publish` is told of each generation, first of the one that is there.
    pub(super) fn open(
        path: &Path,
        lock_wait: Duration,
        ambient: &Arc<dyn Ambient>,
        publish: Box<dyn Fn(ModelView) + Send + Sync>,
    ) -> Result<(Self, Writer), ModelError> {
        let open = || JsonControlPlane::open(path, lock_wait, Arc::clone(ambient));
        let (reader, writer) = (open()?, open()?);
        let shared = Arc::new(Shared { reader, seen: Mutex::default(), publish });
        shared.keep_up();
        let (jobs, waiting) = mpsc::channel(4 * BATCH);
        let (runtime, of_writer) = (Handle::current(), Arc::clone(&shared));
        let thread = thread::spawn(move || runtime.block_on(write(writer, waiting, of_writer)));
        tokio::spawn(watch(Arc::downgrade(&shared)));
        Ok((Self { shared, jobs }, Writer(thread)))
    }

    /// The model as it is in the file now.
    pub(super) fn current(&self) -> &JsonControlPlane {
        if self.shared.is_behind() {
            block_in_place(|| self.shared.keep_up());
        }
        &self.shared.reader
    }

    /// Makes a change, and answers when it is durable. Changes that wait at the same time are written at
    /// once, and one that is refused does not hinder the others.
    pub(super) async fn change<F>(&self, work: F) -> Reply
    where
        F: for<'a> FnOnce(&'a JsonControlPlane) -> BoxFuture<'a, Result<Reply, Reply>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job = Job { work: Box::new(work), answer };
        if self.jobs.send(job).await.is_err() {
            return Reply::internal_error();
        }
        answered.await.unwrap_or_else(|_| Reply::internal_error())
    }
}

impl Writer {
    /// Waits until what was accepted is durable. Every [`Store`] has to be gone.
    pub(super) async fn finish(self) {
        let ended = tokio::task::spawn_blocking(|| self.0.join()).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::error!("the writer of the model did not end well");
        }
    }
}

impl Shared {
    fn is_behind(&self) -> bool {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).stamp != self.reader.stamp()
    }

    /// Takes over what the file has become, and tells of it.
    fn keep_up(&self) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.reader.stamp();
        if seen.stamp == now {
            return;
        }
        self.reader.refresh();
        match self.reader.everything() {
            Ok(all) => {
                (self.publish)(all.into());
                *seen = Seen { stamp: now, unreadable: None };
            }
            Err(error) if seen.unreadable.as_ref() != Some(&now) => {
                tracing::warn!(%error, "the model cannot be read");
                seen.unreadable = Some(now);
            }
            Err(_) => {}
        }
    }
}

/// Keeps up with what others write, also while nobody asks.
async fn watch(shared: std::sync::Weak<Shared>) {
    while let Some(shared) = shared.upgrade() {
        if shared.is_behind() {
            block_in_place(|| shared.keep_up());
        }
        drop(shared);
        sleep(WATCH).await;
    }
}

async fn write(plane: JsonControlPlane, mut jobs: mpsc::Receiver<Job>, shared: Arc<Shared>) {
    while let Some(first) = jobs.recv().await {
        let (outcome, done) = transact(&plane, first, &mut jobs).await;
        shared.keep_up();
        for (answer, reply) in done {
            let reply = outcome.as_ref().map_or_else(Reply::unavailable, |()| reply);
            // whoever asked may have gone away
            let _ = answer.send(reply);
        }
    }
}

type Done = Vec<(oneshot::Sender<Reply>, Reply)>;

/// Makes every change that waits, in one transaction.
async fn transact(
    plane: &JsonControlPlane,
    first: Job,
    jobs: &mut mpsc::Receiver<Job>,
) -> (Result<(), ProviderError>, Done) {
    if let Err(error) = plane.begin().await {
        return (Err(error), vec![(first.answer, Reply::internal_error())]);
    }
    let mut done = Vec::new();
    let mut next = Some(first);
    while let Some(Job { work, answer }) = next {
        done.push((answer, attempt(plane, work).await));
        next = if done.len() < BATCH { jobs.try_recv().ok() } else { None };
    }
    (plane.commit().await, done)
}

/// Makes one change, whole or not at all, whatever becomes of it.
async fn attempt(plane: &JsonControlPlane, work: Work) -> Reply {
    let before = plane.savepoint();
    let reply = AssertUnwindSafe(async { work(plane).await }).catch_unwind().await;
    match reply {
        Ok(Ok(reply)) => reply,
        Ok(Err(refusal)) => {
            plane.roll_back(before);
            refusal
        }
        Err(_) => {
            plane.roll_back(before);
            Reply::internal_error()
        }
    }
}
