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

/// The library that was built last.
fn library(dependencies: &Path) -> PathBuf {
    let files = fs::read_dir(dependencies).unwrap().map(Result::unwrap);
    let is_library =
        |name: &str| name.starts_with("libswa_apim-") && Path::new(name).extension() == Some("rlib".as_ref());
    let libraries = files.filter(|file| file.file_name().to_str().is_some_and(is_library));
    libraries.max_by_key(|file| file.metadata().unwrap().modified().unwrap()).unwrap().path()
}
