//! The text of a model: parsed without copying it, and written again.

use std::{
    borrow::Cow,
    fs,
    io::{self, Read as _},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    keyed::{Builder, Keyed},
    top::{SCHEMA_VERSION, Top, Version},
};
use crate::{
    diagnosis::misfit,
    model::{ArmType, ResourceId},
    provider::json::ModelError,
};

/// How many bytes at the beginning of a file are compared: more than precede the end of the serial.
const HEAD: usize = 1024;

/// A piece of JSON: a range of the file's text, or a changed text.
#[derive(Clone)]
pub(crate) enum Text {
    Stored(Range<usize>),
    Changed(Box<str>),
}

/// The entry of `secrets` for an id.
#[derive(Clone)]
pub(crate) struct Secret {
    /// The id, in its original spelling.
    pub(crate) id: Text,
    pub(crate) text: Text,
}

impl Secret {
    /// Returns the secret with this id and value, both in `buffer`.
    pub(super) fn of(buffer: &str, id: Cow<'_, str>, value: &str) -> Self {
        let id = match id {
            Cow::Borrowed(id) => Text::Stored(range_of(buffer, id)),
            Cow::Owned(id) => Text::Changed(id.into()),
        };
        Self { id, text: Text::Stored(range_of(buffer, value)) }
    }

    /// Returns the same secret where its id, with its quotation mark, begins at `start`; `None` if it is not in a file.
    pub(super) fn moved_to(&self, start: usize) -> Option<Self> {
        let (Text::Stored(id), Text::Stored(text)) = (&self.id, &self.text) else { return None };
        let moved = |range: &Range<usize>| {
            let from = start + 1 + (range.start - id.start);
            Text::Stored(from..from + range.len())
        };
        Some(Self { id: moved(id), text: moved(text) })
    }
}

/// The text of a model, and the positions of its parts. Resources and secrets are indexed by lower-case id.
#[derive(Clone)]
pub(crate) struct ModelDocument {
    /// The file, for messages.
    pub(crate) origin: PathBuf,
    pub(crate) lineage: String,
    pub(crate) serial: u64,
    pub(crate) resources: Keyed<Text>,
    pub(crate) secrets: Keyed<Secret>,
    unknown: Vec<(String, Range<usize>)>,
    buffer: Arc<String>,
}

/// The parts of a model's text.
pub(super) struct Parts {
    pub(super) lineage: String,
    pub(super) serial: u64,
    pub(super) resources: Keyed<Text>,
    pub(super) secrets: Keyed<Secret>,
}

/// The position of an error in the text, and its description.
type Damage = (usize, String);

impl ModelDocument {
    /// Returns a model without resources.
    pub(crate) fn empty(origin: &Path) -> Self {
        Self {
            origin: origin.to_owned(),
            lineage: String::new(),
            serial: 0,
            resources: Keyed::default(),
            secrets: Keyed::default(),
            unknown: Vec::new(),
            buffer: Arc::default(),
        }
    }

    /// Parses the bytes of a file.
    pub(crate) fn parse(bytes: Vec<u8>, origin: &Path) -> Result<Self, ModelError> {
        let buffer = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            ModelError::damaged(origin, error.as_bytes(), at, "the file is not UTF-8")
        })?;
        let top = read_top(&buffer, origin)?;
        let damaged = |(at, what): Damage| ModelError::damaged(origin, buffer.as_bytes(), at, what);
        let resources = keyed_resources(&top, &buffer).map_err(damaged)?;
        let secrets = keyed_secrets(&top, &buffer).map_err(damaged)?;
        let ranges = top.unknown.iter().map(|(name, raw)| (name.clone(), range_in(&buffer, raw)));
        let (unknown, serial) = (ranges.collect(), top.serial.unwrap_or(0));
        let lineage = top.lineage.as_deref().unwrap_or_default().to_owned();
        let origin = origin.to_owned();
        Ok(Self { origin, lineage, serial, resources, secrets, unknown, buffer: Arc::new(buffer) })
    }

    /// Returns the model in a text of which the parts are known, and which has no other ones.
    pub(super) fn of_parts(buffer: String, origin: &Path, parts: Parts) -> Self {
        let Parts { lineage, serial, resources, secrets } = parts;
        let (origin, unknown) = (origin.to_owned(), Vec::new());
        Self { origin, lineage, serial, resources, secrets, unknown, buffer: Arc::new(buffer) }
    }

    /// Whether the document was parsed from these bytes.
    pub(crate) fn is_of(&self, bytes: &[u8]) -> bool {
        self.buffer.as_bytes() == bytes
    }

    /// Whether a file begins like the document, up to and beyond the serial of its generation.
    pub(crate) fn begins_as(&self, path: &Path) -> io::Result<bool> {
        let mut head = Vec::with_capacity(HEAD);
        fs::File::open(path)?.take(HEAD as u64).read_to_end(&mut head)?;
        Ok(self.buffer.as_bytes().get(..HEAD.min(self.buffer.len())) == Some(head.as_slice()))
    }

    /// Returns the text of a piece.
    pub(crate) fn text<'a>(&'a self, text: &'a Text) -> &'a str {
        match text {
            Text::Stored(range) => &self.buffer[range.clone()],
            Text::Changed(text) => text,
        }
    }

    /// Returns the text of a secret with its id, if it is in the file.
    pub(super) fn member(&self, secret: &Secret) -> Option<&str> {
        match (&secret.id, &secret.text) {
            (Text::Stored(id), Text::Stored(text)) => self.buffer.get(id.start.checked_sub(1)?..text.end),
            (Text::Changed(_), _) | (_, Text::Changed(_)) => None,
        }
    }

    /// Returns the id of a resource, as its text spells it.
    pub(crate) fn id(&self, key: &str) -> Option<ResourceId> {
        let id = id_of(self.text(self.resources.get(key)?)).ok()?;
        ResourceId::parse(&id).ok()
    }

    /// Whether the top level has a member with this name and exactly this text, apart from the known members.
    pub(crate) fn has(&self, name: &str, text: &str) -> bool {
        self.unknown.iter().any(|(known, range)| known == name && &self.buffer[range.clone()] == text)
    }

    /// Returns the keys that begin with `prefix`, a key and a slash, in order.
    pub(crate) fn below<'a>(&'a self, prefix: &str) -> impl Iterator<Item = (&'a str, &'a Text)> + use<'a> {
        // no byte lies between `/` and `0`
        let end = format!("{}0", prefix.trim_end_matches('/'));
        self.resources.between(prefix, &end)
    }

    /// Returns the error for a piece that is JSON, but does not have the expected form.
    pub(crate) fn unfit(&self, text: &Text, error: &serde_json::Error) -> ModelError {
        let start = match text {
            Text::Stored(range) => range.start,
            Text::Changed(_) => 0,
        };
        let at = start + offset_of(self.text(text), error);
        ModelError::damaged(&self.origin, self.buffer.as_bytes(), at, misfit(error))
    }

    /// Renders the document, with one resource or secret per line, in order of the ids.
    pub(crate) fn render(&self) -> String {
        let mut out = String::with_capacity(self.buffer.len() + self.buffer.len() / 8 + 4096);
        let lineage = json_text(&self.lineage);
        let serial = self.serial;
        let head = format!("{{\"schemaVersion\":{SCHEMA_VERSION},\"lineage\":{lineage},\"serial\":{serial},");
        out.push_str(&head);
        out.push_str("\n\"resources\":[");
        for (at, (_, text)) in self.resources.iter().enumerate() {
            out.push_str(if at == 0 { "\n" } else { ",\n" });
            out.push_str(self.text(text));
        }
        out.push_str("\n],\n\"secrets\":{");
        for (at, (_, secret)) in self.secrets.iter().enumerate() {
            out.push_str(if at == 0 { "\n" } else { ",\n" });
            push_member(&mut out, self.text(&secret.id), self.text(&secret.text));
        }
        out.push_str("\n}");
        for (name, range) in &self.unknown {
            out.push_str(",\n");
            push_member(&mut out, name, &self.buffer[range.clone()]);
        }
        out.push_str("}\n");
        out
    }
}

fn push_member(out: &mut String, name: &str, value: &str) {
    out.push_str(&json_text(name));
    out.push(':');
    out.push_str(value);
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn read_top<'a>(buffer: &'a str, origin: &Path) -> Result<Top<'a>, ModelError> {
    if buffer.trim_ascii().is_empty() {
        return Err(ModelError::damaged_at(origin, (1, 1), "the file is empty"));
    }
    let newer = |found| ModelError::Newer { path: origin.to_owned(), found };
    let damaged = |at, what: &str| ModelError::damaged(origin, buffer.as_bytes(), at, what);
    let top: Top<'_> = serde_json::from_str(buffer).map_err(|error| match Version::seen_in(buffer) {
        Version::Newer(found) => newer(found),
        Version::Known | Version::Unfit | Version::Missing => {
            damaged(offset_of(buffer, &error), &misfit(&error))
        }
    })?;
    match Version::of(top.version) {
        Version::Newer(found) => Err(newer(found)),
        Version::Missing => Err(damaged(0, "`schemaVersion` is missing")),
        Version::Unfit => {
            let at = top.version.map_or(0, |raw| range_in(buffer, raw).start);
            Err(damaged(at, "`schemaVersion` must be a positive integer"))
        }
        Version::Known if top.resources.is_none() => Err(damaged(0, "`resources` is missing")),
        Version::Known => Ok(top),
    }
}

/// Returns the position in `text` where the parser stopped.
fn offset_of(text: &str, error: &serde_json::Error) -> usize {
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let line_start: usize = lines.map(str::len).sum();
    (line_start + error.column().saturating_sub(1)).min(text.len())
}

/// Returns the range of `raw`, which is a part of `buffer`.
fn range_in(buffer: &str, raw: &RawValue) -> Range<usize> {
    range_of(buffer, raw.get())
}

/// Returns the range of `part`, which is a part of `buffer`.
pub(super) fn range_of(buffer: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr() - buffer.as_ptr().addr();
    start..start + part.len()
}

/// Returns the resources by their keys. Programs that did not know the canonical id may have recorded one resource
/// under several spellings of its id; in that case the canonical spelling counts.
fn keyed_resources(top: &Top<'_>, buffer: &str) -> Result<Keyed<Text>, Damage> {
    let resources = top.resources.as_deref().unwrap_or_default();
    let mut keyed = Builder::with_capacity(resources.len());
    let mut aliases = Vec::new();
    for raw in resources {
        let range = range_in(buffer, raw);
        let start = range.start;
        let damaged = |what| (start, what);
        let id = id_of(raw.get()).map_err(damaged)?;
        if let Some(key) = canonical_key(&id) {
            aliases.push((key, Text::Stored(range)));
            continue;
        }
        keyed.push(Text::Stored(range), |keys: &mut String| push_key(keys, &id)).map_err(damaged)?;
    }
    let mut keyed = keyed.build().map_err(|(key, text)| a_second_time(&key, &text))?;
    for (key, text) in aliases {
        if !keyed.contains_key(&key) {
            keyed.insert(&key, text);
        }
    }
    Ok(keyed)
}

/// Returns the key of an id that is spelt as in a list of its owner.
pub(super) fn canonical_key(id: &str) -> Option<String> {
    let mut segments = id.rsplit('/').skip(1);
    let shown_below = [ArmType::ApimSubscription, ArmType::Product].map(ArmType::collection);
    let is_shown_below = |kind: &&str| shown_below.iter().any(|known| known.eq_ignore_ascii_case(kind));
    segments.next().filter(is_shown_below)?;
    segments.nth(1).filter(|owners| !owners.eq_ignore_ascii_case(ArmType::ApimService.collection()))?;
    let parsed = ResourceId::parse(id).ok()?;
    (parsed.as_str().len() < id.len()).then(|| parsed.lower_case().to_owned())
}

fn keyed_secrets(top: &Top<'_>, buffer: &str) -> Result<Keyed<Secret>, Damage> {
    let secrets = top.secrets.as_deref().unwrap_or_default();
    let mut keyed = Builder::with_capacity(secrets.len());
    for (id, raw) in secrets {
        let secret = Secret::of(buffer, id.clone(), raw.get());
        keyed.add(secret, |keys| push_secret_key(keys, id));
    }
    keyed.build().map_err(|(key, secret)| a_second_time(&key, &secret.text))
}

/// Appends the key of a secret. A text that is not an id refers to no known resource, and is kept.
pub(super) fn push_secret_key(keys: &mut String, id: &str) {
    if push_key(keys, id).is_err() {
        keys.push_str(&id.to_ascii_lowercase());
    }
}

fn a_second_time(key: &str, text: &Text) -> Damage {
    let start = match text {
        Text::Stored(range) => range.start,
        Text::Changed(_) => 0,
    };
    (start, format!("`{key}` occurs twice"))
}

/// Returns the `id` of a resource; most resources begin with it.
pub(super) fn id_of(resource: &str) -> Result<Cow<'_, str>, String> {
    #[derive(Deserialize)]
    struct OnlyId<'a> {
        #[serde(borrow)]
        id: Cow<'a, str>,
    }
    let first = resource.strip_prefix("{\"id\":\"").and_then(|rest| rest.split('"').next());
    if let Some(id) = first.filter(|id| !id.contains('\\')) {
        return Ok(Cow::Borrowed(id));
    }
    if !resource.starts_with('{') {
        return Err("a resource must be a JSON object".to_owned());
    }
    let parsed: OnlyId<'_> = serde_json::from_str(resource).map_err(|error| misfit(&error))?;
    Ok(parsed.id)
}

/// Appends the key of an id; on an error, appends nothing.
pub(super) fn push_key(keys: &mut String, id: &str) -> Result<(), String> {
    let start = keys.len();
    keys.push_str(id);
    keys[start..].make_ascii_lowercase();
    if is_plain(&keys[start..]) {
        return Ok(());
    }
    keys.truncate(start);
    let id = ResourceId::parse(id).map_err(|error| error.to_string())?;
    keys.push_str(id.lower_case());
    Ok(())
}

/// Whether an id in lower case is of the common form, which needs no further check: a resource in a group, with plain
/// letters, and not an alias.
fn is_plain(key: &str) -> bool {
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
    let Some(path) = key.strip_prefix("/subscriptions/") else { return false };
    let mut segments = path.as_bytes().split(|byte| *byte == b'/');
    let mut next_is = |word: &str| segments.next() == Some(word.as_bytes());
    if next_is("") || !next_is("resourcegroups") || next_is("") || !next_is("providers") {
        return false;
    }
    let (mut rest, mut in_site) = (0, false);
    let fits = segments.all(|segment| {
        rest += 1;
        // a backend directly below its site is an alias, and so is a resource that is listed below an owner
        in_site |= segment == b"staticsites";
        let is_alias = in_site && rest == 4 && segment == b"linkedbackends"
            || rest == 6 && matches!(segment, b"subscriptions" | b"products");
        !(segment.is_empty() || is_alias)
    });
    fits && rest >= 3 && rest % 2 == 1 && key.bytes().all(|byte| byte == b'/' || plain(byte))
}

#[cfg(test)]
mod tests;
