//! The npm packages, installed from a registry.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    place::{clean, done, has, ran, script, stated, told},
    release::{PLATFORMS, Release},
    shelf::Shelf,
};

/// A registry with every package of the release.
struct Registry {
    shelf: Shelf,
    packages: Vec<(PathBuf, Value)>,
    _folder: TempDir,
}

impl Registry {
    /// The registry, started once, or nothing where the test has said that it is skipped.
    fn start() -> Option<&'static Self> {
        static REGISTRY: OnceLock<Registry> = OnceLock::new();
        let release = Release::made()?;
        has("npm").then(|| REGISTRY.get_or_init(|| Self::of(release)))
    }

    fn of(release: &Release) -> Self {
        let folder = TempDir::new().unwrap();
        let paths = done(script("npm").arg(folder.path()).args(&release.programs));
        let packages: Vec<_> =
            paths.lines().map(|path| (PathBuf::from(path), manifest(Path::new(path)))).collect();
        let shelf = Shelf::start();
        for (path, manifest) in &packages {
            let name = manifest["name"].as_str().unwrap();
            let file = format!("/files/{}", path.file_name().unwrap().to_str().unwrap());
            let mut version = manifest.clone();
            version["dist"] = json!({ "tarball": format!("{}{file}", shelf.url()) });
            let versions = json!({ stated("version"): version });
            let known =
                json!({ "name": name, "dist-tags": { "latest": stated("version") }, "versions": versions });
            shelf.put(&file, fs::read(path).unwrap());
            shelf.put(&format!("/{}", name.replace('/', "%2f")), known.to_string());
        }
        Self { shelf, packages, _folder: folder }
    }

    /// npm or npx for a user without anything.
    fn command(&self, program: &str, home: &Path) -> Command {
        let mut command = clean(program, home);
        command.env("npm_config_registry", self.shelf.url()).env("npm_config_update_notifier", "false");
        command.env("npm_config_audit", "false").env("npm_config_fund", "false");
        command
    }

    /// The program, installed below a home.
    fn installed(&self, home: &Path) -> PathBuf {
        done(
            self.command("npm", home)
                .args(["install", "--global", "--prefix"])
                .arg(home.join("prefix"))
                .arg("swa-apim"),
        );
        home.join("prefix/bin/swa-apim")
    }
}

fn manifest(package: &Path) -> Value {
    let text = done(Command::new("tar").arg("-xzOf").arg(package).arg("package/package.json"));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn it_is_installed_used_and_removed() {
    let Some(registry) = Registry::start() else { return };
    let home = TempDir::new().unwrap();
    let program = registry.installed(home.path());
    let version = done(clean(&program, home.path()).arg("--version"));
    assert_eq!(version.trim(), format!("swa-apim {}", stated("version")));
    let linked = done(clean(&program, home.path()).args(["link", "--env", "prod", "--sample"]));
    assert!(linked.contains("linked `shop-web` to `shop-apim`"), "{linked}");
    let asked = registry.shelf.asked();
    let files: BTreeSet<&String> = asked.iter().filter(|path| path.starts_with("/files/")).collect();
    assert_eq!(files.len(), 2, "the program of this platform alone is downloaded: {files:?}");

    done(
        registry
            .command("npm", home.path())
            .args(["uninstall", "--global", "--prefix"])
            .arg(home.path().join("prefix"))
            .arg("swa-apim"),
    );
    assert!(!program.exists());
    let modules = home.path().join("prefix/lib/node_modules");
    assert!(!modules.join("swa-apim").exists() && !modules.join("@swa-apim").exists());
}

#[test]
fn npx_runs_it_and_ends_as_it_ends() {
    let Some(registry) = Registry::start() else { return };
    let home = TempDir::new().unwrap();
    let npx =
        |words: &[&str]| ran(registry.command("npx", home.path()).args(["--yes", "swa-apim"]).args(words));
    let pending = npx(&["status", "--env", "prod", "--sample", "--detailed-exitcode"]);
    assert_eq!(pending.status.code(), Some(3), "{}", told(&pending));
    let linked = npx(&["link", "--env", "prod", "--sample"]);
    assert!(
        linked.status.success() && told(&linked).contains("linked `shop-web` to `shop-apim`"),
        "{}",
        told(&linked)
    );
}

#[test]
fn a_signal_reaches_the_program() {
    let Some(registry) = Registry::start() else { return };
    let home = TempDir::new().unwrap();
    let program = registry.installed(home.path());
    let mut command = clean(&program, home.path());
    command.args([
        "emulate",
        "--sample",
        "--listen",
        "127.0.0.1:0",
        "--data-plane",
        "127.0.0.1:0",
        "--log",
        "off",
    ]);
    let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(process.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert!(line.contains("127.0.0.1"), "{line}");
    kill(Pid::from_raw(i32::try_from(process.id()).unwrap()), Signal::SIGTERM).unwrap();
    // The program has standard output too: that it is closed says that the program has ended.
    while output.read_line(&mut line).unwrap() > 0 {}
    assert_eq!(process.wait().unwrap().code(), Some(130));
}

#[test]
fn without_the_program_of_the_platform_it_says_what_to_do() {
    let Some(registry) = Registry::start() else { return };
    let home = TempDir::new().unwrap();
    done(
        registry
            .command("npm", home.path())
            .args(["install", "--omit=optional", "--prefix"])
            .arg(home.path())
            .arg("swa-apim"),
    );
    let lost = ran(clean(home.path().join("node_modules/.bin/swa-apim"), home.path()).arg("--version"));
    assert_eq!(lost.status.code(), Some(1));
    assert!(told(&lost).contains("without --omit=optional"), "{}", told(&lost));
}

#[test]
fn every_package_states_version_licence_and_platform_and_runs_no_script() {
    let Some(registry) = Registry::start() else { return };
    assert_eq!(registry.packages.len(), PLATFORMS.len() + 1);
    for (path, manifest) in &registry.packages {
        assert_eq!(manifest["version"], stated("version"));
        assert_eq!(manifest["license"], format!("({})", stated("license")));
        assert!(manifest.get("scripts").is_none(), "{manifest}");
        let listed = done(Command::new("tar").arg("-tzf").arg(path));
        for file in ["README.md", "LICENSE-MIT", "LICENSE-APACHE"] {
            assert!(listed.contains(&format!("package/{file}\n")), "{file}: {listed}");
        }
        let is_main = manifest["name"] == "swa-apim";
        assert_eq!(manifest.get("os").is_none() && manifest.get("cpu").is_none(), is_main, "{manifest}");
    }
    let (_, main) = registry.packages.last().unwrap();
    let named = main["optionalDependencies"].as_object().unwrap();
    assert_eq!(named.len(), PLATFORMS.len());
    assert!(named.values().all(|version| *version == stated("version")), "{named:?}");
}
