//! Parses `swa-apim.toml`, and keeps the location of every value.

#![warn(clippy::arithmetic_side_effects)]

use std::{
    ops::Range,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Cloud, ConfigError, ConfigFault, ProviderKind, Provisioning, Source, Sourced, UnknownWord, age::age,
    fault::Problem, place::Lines,
};
use crate::model::text_without_mark;

const TOP_KEYS: &[&str] = &["env", "provider"];
const PROVIDERS: &[&str] = &["json", "arm"];
const JSON_KEYS: &[&str] = &["model"];
const ARM_KEYS: &[&str] = &["cloud", "endpoint", "provisioning"];
const ENV_KEYS: &[&str] = &[
    "static-web-app",
    "apim",
    "resource-group",
    "subscription",
    "site-environment",
    "apis",
    "max-key-age",
    "provider",
    "provisioning",
];

/// The content of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ConfigDocument {
    /// The envs, in the order of the file.
    pub(super) envs: Vec<EnvLayer>,
    pub(super) providers: ProviderLayer,
}

/// The settings of an env in a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EnvLayer {
    pub(super) name: String,
    /// Where the env begins.
    pub(super) at: Source,
    pub(super) static_web_app: Option<Sourced<String>>,
    pub(super) apim: Option<Sourced<String>>,
    pub(super) resource_group: Option<Sourced<String>>,
    pub(super) azure_subscription: Option<Sourced<String>>,
    pub(super) site_environment: Option<Sourced<String>>,
    pub(super) apis: Vec<String>,
    pub(super) max_key_age: Option<Duration>,
    pub(super) provider: Option<Sourced<ProviderKind>>,
    pub(super) provisioning: Option<Sourced<Provisioning>>,
}

/// The settings of the control planes in a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ProviderLayer {
    pub(super) model: Option<Sourced<PathBuf>>,
    pub(super) cloud: Option<Sourced<Cloud>>,
    pub(super) endpoint: Option<Sourced<String>>,
    pub(super) provisioning: Option<Sourced<Provisioning>>,
}

impl EnvLayer {
    pub(super) fn new(name: &str, at: Source) -> Self {
        Self {
            name: name.to_owned(),
            at,
            static_web_app: None,
            apim: None,
            resource_group: None,
            azure_subscription: None,
            site_environment: None,
            apis: Vec::new(),
            max_key_age: None,
            provider: None,
            provisioning: None,
        }
    }

    /// The control plane of the env, if no flag selects another one.
    pub(super) fn provider_kind(&self) -> ProviderKind {
        self.provider.as_ref().map_or(ProviderKind::Json, |provider| provider.value)
    }
}

impl ConfigDocument {
    /// Parses the bytes of a file; `path` is the name of the file in messages.
    pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, ConfigError> {
        let text = match str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => return Err(not_text(path, bytes, error.valid_up_to())),
        };
        Reader::new(path, text_without_mark(text)).document()
    }
}

fn not_text(path: &Path, bytes: &[u8], valid: usize) -> ConfigError {
    let text = String::from_utf8_lossy(bytes);
    ConfigFault::new(path, &Lines::of(&text), &(valid..valid.saturating_add(1)), Problem::NotText).into()
}

/// A key and its value.
struct Entry<'t> {
    key: &'t str,
    span: Range<usize>,
    value: &'t Spanned<DeValue<'t>>,
}

/// A table's entries in the order of the file, so that the first mistake is reported first.
fn entries<'t>(table: &'t DeTable<'t>) -> Vec<Entry<'t>> {
    let mut entries: Vec<Entry<'t>> =
        table.iter().map(|(key, value)| Entry { key: key.get_ref(), span: key.span(), value }).collect();
    entries.sort_by_key(|entry| entry.span.start);
    entries
}

struct Reader<'t> {
    path: Arc<Path>,
    text: &'t str,
    lines: Lines<'t>,
}

impl<'t> Reader<'t> {
    fn new(path: &Path, text: &'t str) -> Self {
        Self { path: path.into(), text, lines: Lines::of(text) }
    }

    fn document(&self) -> Result<ConfigDocument, ConfigError> {
        let root = DeTable::parse(self.text).map_err(|error| self.syntax(&error))?;
        let mut document = ConfigDocument::default();
        for entry in entries(root.get_ref()) {
            match entry.key {
                "env" => document.envs = self.envs(&entry)?,
                "provider" => document.providers = self.providers(&entry)?,
                _ => return Err(self.unknown(&entry, None, TOP_KEYS)),
            }
        }
        Ok(document)
    }

    fn envs(&self, entry: &Entry<'_>) -> Result<Vec<EnvLayer>, ConfigError> {
        entries(self.table(entry)?).iter().map(|named| self.env(named)).collect()
    }

    fn env(&self, named: &Entry<'_>) -> Result<EnvLayer, ConfigError> {
        if named.key.trim().is_empty() {
            return Err(self.fault(&named.span, Problem::Nameless));
        }
        let mut env = EnvLayer::new(named.key, self.source(&named.span));
        for entry in entries(self.table(named)?) {
            match entry.key {
                "static-web-app" => env.static_web_app = Some(self.text(&entry, "static-web-app")?),
                "apim" => env.apim = Some(self.text(&entry, "apim")?),
                "resource-group" => env.resource_group = Some(self.text(&entry, "resource-group")?),
                "subscription" => env.azure_subscription = Some(self.text(&entry, "subscription")?),
                "site-environment" => env.site_environment = Some(self.text(&entry, "site-environment")?),
                "apis" => env.apis = self.apis(&entry)?,
                "provider" => env.provider = Some(self.word(&entry, "provider")?),
                "max-key-age" => env.max_key_age = Some(self.age(&entry)?),
                "provisioning" => env.provisioning = Some(self.word(&entry, "provisioning")?),
                _ => {
                    let table = format!("env.{}", toml_edit::Key::new(named.key));
                    return Err(self.unknown(&entry, Some(table), ENV_KEYS));
                }
            }
        }
        Ok(env)
    }

    fn providers(&self, entry: &Entry<'_>) -> Result<ProviderLayer, ConfigError> {
        let mut layer = ProviderLayer::default();
        for kind in entries(self.table(entry)?) {
            match kind.key {
                "json" => self.json(&kind, &mut layer)?,
                "arm" => self.arm(&kind, &mut layer)?,
                _ => return Err(self.unknown(&kind, Some("provider".to_owned()), PROVIDERS)),
            }
        }
        Ok(layer)
    }

    fn json(&self, kind: &Entry<'_>, layer: &mut ProviderLayer) -> Result<(), ConfigError> {
        for entry in entries(self.table(kind)?) {
            match entry.key {
                "model" => layer.model = Some(self.text(&entry, "model")?.map(PathBuf::from)),
                _ => return Err(self.unknown(&entry, Some("provider.json".to_owned()), JSON_KEYS)),
            }
        }
        Ok(())
    }

    fn arm(&self, kind: &Entry<'_>, layer: &mut ProviderLayer) -> Result<(), ConfigError> {
        for entry in entries(self.table(kind)?) {
            match entry.key {
                "cloud" => layer.cloud = Some(self.word(&entry, "cloud")?),
                "endpoint" => layer.endpoint = Some(self.text(&entry, "endpoint")?),
                "provisioning" => layer.provisioning = Some(self.word(&entry, "provisioning")?),
                _ => return Err(self.unknown(&entry, Some("provider.arm".to_owned()), ARM_KEYS)),
            }
        }
        Ok(())
    }

    fn text(&self, entry: &Entry<'_>, key: &'static str) -> Result<Sourced<String>, ConfigError> {
        let text = entry.value.get_ref().as_str();
        let text = text.ok_or_else(|| self.wrong_type(entry, entry.value, "a string"))?;
        self.filled(text, &entry.value.span(), Problem::Empty { key })?;
        Ok(Sourced::new(text.to_owned(), self.source(&entry.span)))
    }

    fn word<T>(&self, entry: &Entry<'_>, key: &'static str) -> Result<Sourced<T>, ConfigError>
    where
        T: FromStr<Err = UnknownWord>,
    {
        let text = self.text(entry, key)?;
        let unknown = |word| self.fault(&entry.value.span(), Problem::Word(word));
        Ok(Sourced::new(text.value.parse().map_err(unknown)?, text.source))
    }

    fn age(&self, entry: &Entry<'_>) -> Result<Duration, ConfigError> {
        let read = entry.value.get_ref().as_str().and_then(age);
        read.ok_or_else(|| self.wrong_type(entry, entry.value, "a time such as \"90d\""))
    }

    /// The names in the order of the file, without duplicates.
    fn apis(&self, entry: &Entry<'_>) -> Result<Vec<String>, ConfigError> {
        const EXPECTED: &str = "an array of strings";
        let array = entry.value.get_ref().as_array();
        let mut names: Vec<String> = Vec::new();
        for value in array.ok_or_else(|| self.wrong_type(entry, entry.value, EXPECTED))? {
            let name = value.get_ref().as_str().ok_or_else(|| self.wrong_type(entry, value, EXPECTED))?;
            self.filled(name, &value.span(), Problem::EmptyElement { key: "apis" })?;
            if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }

    fn filled(&self, text: &str, span: &Range<usize>, otherwise: Problem) -> Result<(), ConfigError> {
        if text.trim().is_empty() { Err(self.fault(span, otherwise)) } else { Ok(()) }
    }

    fn table<'e>(&self, entry: &Entry<'e>) -> Result<&'e DeTable<'e>, ConfigError> {
        let table = entry.value.get_ref().as_table();
        table.ok_or_else(|| self.wrong_type(entry, entry.value, "a table"))
    }

    fn source(&self, span: &Range<usize>) -> Source {
        Source::File { path: Arc::clone(&self.path), line: self.lines.line(span.start) }
    }

    fn syntax(&self, error: &toml::de::Error) -> ConfigError {
        let end = self.text.len();
        self.fault(&error.span().unwrap_or(end..end), Problem::Syntax(error.message().to_owned()))
    }

    fn unknown(
        &self,
        entry: &Entry<'_>,
        table: Option<String>,
        known: &'static [&'static str],
    ) -> ConfigError {
        self.fault(&entry.span, Problem::UnknownKey { key: entry.key.to_owned(), table, known })
    }

    fn wrong_type(
        &self,
        entry: &Entry<'_>,
        value: &Spanned<DeValue<'_>>,
        expected: &'static str,
    ) -> ConfigError {
        let actual = type_name(value.get_ref());
        self.fault(&value.span(), Problem::WrongType { key: entry.key.to_owned(), expected, actual })
    }

    fn fault(&self, span: &Range<usize>, problem: Problem) -> ConfigError {
        ConfigFault::new(&self.path, &self.lines, span, problem).into()
    }
}

fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests;
