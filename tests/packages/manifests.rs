//! What package managers are told about a release.

use std::{fs, process::Command};

use serde_json::Value;

use crate::{
    place::{done, has, repository, stated},
    release::{PLATFORMS, Release, archive},
};

fn address(target: &str) -> String {
    format!("{}/releases/download/v{}/{}", stated("repository"), stated("version"), archive(target))
}

#[test]
fn the_checksums_are_those_of_the_files() {
    let Some(release) = Release::made() else { return };
    let folder = release.path("SHA256SUMS");
    let told = done(
        Command::new("sha256sum").arg("--check").arg("SHA256SUMS").current_dir(folder.parent().unwrap()),
    );
    assert_eq!(told.lines().count(), PLATFORMS.len() + 1, "{told}");
}

#[test]
fn homebrew_gets_a_formula_for_macos_and_linux() {
    let Some(release) = Release::made() else { return };
    let formula = release.text("swa-apim.rb");
    for target in &PLATFORMS[..4] {
        let named =
            format!("url \"{}\"\n      sha256 \"{}\"", address(target), release.sum(&archive(target)));
        assert!(formula.contains(&named), "{target}: {formula}");
    }
    assert!(formula.contains(&format!("version \"{}\"", stated("version"))), "{formula}");
    if has("ruby") {
        done(Command::new("ruby").arg("-c").arg(release.path("swa-apim.rb")));
    }
}

#[test]
fn scoop_gets_a_manifest() {
    let Some(release) = Release::made() else { return };
    let manifest: Value = serde_json::from_str(&release.text("swa-apim.json")).unwrap();
    let file = &manifest["architecture"]["64bit"];
    assert_eq!(file["url"], address(PLATFORMS[4]));
    assert_eq!(file["hash"], release.sum(&archive(PLATFORMS[4])));
    assert_eq!(manifest["version"], stated("version"));
    assert_eq!(format!("{}.zip", manifest["extract_dir"].as_str().unwrap()), archive(PLATFORMS[4]));
}

#[test]
fn winget_gets_three_files_about_one_version() {
    let Some(release) = Release::made() else { return };
    let owner = stated("repository");
    let owner = owner.rsplit('/').nth(1).unwrap();
    let read = |kind: &str| -> Value {
        serde_norway::from_str(&release.text(&format!("{owner}.swa-apim{kind}.yaml"))).unwrap()
    };
    let (version, installer, locale) = (read(""), read(".installer"), read(".locale.en-US"));
    for file in [&version, &installer, &locale] {
        assert_eq!(file["PackageIdentifier"], format!("{owner}.swa-apim"));
        assert_eq!(file["PackageVersion"], stated("version"));
        assert_eq!(file["ManifestVersion"], "1.6.0");
    }
    assert_eq!(version["DefaultLocale"], locale["PackageLocale"]);
    assert_eq!(locale["License"], stated("license"));
    let file = &installer["Installers"][0];
    assert_eq!(file["InstallerUrl"], address(PLATFORMS[4]));
    assert_eq!(file["InstallerSha256"], release.sum(&archive(PLATFORMS[4])).to_uppercase());
    let inside = archive(PLATFORMS[4]).replace(".zip", "\\swa-apim.exe");
    assert_eq!(installer["NestedInstallerFiles"][0]["RelativeFilePath"], inside);
}

#[test]
fn binstall_is_led_to_an_archive_of_the_release() {
    let text = fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = toml::from_str(&text).unwrap();
    let told = &manifest["package"]["metadata"]["binstall"];
    let rust = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"].into_iter();
    for target in rust.chain(PLATFORMS) {
        let own = told["overrides"].get(target);
        let field = |name: &str| {
            own.and_then(|own| own.get(name)).unwrap_or(&told[name]).as_str().unwrap().to_owned()
        };
        let filled = |text: &str| {
            let ending = if field("pkg-fmt") == "zip" { ".zip" } else { ".tar.gz" };
            let values = [
                ("{ repo }", stated("repository")),
                ("{ version }", stated("version")),
                ("{ name }", "swa-apim".to_owned()),
                ("{ bin }", "swa-apim".to_owned()),
                ("{ target }", target.to_owned()),
                ("{ archive-suffix }", ending.to_owned()),
                ("{ binary-ext }", if target.contains("windows") { ".exe" } else { "" }.to_owned()),
            ];
            values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
        };
        let released = target.replace("linux-gnu", "linux-musl");
        assert_eq!(filled(&field("pkg-url")), address(&released));
        let program = if target.contains("windows") { "swa-apim.exe" } else { "swa-apim" };
        let folder = archive(&released).replace(".tar.gz", "").replace(".zip", "");
        assert_eq!(filled(&field("bin-dir")), format!("{folder}/{program}"));
    }
}
