//! Names in the configuration file, written so that the file steers neither a terminal nor a pipeline that prints it.

use std::str::FromStr;

use toml_edit::{Key, Value};

use crate::model::is_hazard;

/// Returns a text as a value.
pub(super) fn value(text: &str) -> Value {
    escaped(text).unwrap_or_else(|| Value::from(text))
}

/// Returns a text as a key.
pub(super) fn key(text: &str) -> Key {
    escaped(text).unwrap_or_else(|| Key::new(text))
}

/// Returns a text with escapes in place of control and invisible characters, line ends and `##`, with which Azure
/// Pipelines begins a command; `None` if it has none of these. No line begins within it, as the commands of GitHub
/// Actions do.
fn escaped<T: FromStr>(text: &str) -> Option<T> {
    if !text.contains(is_hazard) && !text.contains("##") {
        return None;
    }
    let escape = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        c if is_hazard(c) => format!("\\U{:08x}", u32::from(c)),
        c => c.to_string(),
    };
    let escaped: String = text.chars().map(escape).collect();
    format!("\"{}\"", escaped.replace("##", "#\\u0023")).parse().ok()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::config::{NewEnv, add_env, document::ConfigDocument};

    /// An env with this text in every field, and in the settings that all envs share.
    fn hostile(text: &str) -> NewEnv {
        let own = || text.to_owned();
        NewEnv {
            name: own(),
            static_web_app: own(),
            apim: own(),
            resource_group: Some(own()),
            azure_subscription: Some(own()),
            site_environment: Some(own()),
            apis: vec![own()],
            model: Some(text.into()),
            endpoint: Some(own()),
            ..NewEnv::default()
        }
    }

    #[test]
    fn a_plain_name_is_written_as_a_person_writes_it() {
        assert_eq!(value("shop #1").to_string(), "\"shop #1\"");
        assert_eq!(key("prod").to_string(), "prod");
        assert_eq!(value("##[x]\u{1b}\n\"\\").to_string(), r##""#\u0023[x]\U0000001b\U0000000a\"\\""##);
        assert_eq!(key("a##b").to_string(), r#""a#\u0023b""#);
    }

    proptest! {
        #[test]
        fn no_name_steers_a_terminal_or_a_pipeline_that_prints_the_file(
            text in "(?s)([\u{1b}\u{9b}\u{202e}\u{200b}\u{e0001}\r\n\t'\"\\\\#:\\[\\]=.]|\n *::|##vso\\[|##\\[|.){1,30}"
        ) {
            prop_assume!(!text.trim().is_empty());
            for existing in ["", "env = { }\nprovider = { }\n", "[provider.json]\n[provider.arm]\n"] {
                let new = hostile(&text);
                let written = add_env(Path::new("x"), Some(existing), &new).unwrap();
                prop_assert!(written.chars().all(|c| c == '\n' || !is_hazard(c)), "{written:?}");
                prop_assert!(!written.contains("##"), "{written:?}");
                let is_command = |line: &str| line.trim_start().starts_with("::");
                prop_assert!(!written.lines().any(is_command), "{written:?}");
                let read = ConfigDocument::parse(Path::new("x"), written.as_bytes()).unwrap();
                let env = &read.envs[0];
                prop_assert_eq!(&env.name, &text);
                for field in [&env.static_web_app, &env.apim, &env.resource_group, &env.site_environment] {
                    prop_assert_eq!(field.as_ref().map(|it| it.value.as_str()), Some(text.as_str()));
                }
                prop_assert_eq!(&env.apis, &new.apis);
                let model = read.providers.model.map(|it| it.value);
                prop_assert_eq!(model, new.model);
            }
        }
    }
}
