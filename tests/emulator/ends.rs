//! A signal ends the emulator with 130, whatever its clients do.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    process::{Command, Stdio},
};

use nix::sys::signal::Signal;
use serde_json::json;

use crate::{
    support::{Sandbox, told},
    world::{APIM, Emulated, TOKEN, service},
};

/// Sends a request, and leaves its answer unread.
fn begin(address: &str, method: &str, path: &str, host: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {TOKEN}\r\n");
    stream.write_all(format!("{head}Content-Length: 10\r\n\r\n{{").as_bytes()).unwrap();
    stream
}

#[test]
fn a_signal_ends_the_emulator_with_130_regardless_of_its_clients() {
    for signals in [&[Signal::SIGTERM][..], &[Signal::SIGINT], &[Signal::SIGINT, Signal::SIGINT]] {
        let content = tempfile::tempdir().unwrap();
        std::fs::write(content.path().join("large"), vec![b'x'; 64 << 20]).unwrap();
        let argument = format!("site-0={}", content.path().display());
        let args = ["--log", "off", "--content", &argument, "--fault", "GET /hangs hang", "--latency", "1h"];
        let emulated = Emulated::start(&args);
        let product = format!("{}/products/p?api-version={APIM}", service());
        let _stuck = [
            TcpStream::connect(&emulated.control).unwrap(),
            begin(&emulated.control, "GET", "/hangs", "localhost"),
            begin(&emulated.control, "GET", &product, "localhost"),
            begin(&emulated.control, "PUT", &product, "localhost"),
        ];
        let mut download = begin(&emulated.data, "GET", "/large", "site-0.localhost");
        download.read_exact(&mut [0; 12]).unwrap();
        for signal in signals {
            emulated.signal(*signal);
        }
        let (status, said) = emulated.wait();
        assert_eq!(status.code(), Some(130), "{signals:?}: {said}");
    }
}

#[test]
fn an_emulator_without_clients_ends_with_130_and_keeps_what_was_written() {
    let emulated = Emulated::start(&["--log", "off"]);
    let product = format!("{}/products/p?api-version={APIM}", service());
    let body = json!({"properties": {"displayName": "p"}});
    assert_eq!(emulated.send("PUT", &product, &body).status, 201);
    let sandbox = std::sync::Arc::clone(&emulated.sandbox);
    let (status, said) = emulated.end();
    assert_eq!((status.code(), said.as_str()), (Some(130), "interrupted\n"));
    assert!(sandbox.model().to_string().contains("/products/p\""));
}

#[test]
fn a_pipe_as_a_model_or_as_the_rules_of_a_site_is_refused() {
    let sandbox = Sandbox::with_sites(1);
    let pipe = |name: &str| {
        assert!(Command::new("mkfifo").arg(sandbox.path(name)).status().unwrap().success());
    };
    pipe("pipe.json");
    std::fs::create_dir(sandbox.path("site")).unwrap();
    pipe("site/staticwebapp.config.json");
    let listen = ["emulate", "--listen", "127.0.0.1:0", "--data-plane", "127.0.0.1:0"];
    for args in [["--model", "pipe.json"], ["--content", "site-0=site"]] {
        let mut command = sandbox.command(&[&listen[..], &args].concat());
        let output = command.stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", told(&output));
        assert!(String::from_utf8_lossy(&output.stderr).contains("regular file"), "{}", told(&output));
    }
}
