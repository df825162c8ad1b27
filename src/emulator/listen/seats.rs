//! The connection slots of a listener: their number, and which connection is closed when a new one needs a slot.
#![warn(clippy::arithmetic_side_effects)]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::Notify,
    time::{Duration, Instant, timeout},
};

/// How long a client that does not read its answer keeps its connection when another one needs the slot.
const STALLED: Duration = Duration::from_secs(5);
/// How often the connections are checked if none is idle.
const AGAIN: Duration = Duration::from_millis(500);

/// The connection slots of a listener.
pub(super) struct Seats {
    limit: usize,
    taken: Mutex<Taken>,
    /// Notified when a connection is closed or becomes idle.
    changed: Notify,
}

#[derive(Default)]
struct Taken {
    next: u64,
    seats: HashMap<u64, Arc<Occupant>>,
}

/// The state of one connection.
struct Occupant {
    state: Mutex<State>,
    /// Notified when the connection must be closed.
    needed: Notify,
}

#[derive(Clone, Copy)]
struct State {
    phase: Phase,
    /// The time of the last read or write.
    moved: Instant,
}

#[derive(Clone, Copy)]
enum Phase {
    /// The connection waits for a request, or for the rest of a request's head.
    Idle,
    /// A request is being answered.
    Works,
    /// An answer is being written.
    Writes,
}

/// The slot of a connection. Dropping it frees the slot.
pub(super) struct Seat {
    seats: Arc<Seats>,
    number: u64,
    occupant: Arc<Occupant>,
}

/// A request that is being answered. Dropping it marks the connection as idle.
pub(super) struct Busy {
    seats: Arc<Seats>,
    occupant: Arc<Occupant>,
}

impl Seats {
    /// Creates at most `limit` slots, and at least one.
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit: limit.max(1), taken: Mutex::default(), changed: Notify::new() })
    }

    /// Takes a slot for a connection. If none is free, closes the connection that has been idle longest; if none is
    /// idle, waits.
    pub(super) async fn take(self: &Arc<Self>) -> Seat {
        loop {
            if let Some(place) = self.try_take() {
                return place;
            }
            // A client that stops reading sends no notification.
            let _ = timeout(AGAIN, self.changed.notified()).await;
        }
    }

    fn try_take(self: &Arc<Self>) -> Option<Seat> {
        let mut taken = locked(&self.taken);
        if taken.seats.len() >= self.limit {
            let idle = taken.seats.iter().filter_map(|(number, seat)| Some((seat.idle_since()?, *number)));
            let (_, number) = idle.min()?;
            if let Some(seat) = taken.seats.remove(&number) {
                tracing::debug!(limit = self.limit, "closing the connection that has been idle longest");
                seat.needed.notify_one();
            }
        }
        let state = State { phase: Phase::Idle, moved: Instant::now() };
        let seat = Arc::new(Occupant { state: Mutex::new(state), needed: Notify::new() });
        let number = taken.next;
        taken.next = taken.next.wrapping_add(1);
        taken.seats.insert(number, Arc::clone(&seat));
        Some(Seat { seats: Arc::clone(self), number, occupant: seat })
    }
}

impl Occupant {
    /// Returns the time since which the connection only waits for its client, if it does.
    fn idle_since(&self) -> Option<Instant> {
        let State { phase, moved } = *locked(&self.state);
        match phase {
            Phase::Idle => Some(moved),
            Phase::Writes => (moved.elapsed() >= STALLED).then_some(moved),
            Phase::Works => None,
        }
    }

    fn enter(&self, phase: Phase) {
        *locked(&self.state) = State { phase, moved: Instant::now() };
    }
}

impl Seat {
    /// Completes when another connection needs the slot.
    pub(super) async fn is_needed(&self) {
        self.occupant.needed.notified().await;
    }

    /// Records that bytes were read or written.
    pub(super) fn note_move(&self) {
        locked(&self.occupant.state).moved = Instant::now();
    }

    /// Records that a request has arrived.
    pub(super) fn begin(&self) -> Busy {
        self.occupant.enter(Phase::Works);
        Busy { seats: Arc::clone(&self.seats), occupant: Arc::clone(&self.occupant) }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        locked(&self.seats.taken).seats.remove(&self.number);
        self.seats.changed.notify_one();
    }
}

impl Busy {
    /// Records that the answer is being written from now on.
    pub(super) fn answers(&self) {
        self.occupant.enter(Phase::Writes);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.occupant.enter(Phase::Idle);
        self.seats.changed.notify_one();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_connection_that_was_idle_longest_ends_for_one_more() {
        let seats = Seats::new(2);
        let first = seats.take().await;
        tokio::time::advance(Duration::from_secs(1)).await;
        let second = seats.take().await;
        tokio::time::advance(Duration::from_secs(1)).await;
        first.note_move();
        let _third = seats.take().await;
        assert!(second.is_needed().now_or_never().is_some());
        assert!(first.is_needed().now_or_never().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_at_work_keeps_its_place_until_its_client_stops_reading() {
        let seats = Seats::new(1);
        let place = seats.take().await;
        let busy = place.begin();
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(seats.try_take().is_none(), "it works");
        busy.answers();
        assert!(seats.try_take().is_none(), "it has just begun to answer");
        tokio::time::advance(STALLED).await;
        assert!(seats.try_take().is_some(), "the client does not read");
        assert!(place.is_needed().now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_that_becomes_free_goes_to_the_connection_that_waits() {
        let seats = Seats::new(1);
        let place = seats.take().await;
        let busy = place.begin();
        let ((), taken) = tokio::join!(
            async {
                tokio::task::yield_now().await;
                drop((busy, place));
            },
            seats.take()
        );
        drop(taken);
        assert!(locked(&seats.taken).seats.is_empty());
    }
}
