//! Adds an env to a configuration file: as a table after the existing text, or inside the inline table that has the envs.

use std::path::{Path, PathBuf};

use toml_edit::{Array, DocumentMut, InlineTable, Item, Key, Table, Value};

use super::{
    Cloud, ConfigError, MODEL_NAME, ProviderKind, Provisioning, document::ConfigDocument, inline,
    lines::with_line_ends_of, quoted,
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
    pub azure_subscription: Option<String>,
    /// The environment of the site, if not production.
    pub site_environment: Option<String>,
    /// The APIs to keep in the link's product.
    pub apis: Vec<String>,
    /// The control plane, if not the default.
    pub provider: Option<ProviderKind>,
    /// Who creates the parts of a link, if not the default.
    pub provisioning: Option<Provisioning>,
    /// The file of the model, as the configuration file names it. All envs of a file share it.
    pub model: Option<PathBuf>,
    /// The address of Azure Resource Manager, if not that of a cloud. All envs of a file share it.
    pub endpoint: Option<String>,
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
        let text = |value: &Option<String>| value.as_deref().map(quoted::value);
        let apis: Array = self.apis.iter().map(|api| quoted::value(api)).collect();
        let values = [
            ("static-web-app", Some(quoted::value(&self.static_web_app))),
            ("apim", Some(quoted::value(&self.apim))),
            ("resource-group", text(&self.resource_group)),
            ("subscription", text(&self.azure_subscription)),
            ("site-environment", text(&self.site_environment)),
            ("apis", (!apis.is_empty()).then(|| Value::from(apis))),
            ("provider", self.provider.map(|provider| Value::from(provider.as_str()))),
            ("provisioning", self.provisioning.map(|it| Value::from(it.as_str()))),
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
    envs.insert_formatted(&quoted::key(&env.name), Item::Table(table));
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
    let before = ConfigDocument::parse(path, existing.as_bytes())?;
    let place = || (PathBuf::from(path), env.name.clone());
    if before.envs.iter().any(|known| known.name == env.name) {
        let (path, name) = place();
        return Err(ConfigError::EnvExists { path, name });
    }
    let has_one_more = |text: &String| {
        ConfigDocument::parse(path, text.as_bytes())
            .is_ok_and(|after| after.envs.len() == before.envs.len() + 1)
    };
    let not_addable = || {
        let (path, name) = place();
        ConfigError::NotAddable { path, name }
    };
    let appended = Some(appended(existing, &render_env(env))).filter(has_one_more);
    let text = appended.or_else(|| inserted(existing, env).filter(has_one_more)).ok_or_else(not_addable)?;
    shared_settings(path, &before, env)?.into_iter().try_fold(text, |text, [table, key, value]| {
        with_setting(&text, table, key, value).filter(has_one_more).ok_or_else(not_addable)
    })
}

/// Returns the settings of control planes that the file lacks for the env, each as table, key and value.
fn shared_settings<'e>(
    path: &Path,
    before: &ConfigDocument,
    env: &'e NewEnv,
) -> Result<Vec<[&'e str; 3]>, ConfigError> {
    let providers = &before.providers;
    let is_used = |kind| before.envs.iter().any(|it| it.provider_kind() == kind);
    let default_model = is_used(ProviderKind::Json).then(|| MODEL_NAME.to_owned());
    let model = providers.model.as_ref().map(|it| it.value.display().to_string()).or(default_model);
    let cloud = providers.cloud.as_ref().map_or(Cloud::AzureCloud, |it| it.value);
    let of_cloud = is_used(ProviderKind::Arm).then(|| format!("the address of {cloud}"));
    let endpoint = providers.endpoint.as_ref().map(|it| it.value.clone()).or(of_cloud);
    let wanted_model = env.model.as_deref().and_then(Path::to_str);
    let wanted_model = wanted_model.filter(|wanted| model.is_some() || *wanted != MODEL_NAME);
    let settings =
        [("json", "model", wanted_model, model), ("arm", "endpoint", env.endpoint.as_deref(), endpoint)];
    let mut missing = Vec::new();
    for (table, key, wanted, known) in settings {
        match (wanted, known) {
            (Some(wanted), None) => missing.push([table, key, wanted]),
            (Some(wanted), Some(known)) if known != wanted => {
                let (path, given) = (path.to_owned(), wanted.to_owned());
                return Err(ConfigError::OtherPlane { path, key, known, given });
            }
            (Some(_) | None, _) => {}
        }
    }
    Ok(missing)
}

/// Sets a key of a table `[provider.TABLE]`, which is created if it is missing.
fn with_setting(existing: &str, table: &str, key: &str, value: &str) -> Option<String> {
    let text = text_without_mark(existing);
    let mark = &existing[..existing.len() - text.len()];
    let mut document: DocumentMut = text.parse().ok()?;
    let value = quoted::value(value);
    let providers = document.entry("provider").or_insert_with(|| {
        let mut providers = Table::new();
        providers.set_implicit(true);
        Item::Table(providers)
    });
    if let Some(providers) = providers.as_inline_table_mut() {
        match providers.get_mut(table) {
            Some(plane) => inline::push(plane.as_inline_table_mut()?, Key::new(key), value),
            None => inline::push(providers, Key::new(table), InlineTable::from_iter([(key, value)]).into()),
        }
    } else {
        let plane = providers.as_table_like_mut()?.entry(table).or_insert_with(|| Item::Table(Table::new()));
        match plane.as_inline_table_mut() {
            Some(plane) => inline::push(plane, Key::new(key), value),
            None => drop(plane.as_table_like_mut()?.insert(key, Item::Value(value))),
        }
    }
    Some(format!("{mark}{}", with_line_ends_of(text, &document.to_string())))
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
    inline::push(envs, quoted::key(&env.name), InlineTable::from_iter(env.values()).into());
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
        assert_eq!(error.diagnosis().hint, Some("choose another name, or edit the file".into()));
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
    fn a_model_and_an_address_are_kept_for_all_envs_of_the_file() {
        let model = NewEnv { model: Some("m.json".into()), ..env("prod") };
        let alone = add("", &model).unwrap();
        assert!(alone.ends_with("\n\n[provider.json]\nmodel = \"m.json\"\n"), "{alone}");
        let beside = add("[provider.arm]\ncloud = 'AzureChinaCloud'\n", &model).unwrap();
        assert!(beside.starts_with("[provider.arm]\ncloud = 'AzureChinaCloud'\n"), "{beside}");
        assert!(beside.contains("[provider.json]\nmodel = \"m.json\"\n"), "{beside}");
        assert_eq!(add("[provider.json]\nmodel = 'm.json'\n", &model).unwrap().matches("m.json").count(), 1);
        let default = NewEnv { model: Some(MODEL_NAME.into()), ..env("prod") };
        assert_eq!(add("", &default).unwrap(), render_env(&default));
        let remote = NewEnv { endpoint: Some("http://127.0.0.1:1".to_owned()), ..env("prod") };
        let inline = add("provider = { json = { model = 'm' } }\n", &remote).unwrap();
        assert!(
            inline.contains("{ model = 'm' }, arm = { endpoint = \"http://127.0.0.1:1\" } }"),
            "{inline}"
        );
        let inline = add("provider = { arm = { cloud = 'AzureCloud' } }\n", &remote).unwrap();
        assert!(inline.contains("cloud = 'AzureCloud', endpoint = \"http://127.0.0.1:1\""), "{inline}");
    }

    #[test]
    fn a_model_or_an_address_of_other_envs_is_not_changed() {
        let model = NewEnv { model: Some("m.json".into()), ..env("prod") };
        let remote = NewEnv { endpoint: Some("http://127.0.0.1:1".to_owned()), ..env("prod") };
        for (existing, new, known) in [
            ("[provider.json]\nmodel = 'other.json'\n", &model, "other.json"),
            ("[env.b]\napim = 'x'\n", &model, MODEL_NAME),
            ("[provider.arm]\nendpoint = 'http://127.0.0.1:2'\n", &remote, "http://127.0.0.1:2"),
            ("[env.b]\nprovider = 'arm'\n", &remote, "the address of AzureCloud"),
        ] {
            let error = add(existing, new).unwrap_err();
            assert!(error.to_string().contains(known), "{error}");
            let hint = "write the env to a file of its own, which `--config FILE` names";
            assert_eq!(error.diagnosis().hint, Some(hint.into()));
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
            let read = ConfigDocument::parse(Path::new("x"), whole.as_bytes()).unwrap();
            prop_assert_eq!(&read.envs[0].name, &name);
            prop_assert_eq!(&read.envs[0].static_web_app.as_ref().unwrap().value, &site);
            prop_assert_eq!(&read.envs[0].apis, &vec![api]);
            let whole = add("env = { }", &new).unwrap();
            let inline = ConfigDocument::parse(Path::new("x"), whole.as_bytes()).unwrap();
            prop_assert_eq!(&inline.envs[0].name, &name);
            prop_assert_eq!(&inline.envs[0].static_web_app.as_ref().unwrap().value, &site);
            prop_assert_eq!(&inline.envs[0].apis, &read.envs[0].apis);
        }
    }
}
