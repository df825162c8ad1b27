//! The configuration file that was parsed last.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use super::{ConfigError, EnvSettings, document::ConfigDocument};

/// Keeps the last configuration file that was parsed, so that the same text is not parsed again. Clones share it.
#[derive(Clone, Default)]
pub struct ParsedConfig(Arc<Mutex<Option<Kept>>>);

struct Kept {
    path: PathBuf,
    /// The name of the file in messages, which is in the source of each setting too.
    shown: PathBuf,
    bytes: Vec<u8>,
    parsed: Arc<ParsedFile>,
}

/// The content of a file.
#[derive(Debug)]
pub(super) struct ParsedFile {
    pub(super) document: ConfigDocument,
    /// Its complete envs, without overrides.
    pub(super) written: OnceLock<Vec<EnvSettings>>,
}

impl ParsedFile {
    pub(super) fn of(document: ConfigDocument) -> Self {
        Self { document, written: OnceLock::new() }
    }
}

impl fmt::Debug for ParsedConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParsedConfig").finish_non_exhaustive()
    }
}

impl ParsedConfig {
    /// Returns the content of a file, given its path, its name in messages and its bytes.
    pub(super) fn of(
        &self,
        path: &Path,
        shown: &Path,
        bytes: Vec<u8>,
    ) -> Result<Arc<ParsedFile>, ConfigError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = |last: &&Kept| last.path == path && last.shown == shown && last.bytes == bytes;
        if let Some(last) = kept.as_ref().filter(is_same) {
            return Ok(Arc::clone(&last.parsed));
        }
        let parsed = Arc::new(ParsedFile::of(ConfigDocument::parse(shown, &bytes)?));
        let (path, shown) = (path.to_owned(), shown.to_owned());
        *kept = Some(Kept { path, shown, bytes, parsed: Arc::clone(&parsed) });
        Ok(parsed)
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
        let of =
            |shown: &str, name: &str| kept.clone().of(Path::new("x"), Path::new(shown), env(name)).unwrap();
        let first = of("a.toml", "prod");
        assert!(Arc::ptr_eq(&first, &of("a.toml", "prod")));
        assert_eq!(of("a.toml", "test").document.envs[0].name, "test");
        let named = of("b.toml", "test");
        assert!(
            matches!(&named.document.envs[0].at, crate::config::Source::File { path, .. } if path.ends_with("b.toml"))
        );
    }

    #[test]
    fn a_file_that_cannot_be_parsed_is_not_kept() {
        let kept = ParsedConfig::default();
        let path = Path::new("a.toml");
        assert!(kept.of(path, path, b"[env".to_vec()).is_err());
        assert!(kept.of(path, path, b"[env".to_vec()).is_err());
        assert!(kept.of(path, path, env("prod")).is_ok());
    }
}
