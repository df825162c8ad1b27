//! Diagnostics for `-v`, on stderr. Spans and events carry ids, never bodies or keys.

use tracing::level_filters::LevelFilter;

/// Starts logging at the level that belongs to a number of `-v`.
pub(super) fn start(verbosity: i8) {
    let level = match verbosity {
        ..0 => LevelFilter::ERROR,
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        3.. => LevelFilter::TRACE,
    };
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        .without_time();
    subscriber.init();
}
