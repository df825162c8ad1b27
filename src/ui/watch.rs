//! News for open windows: a window reads its page again when a link has changed, also by another program.

#![warn(clippy::arithmetic_side_effects)]

use std::{
    convert::Infallible,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    time::Duration,
};

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};
use tokio::{sync::watch, time::sleep};

use super::desk::{Desk, Links, Problem};

/// How often models are read while a window is open.
const MODELS: Duration = Duration::from_secs(1);
/// How often Azure is read while a window is open.
const AZURE: Duration = Duration::from_secs(15);
/// How often a window that receives no news gets a sign that the page is there.
const SIGN: Duration = Duration::from_secs(15);

/// The number of changes that were seen since the page was started.
#[derive(Clone, Debug)]
pub(super) struct News(watch::Sender<u64>);

impl News {
    /// Reads the links again and again while a window is open, and counts the changes.
    pub(super) fn of(desk: Desk) -> Self {
        let (sender, _) = watch::channel(0);
        tokio::spawn(watch_links(desk, sender.clone()));
        Self(sender)
    }

    /// The number of changes, as it changes.
    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }

    /// Counts a change that the page itself has made.
    pub(super) fn changed(&self) {
        self.0.send_modify(|count| *count = count.wrapping_add(1));
    }
}

/// One event for each change of a counter, and one at the beginning: it may have changed since the page was read.
pub(super) fn signs(mut counter: watch::Receiver<u64>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    counter.mark_changed();
    let next = stream::unfold(counter, async |mut counter| {
        counter.changed().await.ok()?;
        let count = *counter.borrow_and_update();
        Some((Ok(Event::default().event("changed").data(count.to_string())), counter))
    });
    Sse::new(next).keep_alive(KeepAlive::new().interval(SIGN))
}

async fn watch_links(desk: Desk, sender: watch::Sender<u64>) {
    let mut last = None;
    let mut pause = MODELS;
    loop {
        sleep(pause).await;
        if sender.receiver_count() == 0 {
            last = None;
            continue;
        }
        let links = desk.links().await;
        if let Ok(links) = &links {
            pause = if links.azure { AZURE } else { MODELS };
        }
        let now = fingerprint(&links.map(|links| (*links).clone()));
        if last.replace(now).is_some_and(|before| before != now) {
            sender.send_modify(|count| *count = count.wrapping_add(1));
        }
    }
}

fn fingerprint(links: &Result<Links, Problem>) -> u64 {
    let text = match links {
        Ok(links) => serde_json::to_string(&links.report).unwrap_or_default(),
        Err(problem) => serde_json::to_string(&problem.error).unwrap_or_default(),
    };
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
