//! The token goes to the configured host, and nowhere else.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::{
    azure::{FakeAzure, Fault, Kind, Options, Shape},
    program::{run, side_by_side},
};

/// A server that counts who comes.
struct Stranger {
    port: u16,
    visits: Arc<AtomicUsize>,
}

impl Stranger {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let visits = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&visits);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counter.fetch_add(1, Ordering::SeqCst);
                let mut stream = stream;
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{\"value\":[]}");
            }
        });
        Self { port, visits }
    }

    fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }
}

/// Leads a request of the token's host elsewhere, in each way that there is.
fn is_not_followed(to: &str) {
    for (verb, method, path, kind) in [
        ("status", "GET", "/linkedbackends", Kind::NextLink(to.to_owned())),
        ("status", "GET", "/staticsites/", Kind::Redirect(307, to.to_owned())),
        ("status", "GET", "/staticsites/", Kind::Redirect(308, to.to_owned())),
        ("status", "GET", "/staticsites/", Kind::Redirect(302, to.to_owned())),
        ("link", "PUT", "/linkedbackends/", Kind::Header("location", to.to_owned())),
        ("link", "PUT", "/linkedbackends/", Kind::Header("azure-asyncoperation", to.to_owned())),
        ("link", "PUT", "/linkedbackends/", Kind::Redirect(307, to.to_owned())),
    ] {
        let azure = FakeAzure::with_scene(Options { shape: Shape::InProgress, ..Options::default() });
        azure.fault(Fault::always(method, path, kind.clone()));
        let run = run(&azure, &format!("{verb} --timeout 10s"));
        // What was accepted is under way, and how it ends cannot be asked there.
        let codes = if matches!(kind, Kind::Header(..)) { [7, 7] } else { [5, 4] };
        assert!(run.code.is_some_and(|code| codes.contains(&code)), "{verb} {kind:?}: {run:?}");
        assert!(run.stderr.contains("error: "), "{run:?}");
        assert!(!run.stderr.contains("x=1"), "what may be signed is not shown: {run:?}");
    }
}

/// Each of the strangers can be reached, and notices who comes.
#[test]
fn no_link_and_no_redirect_sends_the_token_to_another_host() {
    let another_port = |port: u16| format!("http://127.0.0.1:{port}/next?x=1");
    let another_host = |port: u16| format!("http://localhost:{port}/next?x=1");
    let without_scheme = |port: u16| format!("//localhost:{port}/?x=1");
    let addresses: [&(dyn Fn(u16) -> String + Sync); 3] = [&another_port, &another_host, &without_scheme];
    thread::scope(|scope| {
        for address in addresses {
            scope.spawn(move || {
                let stranger = Stranger::new();
                let to = address(stranger.port);
                is_not_followed(&to);
                assert_eq!(stranger.visits(), 0, "the token went to {to}");
                let host = if to.contains("localhost") { "localhost" } else { "127.0.0.1" };
                let mut visitor = TcpStream::connect((host, stranger.port)).unwrap();
                visitor.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
                assert_ne!(visitor.read(&mut [0; 64]).unwrap(), 0);
                assert_eq!(stranger.visits(), 1, "who comes to {to} is noticed");
            });
        }
    });
}

#[test]
fn a_redirection_on_the_same_host_is_followed() {
    let azure = FakeAzure::with_scene(Options::default());
    let backends = format!("{}/builds/default/linkedBackends", crate::azure::SITE);
    let to = format!("{}{backends}?api-version=2024-04-01", azure.endpoint());
    azure.fault(Fault::once("GET", "/default/linkedbackends", Kind::Redirect(307, to)));
    let status = run(&azure, "status");
    assert_eq!(status.code, Some(0), "{status:?}");
}

/// Each of these addresses answers any request with a success.
#[test]
fn a_redirection_to_another_resource_is_not_followed() {
    let cases = [
        ("status", "GET", "/default/linkedbackends", [5, 5]),
        ("status", "POST", "/listsecrets", [5, 5]),
        ("relink", "PUT", "/linkedbackends/gate", [5, 7]),
        ("relink", "PATCH", "/subscriptions/", [7, 7]),
        ("unlink", "DELETE", "/linkedbackends/gate", [5, 7]),
    ];
    side_by_side(cases, |(verb, method, path, codes)| {
        let azure = FakeAzure::with_scene(Options::default());
        assert_eq!(run(&azure, "link").code, Some(0));
        azure.take_seen();
        let to = format!("{}/subscriptions?api-version=2022-12-01", azure.endpoint());
        azure.fault(Fault::always(method, path, Kind::Redirect(307, to)));
        let run = run(&azure, verb);
        assert!(run.code.is_some_and(|code| codes.contains(&code)), "{verb}, {method} {path}: {run:?}");
        let followed = azure.take_seen().into_iter().any(|seen| seen.path == "/subscriptions");
        assert!(!followed, "{verb}, {method} {path}: {run:?}");
        assert!(run.stderr.contains("is a redirect to another resource"), "{verb}: {run:?}");
    });
}

#[test]
fn a_link_to_the_same_page_does_not_cause_an_endless_loop() {
    let azure = FakeAzure::with_scene(Options::default());
    let next = format!("{}{}/products?api-version=2024-05-01", azure.endpoint(), crate::azure::SERVICE);
    azure.fault(Fault::always("GET", "/service/gate/products", Kind::NextLink(next)));
    let run = run(&azure, "status --timeout 20s");
    assert_eq!(run.code, Some(5), "{run:?}");
}
