//! Connections that send requests all the time, and what they were answered.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::scene::{HOSTNAME, Scene};

/// How many refusals are kept word for word.
const KEPT: usize = 20;
/// How long it may take until there were as many requests as are wanted.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

#[derive(Default)]
struct Tally {
    stop: AtomicBool,
    answered: AtomicUsize,
    refused: Mutex<Vec<String>>,
}

/// What a storm came to.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) answered: usize,
    /// Answers other than the API's own, and requests without one.
    pub(crate) refused: Vec<String>,
}

/// Connections to the site's edge, each of which sends its next request when the last one is answered.
pub(crate) struct Storm {
    tally: Arc<Tally>,
    connections: Vec<JoinHandle<()>>,
}

impl Storm {
    /// Connections that are never idle.
    pub(crate) fn over(scene: &Scene, connections: usize) -> Self {
        Self::with_pauses(scene, connections, Duration::ZERO)
    }

    /// A request every few milliseconds, which is often for what is seen for hundreds of them.
    pub(crate) fn steady(scene: &Scene) -> Self {
        Self::with_pauses(scene, 8, Duration::from_millis(50))
    }

    fn with_pauses(scene: &Scene, connections: usize, pause: Duration) -> Self {
        let tally = Arc::<Tally>::default();
        let edge = scene.edge;
        let start = |number: usize| {
            let tally = Arc::clone(&tally);
            let run = move || {
                // So that their requests take turns.
                thread::sleep(pause * u32::try_from(number).unwrap() / u32::try_from(connections).unwrap());
                keep_busy(edge, &tally, pause);
            };
            thread::Builder::new().stack_size(128 << 10).spawn(run).unwrap()
        };
        let connections = (0..connections).map(start).collect();
        Self { tally, connections }
    }

    pub(crate) fn wait_for(&self, requests: usize) {
        let since = Instant::now();
        loop {
            let answered = self.tally.answered.load(Ordering::Relaxed);
            if answered >= requests {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "{answered} of {requests} requests in {PATIENCE:?}");
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits until a request is refused.
    pub(crate) fn wait_for_refusal(&self) {
        let since = Instant::now();
        while self.tally.refused.lock().unwrap().is_empty() {
            assert!(since.elapsed() < PATIENCE, "no request is refused in {PATIENCE:?}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn end(self) -> Told {
        self.tally.stop.store(true, Ordering::Relaxed);
        for connection in self.connections {
            connection.join().unwrap();
        }
        let refused = std::mem::take(&mut *self.tally.refused.lock().unwrap());
        Told { answered: self.tally.answered.load(Ordering::Relaxed), refused }
    }
}

fn keep_busy(edge: SocketAddr, tally: &Tally, pause: Duration) {
    let mut stream = BufReader::new(TcpStream::connect(edge).unwrap());
    stream.get_ref().set_nodelay(true).unwrap();
    let request = format!("GET /api/orders/1 HTTP/1.1\r\nhost: {HOSTNAME}\r\n\r\n");
    while !tally.stop.load(Ordering::Relaxed) {
        thread::sleep(pause);
        let sent = stream.get_mut().write_all(request.as_bytes());
        let answer = sent.and_then(|()| read_answer(&mut stream));
        tally.answered.fetch_add(1, Ordering::Relaxed);
        let said = match answer {
            Ok((status, body)) if status == "200" && body == "order!" => continue,
            Ok((status, body)) => format!("{status}: {body}"),
            Err(error) => format!("no answer: {error}"),
        };
        let broken = said.starts_with("no answer");
        let mut refused = tally.refused.lock().unwrap();
        if refused.len() < KEPT {
            refused.push(said);
        }
        drop(refused);
        if broken {
            stream = BufReader::new(TcpStream::connect(edge).unwrap());
        }
    }
}

/// The status and the body of an answer that says how long it is.
fn read_answer(stream: &mut BufReader<TcpStream>) -> std::io::Result<(String, String)> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    let status = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut length = 0;
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        if line.trim_end().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}
