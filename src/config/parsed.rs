//! The configuration file that was parsed last.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use super::{ConfigError, document::ConfigDocument};

/// Keeps the last configuration file that was parsed, so that the same text is not parsed again. Clones share it.
#[derive(Clone, Default)]
pub struct ParsedConfig(Arc<Mutex<Option<Parsed>>>);

struct Parsed {
    /// The name of the file in messages, which is in the source of each setting too.
    shown: PathBuf,
    bytes: Vec<u8>,
    document: Arc<ConfigDocument>,
}

impl fmt::Debug for ParsedConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParsedConfig").finish_non_exhaustive()
    }
}

impl ParsedConfig {
    /// Returns the content of a file, given its bytes and its name in messages.
    pub(super) fn of(&self, shown: &Path, bytes: Vec<u8>) -> Result<Arc<ConfigDocument>, ConfigError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = kept.as_ref().filter(|last| last.shown == shown && last.bytes == bytes) {
            return Ok(Arc::clone(&last.document));
        }
        let document = Arc::new(ConfigDocument::parse(shown, &bytes)?);
        *kept = Some(Parsed { shown: shown.to_owned(), bytes, document: Arc::clone(&document) });
        Ok(document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(name: &str) -> Vec<u8> {
        format!("[env.{name}]\nstatic-web-app = 'shop'\n").into_bytes()
    }

    #[test]
    fn the_same_text_is_parsed_once_and_another_text_or_name_again() {
        let kept = ParsedConfig::default();
        let of = |shown: &str, name: &str| kept.clone().of(Path::new(shown), env(name)).unwrap();
        let first = of("a.toml", "prod");
        assert!(Arc::ptr_eq(&first, &of("a.toml", "prod")));
        assert_eq!(of("a.toml", "test").envs[0].name, "test");
        let named = of("b.toml", "test");
        assert!(
            matches!(&named.envs[0].at, crate::config::Source::File { path, .. } if path.ends_with("b.toml"))
        );
    }

    #[test]
    fn a_file_that_cannot_be_parsed_is_not_kept() {
        let kept = ParsedConfig::default();
        let path = Path::new("a.toml");
        assert!(kept.of(path, b"[env".to_vec()).is_err());
        assert!(kept.of(path, b"[env".to_vec()).is_err());
        assert!(kept.of(path, env("prod")).is_ok());
    }
}
