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
    provider::arm::{ArmControlPlane, ArmOptions, Budget, Connections, Endpoint, Wait},
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

    /// One of the uniform files: a body is the text itself, or JSON where only that is known.
    pub(super) fn of_uniform(interaction: &Value) -> Self {
        let text = |body: &Value| match body {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            body => body.to_string(),
        };
        let (request, response) = (&interaction["request"], &interaction["response"]);
        let headers = response["headers"].as_object().unwrap().iter();
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap().to_owned()));
        Self {
            method: request["method"].as_str().unwrap().to_owned(),
            sent: text(&request["body"]),
            status: u16::try_from(response["status"].as_u64().unwrap()).unwrap(),
            headers: headers.collect(),
            body: text(&response["body"]),
        }
    }

    /// A header of the answer.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The same with another address in the headers, and in the link to a next page. The port that Azure
    /// writes out goes with it.
    pub(crate) fn moved(mut self, from: &str, to: &str) -> Self {
        let move_one = |text: &str| text.replace(&format!("{from}:443"), to).replace(from, to);
        for (_, value) in &mut self.headers {
            *value = move_one(value);
        }
        self.body = move_one(&self.body);
        self
    }

    /// The same without a long wait: a test does not wait for the 20 or 60 s that Azure asks for.
    pub(crate) fn without_wait(mut self) -> Self {
        for (name, value) in &mut self.headers {
            if name == "retry-after" {
                "1".clone_into(value);
            }
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
        let body = if self.method == "HEAD" { "" } else { &self.body };
        [text.as_bytes(), b"\r\n", body.as_bytes()].concat()
    }
}

/// Gives recorded answers until there are no more.
pub(crate) struct Replay {
    pub(crate) origin: String,
    left: Arc<Mutex<VecDeque<Recorded>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// The path and the query, as they were sent.
    pub(crate) target: String,
    pub(crate) body: String,
}

impl Replay {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let left = Arc::new(Mutex::new(VecDeque::new()));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let serving = (Arc::clone(&left), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (left, asked) = serving.clone();
                thread::spawn(move || serve(&stream, &left, &asked));
            }
        });
        Self { origin, left, asked }
    }

    pub(crate) fn of(recorded: impl IntoIterator<Item = Recorded>) -> Self {
        let replay = Self::start();
        replay.then(recorded);
        replay
    }

    /// Forgets what was asked, and what was to be answered.
    pub(crate) fn clear(&self) {
        self.left.lock().unwrap().clear();
        self.asked.lock().unwrap().clear();
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
        self.asked().into_iter().map(|asked| asked.body).collect()
    }

    /// The requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The provider, which takes this for Azure.
    pub(crate) fn plane(&self) -> ArmControlPlane {
        let options = ArmOptions {
            endpoint: Endpoint::public().at(&self.origin).unwrap(),
            variables: |name| (name == "SWA_APIM_ACCESS_TOKEN").then(|| "token".to_owned()),
            ambient: Arc::new(System),
            limit: Duration::from_secs(30),
            budget: Budget::default(),
            wait: Wait::UntilDone,
            azure_subscription: None,
            transport: None,
            connections: Connections::default(),
        };
        ArmControlPlane::new(options).unwrap()
    }
}

/// Answers what comes in on a connection; one for which nothing is left closes it.
fn serve(stream: &TcpStream, left: &Mutex<VecDeque<Recorded>>, asked: &Mutex<Vec<Asked>>) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        asked.lock().unwrap().push(request.clone());
        let Some(recorded) = left.lock().unwrap().pop_front() else { return };
        let same = recorded.method.is_empty() || recorded.method == request.method;
        assert!(same, "{request:?} for {recorded:?}");
        (&mut &*stream).write_all(&recorded.bytes()).unwrap();
    }
}

/// The next request on a connection.
fn read_request(reader: &mut BufReader<&TcpStream>) -> Option<Asked> {
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
    let mut words = first.split(' ').map(str::to_owned);
    Some(Asked { method: words.next()?, target: words.next()?, body: String::from_utf8(body).ok()? })
}
