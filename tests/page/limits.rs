//! Clients that are idle, slow, or read nothing: each loses its connection in time, and keeps no other client out.

use std::time::Duration;

use swa_apim::{
    cli,
    engine::Grace,
    ui::{Page, PageLimits, PageOptions, Permission, Reach},
    workflow::{WorkspaceOptions, WriteAccess},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{
    support::Sandbox,
    world::{Page as Shown, client},
};

/// A time limit that ends in a test.
const SHORT: Duration = Duration::from_millis(500);
/// A time limit that does not.
const LONG: Duration = Duration::from_secs(600);
/// How long a test waits for what has to happen.
const PATIENCE: Duration = Duration::from_secs(60);

const NO_LIMIT: PageLimits = PageLimits { connections: 128, head: LONG, form: LONG, unread: LONG };

/// A page in this process, with limits of its own.
struct Limited {
    sandbox: Sandbox,
    /// The host and the port.
    host: String,
    cookie: String,
}

impl Limited {
    async fn by(limits: PageLimits) -> Self {
        let sandbox = Sandbox::with_sites(1);
        let page = Page::start(PageOptions {
            listen: "127.0.0.1:0".parse().unwrap(),
            reach: Reach::ThisMachine,
            permission: Permission::Change(WriteAccess::grant()),
            grace: Grace::default(),
            folder: sandbox.folder().to_owned(),
            workspace: WorkspaceOptions::new(cli::command_line),
            limits,
            emulator: None,
        });
        let page = page.await.unwrap();
        let (base, token) = page.address().split_once("/?").unwrap();
        let (host, token) = (base.trim_start_matches("http://").to_owned(), token.to_owned());
        tokio::spawn(page.run(std::future::pending()));
        let request = format!("GET /?{token} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        let mut stream = TcpStream::connect(&host).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = rest_of(&mut stream).await;
        let cookie = answer.split("set-cookie: ").nth(1).unwrap().split(';').next().unwrap().to_owned();
        Self { sandbox, host, cookie }
    }

    /// A client that has sent this.
    async fn client(&self, sent: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.host).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        stream
    }

    async fn list(&self) -> Shown {
        let request = client().get(format!("http://{}/", self.host)).header("cookie", &self.cookie);
        Shown::of(request.send().await.unwrap()).await
    }

    /// The head of a form of this page, with the beginning of its body.
    fn form(&self) -> String {
        let Self { host, cookie, .. } = self;
        format!(
            "POST /plans/x HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\ncookie: {cookie}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\nform="
        )
    }
}

/// All that is sent until the connection is closed.
async fn rest_of(stream: &mut TcpStream) -> String {
    let mut rest = Vec::new();
    // A connection may be reset while data is unread.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("the connection is closed in time");
    String::from_utf8_lossy(&rest).into_owned()
}

#[tokio::test]
async fn idle_clients_that_take_all_connections_are_ended_and_the_page_comes_back() {
    let limits = PageLimits { head: SHORT, form: SHORT, ..PageLimits::default() };
    assert_eq!(limits.connections, 128);
    let page = Limited::by(limits).await;
    let form = page.form();
    // One sends nothing, one half of a head, one a form that never ends.
    let heads = ["", "GET / HTTP/1.1\r\nhost: x", &form];
    let mut idle = Vec::new();
    for head in heads.iter().cycle().take(limits.connections + 20) {
        idle.push(page.client(head).await);
    }
    page.list().await.says("e0 unlinked");
    for mut client in idle {
        rest_of(&mut client).await;
    }
    page.list().await.says("e0 unlinked");
}

#[tokio::test]
async fn a_client_above_the_limit_waits_until_a_connection_is_closed() {
    let page = Limited::by(PageLimits { connections: 2, ..NO_LIMIT }).await;
    let (first, _second) = (page.client("").await, page.client("").await);
    let mut list = Box::pin(page.list());
    assert!(timeout(SHORT, &mut list).await.is_err(), "a third client was served");
    drop(first);
    timeout(PATIENCE, list).await.unwrap().says("e0 unlinked");
}

#[tokio::test]
async fn a_form_that_arrives_slowly_is_refused_and_does_nothing() {
    let page = Limited::by(PageLimits { form: SHORT, ..NO_LIMIT }).await;
    let before = page.sandbox.read("control-plane.json");
    let mut slow = page.client(&page.form()).await;
    let answer = rest_of(&mut slow).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("content-security-policy: default-src 'none'"), "{answer}");
    assert_eq!(page.sandbox.read("control-plane.json"), before);
}

#[tokio::test]
async fn a_form_that_arrives_in_time_is_answered() {
    let page = Limited::by(PageLimits { head: SHORT, ..NO_LIMIT }).await;
    let mut slow = page.client(&page.form()).await;
    // The limit of the head does not count for the body.
    assert!(timeout(2 * SHORT, slow.readable()).await.is_err(), "answered before the form has arrived");
    slow.write_all("x".repeat(95).as_bytes()).await.unwrap();
    let answer = rest_of(&mut slow).await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "a form of no page: {answer}");
}

#[tokio::test]
async fn a_client_that_reads_nothing_loses_its_connection() {
    let page = Limited::by(PageLimits { connections: 1, unread: SHORT, ..NO_LIMIT }).await;
    let request = format!("GET /assets/app.js HTTP/1.1\r\nhost: {}\r\n\r\n", page.host);
    // More than the buffers of the system hold.
    let mut deaf = page.client("").await;
    let flood = async { while deaf.write_all(request.repeat(100).as_bytes()).await.is_ok() {} };
    let ended = tokio::join!(timeout(PATIENCE, flood), page.list());
    assert!(ended.0.is_ok(), "the connection is closed");
    ended.1.says("e0 unlinked");
}
