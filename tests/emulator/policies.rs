//! Policies over HTTP: both formats, what is refused, and the verdict of the program's own commands.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    path::Path,
    thread,
};

use serde_json::{Value, json};

use crate::world::{APIM, Emulated, service};

const RAW: &str =
    r#"<policies><inbound><set-variable name="a" value="@(f<T>("x") && y < 3)" /></inbound></policies>"#;
const XML: &str = r#"<policies><inbound><set-variable name="a" value="@(f&lt;T&gt;(&quot;x&quot;) &amp;&amp; y &lt; 3)" /></inbound></policies>"#;

/// A policy of one line as it is kept: each element has a line of its own.
fn laid_out(line: &str) -> String {
    let (begins, ends) = ("<policies>\r\n\t<inbound>\r\n\t\t", "</inbound></policies>");
    line.replace("<policies><inbound>", begins).replace(ends, "\r\n\t</inbound>\r\n</policies>")
}

fn at(product: &str, query: &str) -> String {
    format!("{}/products/{product}/policies/policy?api-version={APIM}{query}", service())
}

fn with_product() -> Emulated {
    let emulated = Emulated::start(&["--log", "off"]);
    let product = format!("{}/products/p?api-version={APIM}", service());
    assert_eq!(emulated.send("PUT", &product, &json!({"properties": {"displayName": "p"}})).status, 201);
    emulated
}

fn put(emulated: &Emulated, properties: Value) -> (u16, Value) {
    let answer = emulated.send("PUT", &at("p", ""), &json!({ "properties": properties }));
    (answer.status, answer.body)
}

#[test]
fn a_policy_has_one_name() {
    let emulated = with_product();
    let body = json!({"properties": {"format": "xml", "value": XML}});
    let named = |name: &str| at("p", "").replace("policies/policy", &format!("policies/{name}"));
    let refused = emulated.send("PUT", &named("other"), &body);
    assert_eq!((refused.status, refused.code()), (400, "ValidationError"), "{}", refused.text);
    assert_eq!(refused.body["error"]["details"][0]["target"], "policyId");
    assert_eq!(emulated.get(&named("other")).status, 404);
    assert_eq!(emulated.send("PUT", &named("Policy"), &body).status, 201);
    assert_eq!(emulated.get(&named("policy")).status, 200);
}

#[test]
fn each_format_is_taken_and_kept_as_xml() {
    let emulated = with_product();
    for (format, value) in [("rawxml", RAW), ("xml", XML), ("rawxml", XML)] {
        let (status, body) = put(&emulated, json!({"format": format, "value": value}));
        assert!(status < 300, "{body}");
        assert_eq!(body["properties"], json!({"format": "xml", "value": laid_out(XML)}));
        assert_eq!(
            emulated.get(&at("p", "")).body["properties"],
            json!({"format": "xml", "value": laid_out(XML)})
        );
        let raw = emulated.get(&at("p", "&format=rawxml")).body;
        assert_eq!(raw["properties"], json!({"format": "rawxml", "value": laid_out(RAW)}));
    }
    let (_, recorded) = put(&emulated, json!({"format": "xml"}));
    assert_eq!(recorded["properties"], json!({"format": "xml", "value": "<format>xml</format>"}));
    let kept = "<!-- first -->\r\n<policies>\r\n\t<inbound></inbound>\r\n\t<outbound b=\"1\" a=\"2\" />\r\n</policies>";
    let given = format!("\u{feff}{}", kept.replace("\r\n", "\n").replace('\t', "  "));
    let (_, body) = put(&emulated, json!({"value": given}));
    assert_eq!(body["properties"]["value"], kept);
}

#[test]
fn text_that_is_not_a_policy_is_refused() {
    let emulated = with_product();
    let deep = format!("<policies>{}", "<a>".repeat(30_000));
    let prefixes: String = (0..2000).map(|at| format!("<p{at}:a xmlns:p{at}=\"u\">")).collect();
    for properties in [
        json!({"format": "yaml", "value": XML}),
        json!({"format": "xml", "value": RAW}),
        json!({"format": "rawxml", "value": "<policies><inbound a=\"@(f(\" /></policies>"}),
        json!({"format": "xml", "value": "<policies>"}),
        json!({"format": "xml", "value": ""}),
        json!({"format": "xml", "value": deep}),
        json!({"format": "xml", "value": prefixes}),
        json!({"format": "xml", "value": "<!DOCTYPE p [<!ENTITY a \"b\">]><policies>&a;</policies>"}),
        json!({"format": "xml-link", "value": "https://raw.example/policy.xml"}),
        json!({"format": "rawxml-link", "value": "http://169.254.169.254/policy.xml"}),
        json!({"format": "xml-link", "value": "http://127.0.0.1:1/policy.xml"}),
        json!({}),
    ] {
        let (status, body) = put(&emulated, properties.clone());
        let code = &body["error"]["code"];
        assert_eq!((status, code), (400, &json!("ValidationError")), "{properties:.100}: {body}");
    }
    assert_eq!(emulated.get(&at("p", "")).status, 404);
    assert!(put(&emulated, json!({"value": XML})).0 < 300);
    assert_eq!(emulated.get(&at("p", "&format=yaml")).status, 400);
}

#[test]
fn a_policy_at_an_address_of_this_machine_is_fetched() {
    let emulated = with_product();
    for (format, text) in [("xml-link", XML), ("rawxml-link", RAW)] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let served = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]).unwrap();
            let length = text.len();
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}")
                .unwrap();
        });
        let (status, body) =
            put(&emulated, json!({"format": format, "value": format!("http://{address}/p.xml")}));
        served.join().unwrap();
        assert!(status < 300, "{body}");
        assert_eq!(body["properties"], json!({"format": "xml", "value": laid_out(XML)}));
    }
}

/// Each trial, in an emulator whose link is provisioned by this.
fn every_trial_has_its_verdict(trials: &Value, provisioning: &str) {
    let emulated = Emulated::start(&["--log", "off"]);
    let link = || emulated.expect(0, &["link", "--env", "e0", "--provisioning", provisioning, "--yes"]);
    let status = || emulated.expect(0, &["status", "--env", "e0"])["links"][0].clone();
    link();
    let seen = status();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (host, gateway) = (text(&seen["staticSite"]["defaultHostname"]), text(&seen["apim"]["gatewayUrl"]));
    let product = text(&seen["product"]["name"]);
    for (name, trial) in trials["policies"].as_object().unwrap() {
        let value = text(&trial["value"]).replace(trials["hostname"].as_str().unwrap(), &host);
        let value = value.replace(trials["gateway"].as_str().unwrap(), &gateway);
        let body = json!({"properties": {"format": trial["format"], "value": value}});
        assert_eq!(emulated.send("PUT", &at(&product, ""), &body).status, 200, "{name}");
        let (before, expected) = (emulated.get(&at(&product, "")).body, text(&trial["verdict"]));
        let seen = status();
        assert_eq!(seen["policy"]["verdict"], expected, "{name}: {seen}");
        let is_wrong = ["open", "closed"].contains(&expected.as_str());
        assert_eq!(seen["state"], if is_wrong { "drifted" } else { "linked" }, "{name}: {seen}");
        link();
        let after = emulated.get(&at(&product, "")).body;
        if is_wrong {
            assert_eq!(status()["policy"]["verdict"], "healthy", "{name}: {after}");
        } else {
            assert_eq!(after, before, "{name}");
        }
    }
}

#[test]
fn every_trial_has_its_verdict_over_http_and_is_repaired_or_unchanged() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/trials/policies.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        crate::skip::skipped("`trials/policies.json` is not beside the repository");
        return;
    };
    let trials: Value = serde_json::from_str(&text).unwrap();
    let trials = &trials;
    thread::scope(|scope| {
        for provisioning in ["service", "engine"] {
            scope.spawn(move || every_trial_has_its_verdict(trials, provisioning));
        }
    });
}
