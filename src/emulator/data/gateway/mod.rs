//! The gateway of a service: API by path, key, product and token, and on to where the API is.

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

/// How long the gateway waits for an API's answer to begin.
const PATIENCE: Duration = Duration::from_secs(300);

/// What all gateways share: connections to APIs, and what is known of tokens.
pub(super) struct Gateway {
    clients: Clients,
    verifier: Verifier,
}

impl Gateway {
    pub(super) fn new(verifier: Verifier) -> Self {
        Self { clients: Clients::new(), verifier }
    }

    /// Lets a request in and passes the answer on, or says why not.
    ///
    /// The key goes on to the API with all else, as API Management passes it.
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
