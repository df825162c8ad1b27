//! A stand-in for Azure Resource Manager and an API Management gateway, on a real socket. It knows nothing of
//! the program's own model.
#![allow(dead_code, unused_imports, reason = "each test binary uses its part")]
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]

pub(crate) mod activity;
mod edge;
mod errors;
mod faults;
mod gateway;
mod in_process;
mod lists;
mod provision;
mod reply;
mod rights;
mod routes;
mod scene;
mod server;
mod spelling;
mod state;
mod text;
mod writes;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub(crate) use self::{
    edge::{Edge, Saying},
    faults::{Fault, Kind, When},
    in_process::{Asked, InProcess, Told},
    provision::{Ending, Shape},
    scene::{LABEL, SERVICE, SITE, TOKEN, service, site},
    state::{Keys, State, seed_keys},
};

/// How the stand-in behaves.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a way to behave of its own")]
pub(crate) struct Options {
    /// How long each answer takes.
    pub(crate) latency: Duration,
    /// Whether connecting makes product, subscription and policy.
    pub(crate) provisions: bool,
    /// Whether connecting replaces both keys.
    pub(crate) rotates: bool,
    /// How a PUT of a linked backend answers.
    pub(crate) shape: Shape,
    /// How long that takes.
    pub(crate) takes: Duration,
    /// How it ends.
    pub(crate) ending: Ending,
    /// How long keys take to arrive at the gateway, and at the site's edges.
    pub(crate) propagation: Duration,
    /// Whether requests are counted in token buckets.
    pub(crate) throttles: bool,
    /// How many values a page has.
    pub(crate) page: usize,
    /// Whether answers begin with a byte order mark.
    pub(crate) mark: bool,
    /// How resources are spelt, and what comes into being by itself.
    pub(crate) spelling: Spelling,
}

/// Whether the stand-in adds what Azure adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// As Azure's recorded answers: with nulls and properties that no definition has, with the subscription that
    /// comes with each product, the one of everything, and production among a site's environments.
    Recorded,
    /// As each was put, and nothing beyond: for the suite that compares what was put with what is read.
    AsPut,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            latency: Duration::ZERO,
            provisions: true,
            rotates: false,
            shape: Shape::Final,
            takes: Duration::ZERO,
            ending: Ending::Succeeds,
            propagation: Duration::ZERO,
            throttles: false,
            page: 100,
            mark: false,
            spelling: Spelling::Recorded,
        }
    }
}

/// A request as it arrived, and how it was answered.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) body: String,
    pub(crate) answer: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) authorization: Option<String>,
    /// How it was answered; 0 where that was no answer.
    pub(crate) status: u16,
    pub(crate) answer_headers: Vec<(String, String)>,
    /// Whether it was for the gateway.
    pub(crate) data_plane: bool,
}

/// The stand-in; it ends when it is dropped.
pub(crate) struct FakeAzure {
    shared: Arc<Shared>,
    server: server::Running,
}

pub(crate) struct Shared {
    options: Options,
    state: Mutex<State>,
    seen: Mutex<Vec<Seen>>,
    faults: Mutex<Vec<Fault>>,
    stop_at: Mutex<Option<(usize, std::sync::mpsc::Sender<()>)>>,
    port: u16,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FakeAzure {
    pub(crate) fn start(options: Options) -> Self {
        let (shared, server) = server::start(options);
        Self { shared, server }
    }

    /// One with a site and a service that has two APIs.
    pub(crate) fn with_scene(options: Options) -> Self {
        let azure = Self::start(options);
        let gateway = azure.gateway();
        scene::set(&mut azure.state(), &gateway);
        azure
    }

    /// Another one that has come as far as this one.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::start(self.shared.options.clone());
        let state = self.state().moved_to(copy.port());
        *copy.state() = state;
        copy
    }

    pub(crate) fn port(&self) -> u16 {
        self.shared.port
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port())
    }

    pub(crate) fn gateway(&self) -> String {
        format!("http://localhost:{}", self.port())
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.shared.state();
        state.tick();
        state
    }

    /// The requests to Resource Manager since the last time.
    pub(crate) fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.shared.seen.lock().unwrap())
    }

    /// Lets something go wrong.
    pub(crate) fn fault(&self, fault: Fault) {
        self.shared.faults.lock().unwrap().push(fault);
    }

    /// Lets nothing go wrong any more.
    pub(crate) fn mend(&self) {
        self.shared.faults.lock().unwrap().clear();
    }

    /// Leaves the request after so many more unanswered and undone, and says when it has arrived.
    pub(crate) fn stop_at(&self, number: usize) -> std::sync::mpsc::Receiver<()> {
        let (sender, receiver) = std::sync::mpsc::channel();
        *self.shared.stop_at.lock().unwrap() = Some((number, sender));
        receiver
    }

    pub(crate) fn stop_no_more(&self) {
        *self.shared.stop_at.lock().unwrap() = None;
    }
}
