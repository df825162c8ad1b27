//! The answers to changes that take Azure minutes, with the addresses of an operation. Here, the change has been made
//! before it is answered.

use hyper::{
    StatusCode,
    header::{HeaderName, LOCATION},
};
use serde_json::json;

use super::{call::Call, region};
use crate::{
    emulator::reply::Reply,
    model::{Resource, WEB},
};

pub(super) const ASYNC_OPERATION: HeaderName = HeaderName::from_static("azure-asyncoperation");

/// Adds the two addresses of an operation to its first answer. Azure asks for another question after 15 to 60 seconds, or
/// does not say when.
fn begun(reply: Reply, status: String, location: String) -> Reply {
    reply.header(ASYNC_OPERATION, status).header(LOCATION, location).retry_after(1)
}

/// The answer to the DELETE of a site or of an environment. As recorded, the names of the two addresses are the reverse of
/// those of other providers, and both have an API version of their own.
pub(super) fn site_deleted(call: &Call, number: u64, site: &Resource) -> Reply {
    let region = site.text("location").ok().flatten().map_or_else(|| "centralus".to_owned(), region::id);
    let at = |name: &str| {
        let azure_subscription = site.id().azure_subscription();
        let path =
            format!("/subscriptions/{azure_subscription}/providers/{WEB}/locations/{region}/{name}/{number}");
        call.address(&path, "api-version=2019-01-01")
    };
    begun(Reply::status(StatusCode::ACCEPTED), at("operationResults"), at("operations"))
}

/// The answer to the DELETE of an API. Both addresses are those of the service.
pub(super) fn api_deleted(call: &Call, number: u64, api: &Resource) -> Reply {
    let (id, version) = (format!("{number:024}"), call.version());
    let service = api.id().parent().map(|service| service.to_string()).unwrap_or_default();
    let status =
        call.address(&format!("{service}/tenant/operationResults/{id}"), &format!("api-version={version}"));
    let location = call.address(&call.path, &format!("api-version={version}&asyncId={id}&asyncCode=204"));
    begun(Reply::status(StatusCode::ACCEPTED), status, location)
}

/// Whether the address of a poll is that of `Azure-AsyncOperation`.
pub(super) fn is_of_status(call: &Call) -> bool {
    let path = call.path.to_ascii_lowercase();
    is_of_web(&path) && path.contains("/operationresults/") || path.contains("/tenant/operationresults/")
}

/// The answer to a poll of the status.
pub(super) fn status(call: &Call, word: &str) -> Reply {
    if is_of_web(&call.path.to_ascii_lowercase()) {
        return Reply::ok(json!({"id": call.path, "status": word})).plain();
    }
    Reply::ok(json!({ "status": word })).indented()
}

/// Whether a path, in lower case, is that of an operation of `Microsoft.Web`.
pub(super) fn is_of_web(path: &str) -> bool {
    path.contains(&format!("/providers/{}/locations/", WEB.to_ascii_lowercase()))
}
