//! What the data plane answers with: words of its own, or what an API sends as it comes.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::Sleep;

/// The body of an answer.
pub(super) enum Content {
    /// Words of its own.
    Told(Full<Bytes>),
    /// What an API sends.
    Passed(Incoming),
}

/// A body that breaks off when its time is over.
pub(super) struct Limited {
    content: Content,
    deadline: Pin<Box<Sleep>>,
}

impl Content {
    pub(super) fn told(text: impl Into<Bytes>) -> Self {
        Self::Told(Full::new(text.into()))
    }

    /// The same, until `deadline`.
    pub(super) fn until(self, deadline: Pin<Box<Sleep>>) -> Limited {
        Limited { content: self, deadline }
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let frame = match self.get_mut() {
            Self::Told(words) => {
                ready!(Pin::new(words).poll_frame(cx)).map(|frame| frame.map_err(|never| match never {}))
            }
            Self::Passed(body) => {
                ready!(Pin::new(body).poll_frame(cx)).map(|frame| frame.map_err(io::Error::other))
            }
        };
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Told(words) => words.is_end_stream(),
            Self::Passed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Told(words) => words.size_hint(),
            Self::Passed(body) => body.size_hint(),
        }
    }
}

impl Body for Limited {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.content).poll_frame(cx) {
            return Poll::Ready(frame);
        }
        ready!(self.deadline.as_mut().poll(cx));
        Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.content.size_hint()
    }
}
