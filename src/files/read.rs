//! Reads the input that a user names: a file, a device, a pipe or standard input.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
};

use tokio::sync::oneshot;

/// The name of standard input.
const STANDARD_INPUT: &str = "-";

/// Reads a file to its end, or standard input if the path is `-`. The read can be cancelled while it waits for another
/// program to write: it runs in a separate thread, which ends with the process.
///
/// # Errors
///
/// If it cannot be read.
pub async fn read_whole(path: &Path) -> io::Result<Vec<u8>> {
    let (sender, receiver) = oneshot::channel();
    let path = path.to_owned();
    std::thread::Builder::new().spawn(move || {
        // a cancelled command no longer receives the result
        let _ = sender.send(read_blocking(&path));
    })?;
    receiver
        .await
        .unwrap_or_else(|_| Err(io::Error::other("the thread that reads the file ended unexpectedly")))
}

fn read_blocking(path: &Path) -> io::Result<Vec<u8>> {
    if path.as_os_str() != STANDARD_INPUT {
        return fs::read(path);
    }
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}
