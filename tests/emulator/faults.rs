//! What goes wrong on purpose, and nothing else with it.

use serde_json::{Value, json};

use crate::world::{APIM, Emulated, TOKEN, raw, service};

fn products() -> String {
    format!("{}/products?api-version={APIM}", service())
}

fn product(name: &str) -> String {
    format!("{}/products/{name}?api-version={APIM}", service())
}

fn named(name: &str) -> Value {
    json!({"properties": {"displayName": name}})
}

#[test]
fn a_request_that_panics_returns_500_and_other_requests_continue() {
    let emulated = Emulated::start(&["--admin", "--fault", "GET /products panic x1"]);
    let broken = emulated.get(&products());
    assert_eq!((broken.status, broken.code()), (500, "InternalServerError"));
    assert!(broken.header("x-ms-request-id").is_some());
    assert_eq!(emulated.get(&products()).status, 200);
    assert_eq!(emulated.send("PUT", &product("p"), &named("p")).status, 201);
}

#[test]
fn a_fault_answers_ends_or_loses_the_requests_that_it_matches() {
    let emulated = Emulated::start(&["--admin"]);
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("Host", emulated.control.as_str()), ("Authorization", bearer.as_str())];
    let put = |name: &str| {
        raw(&emulated.control, "PUT", &product(name), &headers, named(name).to_string().as_bytes())
    };
    emulated.switch(
        &json!({"faults": [{"method": "PUT", "path": "/products/", "effect": {"status": 503}, "count": 1}]}),
    );
    let refused = put("a").unwrap();
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    assert_eq!(emulated.get(&product("a")).status, 404, "it was not carried out");
    emulated.switch(&json!({"faults": [{"path": "/products/", "effect": "reset", "count": 1}]}));
    assert!(put("a").is_none());
    assert_eq!(emulated.get(&product("a")).status, 404, "it was not carried out");
    emulated.switch(&json!({"faults": [{"path": "/products/", "effect": "lost", "count": 1}]}));
    assert!(put("a").is_none());
    assert_eq!(emulated.get(&product("a")).status, 200, "it was carried out, and nobody was told");
}

#[test]
fn a_command_gets_through_faults_that_pass() {
    let emulated = Emulated::start(&["--fault", "* * 503 x3", "--fault", "PUT linkedBackends reset x1"]);
    emulated.expect(0, &["link", "--env", "e0"]);
    assert_eq!(emulated.state(), "linked");
}

#[test]
fn an_answer_of_a_provider_has_the_counts_of_requests_that_remain() {
    let emulated = Emulated::start(&["--log", "off"]);
    let counts = |method: &str, path: &str, body: &Value| {
        let answer = emulated.send(method, path, body);
        let prefix = "x-ms-ratelimit-remaining-subscription-";
        let found =
            answer.headers.iter().filter_map(|(name, value)| Some((name.strip_prefix(prefix)?, value)));
        let mut found: Vec<String> = found.map(|(name, value)| format!("{name}={value}")).collect();
        found.sort();
        found.join(" ")
    };
    let put = counts("PUT", &product("p"), &named("p"));
    assert_eq!(put, "global-writes=2999 writes=199", "as recorded");
    let missing = counts("GET", &product("none"), &Value::Null);
    assert_eq!(missing, "global-reads=3749 reads=249", "an error of the provider");
    let deleted = counts("DELETE", &format!("{}&deleteSubscriptions=true", product("p")), &Value::Null);
    assert_eq!(deleted, "deletes=199 global-deletes=2999");
    assert_eq!(counts("GET", "/subscriptions?api-version=2022-12-01", &Value::Null), "");
    let unknown = products().replace("/subscriptions/0", "/subscriptions/1");
    assert_eq!(counts("GET", &unknown, &Value::Null), "", "an error of Resource Manager itself");
}

#[test]
fn buckets_run_dry_and_say_so() {
    let emulated = Emulated::start(&["--admin"]);
    emulated.switch(&json!({"throttling": {"reads": {"capacity": 2, "perSecond": 0.1}}}));
    let left: Vec<Option<String>> = (0..2)
        .map(|_| {
            emulated.get(&products()).header("x-ms-ratelimit-remaining-subscription-reads").map(str::to_owned)
        })
        .collect();
    assert_eq!(left, [Some("1".to_owned()), Some("0".to_owned())]);
    let refused = emulated.get(&products());
    assert_eq!((refused.status, refused.code()), (429, "SubscriptionRequestsThrottled"));
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    let written = emulated.send("PUT", &product("p"), &named("p"));
    assert_eq!(written.status, 201, "writes have a bucket of their own");
    assert_eq!(written.header("x-ms-ratelimit-remaining-subscription-writes"), Some("199"));
    emulated.switch(&json!({"throttling": null}));
    assert_eq!(emulated.get(&products()).status, 200);
}

#[test]
fn the_switches_can_be_read_and_a_patch_that_does_not_fit_changes_none() {
    let emulated = Emulated::start(&["--admin", "--gateway-delay", "2s", "--latency", "1ms"]);
    let switches = emulated.get("/_emulator/switches").body;
    assert_eq!((&switches["gatewayDelayMs"], &switches["latencyMs"]), (&json!(2000), &json!(1)));
    let refused = emulated.send("PATCH", "/_emulator/switches", &json!({"latencyMs": "soon"}));
    assert_eq!((refused.status, refused.code()), (400, "InvalidSwitches"));
    assert!(refused.text.contains("`latencyMs`"), "{}", refused.text);
    for change in [json!({"latency": 1}), json!({"faults": [{"effect": "reset", "rate": 2}]})] {
        assert_eq!(emulated.send("PATCH", "/_emulator/switches", &change).status, 400, "{change}");
    }
    assert_eq!(emulated.get("/_emulator/switches").body, switches);
    let closed = Emulated::start(&[]);
    assert_eq!(closed.get("/_emulator/switches").status, 404);
}
