//! Sockets: requests in, answers out, and what goes wrong on the way.

use std::{
    io,
    net::{SocketAddr, TcpListener as StdListener},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    thread,
    time::Duration,
};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::{
    Request, Response,
    body::{Body, Frame, Incoming, SizeHint},
    header::HOST,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, runtime, sync::oneshot};

use super::{
    Options, Seen, Shared, State,
    faults::{Effect, When},
    gateway,
    routes::{self, Reply},
};

pub(super) struct Running {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

pub(super) fn start(options: Options) -> (Arc<Shared>, Running) {
    let listener = StdListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let state = Mutex::new(State::new(options.clone(), port));
    let shared = Arc::new(Shared {
        options,
        state,
        seen: Mutex::default(),
        faults: Mutex::default(),
        stop_at: Mutex::default(),
        port,
    });
    let (stop, stopped) = oneshot::channel();
    let serving = Arc::clone(&shared);
    let thread = thread::spawn(move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            let watch = watch(Arc::clone(&serving));
            tokio::select! {
                () = accept(listener, serving) => {}
                () = watch => {}
                _ = stopped => {}
            }
        });
        runtime.shutdown_timeout(Duration::ZERO);
    });
    (shared, Running { stop: Some(stop), thread: Some(thread) })
}

/// Looks every few milliseconds whether a request of a site would be refused. Where changes take effect at once, only they
/// can be a reason, and each is looked at when it is made.
async fn watch(shared: Arc<Shared>) {
    if shared.options.propagation.is_zero() {
        std::future::pending::<()>().await;
    }
    loop {
        tokio::time::sleep(Duration::from_millis(3)).await;
        shared.state().tick();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        // Or an answer in two pieces waits for its first one to be acknowledged.
        let _ = stream.set_nodelay(true);
        let Ok(stream) = stream.into_std() else { continue };
        let Ok(handle) = stream.try_clone() else { continue };
        let Ok(stream) = tokio::net::TcpStream::from_std(stream) else { continue };
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let handle = Arc::new(Mutex::new(Some(handle)));
            let service = service_fn(|request| serve(Arc::clone(&shared), Arc::clone(&handle), request));
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

type Handle = Arc<Mutex<Option<std::net::TcpStream>>>;

async fn serve(
    shared: Arc<Shared>,
    handle: Handle,
    request: Request<Incoming>,
) -> io::Result<Response<Told>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let header = |name: &str| parts.headers.get(name)?.to_str().ok().map(str::to_owned);
    let host = header(HOST.as_str()).unwrap_or_default();
    if host.starts_with("localhost") {
        let key = header("ocp-apim-subscription-key");
        let reply =
            gateway::answer(&mut shared.state(), parts.method.as_str(), parts.uri.path(), key.as_deref());
        note(&shared, &parts, &body, &reply, true);
        return Ok(told(reply, shared.options.mark));
    }
    tokio::time::sleep(shared.options.latency).await;
    if is_stopped(&shared) {
        return std::future::pending().await;
    }
    let call = routes::Call {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        if_match: header("if-match"),
        authorization: header("authorization"),
        body: body.to_vec(),
        base: format!("http://{host}"),
    };
    let found = {
        let mut faults = shared.faults.lock().unwrap();
        faults.iter_mut().find_map(|fault| fault.strikes(&call.method, &call.path))
    };
    let honest = || routes::answer(&mut shared.state(), &call);
    let Some((when, effect)) = found else {
        let reply = honest();
        note(&shared, &parts, &body, &reply, false);
        return Ok(told(reply, shared.options.mark));
    };
    if matches!(effect, Effect::Headers(_) | Effect::NextLink(_)) {
        let reply = bent(honest(), effect);
        note(&shared, &parts, &body, &reply, false);
        return Ok(told(reply, shared.options.mark));
    }
    if when == When::After {
        drop(honest());
    }
    match &effect {
        Effect::Reply(reply) => note(&shared, &parts, &body, reply, false),
        _ => note(&shared, &parts, &body, &Reply::status(0), false),
    }
    suffered(effect, &handle, shared.options.mark).await
}

/// What comes of a request that something strikes.
async fn suffered(effect: Effect, handle: &Handle, mark: bool) -> io::Result<Response<Told>> {
    match effect {
        Effect::Reply(reply) => Ok(told(reply, mark)),
        Effect::Reset => {
            if let Some(stream) = handle.lock().unwrap().take() {
                socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
            }
            Err(io::Error::other("reset"))
        }
        Effect::Body { declared, content, repeats } => {
            let body = Told { chunk: content.into(), repeats, declared, pause: None };
            Ok(Response::builder().header("content-type", "application/json").body(body).unwrap())
        }
        Effect::Hang | Effect::Headers(_) | Effect::NextLink(_) => std::future::pending().await,
    }
}

/// Whether this is the request that is to be left unanswered, with all that come after it.
fn is_stopped(shared: &Shared) -> bool {
    match &mut *shared.stop_at.lock().unwrap() {
        Some((0, sender)) => {
            let _ = sender.send(());
            true
        }
        Some((left, _)) => {
            *left -= 1;
            false
        }
        None => false,
    }
}

/// An honest answer, but for what a fault puts into it.
fn bent(mut reply: Reply, effect: Effect) -> Reply {
    match (effect, &mut reply.body) {
        (Effect::Headers(headers), _) => {
            reply.headers.retain(|(name, _)| !headers.iter().any(|(other, _)| other == name));
            reply.headers.extend(headers.into_iter().filter(|(_, value)| !value.is_empty()));
        }
        (Effect::NextLink(link), Some(body)) => body["nextLink"] = link.into(),
        _ => {}
    }
    reply
}

fn note(shared: &Shared, parts: &hyper::http::request::Parts, body: &[u8], reply: &Reply, data_plane: bool) {
    let text = |value: &hyper::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), text(value)));
    shared.seen.lock().unwrap().push(Seen {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        body: String::from_utf8_lossy(body).into_owned(),
        answer: reply.body.as_ref().map(ToString::to_string).unwrap_or_default(),
        authorization: parts.headers.get("authorization").and_then(|it| it.to_str().ok()).map(str::to_owned),
        headers: headers.collect(),
        status: reply.status,
        answer_headers: reply.headers.clone(),
        data_plane,
    });
}

fn told(reply: Reply, mark: bool) -> Response<Told> {
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name.as_str(), value.as_str());
    }
    let mut content = Vec::new();
    let is_typed = reply.headers.iter().any(|(name, _)| name == "content-type");
    if let Some(body) = reply.body {
        if !is_typed {
            response = response.header("content-type", "application/json; charset=utf-8");
        }
        if mark {
            content.extend_from_slice(b"\xef\xbb\xbf");
        }
        content.extend_from_slice(body.to_string().as_bytes());
    } else if let Some(text) = reply.text {
        response = response.header("content-type", "text/html");
        content.extend_from_slice(text.as_bytes());
    }
    let declared = Some(content.len() as u64);
    response.body(Told { chunk: content.into(), repeats: 1, declared, pause: None }).unwrap()
}

/// A body that may be shorter than it says, or longer than anybody wants.
struct Told {
    chunk: Bytes,
    repeats: u64,
    declared: Option<u64>,
    pause: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Body for Told {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(pause) = &mut self.pause {
            if pause.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.pause = None;
        }
        if self.repeats == 0 {
            let sent = self.chunk.len() as u64;
            return Poll::Ready(match self.declared {
                Some(declared) if declared > sent => Some(Err(io::Error::other("cut off"))),
                _ => None,
            });
        }
        if self.chunk.is_empty() {
            self.repeats = 0;
            return Poll::Ready(None);
        }
        self.repeats -= 1;
        if self.repeats == u64::MAX - 1 || self.declared.is_none() && self.chunk.len() < 64 {
            // What never ends need not be fast.
            self.pause = Some(Box::pin(tokio::time::sleep(Duration::from_millis(50))));
        }
        Poll::Ready(Some(Ok(Frame::data(self.chunk.clone()))))
    }

    fn size_hint(&self) -> SizeHint {
        self.declared.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
