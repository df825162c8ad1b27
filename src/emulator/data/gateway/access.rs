//! Access checks: the API, the key, the product and the token.

use std::borrow::Cow;

use hyper::{Method, Request, body::Incoming};

use super::{
    called::Called,
    refusal::Refusal,
    service::{GatewayApi, GatewayProduct, GatewayService, PolicyContext},
};
use crate::emulator::data::{hop, token::Verifier};

/// Admits a request and addresses it to the API, or refuses it.
pub(super) async fn admit(
    verifier: &Verifier,
    service: &GatewayService,
    request: &mut Request<Incoming>,
    called: Called<'_>,
) -> Result<(), Refusal> {
    let uri = request.uri().clone();
    let (api, rest) = service.api(&uri, request.headers()).ok_or(Refusal::NotFound)?;
    if !api.serves(request.method(), rest) {
        return Err(Refusal::NotFound);
    }
    let product = match context(service, api, request, called)? {
        PolicyContext::Beyond => None,
        PolicyContext::Product(product) => Some(product),
    };
    for check in product.and_then(|product| product.checks.as_ref()).into_iter().flatten() {
        if let Err(fault) = check.admit(request, verifier, called.now).await {
            let (status, message) = check.refusal(&fault);
            return Err(Refusal::Token { status, message });
        }
    }
    carried_out(service, product, api, request.method(), rest)?;
    hop::strip(request.headers_mut());
    let upstream = api.upstream.as_ref().ok_or_else(|| Refusal::not_emulated("serviceUrl"))?;
    upstream.address(request, rest).map_err(|_| Refusal::Internal)
}

/// Refuses a request if a policy that applies to it has an element that the gateway does not carry out.
fn carried_out(
    service: &GatewayService,
    product: Option<&GatewayProduct>,
    api: &GatewayApi,
    method: &Method,
    rest: &str,
) -> Result<(), Refusal> {
    let of_operation = api.operation(method, rest).and_then(|operation| operation.refused.as_ref());
    let of_product = product.and_then(|product| product.refused.as_ref());
    let refused = [service.refused.as_ref(), of_product, api.refused.as_ref(), of_operation];
    if let Some(element) = refused.into_iter().flatten().next() {
        return Err(Refusal::not_emulated(element));
    }
    match product {
        Some(product) if product.checks.is_none() => Err(Refusal::not_emulated("validate-jwt")),
        Some(_) | None => Ok(()),
    }
}

/// Returns the context in which a request is served. Where no key is required, an invalid key is ignored.
fn context<'a>(
    service: &'a GatewayService,
    api: &GatewayApi,
    request: &Request<Incoming>,
    called: Called<'_>,
) -> Result<PolicyContext<'a>, Refusal> {
    let key = key(api, request);
    let by_key = key.as_ref().and_then(|key| service.context_of_key(key, api));
    if let Some(context) = by_key.or_else(|| service.context_without_key(api)) {
        return Ok(context);
    }
    if key.is_some() {
        return Err(Refusal::InvalidKey);
    }
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
