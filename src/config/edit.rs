//! Adds an env to a configuration file: renders its table, and appends it to the existing text.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

use super::{
    ConfigError, ProviderKind,
    document::Document,
    spelling::{bare_or_quoted, quoted},
};
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

    fn values(&self) -> Vec<(&'static str, String)> {
        let apis = self.apis.iter().map(|api| quoted(api)).collect::<Vec<_>>().join(", ");
        let values = [
            ("static-web-app", Some(quoted(&self.static_web_app))),
            ("apim", Some(quoted(&self.apim))),
            ("resource-group", self.resource_group.as_deref().map(quoted)),
            ("subscription", self.subscription.as_deref().map(quoted)),
            ("site-environment", self.site_environment.as_deref().map(quoted)),
            ("apis", (!apis.is_empty()).then(|| format!("[{apis}]"))),
            ("provider", self.provider.map(|provider| quoted(provider.as_str()))),
        ];
        values.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }
}

/// The env as a table of the configuration file.
#[must_use]
pub fn render_env(env: &NewEnv) -> String {
    let values = env.values();
    let width = values.iter().map(|(key, _)| key.len()).max().unwrap_or_default();
    let mut text = format!("[env.{}]\n", bare_or_quoted(&env.name));
    for (key, value) in values {
        let _ = writeln!(text, "{key:width$} = {value}");
    }
    text
}

/// Returns the text of the file at `path` followed by the env's table. The existing text is kept byte for byte.
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
    let whole = appended(existing, &render_env(env));
    match Document::parse(path, whole.as_bytes()) {
        Ok(after) if after.envs.len() == before.envs.len() + 1 => Ok(whole),
        _ => {
            let (path, name) = place();
            Err(ConfigError::NotAppendable { path, name })
        }
    }
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
    fn what_was_in_the_file_stays_as_it_is() {
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
        assert_eq!(error.to_string(), "`swa-apim.toml` already has an env `prod`");
        assert_eq!(error.diagnosis().hint.as_deref(), Some("choose another name, or edit the file"));
    }

    #[test]
    fn a_file_with_inline_envs_says_why_it_stays_as_it_is() {
        let error = add("env = { b = { apim = 'x' } }\n", &env("prod")).unwrap_err();
        let expected =
            "env `prod` cannot be appended to `swa-apim.toml`, whose envs are not written as tables";
        assert_eq!(error.to_string(), expected);
        let hint = error.diagnosis().hint;
        assert_eq!(hint.as_deref(), Some("write each env as a table `[env.NAME]` first"));
    }

    #[test]
    fn nothing_is_added_to_a_file_that_is_broken() {
        assert!(matches!(add("[env", &env("prod")), Err(ConfigError::Invalid(_))));
    }

    #[test]
    fn an_env_needs_a_name_a_site_and_a_service() {
        let error = add("", &env(" ")).unwrap_err();
        assert_eq!(error.to_string(), "a new env needs a name, and it is empty");
        let error = add("", &NewEnv { apim: String::new(), ..env("prod") }).unwrap_err();
        assert_eq!(error.to_string(), "a new env needs an API Management service, and it is empty");
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back(name in "(?s).{1,20}", site in "(?s).{1,20}", api in "(?s).{1,9}") {
            prop_assume!(![&name, &site, &api].iter().any(|text| text.trim().is_empty()));
            let new = NewEnv { static_web_app: site.clone(), apis: vec![api.clone()], ..env(&name) };
            let whole = add("[env.'']\n", &new);
            prop_assert!(whole.is_err(), "an env without a name is not taken");
            let whole = add("[provider.json]\nmodel = 'm'", &new).unwrap();
            let read = Document::parse(Path::new("x"), whole.as_bytes()).unwrap();
            prop_assert_eq!(&read.envs[0].name, &name);
            prop_assert_eq!(&read.envs[0].static_web_app.as_ref().unwrap().value, &site);
            prop_assert_eq!(&read.envs[0].apis, &vec![api]);
        }
    }
}
