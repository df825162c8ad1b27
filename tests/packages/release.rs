//! A release: what the workflow makes of the programs of all platforms, made here of the one that is there.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use crate::{
    place::{done, has_python, script, stated},
    program::program,
};

/// Every platform of a release.
pub(crate) const PLATFORMS: [&str; 5] = [
    "x86_64-unknown-linux-musl",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
];

/// The platform of this machine.
pub(crate) fn here() -> &'static str {
    if cfg!(target_arch = "aarch64") { PLATFORMS[1] } else { PLATFORMS[0] }
}

/// A release whose programs are all in place.
#[derive(Debug)]
pub(crate) struct Release {
    folder: PathBuf,
    /// `TARGET=PROGRAM` of each platform; those of other machines do nothing.
    pub(crate) programs: Vec<String>,
    /// The program of this machine.
    pub(crate) program: &'static Path,
}

impl Release {
    /// The release, made once, or nothing where the test has said that it is skipped.
    pub(crate) fn made() -> Option<&'static Self> {
        static RELEASE: OnceLock<Release> = OnceLock::new();
        let program = program()?;
        has_python().then(|| RELEASE.get_or_init(|| Self::of(program)))
    }

    fn of(program: &'static Path) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages/release");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let other = folder.parent().unwrap().join("other");
        File::create(&other).unwrap().write_all(b"the program of another platform").unwrap();
        let of = |target: &&str| {
            let program = if **target == *here() { program } else { other.as_path() };
            format!("{target}={}", program.display())
        };
        let programs: Vec<String> = PLATFORMS.iter().map(of).collect();
        done(script("archive").arg(&folder).arg(program).args(&programs));
        done(script("manifests").arg(&folder));
        Self { folder, programs, program }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The checksum that the release states for a file.
    pub(crate) fn sum(&self, name: &str) -> String {
        let sums = self.text("SHA256SUMS");
        let line = sums.lines().find(|line| line.ends_with(&format!("  {name}")));
        line.unwrap_or_else(|| panic!("no checksum of {name}")).split_once(' ').unwrap().0.to_owned()
    }
}

/// The name of the archive for a platform.
pub(crate) fn archive(target: &str) -> String {
    let extension = if target.contains("windows") { "zip" } else { "tar.gz" };
    format!("swa-apim-{}-{target}.{extension}", stated("version"))
}
