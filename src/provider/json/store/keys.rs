//! The keys of a model: those of subscriptions, each with the time at which it was created, and those that sites hold.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Store;
use crate::{
    model::{Key, KeyPair, KeyTimes, ResourceId},
    provider::json::{
        ModelError,
        rules::kind::ResourceKind,
        text::document::{Secret, Text},
    },
};

/// The recorded keys of an id, and when each was created, if that is recorded.
#[derive(Default)]
pub(in crate::provider::json) struct Recorded {
    pub(in crate::provider::json) primary: Option<Key>,
    pub(in crate::provider::json) secondary: Option<Key>,
    pub(in crate::provider::json) times: KeyTimes,
}

impl Recorded {
    /// Returns both keys, if both are recorded.
    pub(in crate::provider::json) fn pair(self) -> Option<KeyPair> {
        Some(KeyPair { primary: self.primary?, secondary: self.secondary? })
    }

    fn is(&self, pair: &KeyPair) -> bool {
        self.primary.as_ref() == Some(&pair.primary) && self.secondary.as_ref() == Some(&pair.secondary)
    }

    /// Returns when a key was created: a recorded key keeps its time in either slot, and any other is from `now`.
    fn time_of(&self, key: &Key, now: Option<Timestamp>) -> Option<Timestamp> {
        if self.primary.as_ref() == Some(key) {
            self.times.primary
        } else if self.secondary.as_ref() == Some(key) {
            self.times.secondary
        } else {
            now
        }
    }
}

/// An entry of `secrets`, as the file has it.
#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secondary_key: Option<String>,
    /// A text that is not a time counts as no time.
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_key_created_on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secondary_key_created_on: Option<String>,
}

impl Store {
    /// Whether the model has any key.
    pub(in crate::provider::json) fn has_keys(&self) -> bool {
        let mut secrets = self.document.secrets.iter().map(|(_, secret)| self.document.text(&secret.text));
        secrets.any(|text| text.contains("\"primaryKey\"") || text.contains("\"secondaryKey\""))
    }

    /// Returns the recorded keys of an id, whether or not the resource exists.
    pub(in crate::provider::json) fn recorded(&self, key: &str) -> Result<Recorded, ModelError> {
        let Some(secret) = self.document.secrets.get(key) else { return Ok(Recorded::default()) };
        let entry: Entry = serde_json::from_str(self.document.text(&secret.text))
            .map_err(|error| self.document.unfit(&secret.text, &error))?;
        let fit = |text: Option<String>| text.and_then(|text| Key::new(text).ok());
        let time = |text: Option<String>| text.and_then(|text| text.parse().ok());
        let times = KeyTimes {
            primary: time(entry.primary_key_created_on),
            secondary: time(entry.secondary_key_created_on),
        };
        Ok(Recorded { primary: fit(entry.primary_key), secondary: fit(entry.secondary_key), times })
    }

    /// Returns when the keys of each subscription were created, as far as that is recorded.
    pub(in crate::provider::json) fn all_key_times(&self) -> Result<Vec<(ResourceId, KeyTimes)>, ModelError> {
        let mut all = Vec::new();
        for (key, _) in self.document.secrets.iter() {
            let Some(found) = self.read(key)?.filter(|_| ResourceKind::of(key) == ResourceKind::Subscription)
            else {
                continue;
            };
            let times = self.recorded(key)?.times;
            if times != KeyTimes::default() {
                all.push((found.value.id().clone(), times));
            }
        }
        Ok(all)
    }

    /// Records both keys of a subscription, unless they are already recorded. A key that was not recorded was created
    /// at `now`; without that, its time is unknown.
    pub(in crate::provider::json) fn record_pair(
        &mut self,
        id: &ResourceId,
        pair: &KeyPair,
        now: Option<Timestamp>,
    ) -> Result<(), ModelError> {
        let before = self.recorded(id.lower_case())?;
        if !before.is(pair) {
            let time_of = |key: &Key| before.time_of(key, now).map(|time| format!("{time:.0}"));
            let entry = Entry {
                primary_key: Some(pair.primary.expose().to_owned()),
                secondary_key: Some(pair.secondary.expose().to_owned()),
                primary_key_created_on: time_of(&pair.primary),
                secondary_key_created_on: time_of(&pair.secondary),
            };
            self.record(id, &entry);
        }
        Ok(())
    }

    /// Records the key that a site holds for its backend, or that it holds none.
    pub(in crate::provider::json) fn record_site_key(
        &mut self,
        id: &ResourceId,
        key: Option<&Key>,
    ) -> Result<(), ModelError> {
        match key {
            None => self.forget_keys(id.lower_case()),
            Some(key) if self.recorded(id.lower_case())?.primary.as_ref() == Some(key) => {}
            Some(key) => {
                let primary_key = Some(key.expose().to_owned());
                self.record(id, &Entry { primary_key, ..Entry::default() });
            }
        }
        Ok(())
    }

    fn record(&mut self, id: &ResourceId, entry: &Entry) {
        let text = serde_json::to_string(entry).expect("texts can be written");
        self.changed = true;
        let secret = Secret { id: Text::Changed(id.as_str().into()), text: Text::Changed(text.into()) };
        self.document.secrets.insert(id.lower_case(), secret);
    }

    pub(super) fn forget_keys(&mut self, key: &str) {
        self.changed |= self.document.secrets.remove(key);
    }
}
