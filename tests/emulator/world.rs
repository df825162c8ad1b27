//! An emulator over a model of its own, and a client that sends just what it is told to.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

use crate::support::{Sandbox, told};
pub(crate) use crate::support::{service_id as service, site_id as site};

pub(crate) const GROUP: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop";
pub(crate) const TOKEN: &str = "a-token-that-nobody-may-see";
pub(crate) const WEB: &str = "2024-04-01";
pub(crate) const APIM: &str = "2024-05-01";

/// An emulator that runs; it ends when it is dropped.
pub(crate) struct Emulated {
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) control: String,
    pub(crate) data: String,
    child: Child,
    said: Arc<Mutex<String>>,
    listening: Option<thread::JoinHandle<()>>,
}

impl Drop for Emulated {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Emulated {
    /// One over a model with a site, with more arguments.
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::over(Arc::new(Sandbox::with_sites(1)), args)
    }

    /// One over the model of a folder.
    pub(crate) fn over(sandbox: Arc<Sandbox>, args: &[&str]) -> Self {
        let mut command =
            sandbox.command(&["emulate", "--listen", "127.0.0.1:0", "--data-plane", "127.0.0.1:0"]);
        let command = command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let (said, mut stderr) = (Arc::new(Mutex::new(String::new())), child.stderr.take().unwrap());
        let kept = Arc::clone(&said);
        let listening = thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stderr.read(&mut buffer) {
                kept.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        });
        let ready: Value = serde_json::from_str(&ready)
            .unwrap_or_else(|_| panic!("no ready line but {ready:?}: {}", said.lock().unwrap()));
        assert_eq!(ready["schemaVersion"], 1);
        let address = |name: &str| ready[name].as_str().unwrap().split_once("://").unwrap().1.to_owned();
        let (control, data) = (address("controlPlane"), address("dataPlane"));
        Self { sandbox, control, data, child, said, listening: Some(listening) }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.control)
    }

    /// Sends a request as any client would.
    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send_with(method, path, &[], body)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &Value::Null)
    }

    /// The same with more headers.
    pub(crate) fn send_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let bearer = format!("Bearer {TOKEN}");
        let mut all = vec![("Host", self.control.as_str()), ("Authorization", bearer.as_str())];
        all.extend_from_slice(headers);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        raw(&self.control, method, path, &all, body.as_bytes())
            .unwrap_or_else(|| panic!("{method} {path}: no answer; {}", self.said()))
    }

    /// Sets switches.
    pub(crate) fn switch(&self, change: &Value) {
        let answer = self.send("PATCH", "/_emulator/switches", change);
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// The requests so far that changed something.
    pub(crate) fn writes(&self) -> usize {
        let seen = self.get("/_emulator/requests").body;
        let is_write = |entry: &&Value| {
            let path = entry["path"].as_str().unwrap();
            let reads =
                path.ends_with("/listSecrets") || path.ends_with("/resources") || path.starts_with("/_");
            entry["method"] != "GET" && entry["method"] != "HEAD" && !reads
        };
        seen["value"].as_array().unwrap().iter().filter(is_write).count()
    }

    /// The program's own command line, over HTTP.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = self.sandbox.command(args);
        command.env("SWA_APIM_PROVIDER", "arm").env("SWA_APIM_ENDPOINT", self.endpoint());
        command.env("SWA_APIM_ACCESS_TOKEN", TOKEN).env("SWA_APIM_GRACE", "0s");
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs a command, which has to end with this exit code, and reads what it printed.
    pub(crate) fn expect(&self, exit: i32, args: &[&str]) -> Value {
        let output = self.run(&[args, &["-o", "json"]].concat());
        assert_eq!(output.status.code(), Some(exit), "{args:?}: {}\n{}", told(&output), self.said());
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// The state of the first env's link.
    pub(crate) fn state(&self) -> String {
        let status = self.expect(0, &["status", "--env", "e0"]);
        status["links"][0]["state"].as_str().unwrap().to_owned()
    }

    /// What has been read of its stderr so far, for the message of a failure: a text that is not here yet may still come,
    /// so that a test compares what [`Self::end`] returns.
    fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// The number of the process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// Asks it to end, and waits until it has: how, and all that it has said on stderr.
    pub(crate) fn end(self) -> (ExitStatus, String) {
        self.signal(Signal::SIGTERM);
        self.wait()
    }

    /// Waits until it has ended: how, and all that it has said on stderr.
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        self.listening.take().unwrap().join().unwrap();
        (status, self.said())
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn code(&self) -> &str {
        let code = self.body.pointer("/error/code").or_else(|| self.body.get("Code"));
        code.and_then(Value::as_str).unwrap_or_default()
    }

    /// The names of a list's values.
    pub(crate) fn names(&self) -> Vec<&str> {
        let values = self.body["value"].as_array().unwrap_or_else(|| panic!("no list: {}", self.text));
        values.iter().map(|value| value["name"].as_str().unwrap()).collect()
    }
}

/// Sends a request over a connection of its own, header for header; `None` where it ends without an answer.
pub(crate) fn raw(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let (lines, length) = (lines.concat(), body.len());
    let head =
        format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n{lines}Content-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).ok()?;
    // whoever refuses a body need not read it
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    parse(&String::from_utf8_lossy(&answer))
}

fn parse(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    Some(Answer {
        status,
        headers,
        body: serde_json::from_str(body).unwrap_or_default(),
        text: body.to_owned(),
    })
}
