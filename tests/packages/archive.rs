//! The archives of a release, and the script that downloads one.

use std::{fs, path::Path, process::Command};

use tempfile::TempDir;

use crate::{
    place::{clean, done, has, ran, repository, script, stated, told},
    release::{PLATFORMS, Release, archive, here},
    shelf::Shelf,
};

/// A server of the release's files.
fn server(release: &Release) -> Shelf {
    let shelf = Shelf::start();
    for name in [archive(here()), "SHA256SUMS".to_owned()] {
        shelf.put(&format!("/v{}/{name}", stated("version")), fs::read(release.path(&name)).unwrap());
    }
    shelf
}

/// The install script of the release, for a user without anything.
fn install(release: &Release, shelf: &Shelf, home: &Path) -> Command {
    let mut command = clean("sh", home);
    command.arg(release.path("install.sh")).env("SWA_APIM_RELEASES", shelf.url());
    command
}

#[test]
fn the_script_installs_what_the_checksums_name_and_installs_over_it() {
    let Some(release) = Release::made() else { return };
    if !has("curl") {
        return;
    }
    let (shelf, home) = (server(release), TempDir::new().unwrap());
    for _ in 0..2 {
        let told = done(&mut install(release, &shelf, home.path()));
        assert!(told.contains(&format!("installed swa-apim {}", stated("version"))), "{told}");
        assert!(told.contains("add the directory to PATH"), "{told}");
    }
    let program = home.path().join(".local/bin/swa-apim");
    let linked = done(clean(&program, home.path()).args(["link", "--env", "prod", "--sample"]));
    assert!(linked.contains("linked `shop-web` to `shop-apim`"), "{linked}");
    let files = fs::read_dir(program.parent().unwrap()).unwrap().count();
    assert_eq!(files, 1, "nothing is left beside the program");
}

#[test]
fn another_directory_and_another_version_are_named() {
    let Some(release) = Release::made() else { return };
    if !has("curl") {
        return;
    }
    let (shelf, home) = (server(release), TempDir::new().unwrap());
    let folder = home.path().join("a b");
    done(
        install(release, &shelf, home.path())
            .arg(format!("v{}", stated("version")))
            .env("SWA_APIM_INSTALL_DIR", &folder),
    );
    done(clean(folder.join("swa-apim"), home.path()).arg("--version"));
    let absent = ran(install(release, &shelf, home.path()).arg("9.9.9"));
    assert!(!absent.status.success() && told(&absent).contains("9.9.9"), "{}", told(&absent));
}

#[test]
fn an_archive_that_is_not_what_the_checksums_name_is_not_installed() {
    let Some(release) = Release::made() else { return };
    if !has("curl") {
        return;
    }
    let (shelf, home) = (server(release), TempDir::new().unwrap());
    let path = format!("/v{}/{}", stated("version"), archive(here()));
    let mut content = fs::read(release.path(&archive(here()))).unwrap();
    *content.last_mut().unwrap() ^= 1;
    shelf.put(&path, content);
    let refused = ran(&mut install(release, &shelf, home.path()));
    assert!(!refused.status.success() && told(&refused).contains("the checksum of"), "{}", told(&refused));
    assert!(!home.path().join(".local").exists(), "nothing was put anywhere");

    shelf.put(&format!("/v{}/SHA256SUMS", stated("version")), "");
    let unlisted = ran(&mut install(release, &shelf, home.path()));
    assert!(!unlisted.status.success() && told(&unlisted).contains("does not list"), "{}", told(&unlisted));
}

#[test]
fn downloads_use_only_https() {
    let Some(release) = Release::made() else { return };
    let home = TempDir::new().unwrap();
    let mut command = clean("sh", home.path());
    command.arg(release.path("install.sh")).env("SWA_APIM_RELEASES", "http://downloads.example");
    let refused = ran(&mut command);
    assert!(
        !refused.status.success() && told(&refused).contains("is not an https address"),
        "{}",
        told(&refused)
    );
}

#[test]
fn an_archive_has_program_completions_manual_and_licences_and_is_made_alike_again() {
    let Some(release) = Release::made() else { return };
    let folder = TempDir::new().unwrap();
    done(script("archive").arg(folder.path()).arg(release.program).args(&release.programs));
    for target in PLATFORMS {
        let name = archive(target);
        assert_eq!(
            fs::read(folder.path().join(&name)).unwrap(),
            fs::read(release.path(&name)).unwrap(),
            "{name}"
        );
    }
    let listed = done(Command::new("tar").arg("-tf").arg(release.path(&archive(here()))));
    let top = archive(here()).replace(".tar.gz", "");
    for file in [
        "swa-apim",
        "man/swa-apim-link.1",
        "completions/_swa-apim",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "README.md",
    ] {
        assert!(listed.lines().any(|line| line == format!("{top}/{file}")), "{file}: {listed}");
    }
    assert!(listed.lines().all(|line| line.starts_with(&format!("{top}/"))), "{listed}");
}

#[test]
fn the_feature_for_development_containers_installs_a_release() {
    let Some(release) = Release::made() else { return };
    if !has("curl") {
        return;
    }
    let (shelf, home) = (server(release), TempDir::new().unwrap());
    shelf.put(&format!("/v{}/install.sh", stated("version")), fs::read(release.path("install.sh")).unwrap());
    let feature = repository().join("docs/examples/devcontainer-feature");
    let mut command = clean("sh", home.path());
    command
        .arg(feature.join("install.sh"))
        .env("VERSION", stated("version"))
        .env("SWA_APIM_RELEASES", shelf.url());
    done(command.env("SWA_APIM_INSTALL_DIR", home.path()));
    done(clean(home.path().join("swa-apim"), home.path()).arg("--version"));
    let told = fs::read_to_string(feature.join("devcontainer-feature.json")).unwrap();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["version"], stated("version"));
    assert_eq!(told["options"]["version"]["default"], stated("version"));
}
