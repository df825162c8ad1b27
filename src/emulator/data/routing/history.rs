//! What the routing was and since when, for those who hear of a change late.

use std::{
    collections::VecDeque,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::table::Table;
use crate::emulator::store::ModelView;

/// The routing of one generation of the model, compiled when the first request needs it.
pub(in crate::emulator::data) type Routing = LazyLock<Table, Box<dyn FnOnce() -> Table + Send>>;

/// Into how many parts the longest delay is divided. Of each part, two generations are kept at most: a change never
/// arrives before its delay is over, and at most one part of the longest delay later.
const PARTS: u32 = 64;

/// Who looks at the model, each with a delay of its own.
#[derive(Clone, Copy, Debug)]
pub(in crate::emulator::data) enum Viewer {
    /// The edges of sites.
    Edge,
    /// The gateways of services.
    Gateway,
}

/// One generation and when it was published.
struct Generation {
    number: u64,
    since: Instant,
    model: Arc<ModelView>,
}

/// The latest generations.
#[derive(Default)]
pub(in crate::emulator::data) struct History(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    published: u64,
    /// The oldest first.
    generations: VecDeque<Generation>,
    /// The routing that each viewer goes by, with the number of its generation. No other is kept.
    viewed: [Option<(u64, Arc<Routing>)>; 2],
}

impl History {
    /// Adds a generation, and forgets those that no viewer goes by who is at most `longest` behind.
    pub(in crate::emulator::data) fn publish(&self, model: ModelView, longest: Duration) {
        let latest = self.lock().generations.back().map(|latest| Arc::clone(&latest.model));
        let model = Arc::new(match latest {
            Some(latest) => model.sharing(&latest),
            None => model,
        });
        let forgotten = self.lock().publish(model, longest);
        // Large models take a while to drop; requests need not wait for that.
        drop(forgotten);
    }

    /// The newest routing that is at least `delay` old, or else the oldest that there is.
    pub(in crate::emulator::data) fn behind_by(
        &self,
        viewer: Viewer,
        delay: Duration,
    ) -> Option<Arc<Routing>> {
        self.lock().behind_by(viewer, delay)
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn publish(&mut self, model: Arc<ModelView>, longest: Duration) -> Vec<Generation> {
        let mut forgotten = Vec::new();
        let (since, part) = (Instant::now(), longest / PARTS);
        let before = self.generations.len().checked_sub(2).and_then(|at| self.generations.get(at));
        // The last generation makes room for this one, unless that begins another part of the delay.
        if before.is_some_and(|before| since.duration_since(before.since) < part) {
            forgotten.extend(self.generations.pop_back());
        }
        self.published += 1;
        self.generations.push_back(Generation { number: self.published, since, model });
        while self.generations.get(1).is_some_and(|next| next.since.elapsed() >= longest) {
            forgotten.extend(self.generations.pop_front());
        }
        forgotten
    }

    fn behind_by(&mut self, viewer: Viewer, delay: Duration) -> Option<Arc<Routing>> {
        let arrived = |generation: &&Generation| delay.is_zero() || generation.since.elapsed() >= delay;
        let found = self.generations.iter().rev().find(arrived).or(self.generations.front())?;
        let known = self.viewed.iter().flatten().find(|(number, _)| *number == found.number);
        let routing = known.map_or_else(|| found.routing(), |(_, routing)| Arc::clone(routing));
        let own = &mut self.viewed[viewer as usize];
        if own.as_ref().is_none_or(|(number, _)| *number != found.number) {
            *own = Some((found.number, Arc::clone(&routing)));
        }
        Some(routing)
    }
}

impl Generation {
    fn routing(&self) -> Arc<Routing> {
        let model = Arc::clone(&self.model);
        Arc::new(Routing::new(Box::new(move || Table::compile(&model))))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Weak;

    use serde_json::{Map, Value};

    use super::*;
    use crate::model::{Resource, ResourceId};

    fn site(name: &str, hostname: &str) -> Resource {
        let id = format!("/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/staticSites/{name}");
        let hostname = ("defaultHostname".to_owned(), Value::from(hostname));
        Resource::new(ResourceId::parse(&id).unwrap(), Map::from_iter([hostname]))
    }

    fn publish(history: &History, hostname: &str, longest: u64) {
        let resources = vec![site("a", hostname), site("b", "other.example")];
        history.publish(ModelView { resources, ..ModelView::default() }, Duration::from_secs(longest));
    }

    fn known(history: &History, delay: u64) -> Vec<&'static str> {
        let routing = history.behind_by(Viewer::Edge, Duration::from_secs(delay)).unwrap();
        ["first.example", "second.example", "third.example"]
            .into_iter()
            .filter(|host| routing.site(host).is_some())
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_viewer_that_is_behind_goes_by_an_earlier_generation() {
        let history = History::default();
        assert!(history.behind_by(Viewer::Edge, Duration::ZERO).is_none());
        publish(&history, "first.example", 5);
        assert_eq!(known(&history, 5), ["first.example"], "there is nothing older");
        tokio::time::advance(Duration::from_secs(3)).await;
        publish(&history, "second.example", 5);
        assert_eq!(known(&history, 0), ["second.example"]);
        assert_eq!(known(&history, 2), ["first.example"]);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(known(&history, 2), ["second.example"]);
        assert_eq!(known(&history, 5), ["first.example"]);
        publish(&history, "third.example", 5);
        assert_eq!(history.lock().generations.len(), 3, "one of them is behind by five seconds");
        tokio::time::advance(Duration::from_secs(5)).await;
        publish(&history, "third.example", 5);
        assert_eq!(history.lock().generations.len(), 2, "the older ones are needed no more");
    }

    /// Publishes 300 generations, 50 ms apart, while both viewers look on.
    async fn storm(history: &History, longest: u64) -> Vec<Weak<ModelView>> {
        let mut published = Vec::new();
        for number in 0..300 {
            publish(history, &format!("host-{number}.example"), longest);
            published.push(Arc::downgrade(&history.lock().generations.back().unwrap().model));
            for (viewer, delay) in [(Viewer::Edge, 0), (Viewer::Gateway, longest)] {
                let routing = history.behind_by(viewer, Duration::from_secs(delay)).unwrap();
                assert!(routing.site("other.example").is_some());
            }
            tokio::time::advance(Duration::from_millis(50)).await;
        }
        published
    }

    fn alive(published: &[Weak<ModelView>]) -> usize {
        published.iter().filter(|model| model.strong_count() > 0).count()
    }

    #[tokio::test(start_paused = true)]
    async fn the_generations_that_live_are_few_however_many_were_published() {
        for (longest, most) in [(0, 1), (1, 2 * PARTS as usize), (60, 2 * PARTS as usize), (86_400, 2)] {
            let history = History::default();
            let published = storm(&history, longest).await;
            let live = alive(&published);
            assert!((1..=most + 2).contains(&live), "{live} live with a delay of {longest} s");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_arrives_never_before_its_delay_and_soon_after() {
        let (history, longest) = (History::default(), Duration::from_secs(8));
        publish(&history, "first.example", 8);
        tokio::time::advance(Duration::from_secs(20)).await;
        publish(&history, "third.example", 8);
        tokio::time::advance(Duration::from_millis(10)).await;
        publish(&history, "second.example", 8);
        let since = Instant::now();
        let mut arrived = None;
        for number in 0..100 {
            tokio::time::advance(Duration::from_millis(100)).await;
            // The second name stays where it is while other changes go on.
            let resources = vec![site("a", "second.example"), site("b", &format!("b-{number}.example"))];
            history.publish(ModelView { resources, ..ModelView::default() }, longest);
            let routing = history.behind_by(Viewer::Gateway, longest).unwrap();
            if routing.site("second.example").is_some() && arrived.is_none() {
                arrived = Some(since.elapsed());
            }
        }
        let arrived = arrived.unwrap();
        let latest = longest + longest / PARTS + Duration::from_millis(100);
        assert!((longest..=latest).contains(&arrived), "{arrived:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn generations_share_the_resources_that_do_not_change() {
        let history = History::default();
        publish(&history, "first.example", 60);
        tokio::time::advance(Duration::from_secs(30)).await;
        publish(&history, "second.example", 60);
        let kept = history.lock();
        let bodies =
            |at: usize, of: usize| std::ptr::from_ref(kept.generations[at].model.resources[of].body());
        assert_eq!(bodies(0, 1), bodies(1, 1), "it is the same in both");
        assert_ne!(bodies(0, 0), bodies(1, 0));
    }
}
