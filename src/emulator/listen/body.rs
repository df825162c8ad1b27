//! Bodies of requests, whole.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use tokio::time::timeout;

/// How much of a request's body the control plane takes: more than any resource has.
const LONGEST: usize = 1 << 20;
/// How long a request may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a request's body could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::emulator) enum Unread {
    /// There is more of it than is taken.
    TooLong,
    /// It does not come to its end.
    Slow,
    /// The client has gone away, or does not speak HTTP.
    CutOff,
}

/// The whole body of a request.
pub(in crate::emulator) async fn read(body: Incoming) -> Result<Bytes, Unread> {
    let limited = Limited::new(body, LONGEST);
    match timeout(PATIENCE, limited.collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Unread::TooLong),
        Ok(Err(_)) => Err(Unread::CutOff),
        Err(_) => Err(Unread::Slow),
    }
}
