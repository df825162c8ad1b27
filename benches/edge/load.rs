//! What `wrk` measures.

use std::{fmt, process::Command, time::Duration};

/// One run of it, or the median of several.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    /// Requests a second.
    pub(crate) rate: f64,
    /// The 99th percentile, in milliseconds.
    pub(crate) p99: f64,
}

impl Load {
    /// Asks `address` for an API, as a client of `host`, over so many connections.
    pub(crate) fn run(address: &str, host: &str, connections: u32, time: Duration) -> Self {
        let output = Command::new("wrk")
            .args(["--latency", "-H", &format!("Host: {host}")])
            .args(["-t", &connections.min(2).to_string(), "-c", &connections.to_string()])
            .args(["-d", &format!("{}s", time.as_secs()), &format!("http://{address}/api/orders/7")])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.contains("Non-2xx") && !text.contains("Socket errors"), "{text}");
        Self {
            rate: figure(&text, "Requests/sec:").parse().unwrap(),
            p99: milliseconds(figure(&text, "99%")),
        }
    }

    /// The median of each of the figures.
    pub(crate) fn median(runs: &[Self]) -> Self {
        let of = |which: fn(&Self) -> f64| {
            let mut figures: Vec<f64> = runs.iter().map(which).collect();
            figures.sort_by(f64::total_cmp);
            figures[figures.len() / 2]
        };
        Self { rate: of(|run| run.rate), p99: of(|run| run.p99) }
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:.0}/s, {:.2} ms", self.rate, self.p99))
    }
}

/// The figure in the line that begins with a label.
fn figure<'a>(text: &'a str, label: &str) -> &'a str {
    let found = text.lines().find_map(|line| line.trim_start().strip_prefix(label));
    found.unwrap_or_else(|| panic!("no {label} in {text}")).trim()
}

fn milliseconds(text: &str) -> f64 {
    let (number, scale) = match text {
        text if text.ends_with("us") => (text.trim_end_matches("us"), 0.001),
        text if text.ends_with("ms") => (text.trim_end_matches("ms"), 1.0),
        text => (text.trim_end_matches('s'), 1000.0),
    };
    number.parse::<f64>().unwrap() * scale
}
