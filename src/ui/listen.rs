//! Connections of the page: their number, the time and size of a request's head, and the time for an answer.

use std::{sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::sleep,
};

use crate::stream::Impatient;

/// The limits of clients. A client that exceeds a time limit loses its connection, which another client can then have.
#[derive(Clone, Copy, Debug)]
pub struct PageLimits {
    /// The maximum number of open connections: a browser opens six for one host.
    pub connections: usize,
    /// The time limit for the head of a request, and for an idle connection.
    pub head: Duration,
    /// The time limit for a form to arrive and to be answered.
    pub form: Duration,
    /// The time limit for a client to read more of what was written to it.
    pub unread: Duration,
}

impl Default for PageLimits {
    fn default() -> Self {
        let time = Duration::from_secs(30);
        Self { connections: 128, head: time, form: time, unread: time }
    }
}

/// The maximum size of a request's head, in bytes.
const HEAD_SIZE: usize = 32 << 10;
/// The pause before the next attempt if the system has no resources for a connection.
const NO_ROOM: Duration = Duration::from_millis(50);

/// Serves connections. A connection above the limit waits until another one is closed.
pub(super) async fn serve(listener: TcpListener, router: Router, limits: PageLimits) {
    let places = Arc::new(Semaphore::new(limits.connections));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(connection(stream, router.clone(), limits, place))),
            Err(error) => {
                tracing::debug!(%error, "a connection could not be accepted");
                sleep(NO_ROOM).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, router: Router, limits: PageLimits, _place: OwnedSemaphorePermit) {
    // Small answers must not wait for further data.
    let _ = stream.set_nodelay(true);
    // How a connection ends matters only to its client.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(HEAD_SIZE)
        .serve_connection(
            TokioIo::new(Impatient::new(stream, limits.unread)),
            TowerToHyperService::new(router),
        )
        .await;
}
