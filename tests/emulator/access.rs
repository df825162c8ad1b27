//! Who is let in, what is too much, and what the log never has in it.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use serde_json::{Value, json};

use crate::{
    support::{Sandbox, told},
    world::{APIM, Emulated, TOKEN, raw, service},
};

fn path() -> String {
    format!("{}?api-version={APIM}", service())
}

#[test]
fn a_foreign_name_that_resolves_to_this_machine_is_refused() {
    let emulated = Emulated::start(&["--allow-host", "emulator"]);
    let bearer = format!("Bearer {TOKEN}");
    let ask = |headers: &[(&str, &str)]| {
        let all = [headers, &[("Authorization", bearer.as_str())]].concat();
        raw(&emulated.control, "GET", &path(), &all, b"").unwrap().status
    };
    for host in [emulated.control.as_str(), "localhost:1", "emulator:8087"] {
        assert_eq!(ask(&[("Host", host)]), 200, "{host}");
    }
    for host in ["evil.example", "evil.example:8087", "10.0.0.1"] {
        assert_eq!(ask(&[("Host", host)]), 421, "{host}");
    }
    let own = ("Host", emulated.control.as_str());
    assert_eq!(ask(&[own, ("Origin", "http://evil.example")]), 403);
    assert_eq!(ask(&[own, ("Origin", "http://localhost:5173")]), 200);
}

#[test]
fn only_a_token_is_let_in_and_if_one_is_named_only_that() {
    let own = |emulated: &Emulated| emulated.control.clone();
    let open = Emulated::start(&[]);
    let bare = raw(&open.control, "GET", &path(), &[("Host", &own(&open))], b"").unwrap();
    assert_eq!((bare.status, bare.code()), (401, "AuthenticationFailed"));
    assert!(bare.header("www-authenticate").unwrap().starts_with("Bearer"));
    assert_eq!(open.get(&path()).status, 200);
    let strict = Emulated::start(&["--token", "another"]);
    let refused = strict.get(&path());
    assert_eq!((refused.status, refused.code()), (401, "InvalidAuthenticationToken"));
    let headers = [("Host", strict.control.as_str()), ("Authorization", "Bearer another")];
    assert_eq!(raw(&strict.control, "GET", &path(), &headers, b"").unwrap().status, 200);
    let metadata = [("Host", strict.control.as_str())];
    let found = raw(&strict.control, "GET", "/metadata/endpoints?api-version=2022-09-01", &metadata, b"");
    assert_eq!(found.unwrap().body[0]["resourceManager"], format!("http://{}/", strict.control));
}

#[test]
fn a_managed_identity_gets_a_token_unless_one_is_named() {
    let path = "/metadata/identity/oauth2/token?api-version=2019-08-01&resource=https://x/";
    let ask = |emulated: &Emulated, header: &str| {
        let headers = [("Host", emulated.control.as_str()), (header, "true")];
        raw(&emulated.control, "GET", path, &headers, b"").unwrap()
    };
    let open = Emulated::start(&[]);
    let given = ask(&open, "X-IDENTITY-HEADER").body["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {given}");
    let headers = [("Host", open.control.as_str()), ("Authorization", bearer.as_str())];
    assert_eq!(raw(&open.control, "GET", &self::path(), &headers, b"").unwrap().status, 200);
    assert_eq!(ask(&open, "X-Other").status, 400);
    let strict = Emulated::start(&["--token", "another"]);
    let refused = ask(&strict, "Metadata");
    assert!(refused.status == 404 && !refused.text.contains("another"), "{}", refused.text);
}

#[test]
fn requests_that_are_too_long_are_refused_and_the_emulator_continues() {
    let emulated = Emulated::start(&[]);
    let bearer = format!("Bearer {TOKEN}");
    let product = format!("{}/products/p?api-version={APIM}", service());
    let headers = [("Host", emulated.control.as_str()), ("Authorization", bearer.as_str())];
    let long = raw(&emulated.control, "PUT", &product, &headers, &vec![b' '; 3 << 20]);
    assert!(long.is_none_or(|answer| answer.status == 413));
    let just_over = raw(&emulated.control, "PUT", &product, &headers, &vec![b' '; (1 << 20) + 1]);
    assert_eq!(just_over.unwrap().status, 413);
    let many = "x".repeat(200 << 10);
    let head = raw(&emulated.control, "GET", &path(), &[&headers[..], &[("X-Long", &many)]].concat(), b"");
    assert!(head.is_none_or(|answer| answer.status == 431));
    let nonsense = talk(&emulated.control, b"\x16\x03\x01 this is no HTTP\r\n\r\n");
    assert!(nonsense.is_empty() || nonsense.starts_with("HTTP/1.1 400"), "{nonsense}");
    assert_eq!(emulated.get(&path()).status, 200);
}

#[test]
fn only_sites_and_gateways_answer_on_the_data_plane() {
    let emulated = Emulated::start(&[]);
    let answer = raw(&emulated.data, "GET", "/api/orders", &[("Host", "nobody.example")], b"").unwrap();
    assert_eq!((answer.status, answer.header("content-type")), (404, Some("text/html; charset=utf-8")));
    emulated.expect(0, &["link", "--env", "e0"]);
    let of_site = [("Host", "site-0.5.azurestaticapps.net")];
    let known = raw(&emulated.data, "GET", "/api/invoices", &of_site, b"").unwrap();
    assert_eq!(known.body["statusCode"], 404, "the gateway has no such API: {}", known.text);
}

fn talk(address: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn remote_clients_are_accepted_only_with_allow_remote() {
    let sandbox = Sandbox::with_sites(1);
    let refused = sandbox.run(&["emulate", "--listen", "0.0.0.0:0", "--data-plane", "127.0.0.1:0"]);
    assert_eq!(refused.status.code(), Some(2), "{}", told(&refused));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--allow-remote"));
    let taken = Emulated::start(&[]);
    let again = sandbox.run(&["emulate", "--listen", &taken.control, "--data-plane", "127.0.0.1:0"]);
    assert_eq!(again.status.code(), Some(5), "{}", told(&again));
}

#[test]
fn requests_are_logged_without_keys_and_tokens() {
    for format in ["text", "json"] {
        let emulated = Emulated::start(&["--log", format, "--admin", "--fault", "GET nowhere panic"]);
        emulated.expect(0, &["link", "--env", "e0"]);
        emulated.expect(0, &["relink", "--env", "e0", "--yes"]);
        let subscription = format!("{}/subscriptions/master2?api-version={APIM}&token={TOKEN}", service());
        let own = "0123456789abcdef0123456789abcdef";
        let body = json!({"properties": {"scope": "/apis", "displayName": "x", "primaryKey": own}});
        assert_eq!(emulated.send("PUT", &subscription, &body).status, 201);
        let bad = json!({"properties": {"scope": "/nowhere", "displayName": "x", "primaryKey": own}});
        assert_eq!(emulated.send("PUT", &subscription, &bad).status, 400);
        emulated.get(&format!("{}/products/nowhere?api-version={APIM}&key={own}", service()));
        let remembered = emulated.get("/_emulator/requests").text;
        let model = emulated.sandbox.model();
        let (status, said) = emulated.end();
        assert_eq!(status.code(), Some(130), "{status}: {said}");
        let of_requests = said.lines().filter(|line| line.contains("linkedBackends") && line.contains("PUT"));
        assert_eq!(of_requests.count(), 3, "one line a request: {said}");
        let secrets = model["secrets"].as_object().unwrap().values();
        let keys =
            secrets.flat_map(|keys| keys.as_object().unwrap()).filter(|(name, _)| name.ends_with("Key"));
        let keys: Vec<&str> = keys.map(|(_, key)| key.as_str().unwrap()).collect();
        assert!(keys.len() >= 3, "the link has two keys, and the site one of them");
        for secret in keys.into_iter().chain([TOKEN, own]) {
            assert!(!said.contains(secret) && !remembered.contains(secret), "{format}: {said}");
        }
        if format == "json" {
            let lines = said.lines().filter(|line| line.starts_with('{'));
            let lines: Vec<Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
            assert!(lines.len() >= 3, "{said}");
            assert!(lines.iter().all(|line| line["plane"] == "control" && line["status"].is_u64()));
        }
    }
}
