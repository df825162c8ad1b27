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
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        cli::command_line,
        diagnosis::{Diagnose, ExitCode},
    };

    fn parse(text: &str) -> Result<ConfigDocument, ConfigError> {
        ConfigDocument::parse(Path::new("swa-apim.toml"), text.as_bytes())
    }

    /// The message below the name of the file, and the hint.
    fn refusal(text: &str) -> (String, String) {
        let error = parse(text).unwrap_err();
        let diagnosis = error.diagnosis();
        assert_eq!(diagnosis.exit, ExitCode::Usage);
        let message = error.to_string();
        (
            message.strip_prefix("swa-apim.toml, ").unwrap().to_owned(),
            diagnosis.hint.unwrap_or_default().text(command_line),
        )
    }

    fn did_you_mean(word: &str) -> String {
        format!("did you mean `{word}`?")
    }

    #[test]
    fn every_value_knows_its_line() {
        let text = "\u{feff}# mine\r\n[env.b]\r\napim = 'x'\r\n\r\n[env.a]\r\nprovider = 'arm'\r\n";
        let document = parse(text).unwrap();
        let names: Vec<&str> = document.envs.iter().map(|env| env.name.as_str()).collect();
        assert_eq!(names, ["b", "a"], "in the order of the file");
        let at = |line| Source::File { path: Path::new("swa-apim.toml").into(), line };
        assert_eq!((&document.envs[0].at, &document.envs[1].at), (&at(2), &at(5)));
        assert_eq!(document.envs[0].apim, Some(Sourced::new("x".to_owned(), at(3))));
        assert_eq!(document.envs[1].provider, Some(Sourced::new(ProviderKind::Arm, at(6))));
    }

    #[test]
    fn every_known_key_is_read() {
        let text = |key: &str| match key {
            "apis" => "apis = ['a', 'b', 'A']".to_owned(),
            "provider" => "provider = 'arm'".to_owned(),
            "provisioning" => "provisioning = 'engine'".to_owned(),
            "max-key-age" => "max-key-age = '90d'".to_owned(),
            "cloud" => "cloud = 'AzureChinaCloud'".to_owned(),
            _ => format!("{key} = 'x'"),
        };
        let empty = parse("[env.e]\n").unwrap();
        for key in ENV_KEYS {
            let document = parse(&format!("[env.e]\n{}", text(key))).unwrap();
            assert_ne!(document.envs[0], empty.envs[0], "{key}");
        }
        for (table, keys) in [("json", JSON_KEYS), ("arm", ARM_KEYS)] {
            for key in keys {
                let document = parse(&format!("[provider.{table}]\n{}", text(key))).unwrap();
                assert_ne!(document.providers, ProviderLayer::default(), "{key}");
            }
        }
        assert_eq!(parse(&format!("[env.e]\n{}", text("apis"))).unwrap().envs[0].apis, ["a", "b"]);
    }

    #[test]
    fn odd_names_are_quoted() {
        let name = |key: &str| toml_edit::Key::new(key).to_string();
        assert_eq!(name("a-b_1"), "a-b_1");
        assert_eq!(name("a.b"), "\"a.b\"");
        assert_eq!(name("ü\"\\\n\u{1b}\u{7f}"), r#""ü\"\\\n\u001B\u007F""#);
    }

    #[test]
    fn an_unknown_key_of_an_env_leads_to_the_known_one() {
        let (message, hint) = refusal("[env.prod]\napim = 'a'\nstatic-web-ap = 'shop'\n");
        let expected = "line 3, column 1: unknown key `static-web-ap` in `[env.prod]`\n  \
                        |\n3 | static-web-ap = 'shop'\n  | ^^^^^^^^^^^^^";
        assert_eq!(message, expected);
        assert_eq!(hint, did_you_mean("static-web-app"));
    }

    #[test]
    fn an_unknown_key_is_refused_at_every_level() {
        for (text, start, hint) in [
            ("[envs.prod]", "line 1, column 2: unknown key `envs`\n", did_you_mean("env")),
            ("envs.prod.apim = 'x'", "line 1, column 1: unknown key `envs`\n", did_you_mean("env")),
            (
                "[env.'a b']\nx = 1",
                "line 2, column 1: unknown key `x` in `[env.\"a b\"]`\n",
                format!("the known keys are: {}", ENV_KEYS.join(", ")),
            ),
            (
                "[provider.jsn]",
                "line 1, column 11: unknown key `jsn` in `[provider]`\n",
                did_you_mean("json"),
            ),
            (
                "[provider.json]\nmodle = 'x'",
                "line 2, column 1: unknown key `modle` in `[provider.json]`\n",
                did_you_mean("model"),
            ),
            (
                "provider = { arm = { cluod = 'x' } }",
                "line 1, column 22: unknown key `cluod` in `[provider.arm]`\n",
                did_you_mean("cloud"),
            ),
        ] {
            let (message, found) = refusal(text);
            assert!(message.starts_with(start), "{message}");
            assert_eq!(found, hint, "{text}");
        }
    }

    #[test]
    fn a_value_of_another_type_is_named_with_what_it_is() {
        for (text, expected) in [
            (
                "[env.prod]\napim = 7",
                "line 2, column 8: `apim` must be a string, but is an integer\n  |\n2 | apim = 7\n  |        \
                 ^",
            ),
            (
                "[env.prod]\napis = ['a', true]",
                "line 2, column 14: `apis` must be an array of strings, but is a boolean\n\
                 \x20 |\n2 | apis = ['a', true]\n  |              ^^^^",
            ),
            (
                "[env.prod]\napis = 'a'",
                "line 2, column 8: `apis` must be an array of strings, but is a string\n\
                 \x20 |\n2 | apis = 'a'\n  |        ^^^",
            ),
            (
                "env.prod = 1.5",
                "line 1, column 12: `prod` must be a table, but is a float\n\
                 \x20 |\n1 | env.prod = 1.5\n  |            ^^^",
            ),
            (
                "[[env]]",
                "line 1, column 1: `env` must be a table, but is an array\n  |\n1 | [[env]]\n  | ^^^^^^^",
            ),
        ] {
            assert_eq!(refusal(text).0, expected);
        }
    }

    #[test]
    fn an_empty_name_is_refused() {
        let (message, hint) = refusal("[env.prod]\napim = ' '");
        assert_eq!(message, "line 2, column 8: `apim` is empty\n  |\n2 | apim = ' '\n  |        ^^^");
        assert_eq!(hint, "specify a value, or remove the line");
        let (message, hint) = refusal("[env.\"\"]\n");
        assert_eq!(
            message,
            "line 1, column 6: the name of an env is empty\n  |\n1 | [env.\"\"]\n  |      ^^"
        );
        assert_eq!(hint, "");
        assert!(
            refusal("[env.prod]\napis = ['']")
                .0
                .starts_with("line 2, column 9: `apis` contains an empty name\n")
        );
    }

    #[test]
    fn a_word_that_is_none_of_the_few_names_them() {
        let (message, hint) = refusal("[env.prod]\nprovider = 'jsno'");
        let expected = "line 2, column 12: `jsno` is not one of `json`, `arm`\n\
                        \x20 |\n2 | provider = 'jsno'\n  |            ^^^^^^";
        assert_eq!(message, expected);
        assert_eq!(hint, did_you_mean("json"));
    }

    #[test]
    fn text_that_is_not_toml_is_shown_with_a_caret() {
        let (message, _) = refusal("[env.prod]\napim = shop\n");
        let expected = "line 2, column 8: string values must be quoted, expected literal string\n  \
                        |\n2 | apim = shop\n  |        ^^^^";
        assert_eq!(message, expected);
        let (message, _) = refusal("[env.prod]\n[env.prod]\n");
        assert_eq!(message, "line 2, column 6: duplicate key\n  |\n2 | [env.prod]\n  |      ^^^^");
    }

    #[test]
    fn bytes_that_are_no_text_have_a_place_too() {
        let error = ConfigDocument::parse(Path::new("f"), b"# \xc3\xbc\napim = '\xff'").unwrap_err();
        let expected =
            "f, line 2, column 9: the file is not UTF-8 text\n  |\n2 | apim = '\u{fffd}'\n  |         ^";
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.diagnosis().hint, Some("save the file as UTF-8".into()));
    }

    #[test]
    fn the_first_mistake_in_the_file_is_reported() {
        assert!(refusal("[env.z]\nzz = 1\n[env.a]\naa = 1").0.starts_with("line 2, "));
    }

    #[test]
    fn deep_nesting_is_refused_without_a_crash() {
        refusal(&format!("a = {}", "[".repeat(100_000)));
        refusal(&format!("{}a = 1", "a.".repeat(100_000)));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "(?s).{0,200}") {
            let _ = parse(&text);
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = ConfigDocument::parse(Path::new("f"), &bytes);
        }

        #[test]
        fn no_text_that_is_almost_toml_makes_the_reader_panic(
            parts in proptest::collection::vec(
                prop_oneof![
                    Just("[env."), Just("a"), Just("]\n"), Just("apis"), Just(" = "), Just("['x', "), Just("\"ü\""),
                    Just("{"), Just("}"), Just("\r\n"), Just("provider"), Just("."), Just("'''"), Just("1"),
                    Just("\u{feff}"), Just("\\u"), Just("[["), Just("#"), Just("\t"),
                ],
                0..30,
            )
        ) {
            let _ = parse(&parts.concat());
        }
    }
}
