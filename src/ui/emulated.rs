//! The pages about an emulator: its traffic, calls of its sites, and its switches.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Form, Router,
    extract::{Path, Query, State},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use serde::Deserialize;
use tokio::time::timeout;

use super::{
    access::Refused,
    desk::Desk,
    news::{Question, Topic, UNREAD, told},
    pages::{self, CallForm, Frame, SwitchForm, Tried},
    problem::Problem,
};
use crate::workflow::emulated::{EmulatorControls, EmulatorView, OwnRouteError, Traffic};

/// The time limit of a read of the emulator.
const ONE_READ: Duration = Duration::from_secs(15);

/// An emulator, for pages that only read.
#[derive(Clone)]
pub(super) struct Emulated {
    view: EmulatorView,
    desk: Desk,
}

/// What the forms of an emulator need besides.
#[derive(Clone)]
pub(super) struct Forms {
    /// Sets the switches, and calls sites.
    pub(super) controls: EmulatorControls,
    /// The value that every form of the page contains.
    pub(super) form: Arc<str>,
}

impl Emulated {
    pub(super) fn new(view: EmulatorView, desk: Desk) -> Self {
        Self { view, desk }
    }

    fn problem(&self, frame: Frame) -> impl Fn(OwnRouteError) -> Response {
        let desk = self.desk.clone();
        move |error| pages::problem(&desk.problem(error), None, frame)
    }

    /// The page of traffic that cannot be read: it is read again when it can be.
    fn unread(&self, frame: Frame) -> impl Fn(OwnRouteError) -> Response {
        let desk = self.desk.clone();
        move |error| pages::problem(&desk.problem(error), Some(&Topic::Traffic), frame)
    }

    async fn traffic(&self) -> Result<Traffic, OwnRouteError> {
        let read = timeout(ONE_READ, self.view.traffic(0, Duration::ZERO)).await;
        read.unwrap_or(Err(OwnRouteError::Stopped))
    }
}

/// The pages of an emulator. Without `forms`, no address changes a switch or calls a site; without an emulator, the
/// addresses explain why there is none.
pub(super) fn router(emulated: Option<Emulated>, forms: Option<Forms>) -> Router {
    let Some(emulated) = emulated else {
        let explained =
            |title| get(async move |Extension(frame): Extension<Frame>| pages::no_emulator(title, frame));
        return Router::new()
            .route("/traffic", explained("Traffic"))
            .route("/try", explained("Try it"))
            .route("/switches", explained("Switches"));
    };
    let reading = Router::new()
        .route("/traffic", get(traffic))
        .route("/traffic/news", get(news))
        .route("/traffic/{number}", get(exchange));
    let Some(forms) = forms else {
        return reading.route("/switches", get(shown_switches)).with_state(emulated);
    };
    let changing = Router::new()
        .route("/try", get(call_form).post(call))
        .route("/switches", get(switches).post(set_switches))
        .with_state((emulated.clone(), forms));
    reading.with_state(emulated).merge(changing)
}

type Shown = Result<Response, Response>;

#[derive(Deserialize)]
struct Filter {
    #[serde(default)]
    q: String,
}

async fn traffic(
    State(emulated): State<Emulated>,
    Extension(frame): Extension<Frame>,
    Query(Filter { q }): Query<Filter>,
) -> Shown {
    let traffic = emulated.traffic().await.map_err(emulated.unread(frame))?;
    Ok(pages::traffic(&traffic, &q, frame))
}

async fn news(State(emulated): State<Emulated>, Query(question): Query<Question>) -> Response {
    let revision = emulated.traffic().await.map_or(UNREAD, |traffic| traffic.revision);
    told(Some(revision), &question)
}

async fn exchange(
    State(emulated): State<Emulated>,
    Extension(frame): Extension<Frame>,
    Path(number): Path<u64>,
) -> Shown {
    let Traffic { value: exchanges, revision } = emulated.traffic().await.map_err(emulated.unread(frame))?;
    let found = exchanges.iter().find(|exchange| exchange.number == number);
    let gone = || Problem::not_found("this request is not known: the emulator keeps the last 200");
    found
        .map(|exchange| pages::exchange(exchange, revision, frame))
        .ok_or_else(|| pages::problem(&gone(), None, frame))
}

/// The values with which the form of a call begins.
#[derive(Deserialize)]
struct Begun {
    host: Option<String>,
}

async fn call_form(
    State((emulated, forms)): State<(Emulated, Forms)>,
    Extension(frame): Extension<Frame>,
    Query(begun): Query<Begun>,
) -> Shown {
    let sites = emulated.view.sites().await.map_err(emulated.problem(frame))?;
    let call = CallForm::new(begun.host.unwrap_or_default());
    Ok(pages::try_it(&sites, &call, &Tried::NotYet, &forms.form, frame))
}

async fn call(
    State((emulated, forms)): State<(Emulated, Forms)>,
    Extension(frame): Extension<Frame>,
    Form(given): Form<CallForm>,
) -> Shown {
    if !forms.is_own(&given.form) {
        return Err(pages::refused(Refused::Origin));
    }
    let sites = emulated.view.sites().await.map_err(emulated.problem(frame))?;
    let answer = match given.call() {
        Ok(call) => forms.controls.call(call).await,
        Err(problem) => Err(OwnRouteError::Refused(problem)),
    };
    let tried = match answer {
        Ok(answer) => Tried::Answered(answer),
        Err(OwnRouteError::Refused(message)) => Tried::Refused(message),
        Err(error) => return Err(emulated.problem(frame)(error)),
    };
    Ok(pages::try_it(&sites, &given, &tried, &forms.form, frame))
}

impl Forms {
    /// Whether a form is one of this page.
    fn is_own(&self, form: &str) -> bool {
        *form == *self.form
    }
}

async fn shown_switches(State(emulated): State<Emulated>, Extension(frame): Extension<Frame>) -> Shown {
    let now = emulated.view.switches().await.map_err(emulated.problem(frame))?;
    Ok(pages::switches(&SwitchForm::of(&now), &pages::Saved::NotYet, None, frame))
}

#[derive(Deserialize)]
struct Done {
    #[serde(default)]
    done: Option<String>,
}

async fn switches(
    State((emulated, forms)): State<(Emulated, Forms)>,
    Extension(frame): Extension<Frame>,
    Query(Done { done }): Query<Done>,
) -> Shown {
    let now = emulated.view.switches().await.map_err(emulated.problem(frame))?;
    let saved = if done.is_some() { pages::Saved::Done } else { pages::Saved::NotYet };
    Ok(pages::switches(&SwitchForm::of(&now), &saved, Some(&forms.form), frame))
}

async fn set_switches(
    State((emulated, forms)): State<(Emulated, Forms)>,
    Extension(frame): Extension<Frame>,
    Form(given): Form<SwitchForm>,
) -> Shown {
    if !forms.is_own(&given.form) {
        return Err(pages::refused(Refused::Origin));
    }
    let set =
        if given.resets() { forms.controls.reset().await } else { forms.controls.set(given.change()).await };
    match set {
        Ok(_) => Ok(Redirect::to("/switches?done").into_response()),
        Err(OwnRouteError::Refused(message)) => {
            Ok(pages::switches(&given, &pages::Saved::Refused(message), Some(&forms.form), frame))
        }
        Err(error) => Err(emulated.problem(frame)(error)),
    }
}
