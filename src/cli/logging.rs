//! Diagnostics for `-v`, on stderr. Spans and events carry ids, never bodies or keys.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Starts logging at the level that belongs to a number of `-v`.
///
/// Only what this program says itself is logged: libraries that send requests say more than may be shown.
pub(super) fn start(verbosity: i8) {
    let level = match verbosity {
        ..0 => LevelFilter::ERROR,
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        3.. => LevelFilter::TRACE,
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        .without_time();
    let own = Targets::new().with_target("swa_apim", level);
    tracing_subscriber::registry().with(lines).with(own).init();
}
