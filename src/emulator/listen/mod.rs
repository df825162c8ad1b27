//! Connections: how many, how long, and how they end.

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

/// How long the head of a request may take, and a connection may be idle.
const HEAD_TIME: Duration = Duration::from_secs(60);
/// How long the head of a request may be.
const HEAD_SIZE: usize = 64 << 10;
/// How many headers a request may have.
const HEADERS: usize = 100;
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long requests may go on after the emulator was told to end.
const LAST_ORDERS: Duration = Duration::from_secs(10);
/// How long to wait where the system has no room for a connection.
const NO_ROOM: Duration = Duration::from_millis(50);

/// Answers requests; no answer ends the connection.
pub(super) trait Handler: Clone + Send + Sync + 'static {
    fn handle(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> impl Future<Output = Option<Response<Body>>> + Send;
}

/// Serves every connection until it is told to stop; requests that have begun are finished. At most `limit`
/// connections are open at a time.
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
        tracing::warn!("some requests did not end in time");
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
    // Small answers are not to wait for more.
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
    // How a connection ends is for the client to know.
    let _ = watcher.watch(connection).await;
}

/// The body of an answer; its connection is busy until all of it is taken.
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
