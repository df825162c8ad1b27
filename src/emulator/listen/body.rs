//! Reads request bodies as a whole.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use tokio::time::timeout;

/// The maximum size of a request body on the control plane, in bytes: larger than any resource.
const LONGEST: usize = 1 << 20;
/// The time limit for receiving a request body.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a request body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::emulator) enum Unread {
    /// It exceeds the size limit.
    TooLong,
    /// It was not complete before the time limit.
    Slow,
    /// The client has disconnected, or does not speak HTTP.
    CutOff,
}

/// Reads the whole body of a request.
pub(in crate::emulator) async fn read(body: Incoming) -> Result<Bytes, Unread> {
    let limited = Limited::new(body, LONGEST);
    match timeout(PATIENCE, limited.collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Unread::TooLong),
        Ok(Err(_)) => Err(Unread::CutOff),
        Err(_) => Err(Unread::Slow),
    }
}
