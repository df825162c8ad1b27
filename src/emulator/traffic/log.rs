//! The latest requests of the data plane, for readers that wait for changes.
#![warn(clippy::arithmetic_side_effects)]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hyper::Method;
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use super::{Recording, redacted};
use crate::provider::emulated::{Exchange, ExchangeState, Traffic};

/// The number of requests that are kept.
const KEPT: usize = 200;

/// The latest requests, and a signal for each change of one.
pub(in crate::emulator) struct TrafficLog {
    kept: Mutex<Kept>,
    /// The current revision, and whether the emulator is stopping.
    news: watch::Sender<(u64, bool)>,
}

#[derive(Default)]
struct Kept {
    /// The number of requests since the start.
    begun: u64,
    revision: u64,
    /// The oldest first, numbered without gaps.
    exchanges: VecDeque<Exchange>,
}

impl TrafficLog {
    pub(in crate::emulator) fn new() -> Self {
        Self { kept: Mutex::default(), news: watch::channel((0, false)).0 }
    }

    /// Records a request that has arrived.
    pub(in crate::emulator) fn begin(
        self: &Arc<Self>,
        time: String,
        method: &Method,
        host: &str,
        path: &str,
    ) -> Recording {
        let (method, host, path) =
            (redacted::text(method.as_str()), redacted::text(host), redacted::text(path));
        let number = {
            let mut kept = self.lock();
            kept.begun = kept.begun.saturating_add(1);
            let number = kept.begun;
            if kept.exchanges.len() == KEPT {
                kept.exchanges.pop_front();
            }
            kept.exchanges.push_back(Exchange {
                number,
                revision: 0,
                time,
                method,
                host,
                path,
                state: ExchangeState::Running,
                status: None,
                ms: None,
                hops: Vec::new(),
            });
            number
        };
        self.change(number, |_| {});
        Recording { log: Arc::clone(self), number, since: Instant::now(), is_answered: false }
    }

    /// Changes a request, if it is still kept.
    pub(super) fn change(&self, number: u64, change: impl FnOnce(&mut Exchange)) {
        let revision = {
            let mut kept = self.lock();
            kept.revision = kept.revision.saturating_add(1);
            let revision = kept.revision;
            if let Some(exchange) = kept.find(number) {
                exchange.revision = revision;
                change(exchange);
            }
            revision
        };
        self.news.send_modify(|(known, _)| *known = (*known).max(revision));
    }

    /// Returns a request, if it is still kept.
    pub(in crate::emulator) fn get(&self, number: u64) -> Option<Exchange> {
        self.lock().find(number).cloned()
    }

    /// Returns the requests that have changed after a revision. If there is none, waits for one up to the given time. A
    /// revision of an earlier run gets everything.
    pub(in crate::emulator) async fn after(&self, revision: u64, wait: Duration) -> Traffic {
        let mut news = self.news.subscribe();
        // A timeout, and a log that is stopped, return an empty list.
        let _ = timeout(wait, news.wait_for(|(known, stopping)| *known != revision || *stopping)).await;
        let kept = self.lock();
        let after = if revision > kept.revision { 0 } else { revision };
        let changed = kept.exchanges.iter().filter(|exchange| exchange.revision > after);
        Traffic { revision: kept.revision, value: changed.cloned().collect() }
    }

    /// Ends the waiting of all readers.
    pub(in crate::emulator) fn stop(&self) {
        self.news.send_modify(|(_, stopping)| *stopping = true);
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn find(&mut self, number: u64) -> Option<&mut Exchange> {
        let first = self.exchanges.front()?.number;
        let at = usize::try_from(number.checked_sub(first)?).ok()?;
        self.exchanges.get_mut(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        emulator::traffic::Trace,
        provider::emulated::{HopOutcome, HopPlace},
    };

    fn begin(log: &Arc<TrafficLog>, path: &str) -> Recording {
        log.begin("2026-01-01T00:00:00Z".to_owned(), &Method::GET, "shop.localhost", path)
    }

    #[tokio::test]
    async fn a_request_is_recorded_from_its_arrival_to_its_answer() {
        let log = Arc::new(TrafficLog::new());
        let recording = begin(&log, "/api/x");
        Trace::of(Some(&recording)).refused(HopPlace::Key, || "no key".to_owned());
        let running = log.after(0, Duration::ZERO).await;
        assert_eq!((running.value[0].state, running.value[0].hops.len()), (ExchangeState::Running, 1));
        assert_eq!(running.value[0].hops[0].outcome, HopOutcome::Refused);
        recording.answered(401);
        let ended = log.after(running.revision, Duration::ZERO).await;
        assert_eq!((ended.value[0].state, ended.value[0].status), (ExchangeState::Answered, Some(401)));
        assert!(log.after(ended.revision, Duration::ZERO).await.value.is_empty());
        drop(begin(&log, "/api/y"));
        let closed = log.after(ended.revision, Duration::ZERO).await.value;
        assert_eq!((closed.len(), closed[0].number, closed[0].state), (1, 2, ExchangeState::Closed));
    }

    #[tokio::test]
    async fn only_the_latest_requests_are_kept() {
        let log = Arc::new(TrafficLog::new());
        let first = begin(&log, "/first");
        (1..=KEPT).for_each(|_| begin(&log, "/later").answered(200));
        first.answered(200);
        let all = log.after(0, Duration::ZERO).await.value;
        assert_eq!((all.len(), all[0].number), (KEPT, 2));
        assert_eq!(log.get(1), None);
        assert_eq!(log.get(2).map(|exchange| exchange.path).as_deref(), Some("/later"));
        let of_an_earlier_run = log.after(u64::MAX, Duration::ZERO).await;
        assert_eq!(of_an_earlier_run.value.len(), KEPT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_waits_for_a_change_and_no_longer_than_it_asks_or_than_the_emulator_runs() {
        let log = Arc::new(TrafficLog::new());
        let hour = Duration::from_secs(3600);
        assert!(log.after(0, hour).await.value.is_empty());
        let waiting = tokio::spawn({
            let log = Arc::clone(&log);
            async move { log.after(0, hour).await }
        });
        tokio::task::yield_now().await;
        begin(&log, "/x").answered(200);
        assert_eq!(waiting.await.unwrap().value[0].path, "/x");
        log.stop();
        let revision = log.after(0, Duration::ZERO).await.revision;
        assert!(log.after(revision, Duration::MAX).await.value.is_empty());
    }
}
