//! Output for pipelines, in addition to the text: annotations, outputs of a step, and events.
//!
//! No value needs masking: keys are never printed, and a command that masks a key would print it.

use std::{
    borrow::Cow,
    io::{self, Write as _},
    path::PathBuf,
};

use jiff::Timestamp;

use super::{azure_pipelines, format::json_line};
use crate::{
    engine::Severity,
    files::append,
    report::{ErrorReport, Event, EventLine, FindingReport, SCHEMA_VERSION, escaped_json, one_line},
};

/// The pipeline system that reads commands from the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reader {
    /// No pipeline.
    #[default]
    None,
    /// GitHub Actions.
    GitHub,
    /// Azure Pipelines. It has no file for the outputs of a step: outputs are commands too.
    AzurePipelines,
}

/// The destinations of the output for a pipeline.
#[derive(Clone, Debug, Default)]
pub struct Pipeline {
    /// The pipeline system that reads commands from stderr.
    pub reader: Reader,
    /// The file that GitHub Actions reads the outputs of a step from.
    pub outputs: Option<PathBuf>,
    /// The events file, which gets one line of JSON for each event.
    pub events: Option<PathBuf>,
    /// The time of the events.
    pub clock: Clock,
}

/// The source of the time of events.
#[derive(Clone, Copy, Debug)]
pub struct Clock(pub fn() -> Timestamp);

impl Default for Clock {
    /// A clock that stands still, for callers that write no events.
    fn default() -> Self {
        Self(|| Timestamp::UNIX_EPOCH)
    }
}

impl Clock {
    fn now(self) -> Timestamp {
        (self.0)()
    }
}

impl Pipeline {
    /// Checks, before the command does anything, that all requested files can be written.
    ///
    /// # Errors
    ///
    /// The path of the file that cannot be written, and the reason.
    pub fn check(&self) -> Result<(), (PathBuf, io::Error)> {
        let files = self.events.iter().chain(&self.outputs);
        files.into_iter().try_for_each(|file| append(file).map(drop).map_err(|error| (file.clone(), error)))
    }

    /// Appends events to the events file, if there is one.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub(super) fn happened(&self, events: &[Event]) -> io::Result<()> {
        let Some(file) = self.events.as_ref().filter(|_| !events.is_empty()) else { return Ok(()) };
        let time = self.clock.now();
        let line = |event: &Event| line(event, time);
        let lines: Vec<String> = events.iter().map(line).collect::<Result<_, _>>()?;
        append(file)?.write_all(lines.concat().as_bytes())
    }

    /// Writes the outputs of the step, and returns the annotations for stderr.
    ///
    /// # Errors
    ///
    /// If a file cannot be written.
    pub(super) fn tell(&self, events: &[Event]) -> io::Result<String> {
        if let Some(file) = &self.outputs {
            let lines = outputs(events).into_iter().map(|(name, value)| format!("{name}={value}\n"));
            append(file)?.write_all(lines.collect::<String>().as_bytes())?;
        }
        Ok(match self.reader {
            Reader::None => String::new(),
            Reader::GitHub => events.iter().flat_map(annotations).collect(),
            Reader::AzurePipelines => azure_pipelines::commands(events, &outputs(events)),
        })
    }
}

fn line(event: &Event, time: Timestamp) -> Result<String, serde_json::Error> {
    let time = time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    let line = EventLine { schema_version: SCHEMA_VERSION, time, event: event.clone() };
    json_line(&line)
}

/// Returns the outputs of the step, for conditions in later steps. `state` and `product-id` exist only if the command
/// was run for one environment.
fn outputs(events: &[Event]) -> Vec<(&'static str, String)> {
    let mut states = serde_json::Map::new();
    let mut products = Vec::new();
    let mut changed = None;
    for event in events {
        match event {
            Event::Link { env, state, product, .. } => {
                states.insert(env.clone(), state.as_str().into());
                products.push(product.clone());
            }
            Event::Result { env, state, product, changed: one, .. } => {
                states.insert(env.clone(), state.as_str().into());
                products.push(product.clone());
                changed = Some(changed.unwrap_or(false) || *one);
            }
            Event::Step { .. } | Event::Failure { .. } => {}
        }
    }
    let mut pairs = Vec::new();
    if let Some(changed) = changed {
        pairs.push(("changed", changed.to_string()));
    }
    if let (1, Some(state)) = (states.len(), states.values().next().and_then(|state| state.as_str())) {
        let product = products.pop().flatten().unwrap_or_default();
        pairs.push(("state", state.to_owned()));
        pairs.push(("product-id", one_line(&product).into_owned()));
    }
    if !states.is_empty() {
        // JSON escapes a line break in the name of an environment, so it does not end the line of the file.
        pairs.push(("states", escaped_json(serde_json::Value::Object(states).to_string())));
    }
    pairs
}

/// Returns the commands that make GitHub Actions show problems at the top of a run.
fn annotations(event: &Event) -> Vec<String> {
    match event {
        Event::Link { env, findings, .. } | Event::Result { env, findings, .. } => {
            findings.iter().map(|finding| of_finding(env, finding)).collect()
        }
        Event::Failure { env, error } => vec![of_failure(env.as_deref(), error)],
        Event::Step { .. } => Vec::new(),
    }
}

fn of_finding(env: &str, finding: &FindingReport) -> String {
    let kind = match finding.severity {
        Severity::Broken => "error",
        Severity::Degraded => "warning",
        Severity::Note => "notice",
    };
    let title = format!("{env}: {}", finding.code);
    annotation(kind, &title, &format!("{}\n{}", finding.message, finding.hint))
}

fn of_failure(env: Option<&str>, error: &ErrorReport) -> String {
    let lines = [&error.message].into_iter().chain(&error.causes).chain(&error.hint);
    let lines: Vec<&str> = lines.map(String::as_str).collect();
    annotation(
        "error",
        &format!("{}failed", env.map(|env| format!("{env}: ")).unwrap_or_default()),
        &lines.join("\n"),
    )
}

fn annotation(kind: &str, title: &str, message: &str) -> String {
    let message = escaped(message);
    // In a property, the separators of properties must be escaped too.
    let title = escaped(title).replace(':', "%3A").replace(',', "%2C");
    format!("::{kind} title={title}::{message}\n")
}

fn escaped(text: &str) -> String {
    let lines: Vec<Cow<'_, str>> = text.split(['\r', '\n']).map(one_line).collect();
    lines.join("\n").replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::LinkState;

    #[test]
    fn a_message_stays_within_its_annotation() {
        let shown = annotation("error", "a: b, c\n", "100 %\n::add-mask::x");
        assert_eq!(shown, "::error title=a%3A b%2C c%0A::100 %25%0A::add-mask::x\n");
    }

    #[test]
    fn the_outputs_of_one_env_and_of_several() {
        let link = |env: &str| Event::Link {
            env: env.to_owned(),
            state: LinkState::Linked,
            product: Some("calm-sea-1".to_owned()),
            findings: Vec::new(),
        };
        let one = [("state", "linked"), ("product-id", "calm-sea-1"), ("states", "{\"a\":\"linked\"}")];
        assert_eq!(outputs(&[link("a")]), one.map(|(name, value)| (name, value.to_owned())));
        let several = outputs(&[link("a"), link("b\nchanged=true")]);
        let states = "{\"a\":\"linked\",\"b\\nchanged=true\":\"linked\"}";
        assert_eq!(several, [("states", states.to_owned())]);
        assert_eq!(outputs(&[]), []);
    }
}
