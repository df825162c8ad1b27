use super::*;
use crate::{ambient::System, diagnosis::Diagnose as _, provider::arm::CredentialOptions};

fn at(listener: &tokio::net::TcpListener) -> (Http, Call, Bucket) {
    let address = format!("http://{}", listener.local_addr().unwrap());
    let endpoint = Endpoint::public().at(&address).unwrap();
    let variables = |name: &str| (name == "SWA_APIM_ACCESS_TOKEN").then(|| "token".to_owned());
    let credentials = Credentials::new(&CredentialOptions {
        kind: None,
        endpoint: &endpoint,
        http: || reqwest::Client::builder().build(),
        variables,
        ambient: Arc::new(System),
        azure_subscription: None,
    });
    let surroundings = Surroundings { variables };
    let transport = super::super::clients::Clients::new(&endpoint, surroundings).unwrap().arm;
    let call = Call::get(endpoint.join("/subscriptions/s/x"), "reading `x`");
    let bucket = Bucket::of(&call.method, &call.url);
    let credentials = Arc::new(credentials.unwrap());
    let limits = Limits { time: Duration::from_secs(60), budget: Budget::default() };
    let http = Http::new(transport, endpoint, credentials, Arc::new(System), limits, surroundings);
    (http, call, bucket)
}

#[tokio::test]
async fn an_answer_that_is_compressed_is_refused_at_once_and_named() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (http, call, _) = at(&listener);
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n";
        let answer = format!("{head}content-length: 4\r\n\r\nAAAA");
        stream.write_all(answer.as_bytes()).await.unwrap();
        // The request is not retried.
        listener.accept().await.unwrap();
    };
    tokio::select! {
        answer = http.send(&call) => {
            let error = answer.unwrap_err();
            assert!(error.to_string().contains("compressed (gzip)"), "{error}");
            let hint = error.diagnosis().hint.unwrap().text(|_, _| String::new());
            assert!(hint.contains("NO_PROXY=127.0.0.1"), "{hint}");
        }
        () = serve => panic!("the request was repeated"),
    }
}

#[tokio::test]
async fn a_request_that_is_given_up_gives_its_place_back() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (http, call, bucket) = at(&listener);
    let mut sent = Box::pin(http.send(&call));
    tokio::select! {
        _ = &mut sent => panic!("there is no answer"),
        _ = listener.accept() => {}
    }
    assert_eq!(http.pacer().under_way(&bucket), 1);
    drop(sent);
    assert_eq!(http.pacer().under_way(&bucket), 0);
}
