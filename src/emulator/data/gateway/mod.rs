//! The gateway of a service: selects the API by path, checks key, product and token, and calls the API's backend.

mod access;
mod called;
mod elements;
mod operation;
mod refusal;
mod routes;
pub(super) mod service;
mod upstream;

use std::{error::Error, io, time::Duration};

use http_body_util::BodyExt as _;
use hyper::{Request, Response, body::Incoming};

pub(super) use self::{
    called::Called,
    elements::{REFUSED, SKIPPED, not_carried_out, policies},
    service::GatewayService,
};
use self::{refusal::Refusal, upstream::Clients};
use super::{hop, token::Verifier};
use crate::{emulator::reply::Body, provider::emulated::HopPlace};

/// The time limit for the start of an API's answer.
const PATIENCE: Duration = Duration::from_secs(300);

/// The state that all gateways share: connections to APIs, and tokens that were already verified.
pub(super) struct Gateway {
    clients: Clients,
    verifier: Verifier,
}

impl Gateway {
    pub(super) fn new(verifier: Verifier) -> Self {
        Self { clients: Clients::new(), verifier }
    }

    /// Admits a request and returns the API's answer, or returns the reason for the refusal.
    ///
    /// The key is forwarded to the API with the other headers, as API Management does.
    pub(super) async fn answer(
        &self,
        service: &GatewayService,
        mut request: Request<Incoming>,
        called: Called<'_>,
    ) -> Response<Body> {
        let trace = called.trace;
        if let Err(refusal) = access::admit(&self.verifier, service, &mut request, called).await {
            return refusal.into_response();
        }
        trace.passed(HopPlace::Api, || format!("the request is sent to {}", upstream::shown(request.uri())));
        match tokio::time::timeout(PATIENCE, self.clients.send(request)).await {
            Ok(Ok(answer)) => {
                trace.answered(HopPlace::Api, || format!("the API answers {}", answer.status().as_u16()));
                passed(answer)
            }
            Ok(Err(error)) => {
                tracing::debug!(%error, "an API could not be reached");
                trace.failed(HopPlace::Api, || format!("the API could not be reached: {}", deepest(&error)));
                Refusal::Internal.into_response()
            }
            Err(_) => {
                trace.failed(HopPlace::Api, || format!("no answer within {} s", PATIENCE.as_secs()));
                Refusal::TimedOut.into_response()
            }
        }
    }
}

/// Returns the innermost cause of an error.
fn deepest(error: &io::Error) -> String {
    let mut cause: &dyn Error = error.get_ref().map_or(error as &dyn Error, |inner| inner as &dyn Error);
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

fn passed(answer: Response<Incoming>) -> Response<Body> {
    let mut answer = answer.map(|body| body.map_err(io::Error::other).boxed_unsync());
    hop::strip(answer.headers_mut());
    answer
}
