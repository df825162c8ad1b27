//! Ctrl-C and SIGTERM, wherever a command waits: it ends, with 130, and says how far it came.

use std::{
    fs::OpenOptions,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::support::{MODEL, Shop};

const SIGNALS: [Signal; 2] = [Signal::SIGINT, Signal::SIGTERM];

fn start(shop: &Shop, line: &str) -> Child {
    let mut command = shop.swa_apim(line);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn send(child: &Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
}

/// What the program printed to stderr, and its exit code.
fn ended(mut child: Child) -> (String, Option<i32>) {
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (said, child.wait().unwrap().code())
}

fn fifo(shop: &Shop, name: &str) -> std::path::PathBuf {
    let path = shop.path(name);
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

#[test]
fn reading_standard_input_ends() {
    for signal in SIGNALS {
        let shop = Shop::sample();
        let before = shop.read(MODEL);
        let mut child = start(&shop, "model import -");
        let mut input = child.stdin.take().unwrap();
        // More than a pipe holds: it is written once the program reads.
        input.write_all(&vec![b' '; 1 << 20]).unwrap();
        send(&child, signal);
        let (said, code) = ended(child);
        assert_eq!(code, Some(130), "{signal}: {said}");
        assert!(said.starts_with("interrupted; ") && said.contains("nothing was changed"), "{said}");
        assert_eq!(shop.read(MODEL), before);
    }
}

#[test]
fn reading_a_pipe_that_is_named_as_a_file_ends() {
    for (signal, line) in [
        (Signal::SIGINT, "status --config pipe"),
        (Signal::SIGTERM, "link --config pipe"),
        (Signal::SIGTERM, "apply pipe"),
        (Signal::SIGINT, "model import pipe"),
    ] {
        let shop = Shop::sample();
        let pipe = fifo(&shop, "pipe");
        let child = start(&shop, line);
        // Opening it waits until the program has opened it too.
        let held = OpenOptions::new().write(true).open(&pipe).unwrap();
        send(&child, signal);
        let (said, code) = ended(child);
        assert_eq!(code, Some(130), "{line}: {said}");
        drop(held);
    }
}

#[test]
fn a_second_signal_ends_at_once() {
    let shop = Shop::sample();
    let pipe = fifo(&shop, "pipe");
    let child = start(&shop, "status --config pipe");
    let held = OpenOptions::new().write(true).open(&pipe).unwrap();
    send(&child, Signal::SIGINT);
    send(&child, Signal::SIGTERM);
    assert_eq!(ended(child), ("interrupted\n".to_owned(), Some(130)));
    drop(held);
}

#[test]
fn waiting_for_a_lock_ends() {
    for signal in SIGNALS {
        let shop = Shop::sample();
        let before = shop.read(MODEL);
        let lock = OpenOptions::new().write(true).open(shop.path(&format!("{MODEL}.lock"))).unwrap();
        lock.lock().unwrap();
        let mut child = start(&shop, "link");
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains("waiting for") && stderr.read_line(&mut said).unwrap() > 0 {}
        send(&child, signal);
        stderr.read_to_string(&mut said).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
        assert!(said.contains("nothing was changed"), "{said}");
        assert_eq!(shop.read(MODEL), before);
    }
}

#[test]
fn waiting_for_the_lock_of_a_first_model_ends() {
    let held = || {
        let shop = Shop::sample();
        std::fs::remove_file(shop.path(MODEL)).unwrap();
        shop.write("resources.json", "[]");
        let lock = OpenOptions::new().write(true).open(shop.path(&format!("{MODEL}.lock"))).unwrap();
        lock.lock().unwrap();
        (shop, lock)
    };
    let line = "model import resources.json";
    for signal in SIGNALS {
        let (shop, _lock) = held();
        let mut child = start(&shop, line);
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains("waiting for") && stderr.read_line(&mut said).unwrap() > 0 {}
        send(&child, signal);
        stderr.read_to_string(&mut said).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
        assert!(!shop.path(MODEL).exists());
    }
    let (shop, _lock) = held();
    let (said, code) = ended(start(&shop, &format!("{line} --timeout 1s")));
    assert_eq!(code, Some(5), "{said}");
    assert!(!shop.path(MODEL).exists());
}

#[test]
fn a_watch_ends_and_speaks_of_no_change() {
    for signal in SIGNALS {
        let shop = Shop::linked();
        let mut child = start(&shop, "status --watch --interval 1h");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        send(&child, signal);
        assert_eq!(ended(child), ("interrupted\n".to_owned(), Some(130)));
    }
}

#[cfg(feature = "emulator")]
#[test]
fn an_emulator_with_a_stuck_connection_ends() {
    for signal in SIGNALS {
        let shop = Shop::linked();
        let line = "emulate --listen 127.0.0.1:0 --data-plane 127.0.0.1:0 --fault '* * hang'";
        let mut child = start(&shop, line);
        let mut ready = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut ready).unwrap();
        let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
        let address = ready["controlPlane"].as_str().unwrap().trim_start_matches("http://").to_owned();
        let mut stuck = std::net::TcpStream::connect(address.trim_end_matches('/')).unwrap();
        let request =
            format!("GET /subscriptions?api-version=2022-12-01 HTTP/1.1\r\nHost: {address}\r\n\r\n");
        stuck.write_all(request.as_bytes()).unwrap();
        send(&child, signal);
        // The request is never answered, so that the emulator ends at all is what is tested.
        let (said, code) = ended(child);
        assert_eq!(code, Some(130), "{said}");
    }
}
