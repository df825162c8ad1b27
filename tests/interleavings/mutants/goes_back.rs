//! Published generations and their times, for readers that see a change late.
#![warn(clippy::arithmetic_side_effects)]

use std::{collections::VecDeque, time::Duration};

use crate::emulator::sync::{Arc, Instant, Mutex, MutexGuard, PoisonError};

/// Into how many parts the longest delay is divided. Of each part, two generations are kept at most: a change never
/// arrives before its delay is over, and at most one part of the longest delay later.
pub(crate) const PARTS: u32 = 64;

/// The viewers of the model, each with a separate delay.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Viewer {
    /// The edges of sites.
    Edge,
    /// The gateways of services.
    Gateway,
}

/// One generation and when it was published.
struct Generation<M> {
    number: u64,
    since: Instant,
    model: Arc<M>,
}

/// The latest generations of a model, and what viewers make of those that they go by.
pub(crate) struct History<M, V>(Mutex<Kept<M, V>>);

struct Kept<M, V> {
    published: u64,
    /// The oldest first.
    generations: VecDeque<Generation<M>>,
    /// What each viewer goes by, with the number of its generation. No other is kept.
    viewed: [Option<(u64, Arc<V>)>; 2],
}

impl<M, V> Default for History<M, V> {
    fn default() -> Self {
        Self(Mutex::new(Kept { published: 0, generations: VecDeque::new(), viewed: [None, None] }))
    }
}

impl<M, V> History<M, V> {
    /// Adds a generation, and forgets those that no viewer goes by who is at most `longest` behind.
    pub(crate) fn publish(&self, model: Arc<M>, longest: Duration) {
        let forgotten = self.lock().publish(model, longest);
        // Large models take a while to drop; requests need not wait for that.
        drop(forgotten);
    }

    /// What `view` makes of the newest generation that is at least `delay` old, or else of the oldest that there is.
    pub(crate) fn behind_by(
        &self,
        viewer: Viewer,
        delay: Duration,
        view: impl FnOnce(Arc<M>) -> V,
    ) -> Option<Arc<V>> {
        let (found, forgotten) = self.lock().behind_by(viewer, delay, view)?;
        drop(forgotten);
        Some(found)
    }

    fn lock(&self) -> MutexGuard<'_, Kept<M, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M, V> Kept<M, V> {
    fn publish(&mut self, model: Arc<M>, longest: Duration) -> Vec<Generation<M>> {
        let mut forgotten = Vec::new();
        let (since, part) = (Instant::now(), longest.checked_div(PARTS).unwrap_or_default());
        let before = self.generations.len().checked_sub(2).and_then(|at| self.generations.get(at));
        // The last generation makes room for this one, unless that begins another part of the delay.
        if before.is_some_and(|before| since.duration_since(before.since) < part) {
            forgotten.extend(self.generations.pop_back());
        }
        self.published = self.published.saturating_add(1);
        self.generations.push_back(Generation { number: self.published, since, model });
        while self.generations.get(1).is_some_and(|next| next.since.elapsed() >= longest) {
            forgotten.extend(self.generations.pop_front());
        }
        forgotten
    }

    /// What a viewer goes by now, and what it went by before.
    fn behind_by(
        &mut self,
        viewer: Viewer,
        delay: Duration,
        view: impl FnOnce(Arc<M>) -> V,
    ) -> Option<(Arc<V>, Option<Arc<V>>)> {
        let arrived = |generation: &&Generation<M>| delay.is_zero() || generation.since.elapsed() >= delay;
        let found = self.generations.iter().rev().find(arrived).or(self.generations.front())?;
        // A change that has arrived stays, although its generation may have made room or the delay be longer than before.
        if let Some((number, seen)) = &self.viewed[viewer as usize]
            && *number == found.number
        {
            return Some((Arc::clone(seen), None));
        }
        let known = self.viewed.iter().flatten().find(|(number, _)| *number == found.number);
        let seen = match known {
            Some((_, seen)) => Arc::clone(seen),
            None => Arc::new(view(Arc::clone(&found.model))),
        };
        let before = self.viewed[viewer as usize].replace((found.number, Arc::clone(&seen)));
        Some((seen, before.map(|(_, before)| before)))
    }
}
