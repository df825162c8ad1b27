//! The Debian package, in a root directory of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use crate::{
    place::{Root, done, has, may_change_root, script, stated},
    program::program,
};

/// The package, made once, or nothing where the test has said that it is skipped.
fn package() -> Option<&'static Path> {
    static PACKAGE: OnceLock<PathBuf> = OnceLock::new();
    let program = program()?;
    let made = || {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages/debian");
        fs::create_dir_all(&folder).unwrap();
        let mut script = script("deb");
        let path = done(script.arg(program).arg(folder).env("DPKG_DEB_COMPRESSOR_TYPE", "gzip"));
        PathBuf::from(path.trim())
    };
    (has("dpkg-deb") && has("objdump")).then(|| PACKAGE.get_or_init(made).as_path())
}

#[test]
fn it_needs_no_other_package_and_states_version_and_licence() {
    let Some(package) = package() else { return };
    let field =
        |name: &str| done(Command::new("dpkg-deb").arg("--field").arg(package).arg(name)).trim().to_owned();
    assert_eq!(field("Version"), stated("version"));
    assert_eq!(field("Depends"), "");
    assert_eq!(field("Homepage"), stated("repository"));
    let listed = done(Command::new("dpkg-deb").arg("--contents").arg(package));
    for file in [
        "usr/bin/swa-apim",
        "usr/share/man/man1/swa-apim-link.1.gz",
        "usr/share/bash-completion/completions/swa-apim",
        "usr/share/zsh/vendor-completions/_swa-apim",
        "usr/share/fish/vendor_completions.d/swa-apim.fish",
        "usr/share/doc/swa-apim/copyright",
    ] {
        assert!(listed.contains(&format!(" ./{file}\n")), "{file}: {listed}");
    }
}

#[test]
fn it_is_installed_used_and_purged() {
    let Some(package) = package() else { return };
    if !may_change_root() {
        return;
    }
    let root = Root::new();
    for file in [
        "var/lib/dpkg/status",
        "var/lib/dpkg/info/format",
        "var/lib/dpkg/updates/.keep",
        "var/lib/dpkg/triggers/File",
    ] {
        root.put(file, "");
    }
    fs::remove_file(root.path().join("var/lib/dpkg/updates/.keep")).unwrap();
    root.put("var/lib/dpkg/info/format", "1\n");
    let dpkg = || {
        let mut command = Command::new("dpkg");
        command.arg(format!("--root={}", root.path().display())).arg("--log=/dev/null");
        command
    };
    done(dpkg().arg("--install").arg(package));
    let linked = done(root.command("/usr/bin/swa-apim").args(["link", "--env", "prod", "--sample"]));
    assert!(linked.contains("linked `shop-web` to `shop-apim`"), "{linked}");
    let files = done(dpkg().args(["--listfiles", "swa-apim"]));
    done(dpkg().args(["--purge", "swa-apim"]));
    for file in files.lines().filter(|file| file.contains("swa-apim")) {
        assert!(!root.path().join(file.trim_start_matches('/')).exists(), "{file} is left behind");
    }
}
