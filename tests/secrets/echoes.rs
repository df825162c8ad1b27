//! Failures that say back what was sent, and more.

use std::thread;

use serde_json::json;

use crate::{
    authority::{Authority, entra_error},
    azure::{Fault, Kind, Options, TOKEN, When},
    network::Network,
    over_http::told,
    watch::KEYS,
};

/// A secret that does not look like one.
const OPAQUE: &str = "correct horse battery staple";

/// What a server says that should know better: each of the keys and the token, in many a place.
fn echo() -> &'static str {
    let (one, other) = (KEYS[0], KEYS[1]);
    let text = format!(
        "cannot take {one}, {{\"secondaryKey\":\"{other}\"}}, '{}', Authorization: Bearer {TOKEN}, or {TOKEN} \
         at https://x.example/y?sig=signed-for-nobody&se=1 in '{OPAQUE}'",
        one.to_uppercase()
    );
    text.leak()
}

fn echoing(method: &'static str, path: &'static str, status: u16, code: &'static str) -> Fault {
    Fault::always(method, path, Kind::Error(status, code, echo()))
}

/// A line that is run in an Azure in which something goes wrong, and the exit codes that this may come to.
struct Case {
    fault: Fault,
    line: &'static str,
    exits: &'static [i32],
}

impl Case {
    fn look_for_secrets(&self, format: &str) {
        let fault = &self.fault;
        let mut network = Network::linked_with((KEYS[0], KEYS[1]));
        network.azure.take_seen();
        network.azure.fault(fault.clone());
        let output = network.run(&format!("{} --timeout 2s -vvv -o {format}", self.line));
        assert!(self.exits.contains(&output.status.code().unwrap()), "{fault:?}: {}", told(&output));
        if let Kind::Error(_, code, message) = fault.kind {
            let answers = network.azure.take_seen();
            let said = [code, message].iter().any(|text| text.contains(KEYS[0]));
            assert!(
                said && answers.iter().any(|seen| seen.answer.contains(KEYS[0])),
                "it was said: {fault:?}"
            );
        }
        network.secrets.insert("signed-for-nobody".to_owned());
        network.look_into_files(&[]);
        network.assert_no_leak();
    }
}

/// Looks for secrets in every case. Most of the time is waiting, so several at once.
fn look_into(cases: &[Case]) {
    for some in cases.chunks(6) {
        thread::scope(|scope| {
            for case in some {
                scope.spawn(|| ["table", "json"].map(|format| case.look_for_secrets(format)));
            }
        });
    }
}

#[test]
fn an_answer_that_says_keys_and_tokens_back_is_shown_without_them() {
    let cases = [
        ("GET", "/staticsites/shop", "status --env prod"),
        ("GET", "/products/", "status --env prod"),
        ("POST", "/listsecrets", "status --env prod"),
        ("PUT", "/linkedbackends/", "relink --env prod"),
        ("PATCH", "/subscriptions/", "relink --env prod"),
        ("DELETE", "/linkedbackends/", "unlink --env prod"),
        ("DELETE", "/products/", "unlink --env prod --purge --yes"),
        ("PUT", "/apis/", "api add orders --env prod"),
    ];
    let refusals = [(400, "ValidationError"), (403, "AuthorizationFailed")];
    let cases = cases.into_iter().flat_map(|(method, path, line)| {
        let fault = move |(status, code)| echoing(method, path, status, code);
        refusals.map(|refusal| Case { fault: fault(refusal), line, exits: &[4, 5, 6, 7] })
    });
    look_into(&cases.collect::<Vec<_>>());
    let retirements = refusals.map(|(status, code)| {
        let fault = Fault { skip: 1, ..echoing("PATCH", "/subscriptions/", status, code) };
        Case { fault, line: "relink --env prod", exits: &[7] }
    });
    look_into(&retirements);
}

#[test]
fn with_any_status() {
    let cases = [401, 404, 409, 412, 422, 429, 500, 503].map(|status| {
        let fault = echoing("GET", "/products/", status, "Echo");
        Case { fault, line: "status --env prod", exits: &[0, 4, 5, 6] }
    });
    look_into(&cases);
}

#[test]
fn so_are_codes_headers_and_links_to_elsewhere() {
    let elsewhere = "https://x.example/y?sig=signed-for-nobody";
    let kinds = [
        Kind::Error(400, KEYS[0], "no"),
        Kind::Later(429, format!("{} {TOKEN}", KEYS[0])),
        Kind::Header("x-ms-request-id", format!("{} {TOKEN}", KEYS[1])),
        Kind::NextLink(elsewhere.to_owned()),
        Kind::Redirect(307, elsewhere.to_owned()),
    ];
    let cases = kinds.map(|kind| {
        let exits: &[i32] = if matches!(kind, Kind::Header(..)) { &[0] } else { &[4, 5, 6] };
        Case { fault: Fault::always("GET", "/linkedbackends", kind), line: "status --env prod", exits }
    });
    look_into(&cases);
}

#[test]
fn a_key_and_a_token_that_do_not_look_like_any_are_known_since_they_were_sent() {
    let mut network = Network::linked_with((OPAQUE, KEYS[1]));
    network.azure.fault(echoing("PATCH", "/subscriptions/", 400, "ValidationError"));
    let output = network.run("relink --env prod -vvv");
    assert_eq!(output.status.code(), Some(7), "{}", told(&output));
    assert!(told(&output).contains("cannot take"), "{}", told(&output));
    network.assert_no_leak();

    let mut network = Network::new(Options::default());
    let opaque = OPAQUE.replace(' ', "-");
    let said: &'static str = format!("the token '{opaque}' is none").leak();
    network
        .azure
        .fault(Fault { when: When::Before, ..Fault::always("GET", "/", Kind::Error(401, "Echo", said)) });
    network.secrets.insert(opaque.clone());
    let mut command = network.program.command("status --env prod -vvv");
    command.env("SWA_APIM_ACCESS_TOKEN", &opaque);
    let output = network.run_command("status", command);
    assert_eq!(output.status.code(), Some(6), "{}", told(&output));
    assert!(told(&output).contains("the token '…' is none"), "{}", told(&output));
    network.assert_no_leak();
}

/// Runs `status` with the credential of an application, where the authority says back all that it is sent.
#[cfg(target_os = "linux")]
fn ask_an_echo(more: &[(&str, &str)], secrets: &[&str]) {
    let mut network = Network::new(Options::default());
    network.secrets.extend(secrets.iter().map(|secret| (*secret).to_owned()));
    let authority = Authority::with_tls(|asked| {
        let said = [asked.form("client_secret"), asked.form("client_assertion")].concat();
        entra_error(&format!("AADSTS7000215: not '{said}', nor {}\r\nTrace ID: 1", asked.body))
    });
    let job = Authority::plain(|asked| {
        (200, json!({"value": "eyJhbGciOiJub25lIn0.c29tZXRoaW5n.x", "was": asked.head}).to_string())
    });
    network.program.write("authority.pem", &authority.certificate);
    network.program.write("federated", "eyJhbGciOiJub25lIn0.c29tZXRoaW5n.x");
    let mut command = network.program.without_token("status --env prod -vvv");
    command.env("AZURE_TENANT_ID", "contoso.example").env("AZURE_CLIENT_ID", "the-application");
    command.env("AZURE_AUTHORITY_HOST", &authority.origin).envs(more.iter().copied());
    command
        .env("ACTIONS_ID_TOKEN_REQUEST_URL", &job.origin)
        .env("SSL_CERT_FILE", network.program.path("authority.pem"));
    let output = network.run_command("status", command);
    assert_eq!(output.status.code(), Some(6), "{}", told(&output));
    assert!(told(&output).contains("AADSTS7000215: not '…"), "{}", told(&output));
    assert!(!authority.asked().is_empty());
    network.look_into_files(&["authority.pem", "federated"]);
    network.assert_no_leak();
}

#[cfg(target_os = "linux")]
#[test]
fn no_authority_can_make_it_say_what_it_signed_in_with() {
    let secret = ("AZURE_CLIENT_SECRET", "Tr0ub4dor~and~3.more");
    ask_an_echo(&[secret, ("SWA_APIM_CREDENTIAL", "client-secret")], &[secret.1]);
    let assertion = "eyJhbGciOiJub25lIn0.c29tZXRoaW5n.x";
    let file = ("AZURE_FEDERATED_TOKEN_FILE", "federated");
    ask_an_echo(&[file, ("SWA_APIM_CREDENTIAL", "workload-identity")], &[assertion]);
    let token = ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "of-github-and-nobody-else");
    ask_an_echo(&[token, ("SWA_APIM_CREDENTIAL", "github-actions")], &[assertion, token.1]);
}
