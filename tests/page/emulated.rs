//! The pages about an emulator: beside it in one process, and over one in another process.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    process::{Child, Stdio},
    thread,
};

use reqwest::StatusCode;
use serde_json::{Value, json};
use strum::VariantNames as _;
use swa_apim::emulator::{Ending, Shape};

use crate::{
    support::Sandbox,
    world::{Page, Served, Visitor, client, started},
};

/// An API that answers each request with its own headers, as some do for debugging.
pub(crate) fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let (mut head, mut buffer) = (Vec::new(), [0; 4096]);
            while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut buffer) {
                    Ok(count @ 1..) => head.extend_from_slice(&buffer[..count]),
                    _ => break,
                }
            }
            let body = String::from_utf8_lossy(&head).into_owned();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Echo: <b>{}</b>\r\nContent-Length: {}\r\n\
                 Connection: close\r\n\r\n{body}",
                body.lines().next().unwrap_or_default(),
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    format!("http://{address}")
}

/// A linked site whose API `orders` is a server on this machine.
pub(crate) fn linked() -> Sandbox {
    let sandbox = Sandbox::with_sites(1);
    sandbox.succeed(&["link", "--all"]);
    let mut model = sandbox.model();
    for resource in model["resources"].as_array_mut().unwrap() {
        if resource["id"].as_str().unwrap().ends_with("/apis/orders")
            && resource["properties"].get("serviceUrl").is_some()
        {
            resource["properties"]["serviceUrl"] = echo().into();
        }
    }
    sandbox.write("control-plane.json", &model.to_string());
    sandbox
}

/// Calls the site of the emulator from outside of the page.
async fn call(ready: &Value, path: &str) -> StatusCode {
    let address = format!("{}{path}", ready["dataPlane"].as_str().unwrap());
    let request = client().get(address).header("host", "site-0.5.azurestaticapps.net");
    request.send().await.unwrap().status()
}

/// The keys of the model.
fn keys(sandbox: &Sandbox) -> Vec<String> {
    let secrets = sandbox.model()["secrets"].to_string();
    secrets.split('"').filter(|part| part.len() == 32).map(str::to_owned).collect()
}

async fn form_of(visitor: &Visitor, path: &str) -> String {
    visitor.get(path).await.captured(r#"name="form" value="([^"]+)""#)
}

/// Sends a call by the form.
async fn tried(visitor: &Visitor, path: &str, headers: &str) -> Page {
    let form = form_of(visitor, "/try").await;
    let fields = [
        ("form", form.as_str()),
        ("host", "site-0.5.azurestaticapps.net"),
        ("method", "POST"),
        ("path", path),
        ("headers", headers),
        ("body", "{}"),
    ];
    visitor.post("/try", &fields).await
}

#[tokio::test]
async fn each_request_to_the_emulator_is_listed_and_shown_hop_by_hop() {
    let (served, ready) = Served::beside_emulator(linked(), &[]);
    let visitor = served.visitor().await;
    visitor.get("/traffic").await.says("No request has arrived yet");
    assert_eq!(call(&ready, "/api/orders/7?subscription-key=x").await, StatusCode::OK);
    assert_eq!(call(&ready, "/api/nothing").await, StatusCode::NOT_FOUND);
    let list = visitor.get("/traffic").await;
    list.says("GET /api/orders/7")
        .says("API: the API answers 200")
        .says("gateway: shop-apim.azure-api.net has no API");
    list.does_not_say("subscription-key");
    visitor.get("/traffic?q=404").await.says("/api/nothing").does_not_say("/api/orders/7");
    let one = visitor.get("/traffic/1").await;
    one.says("edge passed").says("gateway passed").says("key passed").says("token passed");
    one.says("policy passed").says("API passed").says("API answered").says("sha256:");
    visitor.get("/traffic/2").await.says("gateway refused");
    assert_eq!(visitor.get("/traffic/3").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_call_is_sent_through_the_site_and_explained_without_any_key() {
    let (served, _) = Served::beside_emulator(linked(), &[]);
    let visitor = served.visitor().await;
    let answer = tried(&visitor, "/api/orders/7?x=<b>", "Accept: text/plain\r\nX-Own: yes").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    answer.says("is not a path").does_not_say("<b>");
    let answer = tried(&visitor, "/api/orders/7?x=1", "Accept: text/plain\r\nX-Own: yes").await;
    assert_eq!(answer.status, StatusCode::OK);
    answer
        .says("API answered")
        .says("POST /7?x=1")
        .says("x-own: yes")
        .says("ocp-apim-subscription-key: sha256:");
    answer.does_not_say("<b>POST").does_not_say("eyJ");
    let keys = keys(&served.sandbox);
    assert!(keys.len() >= 2);
    for page in [answer, visitor.get("/traffic").await, visitor.get("/traffic/1").await] {
        for key in &keys {
            page.does_not_say(key);
        }
    }
    tried(&visitor, "/api/orders", "no header").await.says("must have the form");
    tried(&visitor, "/api/orders", "Host: evil.example").await.says("is set by the connection");
    tried(&visitor, "/api/nothing", "").await.says("gateway refused").says("404");
    let forged = visitor.post(
        "/try",
        &[("form", "x"), ("host", "h"), ("method", "GET"), ("path", "/"), ("headers", ""), ("body", "")],
    );
    assert_eq!(forged.await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn switches_are_shown_changed_and_reset() {
    let (served, ready) = Served::beside_emulator(linked(), &["--latency", "5ms", "--admin"]);
    let visitor = served.visitor().await;
    let page = visitor.get("/switches").await;
    assert_eq!(page.captured(r#"name="latency" value="([^"]*)""#), "5");
    let form = page.captured(r#"name="form" value="([^"]+)""#);
    let set = async |latency: &str, faults: &str, button: &str| {
        let fields = [
            ("form", form.as_str()),
            ("latency", latency),
            ("gateway_delay", "0"),
            ("edge_delay", "0"),
            ("provisions", "yes"),
            ("shape", "location"),
            ("takes", "10"),
            ("ending", "succeeds"),
            ("throttled", "yes"),
            ("faults", faults),
            ("button", button),
        ];
        visitor.post("/switches", &fields).await
    };
    let now = async || -> Value {
        let address = format!("{}/_emulator/switches", ready["controlPlane"].as_str().unwrap());
        client().get(address).send().await.unwrap().json().await.unwrap()
    };
    let done = set("7", "GET /api/orders 503 x1 data\r\n* x reset 50%", "save").await;
    assert_eq!(done.location.as_deref(), Some("/switches?done"));
    let switches = now().await;
    assert_eq!((&switches["latencyMs"], &switches["provisioning"]["shape"]), (&json!(7), &json!("location")));
    assert_eq!(switches["throttling"]["reads"]["capacity"], 250);
    let page = visitor.get("/switches?done").await;
    page.says("The switches are set")
        .says("GET /api/orders 503 x1 data * x reset 50%")
        .says("reads: requests at once");
    assert_eq!(call(&ready, "/api/orders").await, StatusCode::SERVICE_UNAVAILABLE);
    visitor.get("/traffic/1").await.says("fault failed").says("it answers 503");
    assert_eq!(call(&ready, "/api/orders").await, StatusCode::OK);

    let refused = set("7", "oops", "save").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("Nothing was changed").says("faults[0] : oops is not a fault");
    set("99999999999", "", "save").await.says("latencyMs");
    assert_eq!(now().await["latencyMs"], 7);
    set("7", "", "reset").await;
    let switches = now().await;
    assert_eq!(
        (&switches["latencyMs"], &switches["throttling"], &switches["faults"]),
        (&json!(0), &Value::Null, &json!([]))
    );
    assert_eq!(
        visitor.post("/switches", &[("form", "x"), ("button", "reset")]).await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn the_words_of_a_switch_are_those_of_the_emulator() {
    let (served, _) = Served::beside_emulator(Sandbox::with_sites(1), &[]);
    let page = served.visitor().await.get("/switches").await;
    for word in Shape::VARIANTS.iter().chain(Ending::VARIANTS) {
        assert!(
            page.text.contains(&format!("<option>{word}</option>"))
                || page.text.contains(&format!("<option selected>{word}</option>")),
            "{word}"
        );
    }
    let options = page.text.matches("<option").count();
    assert_eq!(options, Shape::VARIANTS.len() + Ending::VARIANTS.len());
}

#[tokio::test]
async fn a_read_only_page_shows_traffic_and_switches_and_has_no_call() {
    let (served, ready) = Served::beside_emulator(linked(), &["--ui-read-only"]);
    let visitor = served.visitor().await;
    call(&ready, "/api/orders").await;
    visitor.get("/traffic").await.says("/api/orders").does_not_say("href=\"/try\"");
    let switches = visitor.get("/switches").await;
    switches.says("Delays in milliseconds").does_not_say("type=\"submit\"").does_not_say("name=\"form\"");
    assert_eq!(visitor.get("/try").await.status, StatusCode::NOT_FOUND);
    for (path, field) in [("/try", ("host", "x")), ("/switches", ("button", "reset"))] {
        let answer = visitor.post(path, &[("form", "x"), field]).await.status;
        assert!(
            [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(&answer),
            "{path}: {answer}"
        );
    }
}

#[tokio::test]
async fn the_page_beside_an_emulator_shows_its_model_if_the_configuration_names_azure() {
    let sandbox = linked();
    let config = String::from_utf8(sandbox.read("swa-apim.toml")).unwrap();
    let config = config.replace("[env.e0]\n", "[env.e0]\nprovider = \"arm\"\nprovisioning = \"service\"\n");
    sandbox.write("swa-apim.toml", &config);
    let (mut served, _) = Served::beside_emulator(sandbox, &[]);
    let visitor = served.visitor().await;
    visitor.get("/").await.says("e0 linked").says("model");
    visitor.get("/links/e0").await.says("e0: linked");
    assert_eq!(served.stop(), Some(130));
}

/// An emulator in another process.
pub(crate) struct Emulator {
    child: Child,
    ready: Value,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Emulator {
    pub(crate) fn over(sandbox: &Sandbox, args: &[&str]) -> Self {
        let mut command =
            sandbox.command(&["emulate", "--listen", "127.0.0.1:0", "--data-plane", "127.0.0.1:0"]);
        let (child, line) = started(command.args(args), Stdio::null());
        Self { child, ready: serde_json::from_str(&line).unwrap() }
    }

    /// The address of its control plane.
    pub(crate) fn control_plane(&self) -> &str {
        self.ready["controlPlane"].as_str().unwrap()
    }

    /// The page over this emulator.
    async fn page(&self, sandbox: Sandbox) -> (Served, Visitor) {
        let endpoint = self.control_plane();
        let served = Served::of(sandbox, &["--provider", "arm", "--endpoint", endpoint]);
        let visitor = served.visitor().await;
        (served, visitor)
    }
}

#[tokio::test]
async fn the_page_works_over_an_emulator_in_another_process() {
    let sandbox = linked();
    let emulator = Emulator::over(&sandbox, &["--admin"]);
    assert!(emulator.ready.get("ui").is_none());
    let (_served, visitor) = emulator.page(sandbox).await;
    assert_eq!(call(&emulator.ready, "/api/orders").await, StatusCode::OK);
    visitor.get("/traffic").await.says("GET /api/orders").says("Try it");
    tried(&visitor, "/api/orders/9", "").await.says("POST /9").says("API answered");
    let form = form_of(&visitor, "/switches").await;
    let reset = visitor.post("/switches", &[("form", &form), ("button", "reset")]).await;
    assert_eq!(reset.status, StatusCode::SEE_OTHER);
    drop(emulator);
    let gone = visitor.get("/traffic").await;
    assert_eq!(gone.status, StatusCode::SERVICE_UNAVAILABLE);
    gone.says("could not reach");
}

#[tokio::test]
async fn an_emulator_that_does_not_show_its_traffic_is_explained() {
    let sandbox = linked();
    let emulator = Emulator::over(&sandbox, &[]);
    let (_served, visitor) = emulator.page(sandbox).await;
    let page = visitor.get("/traffic").await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.says("--admin");
}

#[tokio::test]
async fn without_an_emulator_the_pages_are_not_offered_and_say_why() {
    let served = Served::with_sites(1);
    let visitor = served.visitor().await;
    visitor.get("/").await.does_not_say("/traffic").does_not_say("/switches");
    for path in ["/traffic", "/try", "/switches"] {
        let page = visitor.get(path).await;
        assert_eq!(page.status, StatusCode::OK);
        page.says("swa-apim emulate --ui").says("swa-apim doctor");
    }
}
