//! Environment variables whose value is empty, invalid, off or not text.

use crate::support::Shop;

#[test]
fn an_empty_variable_counts_as_unset_and_is_no_unknown_one() {
    let shop = Shop::linked();
    for name in
        ["OUTPUT", "QUERY", "TIMEOUT", "PROVIDER", "YES", "VERBOSE", "COLOR", "OUTPUT_FILE", "NOTHING"]
    {
        let run = shop.run_with("status", &[(&format!("SWA_APIM_{name}"), "")]);
        assert_eq!(run.exits(0).stderr, "", "{name}");
    }
    for (name, line) in [
        ("SWA_APIM_CONFIG", "status --config swa-apim.toml"),
        ("SWA_APIM_MODEL", "--model control-plane.json status"),
        ("SWA_APIM_ENV", "status -e prod"),
        ("SWA_APIM_STATIC_WEB_APP", "status -nshop-web"),
        ("SWA_APIM_APIM", "status --apim=shop-apim"),
    ] {
        shop.run_with(line, &[(name, "")]).exits(0);
    }
    for line in ["status --env=", "status --config=", "status --apim ''"] {
        shop.run(line).exits(2);
    }
}

#[test]
fn a_flag_overrides_a_variable_with_an_invalid_value() {
    let shop = Shop::linked();
    for (name, value, line) in [
        ("SWA_APIM_TIMEOUT", "soon", "status --timeout 5s"),
        ("SWA_APIM_TIMEOUT", "soon", "--timeout=5s status"),
        ("SWA_APIM_OUTPUT", "xml", "status -ojson"),
        ("SWA_APIM_PROVIDER", "aws", "status --provider json"),
        ("SWA_APIM_QUERY", "[", "status --query links"),
        ("SWA_APIM_VERBOSE", "much", "status -v"),
        ("SWA_APIM_YES", "perhaps", "relink -y"),
        ("SWA_APIM_GRACE", "x", "relink --grace 1s"),
    ] {
        shop.run_with(line, &[(name, value)]).exits(0);
    }
    let blamed = shop.run_with("status -nshop-web", &[("SWA_APIM_OUTPUT", "xml")]);
    assert!(blamed.exits(2).stderr.contains("variable SWA_APIM_OUTPUT cannot be"), "{}", blamed.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn a_variable_that_is_no_text_is_named() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    let shop = Shop::linked();
    let run = |line: &str, name: &str| {
        let mut command = shop.swa_apim(line);
        let output = command.env(name, OsStr::from_bytes(b"se\xffcret")).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for name in ["SWA_APIM_OUTPUT", "SWA_APIM_ENV", "SWA_APIM_TIMEOUT", "SWA_APIM_YES", "SWA_APIM_GRACE"] {
        let (code, said) = run("relink", name);
        assert_eq!(code, Some(2), "{name}: {said}");
        assert!(said.contains(&format!("variable {name} is not UTF-8 text")), "{name}: {said}");
        assert!(said.contains(&format!("`unset {name}`")) && !said.contains("cret"), "{name}: {said}");
    }
    assert_eq!(run("status --env prod", "SWA_APIM_ENV").0, Some(0));
    let (code, said) = run("status --provider arm --timeout 5s", "SWA_APIM_ACCESS_TOKEN");
    assert_eq!(code, Some(6), "{said}");
    assert!(said.contains("`SWA_APIM_ACCESS_TOKEN` is not a token") && !said.contains("cret"), "{said}");
}

#[test]
fn variables_that_are_switched_off_are_off() {
    let shop = Shop::linked();
    for off in ["0", "false"] {
        let run = shop.run_with("status", &[("CLICOLOR_FORCE", off)]);
        assert!(!run.exits(0).stdout.contains('\u{1b}'), "CLICOLOR_FORCE={off}");
    }
    for (value, is_on) in [("true", true), ("yes", true), ("2", true), ("false", false), ("0", false)] {
        let run = shop.run_with("relink", &[("SWA_APIM_VERBOSE", value)]);
        assert_eq!(run.exits(0).stderr.contains("INFO applying"), is_on, "SWA_APIM_VERBOSE={value}");
    }
    let wrong = shop.run_with("status", &[("SWA_APIM_VERBOSE", "much")]);
    assert!(wrong.exits(2).stderr.contains("a number from 0 to 255"), "{}", wrong.stderr);
    let actions = ("GITHUB_ACTIONS", "true");
    shop.run_with("status", &[("GITHUB_OUTPUT", "out")]).exits(0);
    assert!(!shop.path("out").exists());
    shop.run_with("status", &[("GITHUB_OUTPUT", "out"), actions]).exits(0);
    assert!(shop.path("out").exists());
}
