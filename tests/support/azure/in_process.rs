//! The stand-in without sockets: a request is a function call, and time is what the runtime says.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Options, gateway,
    reply::Reply,
    routes::{self, Call},
    scene,
    state::{Keys, State},
};

/// A request to Resource Manager, or, with a key, to a gateway.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) if_match: Option<String>,
    pub(crate) authorization: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// A stand-in that is called.
pub(crate) struct InProcess {
    state: State,
}

impl InProcess {
    /// Where Resource Manager is.
    pub(crate) const ENDPOINT: &str = "http://127.0.0.1:9";
    /// The host of every gateway.
    pub(crate) const GATEWAY: &str = "localhost";

    /// One with a site and a service that has two APIs.
    pub(crate) fn with_scene(options: Options) -> Self {
        let mut state = State::new(options, 9);
        scene::set(&mut state, &format!("http://{}:9", Self::GATEWAY));
        Self { state }
    }

    pub(crate) fn state(&mut self) -> &mut State {
        self.state.tick();
        &mut self.state
    }

    /// How it behaves from now on.
    pub(crate) fn behave(&mut self, options: Options) {
        self.state.options = options;
    }

    pub(crate) fn resources(&self) -> &BTreeMap<String, Value> {
        &self.state.resources
    }

    pub(crate) fn keys(&self) -> &BTreeMap<String, Keys> {
        &self.state.keys
    }

    /// The key that each linked backend's site holds.
    pub(crate) fn site_keys(&self) -> &BTreeMap<String, String> {
        &self.state.site_keys
    }

    /// The link's subscription, which the link's name shows, and its keys.
    pub(crate) fn link_subscription(&self) -> Option<(String, Keys)> {
        let scope = format!("/products/{}", scene::LABEL);
        let is_link = |body: &Value| {
            let (name, of) = (&body["properties"]["displayName"], &body["properties"]["scope"]);
            name.as_str().is_some_and(|name| name.ends_with("(Linked)"))
                && of.as_str().is_some_and(|of| of.ends_with(&scope))
        };
        let found = self.state.keys.iter().find(|(id, _)| self.state.resources.get(*id).is_some_and(is_link));
        found.map(|(id, keys)| (id.clone(), keys.clone()))
    }

    /// Lets the site of a backend take the primary key, as a PUT of the backend does.
    pub(crate) fn hand_over(&mut self, backend: &str) {
        self.state.hand_over(backend);
    }

    /// What Resource Manager answers.
    pub(crate) fn answer(&mut self, asked: &Asked) -> Told {
        let call = Call {
            method: asked.method.clone(),
            path: asked.path.clone(),
            query: asked.query.clone(),
            if_match: asked.if_match.clone(),
            authorization: asked.authorization.clone(),
            body: asked.body.clone(),
            base: Self::ENDPOINT.to_owned(),
        };
        Told::of(routes::answer(&mut self.state, &call))
    }

    /// What a gateway answers.
    pub(crate) fn knock(&mut self, asked: &Asked) -> Told {
        Told::of(gateway::answer(&mut self.state, &asked.method, &asked.path, asked.key.as_deref()))
    }
}

impl Told {
    fn of(reply: Reply) -> Self {
        let text = reply.body.map(|body| body.to_string()).or(reply.text).unwrap_or_default();
        Self { status: reply.status, headers: reply.headers, body: text.into_bytes() }
    }
}
