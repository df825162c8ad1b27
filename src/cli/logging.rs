//! Diagnostics for `-v`, on stderr. Spans and events carry ids, never bodies or keys.

use std::io::{self, Write};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    filter::Targets,
    layer::{Layer as _, SubscriberExt as _},
    util::SubscriberInitExt as _,
};

use super::retries::Retries;
use crate::{output::printable, provider::arm::RETRIES, report::one_line};

/// The log. Text that another party wrote cannot begin a line or control the terminal.
struct Clean<W>(W);

impl<W: Write> Write for Clean<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        self.0.write_all(printable(&format!("{}\n", one_line(line))).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Starts logging at the level for a number of `-v`, and passes retries to `retries`.
///
/// Only messages of this program are logged: libraries that send requests log more than may be shown.
pub(crate) fn start(verbosity: i8, retries: Retries) {
    let level = match verbosity {
        ..0 => LevelFilter::ERROR,
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        3.. => LevelFilter::TRACE,
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(|| Clean(std::io::stderr()))
        .with_ansi(false)
        .with_target(false)
        .without_time();
    let own = Targets::new().with_target("swa_apim", level);
    // The display of retries does not depend on the level of the log.
    let of_retries = Targets::new().with_target(RETRIES, LevelFilter::DEBUG);
    let layers = lines.with_filter(own).and_then(retries.with_filter(of_retries));
    tracing_subscriber::registry().with(layers).init();
}
