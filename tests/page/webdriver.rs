//! A browser, driven over `WebDriver` (<https://www.w3.org/TR/webdriver2/>).

use std::{
    env,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{skip::skipped, world::Served};

/// How long a test waits for what a page must show.
const PATIENCE: Duration = Duration::from_secs(60);
/// The name that `WebDriver` gives to the field with the id of an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Chromium without what shows windows, which needs about half of the processor's time. Debian's script in `PATH` does not
/// become the program that it starts, so a driver that ends it would leave that running.
#[expect(clippy::disallowed_methods, reason = "programs are where the tests' own environment has them")]
fn headless_shell() -> Option<PathBuf> {
    let debian = PathBuf::from("/usr/lib/chromium/chromium-headless-shell");
    let folders = env::var_os("PATH").unwrap_or_default();
    let for_testing = env::split_paths(&folders).map(|folder| folder.join("chrome-headless-shell"));
    [debian].into_iter().chain(for_testing).find(|program| program.is_file())
}

/// The size and the colours of a window.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) dark: bool,
}

/// A browser with a page that is served.
pub(crate) struct Browser {
    client: Client,
    driver: Child,
    /// The address of the session.
    session: String,
    base: String,
}

/// Starts the driver on a port that it chooses; `None` if this machine has none. It takes the same port for IPv4 and IPv6,
/// and ends if another program has one of them, so it is started again.
fn start_driver() -> Option<(Child, String)> {
    for _ in 0..10 {
        let mut started = Command::new("chromedriver");
        started.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null());
        let mut driver = started.spawn().ok()?;
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
        let Some(line) = lines.find(|line| line.contains("started successfully on port")) else {
            driver.wait().unwrap();
            continue;
        };
        let port = line.rsplit(' ').next().unwrap().trim_end_matches('.').to_owned();
        // The driver must not fill its pipe.
        std::thread::spawn(move || lines.for_each(drop));
        return Some((driver, port));
    }
    panic!("chromedriver does not start");
}

impl Browser {
    /// Opens a browser with the printed address; `None`, and a skip, if this machine has none.
    pub(crate) async fn open(served: &Served, look: Look) -> Option<Self> {
        let Some((driver, port)) = start_driver() else {
            skipped("there is no chromedriver");
            return None;
        };
        let client = crate::world::client();
        let driver_address = format!("http://127.0.0.1:{port}");
        let size = format!("--window-size={},{}", look.width, look.height);
        // A page that still scrolls takes no click, and the driver waits a second before it says so.
        let still = "--force-prefers-reduced-motion";
        let mut args =
            vec!["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", still, &size];
        if look.dark {
            args.push("--force-dark-mode");
        }
        let sessions = format!("{driver_address}/session");
        let shell = headless_shell().map(|program| json!({"args": args, "binary": program}));
        let mut answer = Err(String::new());
        // A shell of another version than the driver's is refused; then the driver looks for a browser.
        for options in shell.into_iter().chain([json!({"args": args})]) {
            let wanted = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}});
            answer = send(&client, Method::POST, &sessions, Some(&wanted)).await;
            if answer.is_ok() {
                break;
            }
        }
        let session = format!("{sessions}/{}", answer.unwrap()["sessionId"].as_str().unwrap());
        let browser = Self { client, driver, session, base: served.base().to_owned() };
        browser.command("/url", &json!({"url": served.address})).await;
        Some(browser)
    }

    /// Opens the printed address in a window that may be open already, since a browser takes long to start; `None` as
    /// [`Self::open`].
    pub(crate) async fn show<'a>(
        window: &'a mut Option<Self>,
        served: &Served,
        look: Look,
    ) -> Option<&'a Self> {
        if let Some(window) = window {
            served.base().clone_into(&mut window.base);
            window.resize(look).await;
            window.colour(look).await;
            window.command("/url", &json!({"url": served.address})).await;
            let seen = "return [innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]";
            assert_eq!(window.run(seen).await, json!([look.width, look.dark]));
        } else {
            *window = Some(Self::open(served, look).await?);
        }
        window.as_ref()
    }

    async fn command(&self, path: &str, body: &Value) -> Value {
        self.try_command(path, body).await.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    async fn ask(&self, path: &str) -> Value {
        send(&self.client, Method::GET, &format!("{}{path}", self.session), None).await.unwrap()
    }

    /// Makes the window as wide and as tall as this.
    pub(crate) async fn resize(&self, Look { width, height, .. }: Look) {
        self.command("/window/rect", &json!({"width": width, "height": height})).await;
    }

    /// Tells pages which colours the user prefers.
    async fn colour(&self, look: Look) {
        let scheme = if look.dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.command("/goog/cdp/execute", &json!({"cmd": "Emulation.setEmulatedMedia", "params": media}))
            .await;
    }

    /// Opens a path of the page.
    pub(crate) async fn go(&self, path: &str) {
        self.command("/url", &json!({"url": format!("{}{path}", self.base)})).await;
    }

    pub(crate) async fn back(&self) {
        self.command("/back", &json!({})).await;
    }

    /// Waits until the page says this.
    #[track_caller]
    pub(crate) fn says<'a>(&'a self, words: &'a str) -> impl Future<Output = ()> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let end = Instant::now() + PATIENCE;
            loop {
                let text = self.text().await;
                if text.contains(words) {
                    return;
                }
                if Instant::now() >= end {
                    let markup = self.run("return document.documentElement.outerHTML").await;
                    panic!("{caller}: `{words}` is not in: {text}\n{markup}");
                }
                sleep(Duration::from_millis(100)).await;
            }
        }
    }

    /// The text of the page, with single spaces.
    pub(crate) async fn text(&self) -> String {
        let text = self.run("return document.body.innerText").await;
        text.as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Runs a script in the page, and returns its value.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.command("/execute/sync", &json!({"script": script, "args": []})).await
    }

    /// Waits until a script has another value than this.
    pub(crate) async fn becomes(&self, script: &str, before: &Value) {
        let end = Instant::now() + PATIENCE;
        while self.run(script).await == *before {
            assert!(Instant::now() < end, "{script} stays {before}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Runs a script that passes its value to its only argument.
    pub(crate) async fn run_async(&self, script: &str) -> Value {
        self.command("/execute/async", &json!({"script": script, "args": []})).await
    }

    /// Clicks the first element that a selector matches.
    pub(crate) async fn click(&self, selector: &str) {
        self.click_on("css selector", selector).await;
    }

    /// Clicks the link with this text.
    pub(crate) async fn follow(&self, text: &str) {
        self.click_on("link text", text).await;
    }

    /// Clicks an element. News may replace it between its search and the click, so both are repeated.
    async fn click_on(&self, by: &str, value: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            let clicked = async {
                let path = self.located(by, value).await?;
                self.try_command(&format!("{path}/click"), &json!({})).await
            };
            match clicked.await {
                Ok(_) => return,
                Err(error) => assert!(Instant::now() < end, "{value}: {error}"),
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    pub(crate) async fn is_enabled(&self, selector: &str) -> bool {
        let path = self.located("css selector", selector).await.unwrap();
        self.ask(&format!("{path}/enabled")).await == true
    }

    async fn located(&self, by: &str, value: &str) -> Result<String, String> {
        let found = self.try_command("/element", &json!({"using": by, "value": value})).await?;
        Ok(format!("/element/{}", found[ELEMENT].as_str().unwrap()))
    }

    async fn try_command(&self, path: &str, body: &Value) -> Result<Value, String> {
        send(&self.client, Method::POST, &format!("{}{path}", self.session), Some(body)).await
    }

    /// Presses keys, wherever the focus is.
    pub(crate) async fn press(&self, keys: &str) {
        let press =
            |key: char| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key.to_string()}));
        let actions: Vec<Value> = keys.chars().flat_map(press).collect();
        let keyboard = json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]});
        self.command("/actions", &keyboard).await;
    }

    /// Opens another tab, and returns the handles of the one before and of the new one.
    pub(crate) async fn new_tab(&self) -> (String, String) {
        let before = self.ask("/window").await.as_str().unwrap().to_owned();
        let new = self.command("/window/new", &json!({"type": "tab"})).await;
        (before, new["handle"].as_str().unwrap().to_owned())
    }

    pub(crate) async fn switch_to(&self, handle: &str) {
        self.command("/window", &json!({"handle": handle})).await;
        self.command("/goog/cdp/execute", &json!({"cmd": "Page.bringToFront", "params": {}})).await;
    }

    /// A picture of the window, as PNG.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        BASE64_STANDARD.decode(self.ask("/screenshot").await.as_str().unwrap()).unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A driver that ends by itself leaves its browser running.
        let (host, path) = self.session.trim_start_matches("http://").split_once('/').unwrap();
        if let Ok(mut driver) = TcpStream::connect(host) {
            let _ = write!(driver, "DELETE /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            let _ = driver.set_read_timeout(Some(Duration::from_secs(10)));
            // It answers once the browser has ended, and does not close the connection.
            let _ = driver.read(&mut [0; 1024]);
        }
        let _ = kill(Pid::from_raw(i32::try_from(self.driver.id()).unwrap()), Signal::SIGTERM);
        let _ = self.driver.wait();
    }
}

async fn send(client: &Client, method: Method, address: &str, body: Option<&Value>) -> Result<Value, String> {
    let request = client.request(method, address);
    let answer = body.into_iter().fold(request, RequestBuilder::json).send().await.unwrap();
    let is_well = answer.status().is_success();
    let value = answer.json::<Value>().await.unwrap()["value"].take();
    if is_well { Ok(value) } else { Err(value["message"].to_string()) }
}
