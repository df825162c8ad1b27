//! Where things are, and how scripts and programs are run.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

use crate::skip::skipped;

/// What a command printed, once it has succeeded.
pub(crate) fn done(command: &mut Command) -> String {
    let output = ran(command);
    assert!(output.status.success(), "{command:?}: {}", told(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// A command that is run to its end, without standard input.
pub(crate) fn ran(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Both streams of a command.
pub(crate) fn told(output: &Output) -> String {
    let streams = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&streams).into_owned()
}

/// The repository.
pub(crate) fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// One of the scripts that make packages.
pub(crate) fn script(name: &str) -> Command {
    Command::new(repository().join(".github/package").join(name))
}

/// A field of `[package]` in Cargo.toml.
pub(crate) fn stated(field: &str) -> String {
    let text = fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = toml::from_str(&text).unwrap();
    manifest["package"][field].as_str().unwrap().to_owned()
}

/// Whether a program can be run here; if it cannot, the test says that it is skipped.
pub(crate) fn has(program: &str) -> bool {
    let found = Command::new("which").arg(program).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        skipped(&format!("there is no {program}"));
    }
    found
}

/// Where a program of the system is: a command is looked for in the path that it is given, which may be another.
pub(crate) fn place_of(program: &str) -> String {
    done(Command::new("which").arg(program)).trim().to_owned()
}

/// Whether the test may change its root directory; if not, it says that it is skipped.
pub(crate) fn may_change_root() -> bool {
    let may = Command::new("chroot").args(["/", "true"]).stderr(Stdio::null()).status();
    let may = may.is_ok_and(|status| status.success());
    if !may {
        skipped("only the superuser may change the root directory");
    }
    may
}

/// Whether there is a Python that the scripts can be run with.
pub(crate) fn has_python() -> bool {
    let import = Command::new("python3").args(["-c", "import tomllib"]).stderr(Stdio::null()).status();
    let has = import.is_ok_and(|status| status.success());
    if !has {
        skipped("there is no python3 with tomllib");
    }
    has
}

/// A root directory with nothing in it but what a test puts there.
pub(crate) struct Root(TempDir);

impl Root {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Puts a text at a path without a leading slash.
    pub(crate) fn put(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// A program in this root, with nothing in its environment but a home.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(place_of("chroot"));
        command
            .arg(self.path())
            .arg(program)
            .env_clear()
            .env("HOME", "/home")
            .env("PATH", "/usr/sbin:/usr/bin");
        command
    }
}

/// A command with nothing of Rust in its environment: a home of its own, and the programs of the system.
pub(crate) fn clean(program: impl AsRef<OsStr>, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(home).env_clear().env("HOME", home).env("PATH", "/usr/local/bin:/usr/bin:/bin");
    command
}
