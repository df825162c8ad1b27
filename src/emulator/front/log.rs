//! The request log, one line per request. Parameters, headers and bodies are never logged, because they can contain
//! keys and tokens.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Mutex, PoisonError},
};

use serde::Serialize;
use serde_json::Value;
use strum::{EnumString, VariantNames};

use super::fault::EmulatedPlane;

/// The number of requests that are kept for the admin routes.
const REMEMBERED: usize = 1000;

/// The format of the request log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, VariantNames)]
#[strum(serialize_all = "kebab-case", parse_err_ty = String, parse_err_fn = unknown)]
pub enum LogFormat {
    /// Plain text.
    Text,
    /// JSON, one object per line.
    Json,
    /// No log.
    Off,
}

fn unknown(word: &str) -> String {
    format!("`{word}` is not a log format")
}

/// Writes a line of the log.
pub type LineWriter = Box<dyn Fn(&str) + Send + Sync>;

/// A request and its answer.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::emulator) struct Entry {
    pub(in crate::emulator) time: String,
    pub(in crate::emulator) plane: EmulatedPlane,
    pub(in crate::emulator) method: String,
    pub(in crate::emulator) host: String,
    /// The path without its parameters.
    pub(in crate::emulator) path: String,
    /// The status; 0 if the connection was closed without an answer.
    pub(in crate::emulator) status: u16,
    #[serde(rename = "ms")]
    pub(in crate::emulator) milliseconds: f64,
    pub(in crate::emulator) request_id: String,
}

/// Logs requests, and keeps the latest ones.
pub(in crate::emulator) struct RequestLog {
    format: LogFormat,
    write: LineWriter,
    recent: Mutex<VecDeque<Entry>>,
}

impl fmt::Debug for RequestLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestLog").field("format", &self.format).finish_non_exhaustive()
    }
}

impl RequestLog {
    pub(in crate::emulator) fn new(format: LogFormat, write: LineWriter) -> Self {
        Self { format, write, recent: Mutex::default() }
    }

    /// Whether requests are logged when they are answered.
    pub(in crate::emulator) fn is_written(&self) -> bool {
        self.format != LogFormat::Off
    }

    pub(in crate::emulator) fn note(&self, entry: Entry) {
        match self.format {
            LogFormat::Text => (self.write)(&text(&entry)),
            LogFormat::Json => (self.write)(&serde_json::to_string(&entry).unwrap_or_default()),
            LogFormat::Off => {}
        }
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() == REMEMBERED {
            recent.pop_front();
        }
        recent.push_back(entry);
    }

    /// Returns the latest requests, oldest first.
    pub(in crate::emulator) fn recent(&self) -> Value {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        serde_json::to_value(recent.iter().collect::<Vec<_>>()).unwrap_or_default()
    }
}

fn text(entry: &Entry) -> String {
    let plane = match entry.plane {
        EmulatedPlane::Control => "control",
        EmulatedPlane::Data => "data   ",
    };
    let status = if entry.status == 0 { "---".to_owned() } else { entry.status.to_string() };
    let Entry { method, host, path, milliseconds, .. } = entry;
    format!("{plane} {status} {milliseconds:8.1} ms  {method} {host}{path}")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn entry(number: usize) -> Entry {
        Entry {
            time: "2026-01-01T00:00:00Z".to_owned(),
            plane: EmulatedPlane::Data,
            method: "GET".to_owned(),
            host: "shop.localhost:8088".to_owned(),
            path: format!("/api/{number}"),
            status: 200,
            milliseconds: 1.25,
            request_id: "r".to_owned(),
        }
    }

    #[test]
    fn a_request_is_one_line_in_either_format_and_the_last_are_remembered() {
        for (format, expected) in [
            (LogFormat::Text, Some("data    200      1.2 ms  GET shop.localhost:8088/api/0")),
            (LogFormat::Off, None),
        ] {
            let lines = Arc::new(Mutex::new(Vec::new()));
            let kept = Arc::clone(&lines);
            let journal =
                RequestLog::new(format, Box::new(move |line| kept.lock().unwrap().push(line.to_owned())));
            (0..REMEMBERED + 5).for_each(|number| journal.note(entry(number)));
            assert_eq!(lines.lock().unwrap().first().map(String::as_str), expected);
            let recent = journal.recent();
            assert_eq!(recent.as_array().unwrap().len(), REMEMBERED);
            assert_eq!(recent[0]["path"], "/api/5");
        }
        let json = serde_json::to_value(entry(1)).unwrap();
        assert_eq!((&json["plane"], &json["ms"]), (&"data".into(), &1.25.into()));
    }
}
