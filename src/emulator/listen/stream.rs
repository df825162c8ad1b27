//! A client's stream, which records when data moves, and fails if the client stops reading.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Duration,
};

use super::seats::Seat;
use crate::stream::Impatient;

/// The time limit for a client to read the data that was written to it.
const UNREAD: Duration = Duration::from_secs(60);

/// The stream of a client.
pub(super) struct Watched<S> {
    stream: Impatient<S>,
    place: Arc<Seat>,
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, place: Arc<Seat>) -> Self {
        Self { stream: Impatient::new(stream, UNREAD), place }
    }

    /// Records that data moved, if it did.
    fn moved<T>(&self, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if matches!(done, Poll::Ready(Ok(_))) {
            self.place.note_move();
        }
        done
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.place.note_move();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.moved(done)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.moved(done)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let was_stalled = self.stream.is_stalled();
        let done = Pin::new(&mut self.stream).poll_flush(cx);
        if was_stalled { self.moved(done) } else { done }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, duplex},
        time::sleep,
    };

    use super::*;
    use crate::emulator::listen::seats::Seats;

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_no_more_loses_its_connection_and_one_that_reads_slowly_does_not() {
        let place = Arc::new(Seats::new(1).take().await);
        let (mut client, server) = duplex(8);
        let mut server = Watched::new(server, place);
        let writer = tokio::spawn(async move { server.write_all(&[0; 64]).await.map_err(|it| it.kind()) });
        for _ in 0..4 {
            sleep(UNREAD.checked_sub(Duration::from_secs(1)).unwrap()).await;
            client.read_exact(&mut [0; 8]).await.unwrap();
        }
        assert!(!writer.is_finished());
        assert_eq!(writer.await.unwrap(), Err(io::ErrorKind::TimedOut));
    }
}
