//! Clients that the emulator does not know: malformed requests, connections that are never used, answers that are never
//! read, and links out of a site's content.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    process::Command,
    time::Duration,
};

use crate::{
    support::{Sandbox, told},
    world::{APIM, Emulated, TOKEN, raw, service},
};

const SITE: &str = "site-0.localhost";

/// Sends bytes over a connection of its own, and reads all that comes back.
fn talk(address: &str, bytes: &[u8]) -> String {
    let mut stream = connect(address);
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    stream
}

fn products() -> String {
    format!("{}/products?api-version={APIM}", service())
}

#[test]
fn a_request_that_does_not_name_one_host_is_refused_on_both_planes() {
    let emulated = Emulated::start(&["--log", "off"]);
    for (address, host) in [(&emulated.control, "localhost"), (&emulated.data, SITE)] {
        let ask = |target: &str, hosts: &[&str]| {
            let hosts: String = hosts.iter().map(|host| format!("Host: {host}\r\n")).collect();
            let head = format!("GET {target} HTTP/1.1\r\nConnection: close\r\n{hosts}\r\n");
            talk(address, head.as_bytes())
        };
        let [evil, path, port, address_of_evil, other_port, another_port] = [
            format!("{host}:80@evil.example"),
            format!("{host}/evil"),
            format!("{host}:port"),
            format!("http://{host}:80@evil.example/"),
            format!("http://{host}:81/"),
            format!("{host}:82"),
        ];
        for (target, hosts) in [
            ("/", &[][..]),
            ("/", &[host, host]),
            ("/", &[host, "evil.example"]),
            ("/", &[evil.as_str()]),
            ("/", &[path.as_str()]),
            ("/", &[port.as_str()]),
            ("http://evil.example/", &[host]),
            (address_of_evil.as_str(), &[host]),
            (other_port.as_str(), &[another_port.as_str()]),
        ] {
            let answer = ask(target, hosts);
            assert!(answer.starts_with("HTTP/1.1 400"), "{target} {hosts:?}: {answer}");
        }
        let answer = ask(&format!("http://{host}:80/"), &[host]);
        assert!(answer.starts_with("HTTP/1.1 ") && !answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
}

#[test]
fn malformed_http_returns_400_and_the_emulator_continues() {
    let emulated = Emulated::start(&["--log", "off"]);
    for address in [&emulated.control, &emulated.data] {
        for head in [
            "nonsense\r\n\r\n",
            "GET\r\n\r\n",
            "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n",
            "G\0T / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
        ] {
            let answer = talk(address, head.as_bytes());
            assert!(answer.starts_with("HTTP/1.1 400"), "{head:?}: {answer:?}");
        }
    }
    assert_eq!(emulated.get(&products()).status, 200);
}

#[test]
fn connections_that_are_never_used_keep_no_client_out() {
    const LIMIT: usize = 4;
    let emulated = Emulated::start(&["--log", "off", "--max-connections", "4"]);
    let host = [("Host", SITE)];
    for address in [emulated.control.clone(), emulated.data.clone()] {
        let mut idle: Vec<TcpStream> = (0..LIMIT).map(|_| connect(&address)).collect();
        // Half a head is no request either.
        idle[1].write_all(b"GET / HTTP/1.1\r\nHost: loc").unwrap();
        for _ in 0..2 * LIMIT {
            let answered = if address == emulated.control {
                emulated.get(&products()).status
            } else {
                raw(&address, "GET", "/", &host, b"").unwrap().status
            };
            assert!([200, 404].contains(&answered), "{answered}");
        }
        // The one that was idle longest made room.
        assert_eq!(idle[0].read(&mut [0; 1]).unwrap_or(0), 0);
    }
}

#[test]
fn a_client_that_never_reads_its_answer_or_never_ends_its_body_keeps_no_other_out() {
    let content = tempfile::tempdir().unwrap();
    std::fs::write(content.path().join("large"), vec![b'x'; 64 << 20]).unwrap();
    let argument = format!("site-0={}", content.path().display());
    let emulated = Emulated::start(&["--log", "off", "--max-connections", "2", "--content", &argument]);
    let mut deaf: Vec<TcpStream> = (0..2).map(|_| connect(&emulated.data)).collect();
    for stream in &mut deaf {
        stream.write_all(format!("GET /large HTTP/1.1\r\nHost: {SITE}\r\n\r\n").as_bytes()).unwrap();
    }
    let answer = raw(&emulated.data, "GET", "/missing", &[("Host", SITE)], b"").unwrap();
    assert_eq!(answer.status, 404);
    let mut slow = connect(&emulated.control);
    let head = format!(
        "PUT {}/products/p?api-version={APIM} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 1000\r\n\r\n{{",
        service(),
        emulated.control
    );
    slow.write_all(head.as_bytes()).unwrap();
    assert_eq!(emulated.get(&products()).status, 200);
}

#[test]
fn a_pipe_in_the_content_and_links_out_of_it_are_not_served() {
    let content = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(content.path().join("index.html"), "shop").unwrap();
    std::fs::write(outside.path().join("secret"), "secret").unwrap();
    assert!(Command::new("mkfifo").arg(content.path().join("pipe")).status().unwrap().success());
    std::os::unix::fs::symlink(outside.path(), content.path().join("out")).unwrap();
    let emulated = Emulated::start(&["--content", &format!("site-0={}", content.path().display())]);
    let get = |path: &str| raw(&emulated.data, "GET", path, &[("Host", SITE)], b"").unwrap();
    for path in ["/pipe", "/out/secret"] {
        assert_eq!(get(path).status, 404, "{path}");
    }
    assert_eq!((get("/").status, get("/").text.as_str()), (200, "shop"));
}

#[test]
fn an_emulator_that_other_machines_reach_without_a_token_warns() {
    let open = Emulated::start(&["--allow-remote"]);
    assert_eq!(open.get(&products()).status, 200);
    let (_, said) = open.end();
    assert!(said.contains("warning") && said.contains("--token"), "{said}");
    let closed = Emulated::start(&["--allow-remote", "--token", TOKEN]);
    assert_eq!(closed.get(&products()).status, 200);
    let (_, said) = closed.end();
    assert!(!said.contains("warning"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn keys_are_in_no_core_file() {
    let emulated = Emulated::start(&[]);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", emulated.process())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
}

#[test]
fn arguments_that_no_emulator_can_go_by_are_refused_and_named() {
    let sandbox = Sandbox::with_sites(1);
    for (args, named) in [
        (&["--fault", "GET x panic"][..], "--admin"),
        (&["--max-connections", "0"], "--max-connections"),
        (&["--latency", "25h"], "--latency"),
        (&["--fault", "GET x 700"], "--fault"),
        (&["--content", "site-0=missing"], "missing"),
    ] {
        let whole =
            [&["emulate", "--listen", "127.0.0.1:0", "--data-plane", "127.0.0.1:0"][..], args].concat();
        let output = sandbox.run(&whole);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", told(&output));
        assert!(String::from_utf8_lossy(&output.stderr).contains(named), "{args:?}: {}", told(&output));
    }
}
