//! Several clients, several emulators and the command line on one model; and what a signal leaves of it.

use std::{
    collections::BTreeSet,
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::{
    support::{MODEL, Sandbox, sites_hold_live_keys, told},
    world::{APIM, Emulated, TOKEN, raw, service},
};

fn product(name: &str) -> String {
    format!("{}/products/{name}?api-version={APIM}", service())
}

fn body(name: &str) -> Value {
    json!({"properties": {"displayName": name}})
}

/// The products that are in the file.
fn stored(sandbox: &Sandbox) -> BTreeSet<String> {
    let model = sandbox.model();
    let all = model["resources"].as_array().unwrap().iter();
    let products = all.filter(|it| it["type"] == "Microsoft.ApiManagement/service/products");
    products.map(|it| it["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn clients_emulators_and_the_command_line_write_one_model_and_nothing_is_lost() {
    const CLIENTS: usize = 6;
    const EACH: usize = 20;
    const SITES: usize = 6;
    let sandbox = Arc::new(Sandbox::with_sites(SITES));
    let emulators =
        [0, 1].map(|_| Emulated::over(Arc::clone(&sandbox), &["--log", "off", "--timeout", "5m"]));
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let emulated = &emulators[client % 2];
            scope.spawn(move || {
                for number in 0..EACH {
                    let name = format!("c{client}-{number}");
                    let answer = emulated.send("PUT", &product(&name), &body(&name));
                    assert_eq!(answer.status, 201, "{name}: {}", answer.text);
                    assert!(stored(&emulated.sandbox).contains(&name), "what is answered is durable");
                }
            });
        }
        let direct: Vec<_> = (0..SITES / 2)
            .map(|env| {
                let mut command = sandbox.command(&["link", "--env", &format!("e{env}"), "--timeout", "5m"]);
                command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        for env in SITES / 2..SITES {
            emulators[env % 2].expect(0, &["link", "--env", &format!("e{env}"), "--timeout", "5m"]);
        }
        for child in direct {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", told(&output));
        }
    });
    let products = stored(&sandbox);
    for name in (0..CLIENTS).flat_map(|client| (0..EACH).map(move |number| format!("c{client}-{number}"))) {
        assert!(products.contains(&name), "{name} is lost");
    }
    let status = sandbox.status();
    let links = status["links"].as_array().unwrap();
    assert!(links.iter().all(|link| link["state"] == "linked"), "{status}");
    let model = sandbox.model();
    assert!(sites_hold_live_keys(&model));
    for emulated in &emulators {
        let listed = emulated.get(&format!("{}/products?$top=1&api-version={APIM}", service()));
        assert_eq!(listed.body["count"], CLIENTS * EACH + SITES, "both see what either wrote");
    }
}

#[test]
fn changes_that_wait_become_durable_together_and_a_refused_one_hinders_none() {
    let emulated = Emulated::start(&["--log", "off"]);
    let serial = || emulated.sandbox.model()["serial"].as_u64().unwrap();
    let before = serial();
    let refused = thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|client| {
                let emulated = &emulated;
                scope.spawn(move || {
                    let names = (0..25).map(|number| format!("{client}-{number}"));
                    // every fifth name is the same for all
                    let send = |name: String| {
                        let shown = if name.ends_with('5') { "shared" } else { &name };
                        emulated.send("PUT", &product(&name), &body(shown)).status
                    };
                    names.map(send).filter(|status| *status == 400).count()
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).sum::<usize>()
    });
    // 5 and 15 of each of 8 clients, of which one was the first
    assert_eq!((refused, stored(&emulated.sandbox).len()), (15, 185));
    assert!(serial() - before <= 185, "never more than one generation for a change");
}

#[test]
fn a_damaged_model_is_reported_once_and_is_served_again_when_it_is_repaired() {
    let emulated = Emulated::start(&["--log", "off"]);
    let whole = String::from_utf8(emulated.sandbox.read(MODEL)).unwrap();
    let path = format!("{}?api-version={APIM}", service());
    // At once, so that nobody sees a file that is only half broken.
    emulated.sandbox.write("broken.json", "{ broken");
    std::fs::rename(emulated.sandbox.path("broken.json"), emulated.sandbox.path(MODEL)).unwrap();
    for _ in 0..3 {
        let answer = emulated.get(&path);
        assert_eq!((answer.status, answer.code()), (503, "ServiceUnavailable"), "{}", answer.text);
    }
    let put = emulated.send("PUT", &product("p"), &body("p"));
    assert_eq!(put.status, 503, "{}", put.text);
    assert_eq!(String::from_utf8(emulated.sandbox.read(MODEL)).unwrap(), "{ broken", "it is left as it is");
    emulated.sandbox.write("whole.json", &whole);
    std::fs::rename(emulated.sandbox.path("whole.json"), emulated.sandbox.path(MODEL)).unwrap();
    assert_eq!(emulated.get(&path).status, 200);
    assert_eq!(emulated.send("PUT", &product("p"), &body("p")).status, 201);
    let (_, said) = emulated.end();
    assert_eq!(said.matches("cannot be read").count(), 1, "{said}");
}

#[test]
fn a_signal_while_clients_write_leaves_a_whole_model_with_all_that_was_answered() {
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGKILL] {
        let emulated = Emulated::start(&["--log", "off"]);
        let (sandbox, address) = (Arc::clone(&emulated.sandbox), emulated.control.clone());
        let answered = Mutex::new(BTreeSet::new());
        let over = AtomicBool::new(false);
        let (status, said) = thread::scope(|scope| {
            for client in 0..4 {
                let (address, answered, over) = (&address, &answered, &over);
                scope.spawn(move || {
                    for number in 0.. {
                        let name = format!("s{client}-{number}");
                        let bearer = format!("Bearer {TOKEN}");
                        let headers = [("Host", address.as_str()), ("Authorization", bearer.as_str())];
                        let text = body(&name).to_string();
                        match raw(address, "PUT", &product(&name), &headers, text.as_bytes()) {
                            Some(answer) if answer.status == 201 => {
                                answered.lock().unwrap().insert(name);
                            }
                            Some(answer) => panic!("{name}: {}", answer.text),
                            None if over.load(Ordering::Relaxed) => return,
                            None => thread::yield_now(),
                        }
                    }
                });
            }
            while answered.lock().unwrap().len() < 40 {
                thread::yield_now();
            }
            emulated.signal(signal);
            let (status, said) = emulated.wait();
            over.store(true, Ordering::Relaxed);
            let expected = (signal != Signal::SIGKILL).then_some(130);
            assert_eq!(status.code(), expected, "{status}: {said}");
            (status, said)
        });
        let products = stored(&sandbox);
        let answered = answered.into_inner().unwrap();
        assert!(answered.is_subset(&products), "{status}: lost {:?}", answered.difference(&products));
        sandbox.succeed(&["status", "--all"]);
        let half_done = sandbox.files().contains(&format!("{MODEL}.next"));
        // On a machine that is too busy to finish a request in time, the request is aborted, and that is said.
        let may_be = signal == Signal::SIGKILL || said.contains("some requests were aborted");
        assert!(may_be || !half_done, "{signal} left something half done: {said}");
        let again = Emulated::over(sandbox, &["--log", "off"]);
        again.expect(0, &["link", "--env", "e0"]);
        assert_eq!(again.state(), "linked", "after {signal}");
    }
}
