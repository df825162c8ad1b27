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
    model::{API_MANAGEMENT, Resource, WEB},
};

pub(super) const ASYNC_OPERATION: HeaderName = HeaderName::from_static("azure-asyncoperation");

/// A part of the path, in lower case, of the status of an operation on an API.
const OF_API: &str = "/tenant/operationresults/";

/// Adds the two addresses of an operation to its first answer. Azure asks to be polled after 15 to 60 seconds, or does not
/// say when.
fn begun(reply: Reply, status: String, location: String) -> Reply {
    reply.header(ASYNC_OPERATION, status).header(LOCATION, location).retry_after(1)
}

/// The answer to the DELETE of a site or of an environment. As recorded, the names of the two addresses are the reverse of
/// those of other providers, and both have an API version of their own.
pub(super) fn site_deleted(call: &Call, number: u64, site: &Resource) -> Reply {
    let at = |name: &str| address_at_location(call, site, WEB, name, (number, "2019-01-01"));
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

/// Adds the addresses of the operation on a service to its first answer. As recorded, they differ between API versions.
pub(super) fn of_service(call: &Call, reply: Reply, number: u64, service: &Resource) -> Reply {
    let version = call.version();
    if version >= "2023-05-01-preview" {
        let at = |name: &str| address_at_location(call, service, API_MANAGEMENT, name, (number, version));
        return begun(reply, at("operationsStatuses"), at("operationResults"));
    }
    let path = format!("{}/operationresults/{number}", service.id());
    if version < "2022-08-01" {
        return reply.header(LOCATION, call.address(&path, &format!("api-version={version}"))).retry_after(1);
    }
    let address = call.address(&path, &format!("api-version={version}&asyncResponse"));
    begun(reply, address.clone(), address)
}

/// Returns an address of an operation below the region of a resource.
fn address_at_location(
    call: &Call,
    resource: &Resource,
    namespace: &str,
    name: &str,
    (number, version): (u64, &str),
) -> String {
    let region = resource.text("location").ok().flatten().map_or_else(|| "centralus".to_owned(), region::id);
    let azure_subscription = resource.id().azure_subscription();
    let path = format!(
        "/subscriptions/{azure_subscription}/providers/{namespace}/locations/{region}/{name}/{number}"
    );
    call.address(&path, &format!("api-version={version}"))
}

/// Whether the address of a poll is that of `Azure-AsyncOperation`.
pub(super) fn is_of_status(call: &Call) -> bool {
    let path = call.path.to_ascii_lowercase();
    is_of_web(&path) && path.contains("/operationresults/")
        || [OF_API, "/operationsstatuses/"].iter().any(|it| path.contains(it))
        || call.query.get("asyncResponse").is_some()
}

/// The answer to a poll of the status.
pub(super) fn status(call: &Call, word: &str) -> Reply {
    let path = call.path.to_ascii_lowercase();
    if is_of_web(&path) {
        return Reply::ok(json!({"id": call.path, "status": word})).plain();
    }
    let reply = Reply::ok(json!({ "status": word }));
    if path.contains(OF_API) { reply.indented() } else { reply.plain() }
}

/// Whether a path, in lower case, is that of an operation of `Microsoft.Web`.
pub(super) fn is_of_web(path: &str) -> bool {
    path.contains(&format!("/providers/{}/locations/", WEB.to_ascii_lowercase()))
}
