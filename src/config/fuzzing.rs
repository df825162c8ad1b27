//! Reads any bytes as a configuration.

use std::path::Path;

use super::{NewEnv, add_env, document::ConfigDocument};
use crate::diagnosis::Diagnose as _;

/// Reads bytes as `swa-apim.toml`, and adds an env to it.
///
/// # Panics
///
/// If the existing text is not kept.
pub fn configuration(bytes: &[u8]) {
    let path = Path::new("swa-apim.toml");
    if let Err(error) = ConfigDocument::parse(path, bytes) {
        return drop((error.to_string(), error.diagnosis()));
    }
    let text = str::from_utf8(bytes).expect("a configuration is text");
    let env = NewEnv {
        name: "added by init".to_owned(),
        static_web_app: "shop-web".to_owned(),
        apim: "shop-apim".to_owned(),
        ..NewEnv::default()
    };
    if let Ok(whole) = add_env(path, Some(text), &env) {
        assert!(whole.starts_with(text), "the file stays as it is, and the env follows");
    }
}
