//! The own routes of an emulator that listens on this machine.
#![warn(clippy::arithmetic_side_effects)]

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use reqwest::{Method, Request, Response, StatusCode, header::CONTENT_TYPE, header::HeaderValue};
use serde_json::Value;
use url::Url;

use super::{
    ArmError, Endpoint, Transport,
    http::{body, clients::Clients, reach::Surroundings},
};
use crate::provider::{
    Failure, ProviderError,
    emulated::{EmulatorRoutes, OwnRoute, OwnRouteError},
};

/// The time limit of a request that waits for nothing.
const ANSWERING: Duration = Duration::from_secs(10);
/// The time limit of a call of a site, which the emulator ends earlier.
const CALLING: Duration = Duration::from_secs(75);
/// The maximum size of an answer, in bytes.
const LONGEST: usize = 16 << 20;

/// An emulator in another process. No token is sent to it.
pub struct EmulatorOverHttp {
    endpoint: Endpoint,
    transport: Arc<dyn Transport>,
    surroundings: Surroundings,
}

impl fmt::Debug for EmulatorOverHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmulatorOverHttp").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl EmulatorOverHttp {
    /// The emulator at an endpoint; `variables` reads environment variables, which can name certificates.
    ///
    /// # Errors
    ///
    /// [`ArmError`] if the certificates of this machine cannot be read.
    pub fn new(endpoint: Endpoint, variables: fn(&str) -> Option<String>) -> Result<Self, ArmError> {
        let surroundings = Surroundings { variables };
        let transport = Clients::new(&endpoint, surroundings)?.arm;
        Ok(Self { endpoint, transport, surroundings })
    }

    fn origin(&self) -> String {
        self.endpoint.base().origin().ascii_serialization()
    }

    /// Returns the request for a route.
    fn request(&self, route: &OwnRoute) -> Request {
        let (method, path, body) = route.parts();
        let url = self.endpoint.join(&format!("{}{path}", OwnRoute::PREFIX));
        let (url, limit) = match route {
            OwnRoute::Traffic { after, wait } => {
                (with_query(url, *after, *wait), wait.saturating_add(ANSWERING))
            }
            OwnRoute::Call(_) => (url, CALLING),
            OwnRoute::Sites | OwnRoute::Switches | OwnRoute::SetSwitches(_) => (url, ANSWERING),
        };
        let method = Method::from_bytes(method.as_bytes()).unwrap_or_default();
        let mut request = Request::new(method, url);
        *request.timeout_mut() = Some(limit);
        if let Some(body) = body {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(body.to_string().into());
        }
        request
    }
}

fn with_query(mut url: Url, after: u64, wait: Duration) -> Url {
    url.query_pairs_mut()
        .append_pair("after", &after.to_string())
        .append_pair("waitMs", &wait.as_millis().to_string());
    url
}

#[async_trait]
impl EmulatorRoutes for EmulatorOverHttp {
    async fn ask(&self, route: OwnRoute) -> Result<Value, OwnRouteError> {
        let request = self.request(&route);
        let url = request.url().clone();
        let sent = self.transport.send(request).await;
        let response = sent.map_err(|error| {
            let (error, _) = self.surroundings.explain(&url, "its traffic and switches", &error);
            OwnRouteError::Unreachable(ProviderError::Unavailable(Failure::new(error)))
        })?;
        let (status, bytes) = (response.status(), whole(response).await);
        let answer = bytes.and_then(|bytes| body::json(&bytes).ok());
        let message = |pointer| answer.as_ref()?.pointer(pointer)?.as_str().map(str::to_owned);
        match (status, answer.as_ref()) {
            (StatusCode::OK, Some(_)) => Ok(answer.unwrap_or_default()),
            (StatusCode::NOT_FOUND, Some(_))
                if message("/error/code").as_deref() == Some(OwnRoute::CLOSED) =>
            {
                Err(OwnRouteError::Closed)
            }
            (StatusCode::BAD_REQUEST, Some(_)) => match message("/error/message") {
                Some(message) => Err(OwnRouteError::Refused(message)),
                None => Err(OwnRouteError::Foreign(self.origin())),
            },
            _ => Err(OwnRouteError::Foreign(self.origin())),
        }
    }
}

/// Returns the whole body, if it is not longer than the limit.
async fn whole(mut response: Response) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LONGEST {
            return None;
        }
    }
    Some(bytes)
}
