//! The program under test as a static binary, without a second build: its library, which is built, is linked with a
//! static C library.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use crate::{
    place::{ran, repository, told},
    skip::skipped,
};

/// The static program, or nothing where it cannot be linked; the test then says that it is skipped.
///
/// `SWA_APIM_PACKAGED` names a program to take instead, such as one of the profile `dist`.
pub(crate) fn program() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match PROGRAM.get_or_init(|| given().map_or_else(link, Ok)) {
        Ok(path) => Some(path),
        Err(why) => {
            skipped(why);
            None
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a test is told by the one who runs it")]
fn given() -> Option<PathBuf> {
    std::env::var_os("SWA_APIM_PACKAGED").map(|path| repository().join(path))
}

fn link() -> Result<PathBuf, String> {
    let dependencies = Path::new(env!("CARGO_BIN_EXE_swa-apim")).parent().unwrap().join("deps");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages");
    fs::create_dir_all(&folder).unwrap();
    let program = folder.join("swa-apim");
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition", "2024", "--crate-name", "swa_apim_static", "src/main.rs"]);
    rustc.args(["-C", "target-feature=+crt-static", "-C", "strip=symbols"]).current_dir(repository());
    rustc.arg("-L").arg(format!("dependency={}", dependencies.display()));
    rustc.arg("--extern").arg(format!("swa_apim={}", library(&dependencies).display()));
    let output = ran(rustc.arg("-o").arg(&program));
    if output.status.success() {
        return Ok(program);
    }
    let told = told(&output);
    // A fault of the program is a failure, and a C library that is not there as an archive is none.
    assert!(told.contains("linking with"), "{told}");
    Err("there is no static C library".to_owned())
}

/// The library that was built last with the emulator: an earlier build may have left one without.
fn library(dependencies: &Path) -> PathBuf {
    let files = fs::read_dir(dependencies).unwrap().map(|file| file.unwrap().path());
    let libraries =
        files.filter(|path| build(path).is_some_and(|build| has_the_emulator(dependencies, build)));
    libraries.max_by_key(|path| path.metadata().unwrap().modified().unwrap()).unwrap()
}

/// The name that cargo gives to a build of the library.
fn build(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()?.strip_prefix("libswa_apim-")?.strip_suffix(".rlib")
}

/// Whether cargo noted that a build has the emulator, or noted nothing that can be read.
fn has_the_emulator(dependencies: &Path, build: &str) -> bool {
    let note =
        dependencies.with_file_name(".fingerprint").join(format!("swa-apim-{build}/lib-swa_apim.json"));
    let note = fs::read(note).ok().and_then(|note| serde_json::from_slice::<serde_json::Value>(&note).ok());
    note.and_then(|note| Some(note["features"].as_str()?.contains("\"emulator\""))).unwrap_or(true)
}
