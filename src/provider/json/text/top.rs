//! The top level of a model, as references into its text.

use std::{borrow::Cow, cell::Cell, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// The schema version that this program writes, and the newest that it reads.
pub(crate) const SCHEMA_VERSION: u64 = 1;

/// The members of the top level, not parsed any further.
#[derive(Default)]
pub(crate) struct Top<'a> {
    pub(crate) version: Option<&'a RawValue>,
    pub(crate) lineage: Option<Cow<'a, str>>,
    pub(crate) serial: Option<u64>,
    pub(crate) resources: Option<Vec<&'a RawValue>>,
    pub(crate) secrets: Option<Vec<(Cow<'a, str>, &'a RawValue)>>,
    pub(crate) unknown: Vec<(String, &'a RawValue)>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Top<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TopVisitor)
    }
}

struct TopVisitor;

impl<'de> Visitor<'de> for TopVisitor {
    type Value = Top<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a model")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Top<'de>, A::Error> {
        let mut top = Top::default();
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "schemaVersion" => once(&mut top.version, map.next_value()?, "schemaVersion")?,
                "lineage" => once(&mut top.lineage, map.next_value()?, "lineage")?,
                "serial" => once(&mut top.serial, map.next_value()?, "serial")?,
                "resources" => once(&mut top.resources, map.next_value()?, "resources")?,
                "secrets" => once(&mut top.secrets, map.next_value::<Pairs<'_>>()?.0, "secrets")?,
                _ => top.unknown.push((name, map.next_value()?)),
            }
        }
        Ok(top)
    }
}

fn once<T, E: serde::de::Error>(slot: &mut Option<T>, value: T, name: &'static str) -> Result<(), E> {
    match slot.replace(value) {
        Some(_) => Err(E::duplicate_field(name)),
        None => Ok(()),
    }
}

struct Pairs<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor).map(Pairs)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object whose keys are IDs")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            pairs.push((name, map.next_value()?));
        }
        Ok(pairs)
    }
}

#[derive(Deserialize)]
pub(super) struct Name<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// The schema version in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Known,
    Newer(u64),
    Unfit,
    Missing,
}

impl Version {
    pub(crate) fn of(raw: Option<&RawValue>) -> Self {
        let Some(raw) = raw else { return Self::Missing };
        match serde_json::from_str(raw.get()) {
            Ok(0) | Err(_) => Self::Unfit,
            Ok(1..=SCHEMA_VERSION) => Self::Known,
            Ok(newer) => Self::Newer(newer),
        }
    }

    /// Returns the version in a text that may be malformed after it.
    pub(crate) fn seen_in(text: &str) -> Self {
        let seen = Cell::new(Self::Missing);
        // a failure here has already been reported
        let _ = Probe(&seen).deserialize(&mut serde_json::Deserializer::from_str(text));
        seen.get()
    }
}

struct Probe<'a>(&'a Cell<Version>);

impl<'de> DeserializeSeed<'de> for Probe<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Probe<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a model")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            if name == "schemaVersion" {
                self.0.set(Version::of(Some(map.next_value::<&RawValue>()?)));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}
