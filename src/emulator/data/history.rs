//! What the routing was and since when, for those who hear of a change late.

use std::{
    collections::VecDeque,
    sync::{Arc, LazyLock, PoisonError, RwLock},
    time::Duration,
};

use tokio::time::Instant;

use super::table::Table;
use crate::emulator::view::ModelView;

/// The routing of one generation of the model, compiled when somebody first goes by it.
pub(super) type Routing = LazyLock<Table, Box<dyn FnOnce() -> Table + Send>>;

/// One generation and when it was published.
struct Generation {
    since: Instant,
    routing: Arc<Routing>,
}

/// The latest generations, the oldest first.
#[derive(Default)]
pub(super) struct History(RwLock<VecDeque<Generation>>);

impl History {
    /// Adds a generation, and forgets those that nobody goes by who is at most `longest` behind.
    pub(super) fn publish(&self, model: ModelView, longest: Duration) {
        let compile = move || Table::compile(&model);
        let routing = Arc::new(Routing::new(Box::new(compile)));
        let mut generations = self.0.write().unwrap_or_else(PoisonError::into_inner);
        generations.push_back(Generation { since: Instant::now(), routing });
        while generations.get(1).is_some_and(|next| next.since.elapsed() >= longest) {
            generations.pop_front();
        }
    }

    /// The newest routing that is at least `delay` old, or else the oldest that there is.
    pub(super) fn behind_by(&self, delay: Duration) -> Option<Arc<Routing>> {
        let generations = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let arrived = |generation: &&Generation| delay.is_zero() || generation.since.elapsed() >= delay;
        let found = generations.iter().rev().find(arrived).or(generations.front())?;
        Some(Arc::clone(&found.routing))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;
    use crate::model::{Resource, ResourceId};

    fn publish(history: &History, hostname: &str, longest: u64) {
        let id = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/staticSites/a";
        let hostname = ("defaultHostname".to_owned(), Value::from(hostname));
        let site = Resource::new(ResourceId::parse(id).unwrap(), Map::from_iter([hostname]));
        let model = ModelView { resources: vec![site], ..ModelView::default() };
        history.publish(model, Duration::from_secs(longest));
    }

    fn known(history: &History, delay: u64) -> Vec<&'static str> {
        let routing = history.behind_by(Duration::from_secs(delay)).unwrap();
        ["first.example", "second.example", "third.example"]
            .into_iter()
            .filter(|host| routing.site(host).is_some())
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_behind_goes_by_what_was() {
        let history = History::default();
        assert!(history.behind_by(Duration::ZERO).is_none());
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
        assert_eq!(history.0.read().unwrap().len(), 3, "one of them is behind by five seconds");
        tokio::time::advance(Duration::from_secs(5)).await;
        publish(&history, "third.example", 5);
        assert_eq!(history.0.read().unwrap().len(), 2, "nobody needs the older ones");
    }
}
