//! Response bodies with a deadline.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::time::Sleep;

use crate::emulator::reply::Body;

/// A body that fails with a timeout at its deadline.
pub(super) struct Limited {
    body: Body,
    deadline: Pin<Box<Sleep>>,
}

impl Limited {
    /// Wraps a body, which fails if it has not ended by `deadline`.
    pub(super) fn new(body: Body, deadline: Pin<Box<Sleep>>) -> Self {
        Self { body, deadline }
    }
}

impl hyper::body::Body for Limited {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            return Poll::Ready(frame);
        }
        ready!(self.deadline.as_mut().poll(cx));
        Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
