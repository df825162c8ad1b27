//! Subscription keys. They are never printed; a [`Fingerprint`] is printed instead.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::hex::hex;

/// A key of an API Management subscription, 1 to 256 characters long; its `Debug` hides it.
#[derive(Clone)]
pub struct Key(SecretString);

/// A text that API Management does not accept as a key. The message does not contain the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a subscription key must have 1 to 256 characters, but this one has {0}")]
pub struct InvalidKey(usize);

impl Key {
    /// Checks a key by the rules of API Management.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] if it is empty or longer than 256 characters.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidKey> {
        let text = text.into();
        match text.chars().count() {
            1..=256 => Ok(Self(text.into())),
            length => Err(InvalidKey(length)),
        }
    }

    /// Generates a key in the format of API Management: a GUID without dashes.
    #[must_use]
    pub fn from_uuid(uuid: uuid::Uuid) -> Self {
        Self(uuid.simple().to_string().into())
    }

    /// Returns the key in plain text, for requests and storage.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Returns the fingerprint of the key.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.expose())
    }
}

/// When each of a subscription's keys was created; `None` if that is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyTimes {
    /// The primary key.
    pub primary: Option<jiff::Timestamp>,
    /// The secondary key.
    pub secondary: Option<jiff::Timestamp>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.fingerprint())
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Key {}

/// The first 12 hexadecimal digits of the SHA-256 of a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Returns the fingerprint of a secret, such as a token.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        let digest = Sha256::digest(secret.as_bytes());
        Self(hex(&digest[..6]))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The two keys of a subscription; both grant the same access.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyPair {
    /// The key that a site stores when it is linked.
    pub primary: Key,
    /// The key that can be replaced while the primary key is in use.
    pub secondary: Key,
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPair({}, {})", self.primary.fingerprint(), self.secondary.fingerprint())
    }
}

/// One of the two keys of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySlot {
    /// `primaryKey`.
    Primary,
    /// `secondaryKey`.
    Secondary,
}

impl KeyPair {
    /// Returns the slot that contains the key with this fingerprint, if there is one.
    #[must_use]
    pub fn slot_of(&self, fingerprint: &Fingerprint) -> Option<KeySlot> {
        if self.primary.fingerprint() == *fingerprint {
            return Some(KeySlot::Primary);
        }
        (self.secondary.fingerprint() == *fingerprint).then_some(KeySlot::Secondary)
    }
}

/// The information from a control plane about the key that a site sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SiteKey {
    /// The site has the key with this fingerprint.
    Held(Fingerprint),
    /// The site has no key.
    Absent,
    /// The control plane does not expose the key, as is the case in Azure.
    Hidden,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_that_is_debugged_shows_no_key() {
        let key = |digit: &str| Key::new(digit.repeat(32)).unwrap();
        let pair = KeyPair { primary: key("a"), secondary: key("b") };
        for shown in [format!("{pair:?}"), format!("{pair:#?}"), format!("{:?}", Some(&pair))] {
            assert!(!shown.contains(&"a".repeat(8)) && !shown.contains(&"b".repeat(8)), "{shown}");
        }
    }

    #[test]
    fn debug_shows_the_fingerprint_and_never_the_key() {
        let key = Key::new("abc").unwrap();
        assert_eq!(format!("{key:?}"), "Key(ba7816bf8f01)", "the well-known SHA-256 of abc");
    }

    #[test]
    fn keys_have_the_length_that_api_management_takes() {
        assert!(Key::new("").is_err());
        assert!(Key::new("k".repeat(256)).is_ok());
        let error = Key::new("k".repeat(257)).unwrap_err();
        assert!(!error.to_string().contains("kkk"));
    }

    #[test]
    fn a_generated_key_is_32_lower_case_hex_digits() {
        let key = Key::from_uuid(uuid::Uuid::from_u128(0xABC));
        assert_eq!(key.expose(), "00000000000000000000000000000abc");
    }
}
