//! The package for Python, installed without a network.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::{
    place::{clean, done, script, stated},
    release::{PLATFORMS, Release, here},
};

/// A folder with the wheel of every platform.
fn wheels() -> Option<TempDir> {
    let release = Release::made()?;
    let folder = TempDir::new().unwrap();
    let paths = done(script("wheel").arg(folder.path()).args(&release.programs));
    assert_eq!(paths.lines().count(), PLATFORMS.len());
    Some(folder)
}

/// The wheel of this machine.
fn own(wheels: &Path) -> PathBuf {
    let processor = here().split('-').next().unwrap();
    let tag = format!("manylinux_2_17_{processor}.musllinux_1_1_{processor}");
    wheels.join(format!("swa_apim-{}-py3-none-{tag}.whl", stated("version")))
}

#[test]
fn it_is_installed_used_and_removed() {
    let Some(wheels) = wheels() else { return };
    let home = TempDir::new().unwrap();
    let place = home.path().join("place");
    done(clean("python3", home.path()).args(["-m", "venv"]).arg(&place));
    let pip = |words: &[&str]| {
        let mut command = clean(place.join("bin/pip"), home.path());
        done(command.args(words).arg("--disable-pip-version-check"))
    };
    let from = format!("--find-links={}", wheels.path().display());
    pip(&["install", "--no-index", &from, "swa-apim"]);
    let program = place.join("bin/swa-apim");
    let linked = done(clean(&program, home.path()).args(["link", "--env", "prod", "--sample"]));
    assert!(linked.contains("linked `shop-web` to `shop-apim`"), "{linked}");
    let shown = pip(&["show", "swa-apim"]);
    assert!(shown.contains(&format!("Version: {}", stated("version"))), "{shown}");
    pip(&["uninstall", "--yes", "swa-apim"]);
    assert!(!program.exists());

    let listed = done(Command::new("python3").args(["-m", "zipfile", "-l"]).arg(own(wheels.path())));
    for file in ["LICENSE-MIT", "LICENSE-APACHE", "METADATA", "RECORD"] {
        assert!(listed.contains(file), "{file}: {listed}");
    }
    let top = format!("swa_apim-{}.dist-info/METADATA", stated("version"));
    let read = "import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]).decode())";
    let metadata = done(Command::new("python3").args(["-c", read]).arg(own(wheels.path())).arg(top));
    assert!(metadata.contains("# swa-apim"), "the README is its description: {metadata}");
    assert!(metadata.contains(&format!("License-Expression: {}\n", stated("license"))), "{metadata}");
}
