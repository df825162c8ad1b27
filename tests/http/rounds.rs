//! How many requests a command sends, and in how many rounds: Azure answers each request after one second of a clock
//! that does not wait, so a command takes as many seconds as it has rounds.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use reqwest::{Request, Response};
use swa_apim::{
    ambient::System,
    cli::{Invocation, Outside},
    output::{Streams, Written},
    provider::arm::{Transport, TransportError},
};
use tokio::time::{Duration, Instant, sleep};

use crate::azure::{Asked, InProcess, Options, SERVICE, SITE, TOKEN, Told};

/// Azure, one second away.
struct OneSecondAway {
    azure: Mutex<InProcess>,
    asked: Mutex<Vec<String>>,
}

impl std::fmt::Debug for OneSecondAway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OneSecondAway")
    }
}

impl OneSecondAway {
    fn answer(&self, asked: &Asked) -> Told {
        self.asked.lock().unwrap().push(format!("{} {}", asked.method, asked.path));
        let mut azure = self.azure.lock().unwrap();
        if asked.key.is_some() { azure.knock(asked) } else { azure.answer(asked) }
    }
}

#[async_trait]
impl Transport for OneSecondAway {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        sleep(Duration::from_secs(1)).await;
        let header = |name: &str| request.headers().get(name)?.to_str().ok().map(str::to_owned);
        let url = request.url();
        let at_gateway = url.host_str() == Some(InProcess::GATEWAY);
        let asked = Asked {
            method: request.method().to_string(),
            path: url.path().to_owned(),
            query: url.query().unwrap_or_default().to_owned(),
            if_match: header("if-match"),
            authorization: header("authorization"),
            key: at_gateway.then(|| header("ocp-apim-subscription-key").unwrap_or_default()),
            body: request.body().and_then(|body| body.as_bytes()).unwrap_or_default().to_vec(),
        };
        let told = self.answer(&asked);
        let mut response = hyper::Response::builder().status(told.status);
        for (name, value) in &told.headers {
            response = response.header(name.as_str(), value.as_str());
        }
        Ok(response.body(reqwest::Body::from(told.body)).unwrap().into())
    }
}

/// What a command cost.
#[derive(Debug)]
struct Cost {
    rounds: u64,
    asked: Vec<String>,
}

/// Runs command lines one after the other against the same Azure, and returns the cost of the last.
fn cost_of(options: Options, lines: &[&str]) -> Cost {
    let azure = Mutex::new(InProcess::with_scene(options));
    cost_in(&Arc::new(OneSecondAway { azure, asked: Mutex::default() }), lines)
}

fn cost_in(azure: &Arc<OneSecondAway>, lines: &[&str]) -> Cost {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let mut cost = None;
    for line in lines {
        let line = format!(
            "{line} --provider arm --endpoint {} --static-web-app {SITE} --apim {SERVICE} --config /dev/null",
            InProcess::ENDPOINT
        );
        azure.asked.lock().unwrap().clear();
        let written = Arc::new(Mutex::new(Written::default()));
        let outside = Outside {
            ambient: Arc::new(System),
            variables: |name| (name == "SWA_APIM_ACCESS_TOKEN").then(|| TOKEN.to_owned()),
            transport: Some(azure.clone()),
            streams: Streams::Kept(Arc::clone(&written)),
        };
        let invocation = Invocation::parse(line.split_whitespace()).unwrap();
        let since = runtime.block_on(async { Instant::now() });
        let code = runtime.block_on(invocation.run(&outside));
        assert_eq!(code as i32, 0, "{line}: {}", written.lock().unwrap().stderr);
        let rounds = runtime.block_on(async { since.elapsed() }).as_secs();
        cost = Some(Cost { rounds, asked: azure.asked.lock().unwrap().clone() });
    }
    cost.unwrap()
}

/// A link whose subscription has the name of the product.
fn usual(lines: &[&str]) -> Cost {
    let lines: Vec<String> = lines.iter().map(|line| format!("{line} --provisioning engine")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    cost_of(Options { provisions: false, ..Options::default() }, &lines)
}

/// Another request, or another round, is to be seen here.
#[test]
fn the_cost_of_each_command_is_known() {
    for (lines, rounds, requests) in [
        (&["status"][..], 2, 10),
        (&["link", "status"], 2, 10),
        (&["link"], 11, 25),
        (&["link", "link"], 2, 9),
        (&["link", "relink --grace 0"], 18, 32),
        (&["link", "unlink"], 7, 21),
        (&["link", "unlink --purge --yes"], 13, 35),
        (&["link", "api add orders"], 5, 21),
        (&["link", "api list"], 3, 10),
        (&["link", "doctor --no-probe"], 2, 11),
        (&["link", "history"], 2, 10),
    ] {
        let cost = usual(lines);
        assert_eq!((cost.rounds, cost.asked.len()), (rounds, requests), "{lines:?}: {cost:#?}");
    }
}

#[test]
fn a_name_that_was_predicted_wrongly_costs_one_request_and_one_round() {
    let cost = cost_of(Options::default(), &["link", "status"]);
    assert_eq!((cost.rounds, cost.asked.len()), (3, 11), "{cost:#?}");
    let cost = cost_of(Options::default(), &["link", "link"]);
    assert_eq!((cost.rounds, cost.asked.len()), (3, 10), "{cost:#?}");
}
