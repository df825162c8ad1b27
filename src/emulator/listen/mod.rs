//! Connections: their number, time limits and shutdown.

pub(super) mod body;
mod seats;
mod stream;
pub(super) mod tls;

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use hyper::{
    Request, Response,
    body::{Frame, Incoming, SizeHint},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use self::{
    seats::{Busy, Seat, Seats},
    stream::Watched,
};
use super::reply::Body;

/// The time limit for the head of a request, and for an idle connection.
const HEAD_TIME: Duration = Duration::from_secs(60);
/// The maximum size of a request's head, in bytes.
const HEAD_SIZE: usize = 64 << 10;
/// The maximum number of headers of a request.
const HEADERS: usize = 100;
const HANDSHAKE: Duration = Duration::from_secs(10);
/// The time limit for running requests when the emulator stops.
const LAST_ORDERS: Duration = Duration::from_secs(10);
/// The pause before the next attempt if the system has no resources for a connection.
const NO_ROOM: Duration = Duration::from_millis(50);

/// Answers requests; `None` closes the connection.
pub(super) trait Handler: Clone + Send + Sync + 'static {
    fn handle(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> impl Future<Output = Option<Response<Body>>> + Send;
}

/// Serves connections until `stop` changes, then finishes the running requests. At most `limit` connections are open at
/// a time.
pub(super) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    handler: impl Handler,
    limit: usize,
    mut stop: watch::Receiver<bool>,
) {
    let (graceful, mut connections) = (GracefulShutdown::new(), JoinSet::new());
    let seats = Seats::new(limit);
    let mut waiting = None;
    loop {
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => break,
            Some(_) = connections.join_next() => {}
            place = seats.take(), if waiting.is_some() => {
                if let Some((stream, peer)) = waiting.take() {
                    let (tls, handler, watcher) = (tls.clone(), handler.clone(), graceful.watcher());
                    connections.spawn(connection(stream, peer, tls, handler, watcher, place));
                }
            }
            accepted = accept(&listener), if waiting.is_none() => waiting = Some(accepted),
        }
    }
    drop(listener);
    if timeout(LAST_ORDERS, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
    connections.shutdown().await;
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::debug!(%error, "a connection could not be accepted");
                sleep(NO_ROOM).await;
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    handler: impl Handler,
    watcher: Watcher,
    place: Seat,
) {
    // Small answers must not wait for further data.
    let _ = stream.set_nodelay(true);
    let place = Arc::new(place);
    let served = async {
        match tls {
            None => http(stream, peer, handler, watcher, &place).await,
            Some(tls) => {
                if let Ok(Ok(stream)) = timeout(HANDSHAKE, tls.accept(stream)).await {
                    http(stream, peer, handler, watcher, &place).await;
                }
            }
        }
    };
    tokio::select! {
        () = served => {}
        () = place.is_needed() => {}
    }
}

async fn http(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    handler: impl Handler,
    watcher: Watcher,
    place: &Arc<Seat>,
) {
    let of_service = Arc::clone(place);
    let service = service_fn(move |request| {
        let (handler, busy) = (handler.clone(), of_service.begin());
        async move {
            let answer = handler.handle(request, peer).await;
            busy.answers();
            let answer = answer.map(|answer| answer.map(|body| Written { body, _busy: busy }));
            answer.ok_or_else(|| io::Error::from(io::ErrorKind::ConnectionAborted))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_SIZE)
        .max_headers(HEADERS)
        .serve_connection(TokioIo::new(Watched::new(stream, Arc::clone(place))), service);
    // How a connection ends matters only to its client.
    let _ = watcher.watch(connection).await;
}

/// The body of an answer. Its connection is busy until the whole body is read.
struct Written {
    body: Body,
    _busy: Busy,
}

impl hyper::body::Body for Written {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
