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
        ("[provider.jsn]", "line 1, column 11: unknown key `jsn` in `[provider]`\n", did_you_mean("json")),
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
    assert_eq!(message, "line 1, column 6: the name of an env is empty\n  |\n1 | [env.\"\"]\n  |      ^^");
    assert_eq!(hint, "");
    assert!(
        refusal("[env.prod]\napis = ['']").0.starts_with("line 2, column 9: `apis` contains an empty name\n")
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
