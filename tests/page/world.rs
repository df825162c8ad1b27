//! A page that is served by a real process, and a client that has opened its address.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use regex::Regex;
use reqwest::{Client, Method, Response, StatusCode, redirect::Policy};
#[cfg(feature = "emulator")]
use serde_json::Value;

use crate::support::Sandbox;

/// A page that is served until the test ends.
pub(crate) struct Served {
    pub(crate) sandbox: Sandbox,
    child: Child,
    /// Reads what it says on stderr.
    said: Option<thread::JoinHandle<String>>,
    /// The address that was printed, with the token.
    pub(crate) address: String,
}

impl Served {
    /// The page of `sites` sites.
    pub(crate) fn with_sites(sites: usize) -> Self {
        Self::of(Sandbox::with_sites(sites), &[])
    }

    pub(crate) fn of(sandbox: Sandbox, args: &[&str]) -> Self {
        let mut command = sandbox.command(&["ui"]);
        command.args(args);
        Self::start(sandbox, command)
    }

    /// The page that a command serves.
    pub(crate) fn start(sandbox: Sandbox, mut command: Command) -> Self {
        let (child, line) = started(&mut command, Stdio::piped());
        let address = line.trim().to_owned();
        Self::running(sandbox, child, address)
    }

    /// The page beside an emulator, and the emulator's ready line.
    #[cfg(feature = "emulator")]
    pub(crate) fn beside_emulator(sandbox: Sandbox, args: &[&str]) -> (Self, Value) {
        let mut command = sandbox.command(&["emulate", "--ui"]);
        command.args(["--listen", "127.0.0.1:0", "--data-plane", "127.0.0.1:0", "--log", "off"]);
        let (child, line) = started(command.args(args), Stdio::piped());
        let ready: Value = serde_json::from_str(&line).unwrap();
        let address = ready["ui"].as_str().unwrap().to_owned();
        (Self::running(sandbox, child, address), ready)
    }

    fn running(sandbox: Sandbox, mut child: Child, address: String) -> Self {
        let mut stderr = child.stderr.take().unwrap();
        let said = thread::spawn(move || {
            let mut said = String::new();
            let _ = stderr.read_to_string(&mut said);
            said
        });
        Self { sandbox, child, said: Some(said), address }
    }

    /// The address without the token.
    pub(crate) fn base(&self) -> &str {
        self.address.split_once("/?").unwrap().0
    }

    /// Asks the process to end, and returns its exit code.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), Signal::SIGTERM).unwrap();
        self.child.wait().unwrap().code()
    }

    /// Asks the process to end, and returns what it said on stderr.
    pub(crate) fn stop_and_read(&mut self) -> String {
        self.stop();
        self.said.take().unwrap().join().unwrap()
    }

    /// A client that has opened the printed address.
    pub(crate) async fn visitor(&self) -> Visitor {
        let client = client();
        let answer = client.get(&self.address).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        Visitor { client, base: self.base().to_owned(), cookie }
    }
}

/// Starts a process, and returns the first line that it prints.
pub(crate) fn started(command: &mut Command, stderr: Stdio) -> (Child, String) {
    let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line)
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client that follows no redirect.
pub(crate) fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().redirect(Policy::none()).no_proxy().build().unwrap()
}

/// A client with the cookie of the session.
pub(crate) struct Visitor {
    pub(crate) client: Client,
    base: String,
    pub(crate) cookie: String,
}

/// A page as it was answered.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
    pub(crate) location: Option<String>,
}

impl Page {
    pub(crate) async fn of(answer: Response) -> Self {
        let (status, headers) = (answer.status(), answer.headers().clone());
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        let location = headers.get("location").map(|value| value.to_str().unwrap().to_owned());
        Self { status, location, text: answer.text().await.unwrap() }
    }

    /// The text with these words; entities are not decoded.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) -> &Self {
        assert!(self.plain().contains(words), "`{words}` is not in: {}", self.plain());
        self
    }

    #[track_caller]
    pub(crate) fn does_not_say(&self, words: &str) -> &Self {
        assert!(!self.text.contains(words), "`{words}` is in: {}", self.text);
        self
    }

    /// What a reader sees, without markup.
    pub(crate) fn plain(&self) -> String {
        let text = Regex::new("<[^>]*>").unwrap().replace_all(&self.text, " ").into_owned();
        Regex::new(r"\s+").unwrap().replace_all(&text, " ").replace(" .", ".").replace(" ,", ",")
    }

    /// An address in the page, by a pattern with one group.
    #[track_caller]
    pub(crate) fn address(&self, pattern: &str) -> String {
        self.captured(pattern).replace("&amp;", "&")
    }

    /// The address of the window's question whether this page has changed.
    #[track_caller]
    pub(crate) fn question(&self) -> String {
        self.address(r#"data-news="([^"]+)""#) + &self.captured(r#"data-seen="([^"]+)""#)
    }

    /// The value of a hidden field, or of an attribute of the page's form.
    #[track_caller]
    pub(crate) fn captured(&self, pattern: &str) -> String {
        let found = Regex::new(pattern).unwrap().captures(&self.text);
        found.unwrap_or_else(|| panic!("no `{pattern}` in {}", self.text))[1].to_owned()
    }
}

impl Visitor {
    pub(crate) async fn get(&self, path: &str) -> Page {
        let request = self.client.get(format!("{}{path}", self.base)).header("cookie", &self.cookie);
        Page::of(request.send().await.unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Page {
        let fields = form.iter().map(|(name, value)| {
            let encoded: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
            format!("{name}={encoded}")
        });
        let request = self
            .client
            .request(Method::POST, format!("{}{path}", self.base))
            .header("cookie", &self.cookie)
            .header("origin", &self.base)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(fields.collect::<Vec<_>>().join("&"));
        Page::of(request.send().await.unwrap()).await
    }

    /// Applies the plan that a page shows, and returns the page of its result.
    pub(crate) async fn apply(&self, plan: &Page, name: &str) -> Page {
        let (action, form) =
            (plan.captured(r#"action="([^"]+)""#), plan.captured(r#"name="form" value="([^"]+)""#));
        let started = self.post(&action, &[("form", &form), ("name", name)]).await;
        assert_eq!(started.status, StatusCode::SEE_OTHER, "{}", started.plain());
        self.end_of(&started.location.unwrap()).await
    }

    /// Waits until a page has changed, as an open window does.
    pub(crate) async fn told_of_a_change(&self, page: &Page) {
        for _ in 0..600 {
            match self.get(&page.question()).await.status {
                StatusCode::OK => return,
                StatusCode::NO_CONTENT | StatusCode::ACCEPTED => {}
                other => panic!("{other}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no change within 30 s");
    }

    /// The page of a job once it has ended.
    pub(crate) async fn end_of(&self, job: &str) -> Page {
        for _ in 0..2400 {
            let page = self.get(job).await;
            if !page.text.contains("http-equiv=\"refresh\"") {
                return page;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the job has not ended within 120 s");
    }
}
