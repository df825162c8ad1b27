//! Every verb, and every request of the provider: all that they send, and all that they are told.

use std::{process::Stdio, sync::Mutex, thread};

use serde_json::json;

use crate::{
    azure::{FakeAzure, Fault as Trouble, Kind, Options, SERVICE, SITE, Seen, Shape},
    check::{Checker, Part},
    over_http::{Program, told},
    provider::every_request,
    swagger::Swagger,
    traffic::{Traffic, unaccounted},
};

/// One of every verb, in an order in which each finds something to do.
const LINES: [&str; 16] = [
    "status --env prod",
    "link --env prod --dry-run",
    "link --env prod --out plan.json",
    "apply plan.json",
    "link --env prod",
    "api add orders catalog --env prod",
    "api list --env prod",
    "status --all -o json",
    "relink --env prod",
    "api remove catalog --env prod",
    "unlink --env prod",
    "unlink --env prod --purge --yes",
    "link --env prod --provisioning engine",
    "relink --env prod --provisioning engine",
    "unlink --env prod --purge --yes --provisioning engine",
    "unlink --env prod",
];

fn run_every_verb(options: Options, traffic: &mut Traffic) {
    let azure = FakeAzure::with_scene(options);
    let program = Program::new(&azure);
    for line in LINES {
        let output = program.run(line);
        assert_eq!(output.status.code(), Some(0), "{line}: {}", told(&output));
        traffic.take(&azure);
    }
}

/// Links sites whose connecting is told in every way, all of them at once, since each takes a while.
fn connect_in_every_shape(traffic: &mut Traffic) {
    let azures = Shape::ALL.map(|shape| FakeAzure::with_scene(Options { shape, ..Options::default() }));
    let programs: Vec<Program> = azures.iter().map(Program::new).collect();
    let running = programs.iter().map(|program| {
        program.command("link --env prod").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    });
    let running: Vec<_> = running.collect();
    for (child, azure) in running.into_iter().zip(&azures) {
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        traffic.take(azure);
    }
}

/// Names instead of ids.
fn find_by_name(traffic: &mut Traffic) {
    let azure = FakeAzure::with_scene(Options::default());
    let program = Program::new(&azure);
    program.write("swa-apim.toml", "");
    let output = program.run("status --static-web-app shop --apim gate");
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    traffic.take(&azure);
}

fn run_into_trouble(traffic: &mut Traffic) {
    let azure = FakeAzure::with_scene(Options::default());
    let program = Program::new(&azure);
    azure.fault(Trouble::once("GET", "/staticsites/shop", Kind::Later(429, "1".to_owned())));
    azure.fault(Trouble::once("GET", "/products/", Kind::Error(503, "ServiceUnavailable", "busy")));
    assert_eq!(program.run("link --env prod").status.code(), Some(0));
    let mut command = program.command("status --env prod");
    let refused = command.env("SWA_APIM_ACCESS_TOKEN", "another").output().unwrap();
    assert_eq!(refused.status.code(), Some(6), "{}", told(&refused));
    traffic.take(&azure);
}

/// Sends what the provider can send.
fn send_every_request(traffic: &mut Traffic) {
    let azure = FakeAzure::with_scene(Options { provisions: false, ..Options::default() });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(every_request(&azure, traffic));
}

/// All that the program and the provider send and are told. Azures take their time, so each has its own thread.
fn all_traffic() -> Traffic {
    let parts: [fn(&mut Traffic); 6] = [
        |traffic| run_every_verb(Options::default(), traffic),
        |traffic| run_every_verb(Options { page: 1, ..Options::default() }, traffic),
        connect_in_every_shape,
        run_into_trouble,
        find_by_name,
        send_every_request,
    ];
    let all = Mutex::new(Traffic::default());
    thread::scope(|scope| {
        for part in parts {
            let all = &all;
            scope.spawn(move || {
                let mut traffic = Traffic::default();
                part(&mut traffic);
                all.lock().unwrap().extend(traffic);
            });
        }
    });
    all.into_inner().unwrap()
}

#[test]
fn every_request_and_answer_matches_its_definition_or_a_known_deviation() {
    let Some(swagger) = Swagger::of_azure() else { return };
    let traffic = all_traffic();
    let operations = traffic.operations(&swagger);
    assert_eq!(operations.len(), 32, "{operations:#?}");
    let faults = traffic.faults(&Checker::new(&swagger));
    let (unknown, idle) = unaccounted(&faults);
    let unknown: Vec<String> = unknown
        .iter()
        .map(|fault| {
            format!(
                "{:?} of {}: {}",
                fault.part,
                fault.operation,
                fault.detail.chars().take(300).collect::<String>()
            )
        })
        .collect();
    assert!(unknown.is_empty(), "not as it is defined:\n{}", unknown.join("\n"));
    let idle: Vec<String> = idle.iter().map(|known| known.told()).collect();
    assert!(idle.is_empty(), "known to be otherwise, and was not:\n{}", idle.join("\n"));
}

fn exchange(method: &str, tail: &str, query: &str, body: &str, status: u16, answer: &str) -> Seen {
    Seen {
        method: method.to_owned(),
        path: format!("{SERVICE}{tail}"),
        query: query.to_owned(),
        body: body.to_owned(),
        answer: answer.to_owned(),
        headers: Vec::new(),
        authorization: None,
        status,
        answer_headers: Vec::new(),
        data_plane: false,
    }
}

#[test]
fn every_distortion_is_found() {
    let Some(swagger) = Swagger::of_azure() else { return };
    let checker = Checker::new(&swagger);
    let version = "api-version=2024-05-01";
    let good = json!({"properties": {"displayName": "x", "state": "published"}}).to_string();
    let product = |query: &str, body: &str, status: u16, answer: &str| {
        let seen = exchange("PUT", "/products/p", query, body, status, answer);
        checker.faults(&seen).into_iter().map(|fault| fault.part).collect::<Vec<_>>()
    };
    assert_eq!(product(version, &good, 201, &good), [], "and what is straight is not");
    let bent = |properties: serde_json::Value| json!({"properties": properties}).to_string();
    for body in [
        bent(json!({})),
        bent(json!({"displayName": 1})),
        bent(json!({"displayName": ""})),
        bent(json!({"displayName": "x", "state": "secret"})),
        bent(json!({"displayName": "x", "displyName": "y"})),
        "{".to_owned(),
        String::new(),
    ] {
        assert_eq!(product(version, &body, 201, &good), [Part::Body], "{body}");
    }
    for query in ["api-version=2020-01-01", "", "api-version=2024-05-01&$top=1"] {
        assert!(product(query, &good, 201, &good).contains(&Part::Query), "{query}");
    }
    assert_eq!(product(version, &good, 204, ""), [Part::Status]);
    assert_eq!(product(version, &good, 201, ""), [Part::Answer]);
    assert_eq!(product(version, &good, 201, &bent(json!({"displayName": []}))), [Part::Answer]);
    let parts = |seen: &Seen| checker.faults(seen).into_iter().map(|fault| fault.part).collect::<Vec<_>>();
    assert_eq!(parts(&exchange("PUT", "/produce/p", version, &good, 201, &good)), [Part::Path]);
    assert_eq!(parts(&exchange("GET", "/products/p", version, &good, 200, &good)), [Part::Body]);
    assert_eq!(
        parts(&exchange("DELETE", "/products/p", version, "", 200, "")),
        [Part::Header],
        "no If-Match"
    );
    let mut headed = exchange("PUT", "/products/p", version, &good, 201, &good);
    headed.headers.push(("x-own".to_owned(), "1".to_owned()));
    assert_eq!(parts(&headed), [Part::Header]);
    let mut sited = exchange(
        "PUT",
        "",
        "api-version=2024-04-01",
        &bent(json!({"createdOn": "2024-06-19T09:03:33Z"})),
        0,
        "",
    );
    sited.path = format!("{SITE}/builds/default/linkedBackends/b");
    assert_eq!(parts(&sited), [Part::Body], "what only the service writes");
}
