//! Access checks: the API, the key, the product and the token.

use std::borrow::Cow;

use hyper::{Method, Request, Uri, body::Incoming};

use super::{
    called::Called,
    refusal::Refusal,
    service::{GatewayApi, GatewayProduct, GatewayService, PolicyContext},
};
use crate::{
    emulator::{
        data::{hop, token::Verifier},
        traffic::redacted,
    },
    provider::emulated::HopPlace,
};

/// Admits a request and addresses it to the API, or refuses it. Reports each decision.
pub(super) async fn admit(
    verifier: &Verifier,
    service: &GatewayService,
    request: &mut Request<Incoming>,
    called: Called<'_>,
) -> Result<(), Refusal> {
    let (uri, trace) = (request.uri().clone(), called.trace);
    let (api, rest) = find(service, &uri, request, called)?;
    let product = match context(service, api, request, called)? {
        PolicyContext::Beyond => None,
        PolicyContext::Product(product) => Some(product),
    };
    check_token(verifier, product, request, called).await?;
    if let Some(element) = not_carried_out(service, product, api, request.method(), rest) {
        trace.refused(HopPlace::Policy, || {
            format!("the emulator does not implement `{element}`, which can be a check")
        });
        return Err(Refusal::not_emulated(element));
    }
    trace.passed(HopPlace::Policy, || "no other element of the policies refuses the request".to_owned());
    hop::strip(request.headers_mut());
    let addressed = match api.upstream.as_ref() {
        Some(upstream) => upstream.address(request, rest).map_err(|_| Refusal::Internal),
        None => Err(Refusal::not_emulated("serviceUrl")),
    };
    addressed.inspect_err(|_| {
        trace.failed(HopPlace::Api, || format!("the serviceUrl of the API `{}` cannot be called", api.name));
    })
}

/// Returns the API that serves a request, and the rest of the path.
fn find<'a, 'u>(
    service: &'a GatewayService,
    uri: &'u Uri,
    request: &Request<Incoming>,
    called: Called<'_>,
) -> Result<(&'a GatewayApi, &'u str), Refusal> {
    let found = service.api(uri, request.headers());
    if let Some((api, rest)) = found.filter(|(api, rest)| api.serves(request.method(), rest)) {
        called.trace.passed(HopPlace::Gateway, || {
            format!("`{}` serves the path with the API `{}` at `/{}`", called.host, api.name, api.path)
        });
        return Ok((api, rest));
    }
    called.trace.refused(HopPlace::Gateway, || match found {
        Some((api, _)) => format!("the API `{}` has no operation for this method and path", api.name),
        None => format!("`{}` has no API at this path", called.host),
    });
    Err(Refusal::NotFound)
}

/// Carries out the token checks of the product's policy.
async fn check_token(
    verifier: &Verifier,
    product: Option<&GatewayProduct>,
    request: &Request<Incoming>,
    called: Called<'_>,
) -> Result<(), Refusal> {
    let Some(product) = product else {
        called
            .trace
            .passed(HopPlace::Token, || "no policy of a product applies, so no token is required".to_owned());
        return Ok(());
    };
    let checks = product.checks.as_deref().unwrap_or_default();
    for check in checks {
        if let Err(fault) = check.admit(request, verifier, called.now).await {
            let (status, message) = check.refusal(&fault);
            called.trace.refused(HopPlace::Token, || {
                format!("`validate-jwt` of the product `{}` refuses the token: {fault}", product.name)
            });
            return Err(Refusal::Token { status, message });
        }
    }
    called.trace.passed(HopPlace::Token, || match (&product.checks, checks.len()) {
        (None, _) => format!("the token checks of the product `{}` cannot be carried out", product.name),
        (Some(_), 0) => format!("the policy of the product `{}` requires no token", product.name),
        (Some(_), _) => format!("`validate-jwt` of the product `{}` accepts the token", product.name),
    });
    Ok(())
}

/// Returns the element that the gateway does not carry out, of a policy that applies to a request, if there is one.
fn not_carried_out<'a>(
    service: &'a GatewayService,
    product: Option<&'a GatewayProduct>,
    api: &'a GatewayApi,
    method: &Method,
    rest: &str,
) -> Option<&'a str> {
    let of_operation = api.operation(method, rest).and_then(|operation| operation.refused.as_deref());
    let of_product = product.and_then(|product| product.refused.as_deref());
    let refused = [service.refused.as_deref(), of_product, api.refused.as_deref(), of_operation];
    let unchecked = product.filter(|product| product.checks.is_none()).map(|_| "validate-jwt");
    refused.into_iter().flatten().next().or(unchecked)
}

/// Returns the context in which a request is served. Where no key is required, an invalid key is ignored.
fn context<'a>(
    service: &'a GatewayService,
    api: &GatewayApi,
    request: &Request<Incoming>,
    called: Called<'_>,
) -> Result<PolicyContext<'a>, Refusal> {
    let (key, trace) = (key(api, request), called.trace);
    let shown = || key.as_deref().map(String::from_utf8_lossy).map(|key| redacted::fingerprint(&key));
    let by_key = key.as_ref().and_then(|key| service.context_of_key(key, api));
    if let Some(context) = by_key {
        trace.passed(HopPlace::Key, || {
            format!("the key {} gives access to {}", shown().unwrap_or_default(), context.scope())
        });
        return Ok(context);
    }
    if let Some(context) = service.context_without_key(api) {
        trace.passed(HopPlace::Key, || format!("no key is required for {}", context.scope()));
        return Ok(context);
    }
    if key.is_some() {
        trace.refused(HopPlace::Key, || {
            format!("the key {} gives no access to the API `{}`", shown().unwrap_or_default(), api.name)
        });
        return Err(Refusal::InvalidKey);
    }
    trace.refused(HopPlace::Key, || format!("the request has no key in the header `{}`", api.key_name));
    let realm = format!("{}://{}/{}", called.scheme.as_str(), called.host, api.path);
    Err(Refusal::MissingKey { realm, header: api.key_name.clone() })
}

/// Returns the key of a request, from the header or else from the query.
fn key<'a>(api: &GatewayApi, request: &'a Request<Incoming>) -> Option<Cow<'a, [u8]>> {
    let header = api.key_header.as_ref().and_then(|name| request.headers().get(name));
    if let Some(value) = header {
        return Some(Cow::Borrowed(value.as_bytes()));
    }
    let mut pairs = form_urlencoded::parse(request.uri().query()?.as_bytes());
    let (_, value) = pairs.find(|(name, _)| name.eq_ignore_ascii_case(&api.key_parameter))?;
    Some(Cow::Owned(value.into_owned().into_bytes()))
}
