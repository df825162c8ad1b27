//! The model of the server: one writer owns it, and publishes a snapshot of each generation. Reads come from memory,
//! and writes are durable before they are answered.
#![warn(clippy::arithmetic_side_effects)]

mod generation;
mod published;

use std::{
    fmt,
    panic::AssertUnwindSafe,
    path::Path,
    sync::{Arc, Weak},
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

use self::{
    generation::{Generation, Listener, ModelSource},
    published::Published,
};
use super::reply::Reply;
use crate::{
    ambient::Ambient,
    provider::{
        ProviderError, Writes as _,
        json::{JsonControlPlane, ModelError},
    },
};

/// The maximum number of changes that are written together.
const BATCH: usize = 256;
/// How often the file is checked for changes of other processes.
const WATCH: Duration = Duration::from_millis(20);

/// A change of the model. If it returns `Err`, none of its changes are kept.
type Work = Box<dyn for<'a> FnOnce(&'a JsonControlPlane) -> BoxFuture<'a, Result<Reply, Reply>> + Send>;

struct Job {
    work: Work,
    answer: oneshot::Sender<Reply>,
}

/// The model in a file that other processes can also write.
#[derive(Clone)]
pub(super) struct Store {
    published: Arc<Published<ModelSource>>,
    jobs: mpsc::Sender<Job>,
}

/// The thread that writes; it ends when every [`Store`] is dropped.
pub(super) struct Writer(thread::JoinHandle<()>);

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the model at `path`. `listener` is called with each generation, starting with the existing one.
    pub(super) fn open(
        path: &Path,
        lock_wait: Duration,
        ambient: &Arc<dyn Ambient>,
        listener: Listener,
    ) -> Result<(Self, Writer), ModelError> {
        let open = || JsonControlPlane::open(path, lock_wait, Arc::clone(ambient));
        let (reader, writer) = (Arc::new(open()?), open()?);
        let published = Arc::new(Published::new(ModelSource { reader, listener }));
        let (jobs, waiting) = mpsc::channel(4 * BATCH);
        let (runtime, of_writer) = (Handle::current(), Arc::clone(&published));
        let thread = thread::spawn(move || runtime.block_on(write(&writer, waiting, &of_writer)));
        tokio::spawn(watch(Arc::downgrade(&published)));
        Ok((Self { published, jobs }, Writer(thread)))
    }

    /// Returns the model as the file has it now.
    pub(super) fn current(&self) -> Arc<Generation> {
        catch_up(&self.published);
        self.published.value()
    }

    /// Makes a change, and answers when it is durable. Changes that wait at the same time are written together, and a
    /// rejected one does not affect the rest.
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
    /// Waits until all accepted changes are durable. Every [`Store`] must have been dropped.
    pub(super) async fn finish(self) {
        let ended = tokio::task::spawn_blocking(|| self.0.join()).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::error!("the thread that writes the model ended unexpectedly");
        }
    }
}

/// Reads the file again if another process has written it.
fn catch_up(published: &Published<ModelSource>) {
    if published.is_behind() {
        block_in_place(|| published.keep_up());
    }
}

/// Follows the changes of other processes, even while there are no requests.
async fn watch(published: Weak<Published<ModelSource>>) {
    while let Some(published) = published.upgrade() {
        catch_up(&published);
        drop(published);
        sleep(WATCH).await;
    }
}

async fn write(plane: &JsonControlPlane, mut jobs: mpsc::Receiver<Job>, published: &Published<ModelSource>) {
    while let Some(first) = jobs.recv().await {
        let (begun, done) = begin(plane, first, &mut jobs).await;
        let outcome = begun.and_then(|()| {
            published.change(|before| {
                let (stamp, snapshot) = plane.commit_shared()?;
                // If the generation is unreadable, the error is reported when the file is read.
                Ok(Generation::new(snapshot, Some(before)).ok().map(|generation| (stamp, generation)))
            })
        });
        for (answer, reply) in done {
            let reply = outcome.as_ref().map_or_else(Reply::unavailable, |()| reply);
            // The client may have disconnected.
            let _ = answer.send(reply);
        }
    }
}

type Done = Vec<(oneshot::Sender<Reply>, Reply)>;

/// Makes all waiting changes in one transaction, which the caller must commit.
async fn begin(
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
    (Ok(()), done)
}

/// Makes one change completely or not at all, even if it fails or panics.
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
