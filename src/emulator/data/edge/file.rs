//! Serves a file of a site's content: the whole file, a part of it, or 304 if it has not changed.
#![warn(clippy::arithmetic_side_effects)]

use std::{
    fs::{File, Metadata},
    io::{self, Seek as _, SeekFrom},
    ops::RangeInclusive,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::Frame,
    header::{
        ACCEPT_RANGES, ALLOW, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderName, HeaderValue,
        IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE, LAST_MODIFIED, RANGE,
    },
};
use tokio::io::AsyncReadExt as _;

use crate::emulator::reply::{Body, empty};

/// The size of one read, in bytes.
const CHUNK: u64 = 64 << 10;

/// An open regular file.
pub(super) struct Opened {
    pub(super) file: File,
    pub(super) metadata: Metadata,
}

/// Handles a request for the file with this name.
pub(super) fn answer(
    Opened { mut file, metadata }: Opened,
    name: &Path,
    request: &Request<()>,
) -> io::Result<Response<Body>> {
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        let mut refused = status(StatusCode::METHOD_NOT_ALLOWED);
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET,HEAD"));
        return Ok(refused);
    }
    let (size, modified) = (metadata.len(), metadata.modified().ok());
    if let Some(unchanged) = condition(request.headers(), modified) {
        return Ok(status(unchanged));
    }
    let Ok(part) = part_of(request.headers(), size) else {
        let mut refused = status(StatusCode::RANGE_NOT_SATISFIABLE);
        set(&mut refused, CONTENT_RANGE, format!("bytes */{size}"));
        return Ok(refused);
    };
    let length =
        part.as_ref().map_or(size, |part| part.end().saturating_sub(*part.start()).saturating_add(1));
    let body = if request.method() == Method::HEAD {
        empty()
    } else {
        file.seek(SeekFrom::Start(part.as_ref().map_or(0, |part| *part.start())))?;
        content(tokio::fs::File::from_std(file), length)
    };
    let mut found = Response::new(body);
    let media_type = mime_guess::from_path(name).first_raw().unwrap_or("application/octet-stream");
    found.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    found.headers_mut().insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    found.headers_mut().insert(CONTENT_LENGTH, length.into());
    if let Some(modified) = modified.filter(|modified| *modified >= UNIX_EPOCH) {
        set(&mut found, LAST_MODIFIED, httpdate::fmt_http_date(modified));
    }
    if let Some(part) = part {
        *found.status_mut() = StatusCode::PARTIAL_CONTENT;
        set(&mut found, CONTENT_RANGE, format!("bytes {}-{}/{size}", part.start(), part.end()));
    }
    Ok(found)
}

/// Returns an answer without a body.
pub(super) fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(empty());
    *response.status_mut() = status;
    response
}

fn set(response: &mut Response<Body>, name: HeaderName, value: String) {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Returns the status that ends a conditional request early. Times are compared in whole seconds, as in headers.
fn condition(headers: &HeaderMap, modified: Option<SystemTime>) -> Option<StatusCode> {
    let time = |name| httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok();
    let is_later = |since: SystemTime| {
        modified.is_none_or(|it| since.checked_add(Duration::from_secs(1)).is_some_and(|end| it >= end))
    };
    if time(IF_UNMODIFIED_SINCE).is_some_and(is_later) {
        return Some(StatusCode::PRECONDITION_FAILED);
    }
    let is_unchanged = time(IF_MODIFIED_SINCE).is_some_and(|since| !is_later(since));
    is_unchanged.then_some(StatusCode::NOT_MODIFIED)
}

/// The requested part begins after the end of the file.
#[derive(Debug, PartialEq, Eq)]
struct Unsatisfiable;

/// Returns the requested part of the file. A malformed range, or a request for more than one part, is ignored.
fn part_of(headers: &HeaderMap, size: u64) -> Result<Option<RangeInclusive<u64>>, Unsatisfiable> {
    let range = headers.get(RANGE).and_then(|range| range.to_str().ok()?.trim().strip_prefix("bytes="));
    let Some((first, last)) = range.and_then(|range| range.split_once('-')) else { return Ok(None) };
    let number = |text: &str| {
        let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // A number that does not fit is greater than the size of any file.
        is_digits.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    let part = match (number(first), number(last)) {
        (None, Some(length)) if first.is_empty() => size.saturating_sub(length)..=size.saturating_sub(1),
        (Some(first), None) if last.is_empty() => first..=size.saturating_sub(1),
        (Some(first), Some(last)) if first <= last => first..=last.min(size.saturating_sub(1)),
        _ => return Ok(None),
    };
    let is_empty = part.is_empty() || size == 0 || *part.start() >= size;
    if is_empty { Err(Unsatisfiable) } else { Ok(Some(part)) }
}

/// Streams the next `length` bytes of a file.
fn content(file: tokio::fs::File, length: u64) -> Body {
    let chunks = stream::try_unfold((file, length), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let mut chunk = Vec::with_capacity(usize::try_from(CHUNK.min(left)).unwrap_or_default());
        let read = (&mut file).take(CHUNK.min(left)).read_buf(&mut chunk).await?;
        if read == 0 {
            // The file was truncated after the head of the answer was sent.
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        let left = left.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
        Ok(Some((Frame::data(Bytes::from(chunk)), (file, left))))
    });
    StreamBody::new(chunks).boxed_unsync()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(range: &str, size: u64) -> Result<Option<RangeInclusive<u64>>, Unsatisfiable> {
        part_of(&HeaderMap::from_iter([(RANGE, range.parse().unwrap())]), size)
    }

    #[test]
    fn one_part_of_a_file_can_be_asked_for() {
        for (range, expected) in [
            ("bytes=0-3", Some(0..=3)),
            ("bytes=4-", Some(4..=9)),
            ("bytes=-3", Some(7..=9)),
            ("bytes=-30", Some(0..=9)),
            ("bytes=8-99999999999999999999999", Some(8..=9)),
            ("bytes=0-1,3-4", None),
            ("bytes=3-1", None),
            ("bytes=-", None),
            ("bytes=+1-2", None),
            ("lines=1-2", None),
        ] {
            assert_eq!(part(range, 10), Ok(expected), "{range}");
        }
        for (range, size) in [("bytes=10-", 10), ("bytes=10-12", 10), ("bytes=-0", 10), ("bytes=0-", 0)] {
            assert_eq!(part(range, size), Err(Unsatisfiable), "{range}");
        }
    }

    #[test]
    fn a_file_that_has_not_changed_is_not_sent_again() {
        let modified = UNIX_EPOCH + Duration::from_millis(1_700_000_000_900);
        let ended = |name: HeaderName, seconds: u64| {
            let time = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
            condition(&HeaderMap::from_iter([(name, time.parse().unwrap())]), Some(modified))
        };
        assert_eq!(ended(IF_MODIFIED_SINCE, 1_700_000_000), Some(StatusCode::NOT_MODIFIED));
        assert_eq!(ended(IF_MODIFIED_SINCE, 1_699_999_999), None);
        assert_eq!(ended(IF_UNMODIFIED_SINCE, 1_700_000_000), None);
        assert_eq!(ended(IF_UNMODIFIED_SINCE, 1_699_999_999), Some(StatusCode::PRECONDITION_FAILED));
    }
}
