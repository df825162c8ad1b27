//! An API on a real socket, which records its requests and behaves as their paths say.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Request, Response,
    body::{Frame, Incoming},
    header::HeaderValue,
    http::request::Parts,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, sync::Notify};

/// The size of one part of a large body, in bytes.
pub(super) const CHUNK: usize = 64 << 10;

type Sent = UnsyncBoxBody<Bytes, Infallible>;

/// The API and its record of requests.
#[derive(Clone, Default)]
pub(super) struct FakeApi(Arc<State>);

#[derive(Default)]
struct State {
    seen: Mutex<Vec<Parts>>,
    /// How many bytes of its bodies were requested.
    produced: AtomicU64,
    /// Notified when a request arrives.
    arrived: Notify,
    /// Notified when a request is dropped.
    given_up: Notify,
    /// Releases the next part of a slow answer.
    next: Notify,
}

impl FakeApi {
    /// Starts listening, and returns the address.
    pub(super) async fn listen() -> (Self, SocketAddr) {
        let api = Self::default();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = api.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let api = serving.clone();
                tokio::spawn(async move {
                    let service = service_fn(|request| api.clone().answer(request));
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        (api, address)
    }

    /// Returns the latest request.
    pub(super) fn last(&self) -> Parts {
        self.0.seen.lock().unwrap().last().expect("the API was called").clone()
    }

    /// Returns the number of requests.
    pub(super) fn calls(&self) -> usize {
        self.0.seen.lock().unwrap().len()
    }

    /// Returns how many bytes of its bodies were requested.
    pub(super) fn produced(&self) -> u64 {
        self.0.produced.load(SeqCst)
    }

    pub(super) async fn arrival(&self) {
        self.0.arrived.notified().await;
    }

    pub(super) async fn giving_up(&self) {
        self.0.given_up.notified().await;
    }

    pub(super) fn let_next_out(&self) {
        self.0.next.notify_one();
    }

    async fn answer(self, request: Request<Incoming>) -> Result<Response<Sent>, Infallible> {
        let (parts, body) = request.into_parts();
        let last = parts.uri.path().rsplit('/').next().unwrap_or_default().to_owned();
        let size = parts.uri.query().and_then(|query| query.parse().ok()).unwrap_or(0);
        self.0.seen.lock().unwrap().push(parts);
        self.0.arrived.notify_one();
        let guard = GiveUp(self.clone());
        Ok(match last.as_str() {
            "silent" => std::future::pending().await,
            "large" => Response::new(self.large(size)),
            "drip" => Response::new(drip(size, guard)),
            "deaf" => {
                self.0.next.notified().await;
                told(body.collect().await.unwrap().to_bytes().len().to_string())
            }
            _ => told(body.collect().await.map_or(0, |body| body.to_bytes().len()).to_string()),
        })
    }

    /// Returns a body of this size, as fast as it is read.
    fn large(&self, size: u64) -> Sent {
        let state = Arc::clone(&self.0);
        let frames = stream::unfold(size, move |left| {
            let state = Arc::clone(&state);
            async move {
                let part = usize::try_from(left).unwrap().min(CHUNK);
                state.produced.fetch_add(part as u64, SeqCst);
                (part > 0).then(|| (Ok(frame(part)), left - part as u64))
            }
        });
        StreamBody::new(frames).boxed_unsync()
    }
}

/// Returns a body of this number of parts, each sent when it is released.
fn drip(parts: u64, guard: GiveUp) -> Sent {
    let frames = stream::unfold((parts, guard), |(left, guard)| async move {
        if left == 0 {
            return None;
        }
        guard.0.0.next.notified().await;
        Some((Ok(frame(1)), (left - 1, guard)))
    });
    StreamBody::new(Box::pin(frames)).boxed_unsync()
}

/// Notifies when its request is dropped.
struct GiveUp(FakeApi);

impl Drop for GiveUp {
    fn drop(&mut self) {
        self.0.0.given_up.notify_one();
    }
}

fn frame(size: usize) -> Frame<Bytes> {
    Frame::data(vec![b'x'; size].into())
}

fn told(text: String) -> Response<Sent> {
    let mut response = Response::new(Full::new(text.into()).boxed_unsync());
    let headers = response.headers_mut();
    headers.insert("x-api", HeaderValue::from_static("yes"));
    headers.insert("keep-alive", HeaderValue::from_static("timeout=5"));
    response
}
