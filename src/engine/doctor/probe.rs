//! Sends requests to the data plane instead of the control plane: to the gateway with the key and without it, then to
//! the site.

use super::{Hop, HopName, heard};
use crate::{
    diagnosis::{Cure, ExitCode, Hint},
    engine::{
        Observed,
        gateway::{SafeCall, safe_calls},
    },
    model::Key,
    provider::{Browser, GatewayAnswer, ProviderError, Readable, Visit},
};

/// The client and the address of the probe.
#[derive(Clone, Copy, Debug)]
pub struct Probe<'a> {
    /// The client that sends the requests.
    pub browser: &'a dyn Browser,
    /// The address of the site, if it is not at its hostname.
    pub site_url: Option<&'a str>,
}

const HOPS: [HopName; 3] = [HopName::GatewayWithKey, HopName::GatewayWithoutKey, HopName::Site];

/// Calls an API of the link, directly at the gateway and through the site. The operation must be one that changes
/// nothing.
///
/// # Errors
///
/// [`ProviderError`] if the control plane does not return the operations that can be called.
pub async fn probe(
    plane: &dyn Readable,
    observed: &Observed,
    probe: Probe<'_>,
) -> Result<Vec<Hop>, ProviderError> {
    let skipped = |why: &str| HOPS.map(|name| Hop::skipped(name, why)).into();
    if observed.own_backend().is_none() {
        return Ok(skipped("the site is not linked to the service"));
    }
    let calls = safe_calls(plane, observed).await?.into_iter();
    let Some(call) = calls.filter(SafeCall::is_below_api).min_by_key(SafeCall::blanks) else {
        let undetermined = observed.product_apis.iter().find(|api| !api.versioning.is_determined());
        return Ok(match undetermined {
            Some(api) => skipped(&format!(
                "the address of the API `{}` could not be determined, because its version set could not be \
                 read",
                api.id.name()
            )),
            None => skipped("no API of the product has a GET operation to call"),
        });
    };
    let key = primary_key(plane, observed).await?;
    let (with_key, without_key, site) = tokio::join!(
        ask_with_key(plane, observed, &call, key.as_ref()),
        ask_without_key(observed, &call, probe.browser),
        ask_site(observed, &call, probe),
    );
    Ok(vec![with_key, without_key, site])
}

async fn primary_key(plane: &dyn Readable, observed: &Observed) -> Result<Option<Key>, ProviderError> {
    let Some(subscription) = observed.subscription() else { return Ok(None) };
    Ok(plane.keys(&subscription.view.id).await?.map(|keys| keys.value.primary))
}

fn gateway_of(observed: &Observed) -> Option<&str> {
    observed.service.as_ref()?.view.gateway_url.as_deref()
}

async fn ask_with_key(plane: &dyn Readable, observed: &Observed, call: &SafeCall, key: Option<&Key>) -> Hop {
    let name = HopName::GatewayWithKey;
    let relink = observed.target.run(Cure::Relink);
    let Some(gateway) = gateway_of(observed) else {
        return Hop::skipped(name, "the service has no gateway URL");
    };
    let Some(key) = key else {
        return Hop::skipped(name, "the subscription has no key to call the gateway with");
    };
    let address = call.address(gateway);
    let fingerprint = key.fingerprint();
    match plane.ask_gateway(&address, key).await {
        GatewayAnswer::Accepted => {
            Hop::ok(name, format!("accepts the key {fingerprint} and requires a token of the site"))
        }
        GatewayAnswer::LetIn => {
            Hop::broken(name, format!("accepts calls with the key {fingerprint} without a token"))
                .hint(relink.then(", which restores the policy of the product; then run `doctor` again"))
        }
        GatewayAnswer::KeyRefused => Hop::broken(
            name,
            format!("rejects the key {fingerprint}, which is the primary key of the subscription"),
        )
        .hint(
            Hint::from(
                "a new key takes effect after some time: wait a minute and run `doctor` again; if the gateway \
                 still rejects the key, ",
            )
            .then(relink),
        ),
        GatewayAnswer::NothingThere => Hop::warning(name, "has no operation at that address (404)")
            .hint("compare the path of the API and of its operations with the address that was called"),
        GatewayAnswer::Unclear(what) => Hop::failed(name, ExitCode::Unavailable, what)
            .hint("check that the service is running and that this machine can reach it"),
    }
    .also(address.to_string())
}

async fn ask_without_key(observed: &Observed, call: &SafeCall, browser: &dyn Browser) -> Hop {
    let name = HopName::GatewayWithoutKey;
    let Some(gateway) = gateway_of(observed) else {
        return Hop::skipped(name, "the service has no gateway URL");
    };
    let address = call.address(gateway);
    match browser.visit(&address).await {
        Visit::Answered(answer) => heard::without_key(&answer),
        Visit::Silent(why) => silent(name, &why),
    }
    .also(address.to_string())
}

async fn ask_site(observed: &Observed, call: &SafeCall, probe: Probe<'_>) -> Hop {
    let hostname = observed.names.as_ref().map(|names| format!("https://{}", names.hostname()));
    let base = probe.site_url.map(str::to_owned).or(hostname);
    let Some(base) = base else { return Hop::skipped(HopName::Site, "the site has no default hostname") };
    let address = call.address(&base);
    match probe.browser.visit(&address).await {
        Visit::Answered(answer) => heard::from_site(&answer, &observed.target),
        Visit::Silent(why) => silent(HopName::Site, &why),
    }
    .also(address.to_string())
}

fn silent(name: HopName, why: &str) -> Hop {
    Hop::failed(name, ExitCode::Unavailable, format!("does not answer: {why}"))
        .hint("check that this machine can reach it; a proxy or a firewall may block the call")
}
