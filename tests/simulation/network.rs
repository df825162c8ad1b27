//! The network between the program and the stand-in, in which anything can happen to any request.

use std::{
    io,
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use hyper::body::{Body, Frame};
use reqwest::{Request, Response};
use swa_apim::provider::arm::{Transport, TransportError};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

use crate::{
    azure::{Asked, InProcess, LABEL, Told},
    chance::{Chance, Part},
    faults::Fault,
    found::Strike,
    mutants::Mutant,
    oracle::{Picture, Watch},
    world,
};

/// How much goes wrong, and when.
#[derive(Clone, Debug)]
pub(crate) struct Weather {
    /// How many of a thousand requests something happens to.
    pub(crate) faults: usize,
    /// From which request on the same happens to each.
    pub(crate) breaks_at: Option<usize>,
    /// What the paths end with, in lower case, of which each request meets with the same.
    pub(crate) broken: Option<&'static str>,
    /// At which request the program ends, and whether that request is carried out.
    pub(crate) crash: Option<(usize, bool)>,
    /// Before how many of a thousand requests somebody else changes something.
    pub(crate) others: usize,
    /// What happens to certain requests.
    pub(crate) strikes: &'static [Strike],
}

impl Weather {
    pub(crate) const CALM: Self =
        Self { faults: 0, breaks_at: None, broken: None, crash: None, others: 0, strikes: &[] };
    /// Parts of Azure that can be out of order by themselves.
    const PARTS: [&str; 8] = [
        "/listsecrets",
        "/linkedbackends",
        "/staticsites/shop",
        "/products",
        "/subscriptions",
        "/policies/policy",
        "/apis",
        LABEL,
    ];

    pub(crate) fn new(seed: u64) -> Self {
        let chance = &mut Chance::of_part(seed, Part::Weather);
        let at = chance.below(40);
        let calm = Self::CALM;
        let others = if chance.hits(150) { 60 } else { 0 };
        match chance.below(12) {
            0 => Self { others: 100, ..calm },
            1..=3 => Self { faults: 30, others, ..calm },
            4 | 5 => Self { faults: 120, others, ..calm },
            6 => Self { faults: 400, others, ..calm },
            7 => Self { breaks_at: Some(at), ..calm },
            10 | 11 => Self { broken: Some(*chance.of(&Self::PARTS)), ..calm },
            8 => Self { crash: Some((at, chance.hits(500))), others, ..calm },
            _ => Self { faults: 60, crash: Some((at, chance.hits(500))), ..calm },
        }
    }
}

/// A request, and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) asked: Asked,
    /// How the stand-in answered it, if it was carried out.
    pub(crate) done: Option<u16>,
    /// What the program heard.
    pub(crate) heard: String,
    pub(crate) at: Duration,
}

impl Entry {
    /// Whether it may change something.
    pub(crate) fn is_write(&self) -> bool {
        let reads = ["/listsecrets", "/validate", "/resources"];
        let path = self.asked.path.to_lowercase();
        self.asked.key.is_none()
            && !["GET", "HEAD"].contains(&self.asked.method.as_str())
            && !reads.iter().any(|tail| path.ends_with(tail))
    }

    /// Whether nothing happened to it.
    pub(crate) fn is_honest(&self) -> bool {
        self.done.is_some_and(|status| self.heard == status.to_string())
    }

    /// Whether it was carried out.
    pub(crate) fn had_effect(&self) -> bool {
        self.is_write() && self.done.is_some_and(|status| status < 300)
    }
}

/// Carries requests to the stand-in.
#[derive(Debug)]
pub(crate) struct Network {
    inner: Mutex<Inner>,
    pub(crate) crashed: Notify,
}

pub(crate) struct Inner {
    pub(crate) azure: InProcess,
    pub(crate) watch: Watch,
    pub(crate) log: Vec<Entry>,
    /// What others did.
    pub(crate) others: Vec<String>,
    weather: Weather,
    chance: Chance,
    breaks_with: Option<Fault>,
    /// How many requests there were for each of the weather's strikes.
    struck: Vec<usize>,
    /// What stands, and the number of changes that it stands after.
    picture: Option<(u64, Picture)>,
    mutant: Mutant,
    since: Instant,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("weather", &self.weather).finish_non_exhaustive()
    }
}

/// What the program hears.
enum Heard {
    Told(Told),
    Cut(Told),
    Closed { sent: bool },
    Silence,
    Crash,
}

impl Network {
    /// One in which nothing goes wrong.
    pub(crate) fn new(azure: InProcess, watch: Watch, chance: Chance, mutant: Mutant) -> Self {
        let inner = Inner {
            azure,
            watch,
            log: Vec::new(),
            others: Vec::new(),
            weather: Weather::CALM,
            chance,
            breaks_with: None,
            struck: Vec::new(),
            picture: None,
            mutant,
            since: Instant::now(),
        };
        Self { inner: Mutex::new(inner), crashed: Notify::new() }
    }

    pub(crate) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets this happen to the requests from now on, and forgets those so far.
    pub(crate) fn turn(&self, weather: Weather) {
        let mut inner = self.inner();
        inner.struck = vec![0; weather.strikes.len()];
        inner.weather = weather;
        inner.breaks_with = None;
        inner.log.clear();
    }

    /// Lets nothing go wrong any more, and returns the requests so far.
    pub(crate) fn calm(&self) -> Vec<Entry> {
        let mut inner = self.inner();
        inner.weather = Weather::CALM;
        inner.breaks_with = None;
        inner.azure.state().recover();
        std::mem::take(&mut inner.log)
    }
}

impl Inner {
    fn hear(&mut self, asked: &Asked) -> Heard {
        let number = self.log.len();
        if self.chance.hits(self.weather.others) {
            self.act();
        }
        if let Some((at, carried_out)) = self.weather.crash
            && at == number
        {
            let done = carried_out.then(|| self.carry_out(asked).status);
            self.note(asked, done, "the program crashed");
            return Heard::Crash;
        }
        let breaks = self.weather.breaks_at.is_some_and(|at| number >= at);
        let fault = if let Some(struck) = self.struck(asked) {
            Some(struck)
        } else if self.weather.broken.is_some_and(|part| asked.path.to_lowercase().ends_with(part)) {
            let chance = &mut self.chance;
            let fault = || if chance.hits(500) { Fault::missing(chance) } else { Fault::new(asked, chance) };
            Some(self.breaks_with.get_or_insert_with(fault).clone())
        } else if breaks {
            let chance = &mut self.chance;
            Some(self.breaks_with.get_or_insert_with(|| Fault::new(asked, chance)).clone())
        } else if self.chance.hits(self.weather.faults) {
            Some(Fault::new(asked, &mut self.chance))
        } else {
            None
        };
        let Some(fault) = fault else {
            let told = self.carry_out(asked);
            self.note(asked, Some(told.status), &told.status.to_string());
            return Heard::Told(self.mutant.read(asked, told));
        };
        self.strike(asked, fault)
    }

    /// What the weather has for requests of this kind.
    fn struck(&mut self, asked: &Asked) -> Option<Fault> {
        let strikes = self.weather.strikes.iter().zip(&mut self.struck);
        let (strike, seen) = strikes.into_iter().find(|(strike, _)| strike.fits(asked))?;
        *seen += 1;
        strike.which.contains(&(*seen - 1)).then(strike.fault)
    }

    fn strike(&mut self, asked: &Asked, fault: Fault) -> Heard {
        let said = match &fault {
            Fault::Instead(told) | Fault::After(told) => {
                format!("{} {:?} {}", told.status, told.headers, String::from_utf8_lossy(&told.body))
            }
            other => format!("{other:?}"),
        };
        let is_done = !matches!(fault, Fault::NotSent | Fault::LostBefore | Fault::Instead(_));
        let honest = is_done.then(|| self.carry_out(asked));
        self.note(asked, honest.as_ref().map(|told| told.status), &said);
        match (fault, honest) {
            (Fault::NotSent, _) => Heard::Closed { sent: false },
            (Fault::LostBefore | Fault::LostAfter, _) => Heard::Closed { sent: true },
            (Fault::Late, _) => Heard::Silence,
            (Fault::Twice { last }, Some(first)) => {
                let second = self.carry_out(asked);
                Heard::Told(self.mutant.read(asked, if last { second } else { first }))
            }
            (Fault::Instead(told) | Fault::After(told), _) => Heard::Told(self.mutant.read(asked, told)),
            (Fault::Bent(bend), Some(honest)) => match bend.of(honest) {
                (told, true) => Heard::Cut(told),
                (told, false) => Heard::Told(told),
            },
            (Fault::Twice { .. } | Fault::Bent(_), None) => Heard::Silence,
        }
    }

    fn note(&mut self, asked: &Asked, done: Option<u16>, heard: &str) {
        let (asked, heard, at) = (asked.clone(), heard.to_owned(), self.since.elapsed());
        self.log.push(Entry { asked, done, heard, at });
    }

    /// Carries a request out, and looks at what that did.
    fn carry_out(&mut self, asked: &Asked) -> Told {
        if asked.key.is_some() {
            return self.azure.knock(asked);
        }
        let before = self.picture();
        if asked.method != "GET" {
            self.watch.remember(&mut self.azure);
        }
        let told = self.azure.answer(asked);
        let after = self.picture();
        self.watch.look(asked, before, after, &self.azure);
        told
    }

    /// What stands now.
    fn picture(&mut self) -> Picture {
        let changes = self.azure.state().changes();
        match self.picture {
            Some((at, picture)) if at == changes => picture,
            Some(_) | None => {
                let picture = Picture::of(&self.azure);
                self.picture = Some((changes, picture));
                picture
            }
        }
    }

    /// Somebody else changes something.
    pub(crate) fn act(&mut self) {
        let product = world::product();
        let exists = self.azure.state().get(&product).is_some();
        let subscription = self.azure.link_subscription();
        let done = match self.chance.below(5) {
            0 if exists && self.azure.state().get(&world::partner()).is_none() => {
                world::subscribe_partner(self.azure.state());
                self.watch.protect(&self.azure, &world::partner());
                "a partner subscribes"
            }
            1 if exists => {
                self.azure.state().remove(&format!("{product}/policies/policy"));
                self.watch.guard_is_taken = true;
                "the policy is deleted"
            }
            2 => {
                let Some((id, (_, secondary))) = subscription else { return };
                self.azure.state().set_keys(&id, (format!("{:032x}", self.chance.next()), secondary));
                "the primary key is regenerated"
            }
            3 => {
                let Some((id, (primary, _))) = subscription else { return };
                self.azure.state().set_keys(&id, (format!("{:032x}", self.chance.next()), primary));
                "another relink swaps the keys"
            }
            4 if exists => {
                world::with(&mut self.azure, &product, "description", &LABEL.into());
                "the product gets a description"
            }
            _ => return,
        };
        self.watch.protect_again(&self.azure);
        self.others.push(format!("before request {}: {done}", self.log.len()));
    }
}

#[async_trait]
impl Transport for Network {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let asked = asked(&request);
        let latency = Duration::from_millis(1 + self.inner().chance.next() % 40);
        sleep(latency).await;
        let heard = self.inner().hear(&asked);
        match heard {
            Heard::Told(told) => Ok(response(told, false)),
            Heard::Cut(told) => Ok(response(told, true)),
            Heard::Closed { sent } => Err(TransportError::Closed { sent }),
            Heard::Silence if asked.key.is_some() => {
                // The client of gateways gives up by itself.
                sleep(Duration::from_secs(10)).await;
                Err(TransportError::Closed { sent: true })
            }
            Heard::Silence => std::future::pending().await,
            Heard::Crash => {
                self.crashed.notify_one();
                std::future::pending().await
            }
        }
    }
}

fn asked(request: &Request) -> Asked {
    let header = |name: &str| request.headers().get(name)?.to_str().ok().map(str::to_owned);
    let url = request.url();
    let at_gateway = url.host_str() == Some(InProcess::GATEWAY);
    let key = header("ocp-apim-subscription-key");
    Asked {
        method: request.method().to_string(),
        path: url.path().to_owned(),
        query: url.query().unwrap_or_default().to_owned(),
        if_match: header("if-match"),
        authorization: header("authorization"),
        key: if at_gateway { Some(key.unwrap_or_default()) } else { None },
        body: request.body().and_then(|body| body.as_bytes()).unwrap_or_default().to_vec(),
    }
}

fn response(told: Told, is_cut: bool) -> Response {
    let mut response = hyper::Response::builder().status(told.status);
    for (name, value) in &told.headers {
        response = response.header(name.as_str(), value.as_str());
    }
    let body = if is_cut { reqwest::Body::wrap(Cut(Some(told.body.into()))) } else { told.body.into() };
    response.body(body).unwrap().into()
}

/// A body whose connection ends before it is complete.
struct Cut(Option<Bytes>);

impl Body for Cut {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(match self.0.take() {
            Some(bytes) => Ok(Frame::data(bytes.slice(..bytes.len() / 2))),
            None => Err(io::Error::other("the connection was closed")),
        }))
    }
}
