//! `swa-apim`: runs one command and returns its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(swa_apim::cli::main() as u8)
}
