//! What a command that serves does beside its server: it keeps secrets in its memory, and ends in time.

use std::time::Duration;

use tokio::time::sleep;

use super::{interrupt::Interrupt, session::Session};

/// How long requests in progress may take after the process was asked to stop.
const LAST_ORDERS: Duration = Duration::from_millis(400);

/// Runs two servers, which end when the process is interrupted. Requests that do not finish in time are aborted.
pub(crate) async fn until_interrupted(
    one: impl Future<Output = ()>,
    other: impl Future<Output = ()>,
    cx: &Session,
) {
    tokio::select! {
        ((), ()) = async { tokio::join!(one, other) } => {}
        () = last_orders(&cx.interrupt) => {
            cx.ui.say("some requests were aborted because they did not finish in time");
        }
    }
}

/// Completes when the time for requests in progress is over.
async fn last_orders(interrupt: &Interrupt) {
    interrupt.asked().await;
    sleep(LAST_ORDERS).await;
}

/// Excludes the keys in the memory of this process from core files, and from debuggers of other processes.
#[cfg(unix)]
pub(crate) fn keep_out_of_core_files() {
    use rustix::process::{Resource, Rlimit, setrlimit};

    // Where a limit cannot be lowered, the server works all the same.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

#[cfg(not(unix))]
pub(crate) fn keep_out_of_core_files() {}
