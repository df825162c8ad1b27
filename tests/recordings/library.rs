//! The recordings, where they are at hand.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{interaction::Interaction, replay::Recorded, skip::skipped};

/// A recording by its name, or `None`, with a notice, where there are none.
fn text_of(name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/recordings").join(name);
    let text = fs::read_to_string(path).ok();
    if text.is_none() {
        skipped(&format!("the recording `{name}` is not beside the repository"));
    }
    text
}

/// A recording of requests and answers, headers included.
pub(crate) fn cassette(name: &str) -> Option<Vec<Recorded>> {
    let cassette: Value = serde_norway::from_str(&text_of(name)?).unwrap();
    let interactions = cassette["interactions"].as_array().unwrap();
    Some(interactions.iter().map(Recorded::of_cassette).collect())
}

/// A recording that was written down by hand: bodies as they were, and the headers that matter.
pub(crate) fn transcript(name: &str) -> Option<Vec<Recorded>> {
    let transcript: Value = serde_json::from_str(&text_of(name)?).unwrap();
    let interactions = transcript["interactions"].as_array().unwrap();
    Some(interactions.iter().map(Recorded::of_transcript).collect())
}

/// Errors that users quote, of one kind, each with when it comes.
pub(crate) fn errors(kind: &str) -> Option<Vec<(String, Recorded)>> {
    let all: Value = serde_json::from_str(&text_of("error-bodies.json")?).unwrap();
    let entries = all[kind].as_array().unwrap();
    Some(
        entries
            .iter()
            .map(|it| (it["when"].as_str().unwrap().to_owned(), Recorded::of_transcript(it)))
            .collect(),
    )
}

/// The interactions of a file in the uniform format, in the order of their story.
pub(crate) fn interactions(file: &'static str) -> Option<Vec<Interaction>> {
    let recorded: Value = serde_json::from_str(&text_of(file)?).unwrap();
    let all = recorded["interactions"].as_array().unwrap().iter().enumerate();
    Some(all.map(|(number, value)| Interaction::read(file, number, value)).collect())
}
