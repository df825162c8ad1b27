//! A server that gives recorded answers, each as it was, in order.

use std::{
    collections::VecDeque,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use serde_json::Value;
use swa_apim::{
    ambient::System,
    provider::arm::{ArmControlPlane, ArmOptions, Endpoint, Wait},
};

/// A recorded answer, and the method of the request that it answered.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) method: String,
    /// What the recorded client sent.
    pub(crate) sent: String,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Recorded {
    pub(super) fn of_cassette(interaction: &Value) -> Self {
        let response = &interaction["response"];
        let headers = response["headers"].as_object().unwrap().iter();
        let values = headers.flat_map(|(name, values)| {
            values.as_array().unwrap().iter().map(|value| (name.clone(), value.as_str().unwrap().to_owned()))
        });
        Self {
            method: interaction["request"]["method"].as_str().unwrap().to_owned(),
            sent: interaction["request"]["body"].as_str().unwrap_or_default().to_owned(),
            status: u16::try_from(response["status"]["code"].as_u64().unwrap()).unwrap(),
            headers: values.collect(),
            body: response["body"]["string"].as_str().unwrap().to_owned(),
        }
    }

    pub(super) fn of_transcript(interaction: &Value) -> Self {
        let method = interaction["request"].as_str().and_then(|request| request.split(' ').next());
        let etag = interaction["etag"].as_str().map(|etag| ("etag".to_owned(), etag.to_owned()));
        let more = interaction["headers"].as_object().into_iter().flatten();
        let more = more.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
        let body = match &interaction["body"] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            body => body.to_string(),
        };
        Self {
            method: method.unwrap_or_default().to_owned(),
            sent: interaction.get("requestBody").map(Value::to_string).unwrap_or_default(),
            status: u16::try_from(interaction["status"].as_u64().unwrap()).unwrap(),
            headers: etag.into_iter().chain(more).collect(),
            body,
        }
    }

    /// The same with another address in a header.
    pub(crate) fn moved(mut self, from: &str, to: &str) -> Self {
        for (_, value) in &mut self.headers {
            *value = value.replace(from, to);
        }
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut text = format!("HTTP/1.1 {} As-Recorded\r\n", self.status);
        // What was taken out of a body since makes its length another one.
        let headers = self.headers.iter().filter(|(name, _)| name != "content-length");
        for (name, value) in headers {
            text += &[name, ": ", value, "\r\n"].concat();
        }
        if self.status != 204 {
            text += &["content-length: ", &self.body.len().to_string(), "\r\n"].concat();
        }
        [text.as_bytes(), b"\r\n", self.body.as_bytes()].concat()
    }
}

/// Gives recorded answers until there are no more.
pub(crate) struct Replay {
    pub(crate) origin: String,
    left: Arc<Mutex<VecDeque<Recorded>>>,
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Replay {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let left = Arc::new(Mutex::new(VecDeque::new()));
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let serving = (Arc::clone(&left), Arc::clone(&bodies));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (left, bodies) = serving.clone();
                thread::spawn(move || serve(&stream, &left, &bodies));
            }
        });
        Self { origin, left, bodies }
    }

    pub(crate) fn of(recorded: impl IntoIterator<Item = Recorded>) -> Self {
        let replay = Self::start();
        replay.then(recorded);
        replay
    }

    /// What is answered next.
    pub(crate) fn then(&self, recorded: impl IntoIterator<Item = Recorded>) {
        self.left.lock().unwrap().extend(recorded);
    }

    /// How many recorded answers nobody has asked for.
    pub(crate) fn left(&self) -> usize {
        self.left.lock().unwrap().len()
    }

    /// What came with the requests, each as text.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.bodies.lock().unwrap().clone()
    }

    /// The provider, which takes this for Azure.
    pub(crate) fn plane(&self) -> ArmControlPlane {
        let options = ArmOptions {
            endpoint: Endpoint::public().at(&self.origin).unwrap(),
            variables: |name| (name == "SWA_APIM_ACCESS_TOKEN").then(|| "token".to_owned()),
            ambient: Arc::new(System),
            limit: Duration::from_secs(30),
            wait: Wait::UntilDone,
            subscription: None,
        };
        ArmControlPlane::new(options).unwrap()
    }
}

/// Answers what comes in on a connection; one for which nothing is left closes it.
fn serve(stream: &TcpStream, left: &Mutex<VecDeque<Recorded>>, bodies: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    while let Some((method, body)) = read_request(&mut reader) {
        bodies.lock().unwrap().push(body);
        let Some(recorded) = left.lock().unwrap().pop_front() else { return };
        assert!(recorded.method.is_empty() || recorded.method == method, "{method} for {recorded:?}");
        (&mut &*stream).write_all(&recorded.bytes()).unwrap();
    }
}

/// The method of the next request, and its body.
fn read_request(reader: &mut BufReader<&TcpStream>) -> Option<(String, String)> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|length| *length > 0)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((first.split(' ').next()?.to_owned(), String::from_utf8(body).ok()?))
}
