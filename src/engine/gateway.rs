//! Checks whether the gateway accepts a key, by sending calls to it.
#![warn(clippy::arithmetic_side_effects)]

use std::time::Duration;

use super::{
    Grace, Observed,
    apis::{operations_of, with_schemes},
};
use crate::{
    ambient::Ambient,
    diagnosis::{Diagnose, Diagnosis, ExitCode},
    model::{Address, Api, ApiOperation, Key},
    provider::{Failure, GatewayAnswer, ProviderError, Readable},
};

/// How many consecutive answers must accept the key: a gateway has many nodes, and each call reaches a random one.
const IN_A_ROW: u32 = 5;
/// The pause between two calls.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest time that a key may take to reach every node.
const PATIENCE: Duration = Duration::from_secs(3 * 60);
/// How many addresses are tried to find one that rejects unknown keys.
const ADDRESSES: usize = 6;

/// The gateway still rejects a key of the subscription.
#[derive(Debug, thiserror::Error)]
#[error("the gateway did not accept the key `{fingerprint}` within {} s: {last}", PATIENCE.as_secs())]
struct KeyNotAccepted {
    fingerprint: String,
    last: String,
}

impl Diagnose for KeyNotAccepted {
    fn diagnosis(&self) -> Diagnosis {
        Diagnosis::new(ExitCode::Unavailable).hint(
            "check that the service is running and its subscription is active, then run the same command \
             again",
        )
    }
}

/// Returns once the gateway accepts `key`, or after `grace` if the gateway cannot be called.
///
/// Only an address that rejects a random key is used: an address that gives the same answer to any key proves nothing.
pub(super) async fn prove(
    plane: &dyn Readable,
    ambient: &dyn Ambient,
    observed: &Observed,
    key: &Key,
    grace: Grace,
) -> Result<(), ProviderError> {
    let stranger = Key::from_uuid(ambient.unguessable());
    let Some(address) = telling_address(plane, observed, &stranger).await? else {
        tracing::info!(
            seconds = grace.duration().as_secs(),
            "the gateway cannot be called; waiting for a fixed time instead"
        );
        tokio::time::sleep(grace.duration()).await;
        return Ok(());
    };
    let since = tokio::time::Instant::now();
    let mut accepted = 0_u32;
    loop {
        let answer = plane.ask_gateway(&address, key).await;
        tracing::debug!(%address, ?answer, "called the gateway");
        let took = matches!(answer, GatewayAnswer::Accepted | GatewayAnswer::LetIn);
        accepted = if took { accepted.saturating_add(1) } else { 0 };
        if accepted == IN_A_ROW {
            return Ok(());
        }
        if since.elapsed() >= PATIENCE {
            let (fingerprint, last) = (key.fingerprint().to_string(), told(answer));
            return Err(ProviderError::Unavailable(Failure::new(KeyNotAccepted { fingerprint, last })));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Returns an address below one of the product's APIs that rejects a random key, if there is one.
async fn telling_address(
    plane: &dyn Readable,
    observed: &Observed,
    stranger: &Key,
) -> Result<Option<Address>, ProviderError> {
    let gateway = observed.service.as_ref().and_then(|seen| seen.view.gateway_url.as_deref());
    let Some(gateway) = gateway else { return Ok(None) };
    for call in safe_calls(plane, observed).await? {
        let address = call.address(gateway);
        if plane.ask_gateway(&address, stranger).await == GatewayAnswer::KeyRefused {
            return Ok(Some(address));
        }
    }
    Ok(None)
}

/// A call that changes nothing, of an API that requires the key that the site sends.
pub(super) struct SafeCall {
    api: Api,
    operation: ApiOperation,
}

impl SafeCall {
    /// Returns its address at a gateway or at a site.
    pub(super) fn address(&self, base: &str) -> Address {
        self.operation.example(base, &self.api).unwrap_or_else(|| Address::of(base))
    }

    /// Whether a site proxies it.
    pub(super) fn is_below_api(&self) -> bool {
        self.operation.is_below_api(&self.api)
    }

    /// Returns how many parts of its path are placeholder values.
    pub(super) fn blanks(&self) -> usize {
        self.operation.blanks()
    }
}

/// Returns calls of the product's APIs that change nothing. An API whose address is not known has none.
pub(super) async fn safe_calls(
    plane: &dyn Readable,
    observed: &Observed,
) -> Result<Vec<SafeCall>, ProviderError> {
    let asking =
        observed.product_apis.iter().filter(|api| api.subscription_required && api.takes_the_site_key());
    let apis = with_schemes(plane, asking.cloned().collect()).await?;
    let mut calls = Vec::new();
    for api in apis.iter().filter(|api| api.versioning.is_determined()) {
        let operations = match &api.operations {
            Some(known) => known.clone(),
            None => operations_of(plane, api).await?,
        };
        let safe = operations.into_iter().filter(ApiOperation::is_safe);
        calls.extend(safe.map(|operation| SafeCall { api: api.clone(), operation }));
        if calls.len() >= ADDRESSES {
            calls.truncate(ADDRESSES);
            break;
        }
    }
    Ok(calls)
}

fn told(answer: GatewayAnswer) -> String {
    match answer {
        GatewayAnswer::Accepted | GatewayAnswer::LetIn => "only some of its nodes accept it".to_owned(),
        GatewayAnswer::KeyRefused => "it does not know the key".to_owned(),
        GatewayAnswer::NothingThere => "it has no operation at the address that was called".to_owned(),
        GatewayAnswer::Unclear(text) => text,
    }
}
