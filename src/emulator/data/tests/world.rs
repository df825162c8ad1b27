//! A model with two sites and a service, its data plane, and a client.

use std::{
    convert::Infallible,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering::SeqCst},
    },
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    HeaderMap, Method, Request, Response,
    body::{Body, Incoming},
    client::conn,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use super::api::FakeApi;
use crate::{
    ambient::{Ambient, System},
    emulator::{
        data::{
            DataOptions, DataPlane, Folders, Scheme,
            token::{Keyring, signer::Signer},
        },
        traffic::{Trace, TrafficLog},
    },
    model::{
        ApimPolicy, ApimServiceId, Hostname, Key, KeyPair, LinkNames, Resource, ResourceId, StaticSiteId,
    },
    provider::json::Everything,
};

pub(super) const SITE: &str = "mango-grass-1.5.azurestaticapps.net";
pub(super) const OTHER_SITE: &str = "ashy-bush-2.5.azurestaticapps.net";
pub(super) const GATEWAY: &str = "shop-apim.azure-api.net";
pub(super) const NOW: i64 = 1_700_000_000;

const GROUP: &str = "/subscriptions/s/resourceGroups/rg/providers";

/// One key pair for all tests, because generating one is slow.
static KEYRING: LazyLock<Keyring> = LazyLock::new(|| Keyring::generate(Arc::new(System)));

/// A clock that only moves when a test advances it, and ids that differ from each other.
#[derive(Debug)]
struct Clock {
    now: AtomicI64,
    ids: AtomicU64,
}

impl Ambient for Clock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.now.load(SeqCst)).unwrap()
    }

    fn unguessable(&self) -> Uuid {
        Uuid::from_u128(self.ids.fetch_add(1, SeqCst).into())
    }
}

/// The model, the data plane, the API and their tasks.
pub(super) struct World {
    pub(super) api: FakeApi,
    api_address: SocketAddr,
    plane: Arc<DataPlane>,
    /// The requests so far, hop by hop.
    pub(super) traffic: Arc<TrafficLog>,
    address: SocketAddr,
    clock: Arc<Clock>,
    view: Mutex<Everything>,
}

/// An answer whose body was read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {self:?}")).to_str().unwrap()
    }

    /// Asserts the status and the message of a gateway's answer.
    #[track_caller]
    pub(super) fn assert_says(&self, status: u16, message: &str) {
        let said: Value = serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"));
        assert_eq!(said, json!({"statusCode": status, "message": message}));
        assert_eq!(self.status, status);
        assert_eq!(self.header("content-type"), "application/json");
    }
}

impl World {
    /// Links both sites; the product of each contains the orders API.
    pub(super) async fn linked() -> Self {
        Self::with_content(vec![]).await
    }

    pub(super) async fn with_content(content: Vec<(String, PathBuf)>) -> Self {
        let (api, api_address) = FakeApi::listen().await;
        let clock = Arc::new(Clock { now: NOW.into(), ids: AtomicU64::new(1) });
        let options = DataOptions {
            content: Folders::load(content).unwrap(),
            scheme: Scheme::Http,
            data_port: 8088,
            gateway_delay: Arc::default(),
            edge_delay: Arc::default(),
            ambient: Arc::clone(&clock) as Arc<dyn Ambient>,
        };
        let plane = Arc::new(DataPlane::with_keyring(options, KEYRING.clone()));
        let traffic = Arc::new(TrafficLog::new());
        let address = serve(Arc::clone(&plane), Arc::clone(&traffic)).await;
        let view = Mutex::new(view(api_address));
        let world = Self { api, api_address, plane, traffic, address, clock, view };
        world.edit(|_| ());
        world
    }

    /// Changes the model, and publishes it to the data plane.
    pub(super) fn edit(&self, change: impl FnOnce(&mut Everything)) {
        let mut view = self.view.lock().unwrap();
        change(&mut view);
        self.plane.publish(Arc::new(view.clone()));
    }

    /// Sets a property of a resource.
    pub(super) fn set(&self, id: &ResourceId, property: &str, value: impl Into<Value>) {
        self.edit(|view| {
            let found = view.resources.iter_mut().find(|resource| resource.id() == id);
            found.unwrap_or_else(|| panic!("no {id}")).set_property(property, value);
        });
    }

    /// Adds a resource, or replaces the one with the same id.
    pub(super) fn put(&self, tail: &str, properties: &Value) {
        self.edit(|view| put(view, tail, properties));
    }

    pub(super) fn remove(&self, tail: &str) {
        let id = id(tail);
        self.edit(|view| view.resources.retain(|resource| *resource.id() != id));
    }

    /// Returns the limits that the data plane reports.
    pub(super) fn limits(&self) -> Value {
        Value::Object(self.plane.limits())
    }

    /// Returns the address of the API.
    pub(super) fn api_address(&self) -> SocketAddr {
        self.api_address
    }

    /// Returns the signer of all sites.
    pub(super) async fn signer(&self) -> Arc<Signer> {
        self.plane.edges.keyring.signer().await
    }

    /// Advances the clock.
    pub(super) fn wait(&self, seconds: i64) {
        self.clock.now.fetch_add(seconds, SeqCst);
    }

    /// Opens a new connection for a client.
    pub(super) async fn connect<B>(&self) -> conn::http1::SendRequest<B>
    where
        B: Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: std::error::Error + Send + Sync,
    {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (sender, connection) = conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        sender
    }

    /// Sends a request and returns the answer before its body is read.
    pub(super) async fn begin(&self, request: Request<Full<Bytes>>) -> Response<Incoming> {
        self.connect().await.send_request(request).await.unwrap()
    }

    pub(super) async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        let (parts, body) = self.begin(request).await.into_parts();
        let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub(super) async fn get(&self, host: &str, path: &str) -> Answer {
        self.get_with(host, path, &[]).await
    }

    pub(super) async fn get_with(&self, host: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(request(host, path, headers)).await
    }

    /// Calls an API at the gateway with a key and a token.
    pub(super) async fn call(&self, key: &str, token: &str) -> Answer {
        let headers = [("ocp-apim-subscription-key", key), ("x-ms-auth-token", token)];
        self.get_with(GATEWAY, "/api/orders", &headers).await
    }

    /// Returns the token that a site currently sends to its API.
    pub(super) async fn token_of(&self, site: &str) -> String {
        assert_eq!(self.get(site, "/api/orders").await.status, 200);
        self.api.last().headers["x-ms-auth-token"].to_str().unwrap().to_owned()
    }
}

pub(super) fn request(host: &str, path: &str, headers: &[(&str, &str)]) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(Method::GET).uri(path).header("host", host);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::default()).unwrap()
}

async fn serve(plane: Arc<DataPlane>, traffic: Arc<TrafficLog>) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, peer)) = listener.accept().await {
            let (plane, traffic) = (Arc::clone(&plane), Arc::clone(&traffic));
            tokio::spawn(async move {
                let service = service_fn(|request: Request<Incoming>| async {
                    let (time, path) = ("2026-01-01T00:00:00Z".to_owned(), request.uri().path());
                    let host = request.headers()["host"].to_str().unwrap();
                    let recording = traffic.begin(time, request.method(), host, path);
                    let answer = plane.answer(request, peer, Trace::of(Some(&recording))).await;
                    recording.answered(answer.status().as_u16());
                    Ok::<_, Infallible>(answer)
                });
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    address
}

/// Returns the id of a resource, given its path from the provider or from within the service.
pub(super) fn id(tail: &str) -> ResourceId {
    let text = match tail.strip_prefix("service") {
        Some(rest) => format!("{GROUP}/Microsoft.ApiManagement/service/shop-apim{rest}"),
        None => format!("{GROUP}/Microsoft.Web/staticSites/{tail}"),
    };
    ResourceId::parse(&text).unwrap()
}

pub(super) fn put(view: &mut Everything, tail: &str, properties: &Value) {
    let id = id(tail);
    view.resources.retain(|resource| *resource.id() != id);
    let properties: Map<String, Value> = properties.as_object().unwrap().clone();
    view.resources.push(Resource::new(id, properties));
}

/// Returns the key of a site, or a key that differs from it by a suffix.
pub(super) fn key(text: &str) -> Key {
    Key::new(format!("key-of-{text}")).unwrap()
}

fn view(api: SocketAddr) -> Everything {
    let mut view = Everything::default();
    put(&mut view, "service", &json!({"gatewayUrl": format!("https://{GATEWAY}")}));
    for (name, path) in [("orders", "api/orders"), ("catalog", "api/catalog")] {
        let properties = json!({"path": path, "serviceUrl": format!("http://{api}/{name}/v1/")});
        put(&mut view, &format!("service/apis/{name}"), &properties);
    }
    link(&mut view, "mango", SITE);
    link(&mut view, "ashy", OTHER_SITE);
    view
}

/// Links a site in the same way as the engine.
fn link(view: &mut Everything, name: &str, hostname: &str) {
    let names = LinkNames::of(Hostname::parse(hostname).unwrap());
    let service = ApimServiceId::try_from(id("service")).unwrap();
    let product = names.product(&service).unwrap();
    put(view, name, &json!({"defaultHostname": hostname}));
    put(view, &format!("service/products/{}", product.name()), &json!({"displayName": names.display_name()}));
    view.resources.push(ApimPolicy::desired(&product.policy(), &names, Some(GATEWAY)));
    put(view, &format!("service/products/{}/apis/orders", product.name()), &json!({}));
    let subscription = format!("service/subscriptions/{name}");
    put(view, &subscription, &json!({"scope": product.as_str(), "state": "active"}));
    let pair = KeyPair { primary: key(name), secondary: key(&format!("{name}-secondary")) };
    view.subscription_keys.insert(id(&subscription), Arc::new(pair));
    let site = StaticSiteId::try_from(id(name)).unwrap();
    let backend = site.environment("default").unwrap().linked_backend("backend").unwrap();
    let record = Map::from_iter([("backendResourceId".to_owned(), service.as_str().into())]);
    view.resources.push(Resource::new((*backend).clone(), record));
    view.site_keys.insert((*backend).clone(), Arc::new(key(name)));
}

/// Returns the product of the first site.
pub(super) fn product() -> &'static str {
    "service/products/mango-grass-1"
}

/// Returns the policy of the first site's product, with another check instead of its own.
pub(super) fn policy(inbound: &str) -> Value {
    json!({"format": "xml", "value": format!("<policies><inbound><base />{inbound}</inbound></policies>")})
}
