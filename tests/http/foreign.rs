//! The token goes to the configured host, and nowhere else.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::{
    azure::{FakeAzure, Fault, Kind, Options, Shape},
    program::run,
};

/// A server that counts who comes.
fn stranger() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
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
    (address, visits)
}

#[test]
fn no_link_and_no_redirection_leads_the_token_to_a_stranger() {
    let (address, visits) = stranger();
    let elsewhere =
        [format!("{address}/next?x=1"), "http://arm.example/next".to_owned(), "//evil.example/".to_owned()];
    for to in elsewhere {
        for (verb, method, path, kind) in [
            ("status", "GET", "/linkedbackends", Kind::NextLink(to.clone())),
            ("status", "GET", "/staticsites/", Kind::Redirect(307, to.clone())),
            ("status", "GET", "/staticsites/", Kind::Redirect(308, to.clone())),
            ("status", "GET", "/staticsites/", Kind::Redirect(302, to.clone())),
            ("link", "PUT", "/linkedbackends/", Kind::Header("location", to.clone())),
            ("link", "PUT", "/linkedbackends/", Kind::Header("azure-asyncoperation", to.clone())),
            ("link", "PUT", "/linkedbackends/", Kind::Redirect(307, to.clone())),
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
    assert_eq!(visits.load(Ordering::SeqCst), 0, "nobody went to the stranger");
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

#[test]
fn a_link_back_to_the_same_page_does_not_go_on_for_ever() {
    let azure = FakeAzure::with_scene(Options::default());
    let next = format!("{}{}/products?api-version=2024-05-01", azure.endpoint(), crate::azure::SERVICE);
    azure.fault(Fault::always("GET", "/service/gate/products", Kind::NextLink(next)));
    let run = run(&azure, "status --timeout 20s");
    assert_eq!(run.code, Some(5), "{run:?}");
}
