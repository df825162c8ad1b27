//! An emulator with a linked site, and an API behind it.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

const GROUP: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg";
/// The hostname that Azure would have given the site.
pub(crate) const HOSTNAME: &str = "agreeable-smoke-06273c21e.5.azurestaticapps.net";

/// How long what is changed takes to arrive where requests are served.
#[derive(Clone, Copy)]
pub(crate) struct Slow(Duration);

impl Slow {
    pub(crate) fn by(delay: Duration) -> Self {
        Self(delay)
    }
}

/// The emulator as a process of its own, over a model in a folder of its own.
pub(crate) struct Scene {
    folder: tempfile::TempDir,
    emulator: Child,
    endpoint: String,
    pub(crate) edge: SocketAddr,
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = self.emulator.kill();
        let _ = self.emulator.wait();
    }
}

impl Scene {
    /// A site that is linked, whose API answers through its edge.
    pub(crate) fn linked(slow: Slow) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let edge = free_address();
        let model = model(edge, upstream());
        File::create(folder.path().join("model.json"))
            .unwrap()
            .write_all(model.to_string().as_bytes())
            .unwrap();
        let delay = format!("{}ms", slow.0.as_millis());
        let mut emulator = bare(&folder)
            .args(["emulate", "--model", "model.json", "--listen", "127.0.0.1:0", "--log", "off"])
            .args(["--data-plane", &edge.to_string(), "--gateway-delay", &delay, "--edge-delay", &delay])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = String::new();
        BufReader::new(emulator.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let ready: Value = serde_json::from_str(&ready).unwrap();
        let endpoint = ready["controlPlane"].as_str().unwrap().to_owned();
        let scene = Self { folder, emulator, endpoint, edge };
        for line in ["link", "api add orders"] {
            let done = scene.run(line);
            assert!(done.status.success(), "{line}: {done:?}");
        }
        scene.wait_until_served();
        scene
    }

    /// The program, told to work against the emulator.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = bare(&self.folder);
        command.args(line.split_whitespace()).stdin(Stdio::null()).stdout(Stdio::null()).envs([
            ("SWA_APIM_ACCESS_TOKEN", "a-token"),
            ("SWA_APIM_PROVIDER", "arm"),
            ("SWA_APIM_ENDPOINT", &self.endpoint),
            ("SWA_APIM_STATIC_WEB_APP", &format!("{GROUP}/providers/Microsoft.Web/staticSites/shop")),
            ("SWA_APIM_APIM", &format!("{GROUP}/providers/Microsoft.ApiManagement/service/gate")),
        ]);
        command
    }

    pub(crate) fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    /// Relinks, and says how many steps that took.
    pub(crate) fn relink_and_count_steps(&self) -> usize {
        let relink = self.run("relink --grace 1 -v");
        assert!(relink.status.success(), "{relink:?}");
        String::from_utf8_lossy(&relink.stderr).lines().filter(|line| line.contains("applying")).count()
    }

    /// Starts a relink and kills it as it begins its step of this number.
    pub(crate) fn kill_relink_at(&self, step: usize) {
        let mut relink = self.command("relink --grace 1 -v").stderr(Stdio::piped()).spawn().unwrap();
        let told = BufReader::new(relink.stderr.take().unwrap()).lines();
        let begun = told.map_while(Result::ok).filter(|line| line.contains("applying")).nth(step - 1);
        assert!(begun.is_some(), "step {step} is never begun");
        relink.kill().unwrap();
        relink.wait().unwrap();
    }

    /// Replaces the key that the site sends, without regard to the site.
    pub(crate) fn regenerate_primary(&self) {
        let service = format!("{GROUP}/providers/Microsoft.ApiManagement/service/gate");
        let product = HOSTNAME.split('.').next().unwrap();
        let listed =
            self.ask("GET", &format!("{service}/products/{product}/subscriptions"), "2024-05-01", None);
        // A product's list names it below the product, where it has no actions.
        let name = listed["value"][0]["name"].as_str().unwrap();
        let action = format!("{service}/subscriptions/{name}/regeneratePrimaryKey");
        self.ask("POST", &action, "2024-05-01", None);
    }

    /// Lets the site take the key that is the primary one now.
    pub(crate) fn connect(&self) {
        let service = format!("{GROUP}/providers/Microsoft.ApiManagement/service/gate");
        let backend = format!("{GROUP}/providers/Microsoft.Web/staticSites/shop/linkedBackends/gate");
        let body = json!({"properties": {"backendResourceId": service}});
        self.ask("PUT", &backend, "2024-04-01", Some(&body));
    }

    fn ask(&self, method: &str, path: &str, version: &str, body: Option<&Value>) -> Value {
        let host = self.endpoint.trim_start_matches("http://");
        let body = body.map(Value::to_string).unwrap_or_default();
        let head = format!(
            "{method} {path}?api-version={version} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer a-token\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        let answer = exchange(host.parse().unwrap(), &(head + &body));
        assert!(answer.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        serde_json::from_str(body).unwrap_or_default()
    }

    fn wait_until_served(&self) {
        let since = Instant::now();
        let request = format!("GET /api/orders/1 HTTP/1.1\r\nhost: {HOSTNAME}\r\nconnection: close\r\n\r\n");
        loop {
            let answer = exchange(self.edge, &request);
            if answer.starts_with("HTTP/1.1 200") {
                return;
            }
            assert!(since.elapsed() < Duration::from_secs(60), "not served: {answer}");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

fn bare(folder: &tempfile::TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swa-apim"));
    command.current_dir(folder.path()).env_clear().env("HOME", folder.path());
    command
}

fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The API that the gateway leads to.
fn upstream() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(&stream));
        }
    });
    address
}

/// Answers every request of a connection, none of which has a body.
fn answer(stream: &TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut requests = BufReader::new(stream);
    let mut line = String::new();
    loop {
        line.clear();
        if requests.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            let mut out = stream;
            out.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\norder!").ok()?;
        }
    }
}

fn model(edge: SocketAddr, upstream: SocketAddr) -> Value {
    let service = format!("{GROUP}/providers/Microsoft.ApiManagement/service/gate");
    json!({
        "schemaVersion": 1, "lineage": "00000000-0000-4000-8000-000000000001", "serial": 1, "secrets": {},
        "resources": [
            {"id": service, "name": "gate", "type": "Microsoft.ApiManagement/service", "location": "Central US",
                "sku": {"name": "Consumption", "capacity": 0}, "properties": {"provisioningState": "Succeeded",
                "gatewayUrl": format!("http://{edge}"), "virtualNetworkType": "None",
                "publicNetworkAccess": "Enabled"}},
            {"id": format!("{service}/apis/orders"), "name": "orders",
                "type": "Microsoft.ApiManagement/service/apis", "properties": {"displayName": "orders",
                "apiRevision": "1", "subscriptionRequired": true, "serviceUrl": format!("http://{upstream}"),
                "path": "api/orders", "protocols": ["http"], "isCurrent": true}},
            {"id": format!("{service}/apis/orders/operations/one"), "name": "one",
                "type": "Microsoft.ApiManagement/service/apis/operations",
                "properties": {"displayName": "one", "method": "GET", "urlTemplate": "/{id}"}},
            {"id": format!("{GROUP}/providers/Microsoft.Web/staticSites/shop"), "name": "shop",
                "type": "Microsoft.Web/staticSites", "location": "Central US",
                "sku": {"name": "Standard", "tier": "Standard"}, "properties": {"defaultHostname": HOSTNAME}},
        ],
    })
}
