//! Retries of requests, as the log reports them, for the progress display.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::layer::{Context, Layer};

use crate::output::Notifier;

/// Passes each retry to the progress display of the current use case. Clones share one display.
#[derive(Clone, Default)]
pub(crate) struct Retries(Arc<Mutex<Option<Notifier>>>);

impl fmt::Debug for Retries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retries").finish_non_exhaustive()
    }
}

impl Retries {
    /// Passes retries to `notify` from now on.
    pub(crate) fn hear(&self, notify: Notifier) {
        *self.notifier() = Some(notify);
    }

    /// Passes retries to no display.
    pub(crate) fn hear_no_more(&self) {
        *self.notifier() = None;
    }

    fn notifier(&self) -> MutexGuard<'_, Option<Notifier>> {
        // The notifier is replaced as a whole, so it is consistent even if the thread that held the lock panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Subscriber> Layer<S> for Retries {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut retry = Retry::default();
        event.record(&mut retry);
        if let Some(notify) = &*self.notifier() {
            notify(&retry.text(), Duration::from_millis(retry.wait_ms));
        }
    }
}

/// The fields of a retry.
#[derive(Default)]
struct Retry {
    what: String,
    error: String,
    wait_ms: u64,
}

impl Retry {
    fn text(&self) -> String {
        let seconds = Duration::from_millis(self.wait_ms).as_secs_f64();
        format!("retry in {seconds:.1} s: {}: {}", self.what, self.error)
    }
}

impl Visit for Retry {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "wait_ms" {
            self.wait_ms = value;
        }
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.record_u64(field, u64::try_from(value).unwrap_or(u64::MAX));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "what" => self.what = format!("{value:?}"),
            "error" => self.error = format!("{value:?}"),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn a_retry_reaches_the_display_while_there_is_one() {
        let retries = Retries::default();
        let (send, receive) = mpsc::channel();
        retries.hear(Box::new(move |text, time| send.send((text.to_owned(), time)).unwrap()));
        let log = tracing_subscriber::registry().with(retries.clone());
        tracing::subscriber::with_default(log, || {
            let retry = || tracing::debug!(what = "reading the site", wait_ms = 8_000_u128, error = %"throttled", "x");
            retry();
            retries.hear_no_more();
            retry();
        });
        let heard: Vec<_> = receive.into_iter().collect();
        let text = "retry in 8.0 s: reading the site: throttled".to_owned();
        assert_eq!(heard, [(text, Duration::from_secs(8))]);
    }
}
