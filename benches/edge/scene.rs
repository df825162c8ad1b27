//! An upstream, an nginx before it, and an emulator before it too.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// The site that is called.
pub(crate) const HOST: &str = "mango-grass-1.5.azurestaticapps.net";

const BINARY: &str = env!("CARGO_BIN_EXE_swa-apim");
const CONFIGURATION: &str = "[env.prod]\nstatic-web-app = \"shop-web\"\napim = \"shop-apim\"\n\
                             resource-group = \"rg\"\nsubscription = \"00000000-0000-0000-0000-000000000000\"\n\
                             apis = [\"orders\"]\n[provider.json]\nmodel = \"control-plane.json\"\n";

/// Whether a program is installed.
pub(crate) fn is_there(program: &str) -> bool {
    Command::new(program).arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// An nginx, which ends with its owner.
pub(crate) struct Nginx {
    pub(crate) address: String,
    process: Child,
}

impl Nginx {
    /// Answers everything by itself.
    pub(crate) fn upstream(folder: &Path) -> Self {
        Self::start(folder, "upstream", 1, "", "return 200 \"{\\\"id\\\":7,\\\"total\\\":42}\\n\";")
    }

    /// Passes everything on, over connections that are kept.
    pub(crate) fn proxy(folder: &Path, upstream: &str) -> Self {
        let pool =
            format!("upstream api {{ server {upstream}; keepalive 128; keepalive_requests 1000000000; }}");
        let pass = "proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection \"\";";
        Self::start(folder, "proxy", 2, &pool, pass)
    }

    fn start(folder: &Path, name: &str, workers: u32, outside: &str, inside: &str) -> Self {
        let folder = folder.join(name);
        fs::create_dir(&folder).unwrap();
        let address = free_address();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {};", folder.join(kind).display()))
            .join(" ");
        let configuration = format!(
            "worker_processes {workers}; daemon off; pid {pid}; error_log stderr crit;\n\
             events {{ worker_connections 1024; }}\n\
             http {{ access_log off; keepalive_requests 1000000000; {temporary} {outside}\n\
             server {{ listen {address}; location / {{ {inside} }} }} }}\n",
            pid = folder.join("pid").display(),
        );
        let file = folder.join("nginx.conf");
        write(&file, &configuration);
        let process = Command::new("nginx").arg("-p").arg(&folder).arg("-c").arg(&file).spawn().unwrap();
        let since = Instant::now();
        while TcpStream::connect(&address).is_err() {
            assert!(since.elapsed() < Duration::from_secs(10), "nginx does not listen");
            thread::sleep(Duration::from_millis(10));
        }
        Self { address, process }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The master takes its workers along only if it is asked to end.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}

/// An emulator of a site that is linked with a service whose API is the upstream.
pub(crate) struct Emulator {
    pub(crate) address: String,
    /// How long it took until it said that it was ready.
    pub(crate) took: Duration,
    process: Child,
}

impl Emulator {
    pub(crate) fn start(folder: &Path, upstream: &str) -> Self {
        write(&folder.join("swa-apim.toml"), CONFIGURATION);
        write(&folder.join("resources.json"), &resources(upstream).to_string());
        for arguments in [&["model", "import", "resources.json"][..], &["link", "--env", "prod"]] {
            let status = command(folder).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
            assert!(status.unwrap().success(), "{arguments:?}");
        }
        Self::again(folder)
    }

    /// The same once more.
    pub(crate) fn again(folder: &Path) -> Self {
        let since = Instant::now();
        let mut process = command(folder)
            .args(["emulate", "--listen", "127.0.0.1:0", "--data-plane", "127.0.0.1:0", "--log", "off"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let took = since.elapsed();
        let ready: Value = serde_json::from_str(&line).expect("the emulator says that it is ready");
        let address = ready["dataPlane"].as_str().unwrap();
        let address = address.trim_start_matches("http://").trim_end_matches('/').to_owned();
        Self { address, took, process }
    }

    /// The most memory that it has had at once, in MB.
    pub(crate) fn most_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let kilobytes: u64 = line.split_whitespace().next().unwrap().parse().unwrap();
        kilobytes / 1024
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command.current_dir(folder).stdin(Stdio::null());
    command
}

fn resources(upstream: &str) -> Value {
    let group = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers";
    let service = format!("{group}/Microsoft.ApiManagement/service/shop-apim");
    json!([
        {"id": format!("{group}/Microsoft.Web/staticSites/shop-web"), "sku": {"name": "Standard"},
            "properties": {"defaultHostname": HOST}},
        {"id": service, "sku": {"name": "Consumption"}, "properties": {
            "provisioningState": "Succeeded", "gatewayUrl": "https://shop-apim.azure-api.net"}},
        {"id": format!("{service}/apis/orders"), "properties": {
            "displayName": "Orders", "path": "api/orders", "serviceUrl": format!("http://{upstream}/orders")}},
    ])
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn write(path: &Path, text: &str) {
    File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
}
