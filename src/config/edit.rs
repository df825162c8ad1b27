//! Adds an env to a configuration file: as a table after the existing text, or inside the inline table that has the envs.

use std::path::{Path, PathBuf};

use toml_edit::{Array, DocumentMut, InlineTable, Item, Key, Table, Value};

use super::{ConfigError, ProviderKind, document::Document, inline, lines::with_line_ends_of};
use crate::model::text_without_mark;

/// A new env for the configuration file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewEnv {
    /// Its name.
    pub name: String,
    /// The static web app, by name or id.
    pub static_web_app: String,
    /// The API Management service, by name or id.
    pub apim: String,
    /// The resource group of the resources that are specified by name.
    pub resource_group: Option<String>,
    /// The Azure subscription of the resources that are specified by name.
    pub subscription: Option<String>,
    /// The environment of the site, if not production.
    pub site_environment: Option<String>,
    /// The APIs to keep in the link's product.
    pub apis: Vec<String>,
    /// The control plane, if not the default.
    pub provider: Option<ProviderKind>,
}

impl NewEnv {
    fn check(&self) -> Result<(), ConfigError> {
        let needed = [
            (&self.name, "a name"),
            (&self.static_web_app, "a static web app"),
            (&self.apim, "an API Management service"),
        ];
        match needed.iter().find(|(value, _)| value.trim().is_empty()) {
            Some((_, what)) => Err(ConfigError::Incomplete(what)),
            None => Ok(()),
        }
    }

    /// The settings that have a value, in the order in which they are written.
    fn values(&self) -> Vec<(&'static str, Value)> {
        let text = |value: &Option<String>| value.as_deref().map(Value::from);
        let apis = (!self.apis.is_empty()).then(|| Value::from(Array::from_iter(&self.apis)));
        let values = [
            ("static-web-app", Some(Value::from(&self.static_web_app))),
            ("apim", Some(Value::from(&self.apim))),
            ("resource-group", text(&self.resource_group)),
            ("subscription", text(&self.subscription)),
            ("site-environment", text(&self.site_environment)),
            ("apis", apis),
            ("provider", self.provider.map(|provider| Value::from(provider.as_str()))),
        ];
        values.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }
}

/// The env as a table of the configuration file.
#[must_use]
pub fn render_env(env: &NewEnv) -> String {
    let values = env.values();
    let width = values.iter().map(|(key, _)| key.len()).max().unwrap_or_default();
    let mut table = Table::new();
    for (name, value) in values {
        let mut key = Key::new(name);
        key.leaf_decor_mut().set_suffix(" ".repeat(width - name.len() + 1));
        table.insert_formatted(&key, Item::Value(value));
    }
    let mut envs = Table::new();
    envs.set_implicit(true);
    envs.insert(&env.name, Item::Table(table));
    let mut document = DocumentMut::new();
    document.insert("env", Item::Table(envs));
    document.to_string()
}

/// Returns the text of the file at `path` with the env. Lines that need no change are kept byte for byte.
///
/// # Errors
///
/// [`ConfigError`] if the file cannot be used as it is, already has an env with this name, or the env has no name, site
/// or service.
pub fn add_env(path: &Path, existing: Option<&str>, env: &NewEnv) -> Result<String, ConfigError> {
    env.check()?;
    let existing = existing.unwrap_or_default();
    let before = Document::parse(path, existing.as_bytes())?;
    let place = || (PathBuf::from(path), env.name.clone());
    if before.envs.iter().any(|known| known.name == env.name) {
        let (path, name) = place();
        return Err(ConfigError::EnvExists { path, name });
    }
    let has_one_more = |text: &String| {
        Document::parse(path, text.as_bytes()).is_ok_and(|after| after.envs.len() == before.envs.len() + 1)
    };
    let appended = Some(appended(existing, &render_env(env))).filter(has_one_more);
    appended.or_else(|| inserted(existing, env).filter(has_one_more)).ok_or_else(|| {
        let (path, name) = place();
        ConfigError::NotAddable { path, name }
    })
}

/// Appends a table with the line ends of the text, after one empty line.
fn appended(existing: &str, table: &str) -> String {
    let end = if existing.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = match text_without_mark(existing) {
        "" => String::new(),
        text if text.ends_with('\n') => end.to_owned(),
        _ => end.repeat(2),
    };
    format!("{existing}{gap}{}", table.replace('\n', end))
}

/// Inserts the env into the inline table `env = { .. }`, if the text has one.
fn inserted(existing: &str, env: &NewEnv) -> Option<String> {
    let text = text_without_mark(existing);
    let mark = &existing[..existing.len() - text.len()];
    let mut document: DocumentMut = text.parse().ok()?;
    let envs = document.get_mut("env")?.as_inline_table_mut()?;
    inline::push(envs, &env.name, InlineTable::from_iter(env.values()));
    Some(format!("{mark}{}", with_line_ends_of(text, &document.to_string())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::diagnosis::Diagnose;

    fn env(name: &str) -> NewEnv {
        NewEnv {
            name: name.to_owned(),
            static_web_app: "shop-web".to_owned(),
            apim: "shop-apim".to_owned(),
            ..NewEnv::default()
        }
    }

    fn add(existing: &str, new: &NewEnv) -> Result<String, ConfigError> {
        add_env(Path::new("swa-apim.toml"), Some(existing), new)
    }

    #[test]
    fn an_env_is_written_as_a_person_would_write_it() {
        let full = NewEnv {
            resource_group: Some("rg-shop".to_owned()),
            apis: vec!["orders".to_owned(), "catalog".to_owned()],
            provider: Some(ProviderKind::Arm),
            ..env("prod")
        };
        let expected = r#"[env.prod]
static-web-app = "shop-web"
apim           = "shop-apim"
resource-group = "rg-shop"
apis           = ["orders", "catalog"]
provider       = "arm"
"#;
        assert_eq!(render_env(&full), expected);
        assert_eq!(add_env(Path::new("x"), None, &full).unwrap(), expected);
    }

    #[test]
    fn the_content_of_the_file_is_kept() {
        for existing in [
            "# mine\n[env.b]\napim='x'\n",
            "[provider.json]\r\nmodel = 'm'\r\n",
            "# no end",
            "\u{feff}",
            "\n\n",
        ] {
            let whole = add(existing, &env("prod")).unwrap();
            let added = whole.strip_prefix(existing).unwrap();
            assert_eq!(added.contains("\r\n"), existing.contains("\r\n"), "{existing:?}");
            assert_eq!(added.replace("\r\n", "\n").trim_start(), render_env(&env("prod")));
        }
    }

    #[test]
    fn an_env_that_is_there_is_not_written_again() {
        let error = add("[env.prod]\n", &env("prod")).unwrap_err();
        assert_eq!(error.to_string(), "`swa-apim.toml` already contains an env `prod`");
        assert_eq!(error.diagnosis().hint.as_deref(), Some("choose another name, or edit the file"));
    }

    #[test]
    fn an_env_is_added_to_envs_in_an_inline_table() {
        let prod = r#"prod = { static-web-app = "shop-web", apim = "shop-apim" }"#;
        for (existing, expected) in [
            ("env = { b = { apim = 'x' } }\n", format!("env = {{ b = {{ apim = 'x' }}, {prod} }}\n")),
            ("env={b={apim='x'}}", format!("env={{b={{apim='x'}}, {prod}}}\n")),
            ("env = {}\n", format!("env = {{ {prod} }}\n")),
            ("env = { b.apim = 'x' }\n", format!("env = {{ b.apim = 'x', {prod} }}\n")),
            ("env = { b = {}, }\n", format!("env = {{ b = {{}}, {prod}, }}\n")),
            ("\u{feff}env = { }\r\n# end", format!("\u{feff}env = {{ {prod} }}\r\n# end")),
        ] {
            assert_eq!(add(existing, &env("prod")).unwrap(), expected);
        }
    }

    #[test]
    fn comments_and_order_of_a_file_with_an_inline_table_are_kept() {
        let existing = "# mine\r\nprovider.json.model = 'm' # here\r\n\r\nenv = {\r\n    # first\r\n    \
                        b = { apim = \"x\" }, # second\r\n} # end\r\n\n[provider.arm]\ncloud = 'AzureCloud'";
        let expected = "# mine\r\nprovider.json.model = 'm' # here\r\n\r\nenv = {\r\n    # first\r\n    \
                        b = { apim = \"x\" }, # second\r\n    \
                        prod = { static-web-app = \"shop-web\", apim = \"shop-apim\" },\r\n\
                        } # end\r\n\n[provider.arm]\ncloud = 'AzureCloud'";
        assert_eq!(add(existing, &env("prod")).unwrap(), expected);
        let without_comma = "env = {\n  b = {} # note\n}\n";
        let expected = "env = {\n  b = {}, # note\n  \
                        prod = { static-web-app = \"shop-web\", apim = \"shop-apim\" }\n}\n";
        assert_eq!(add(without_comma, &env("prod")).unwrap(), expected);
    }

    #[test]
    fn an_env_is_added_to_envs_written_with_dotted_keys() {
        for existing in ["env.b.apim = 'x'\n", "[env]\nb.apim = 'x'\n", "[env]\nb = { apim = 'x' }\n"] {
            let whole = add(existing, &env("prod")).unwrap();
            assert!(whole.starts_with(existing), "{whole}");
        }
    }

    #[test]
    fn nothing_is_added_to_a_file_that_is_broken() {
        assert!(matches!(add("[env", &env("prod")), Err(ConfigError::Invalid(_))));
    }

    #[test]
    fn an_env_needs_a_name_a_site_and_a_service() {
        let error = add("", &env(" ")).unwrap_err();
        assert_eq!(error.to_string(), "a name is required for a new env, but the value is empty");
        let error = add("", &NewEnv { apim: String::new(), ..env("prod") }).unwrap_err();
        assert_eq!(
            error.to_string(),
            "an API Management service is required for a new env, but the value is \
                                       empty"
        );
    }

    proptest! {
        #[test]
        fn every_written_env_is_read_back(name in "(?s).{1,20}", site in "(?s).{1,20}", api in "(?s).{1,9}") {
            prop_assume!(![&name, &site, &api].iter().any(|text| text.trim().is_empty()));
            let new = NewEnv { static_web_app: site.clone(), apis: vec![api.clone()], ..env(&name) };
            let whole = add("[env.'']\n", &new);
            prop_assert!(whole.is_err(), "an env without a name is not taken");
            let whole = add("[provider.json]\nmodel = 'm'", &new).unwrap();
            let read = Document::parse(Path::new("x"), whole.as_bytes()).unwrap();
            prop_assert_eq!(&read.envs[0].name, &name);
            prop_assert_eq!(&read.envs[0].static_web_app.as_ref().unwrap().value, &site);
            prop_assert_eq!(&read.envs[0].apis, &vec![api]);
            let whole = add("env = { }", &new).unwrap();
            let inline = Document::parse(Path::new("x"), whole.as_bytes()).unwrap();
            prop_assert_eq!(&inline.envs[0].name, &name);
            prop_assert_eq!(&inline.envs[0].static_web_app.as_ref().unwrap().value, &site);
            prop_assert_eq!(&inline.envs[0].apis, &read.envs[0].apis);
        }
    }
}
