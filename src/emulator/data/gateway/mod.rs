//! The gateway of a service: selects the API by path, checks key, product and token, and calls the API's backend.

mod access;
mod called;
mod elements;
mod operation;
mod refusal;
mod routes;
pub(super) mod service;
mod upstream;

use std::{io, time::Duration};

use http_body_util::BodyExt as _;
use hyper::{Request, Response, body::Incoming};

pub(super) use self::{
    called::Called,
    elements::{REFUSED, SKIPPED, not_carried_out, policies},
    service::GatewayService,
};
use self::{refusal::Refusal, upstream::Clients};
use super::{hop, token::Verifier};
use crate::emulator::reply::Body;

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
        let admitted = access::admit(&self.verifier, service, &mut request, called).await;
        let sent = match admitted {
            Ok(()) => tokio::time::timeout(PATIENCE, self.clients.send(request)).await,
            Err(refusal) => return refusal.into_response(),
        };
        match sent {
            Ok(Ok(answer)) => passed(answer),
            Ok(Err(error)) => {
                tracing::debug!(%error, "an API could not be reached");
                Refusal::Internal.into_response()
            }
            Err(_) => Refusal::TimedOut.into_response(),
        }
    }
}

fn passed(answer: Response<Incoming>) -> Response<Body> {
    let mut answer = answer.map(|body| body.map_err(io::Error::other).boxed_unsync());
    hop::strip(answer.headers_mut());
    answer
}
