//! Bodies of requests and answers.

use std::{convert::Infallible, io, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use tokio::time::timeout;

/// The body of an answer, whole or streamed.
pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// How much of a request's body the control plane takes: more than any resource has.
const LONGEST: usize = 1 << 20;
/// How long a request may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// A body that is at hand.
pub(super) fn full(content: impl Into<Bytes>) -> Body {
    Full::new(content.into()).map_err(|never: Infallible| match never {}).boxed_unsync()
}

/// Why a request's body could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// There is more of it than is taken.
    TooLong,
    /// It does not come to its end.
    Slow,
    /// The client has gone away, or does not speak HTTP.
    CutOff,
}

/// The whole body of a request.
pub(super) async fn read(body: Incoming) -> Result<Bytes, Unread> {
    let limited = Limited::new(body, LONGEST);
    match timeout(PATIENCE, limited.collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Unread::TooLong),
        Ok(Err(_)) => Err(Unread::CutOff),
        Err(_) => Err(Unread::Slow),
    }
}
