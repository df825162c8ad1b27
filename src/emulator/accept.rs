//! Connections: how many, how long, and how they end.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use super::body::Body;

/// How many connections there may be to a listener; what is more waits.
const CONNECTIONS: usize = 1024;
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

/// Serves every connection until it is told to stop; requests that have begun are finished.
pub(super) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    handler: impl Handler,
    mut stop: watch::Receiver<bool>,
) {
    let (graceful, mut connections) = (GracefulShutdown::new(), JoinSet::new());
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => break,
            Some(_) = connections.join_next() => {}
            (stream, peer, permit) = next(&listener, &permits) => {
                let (tls, handler, watcher) = (tls.clone(), handler.clone(), graceful.watcher());
                connections.spawn(connection(stream, peer, tls, handler, watcher, permit));
            }
        }
    }
    drop(listener);
    if timeout(LAST_ORDERS, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
    connections.shutdown().await;
}

async fn next(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    let permit = Arc::clone(permits).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, permit),
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
    permit: Option<OwnedSemaphorePermit>,
) {
    // Small answers are not to wait for more.
    let _ = stream.set_nodelay(true);
    match tls {
        None => http(stream, peer, handler, watcher).await,
        Some(tls) => {
            if let Ok(Ok(stream)) = timeout(HANDSHAKE, tls.accept(stream)).await {
                http(stream, peer, handler, watcher).await;
            }
        }
    }
    drop(permit);
}

async fn http(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    handler: impl Handler,
    watcher: Watcher,
) {
    let service = service_fn(move |request| {
        let handler = handler.clone();
        async move {
            let answer = handler.handle(request, peer).await;
            answer.ok_or_else(|| io::Error::from(io::ErrorKind::ConnectionAborted))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_SIZE)
        .max_headers(HEADERS)
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), service);
    // How a connection ends is for the client to know.
    let _ = watcher.watch(connection).await;
}
