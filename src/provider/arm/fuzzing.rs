//! Fuzz targets: arbitrary bytes as answers of Azure Resource Manager.

use jiff::Timestamp;
use reqwest::{
    StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};

use super::{
    ArmFailure, Endpoint, PollSchedule,
    http::{
        asked::{self, LONGEST_WAIT},
        body::{self, Page, Trail},
    },
    resource::{control_plane::resource_of, version::versioned},
};
use crate::{diagnosis::Diagnose as _, model::ResourceId};

const ASKED: &str =
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/shop-apim/products/p";

fn asked() -> ResourceId {
    ResourceId::parse(ASKED).expect("a constant id")
}

/// Parses bytes as a page of a list of Azure Resource Manager, and of Resource Graph.
///
/// # Panics
///
/// If the address of the next page is on another host.
pub fn page(bytes: &[u8]) {
    let Ok(body) = body::json(bytes) else { return };
    for page in [Page::read(body.clone()), Page::of_graph(body)].into_iter().flatten() {
        let mut trail = Trail::default();
        for next in page.next.iter().chain(&page.next) {
            check_own(next);
            // a page that was read before is an error, which is not checked here
            let _ = trail.follow(next);
        }
        for value in page.values {
            if let Ok(resource) = resource_of(value, &asked()) {
                drop(versioned(resource, None));
            }
        }
    }
}

/// Parses bytes as the body of a failure, with statuses of every kind.
///
/// # Panics
///
/// If a message is disproportionately long.
pub fn failure(bytes: &[u8]) {
    for status in [400, 401, 403, 404, 409, 412, 422, 429, 500, 503] {
        let status = StatusCode::from_u16(status).expect("a constant status");
        let failure = ArmFailure::read(status, &HeaderMap::new(), bytes);
        let message = failure.to_string();
        assert!(message.len() <= 16 * bytes.len() + 4096, "{} bytes of a message", message.len());
        drop((failure.hint(), failure.is_absence_of(&asked()), failure.diagnosis()));
    }
}

/// Parses bytes as the value of each header that asks to wait.
///
/// # Panics
///
/// If a wait is longer than the maximum.
pub fn retry_after(bytes: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
    for name in ["retry-after", "x-ms-retry-after-ms", "retry-after-ms"] {
        let headers = HeaderMap::from_iter([(HeaderName::from_static(name), value.clone())]);
        let wait = asked::retry_after(&headers, Timestamp::UNIX_EPOCH);
        assert!(wait.is_none_or(|wait| wait <= LONGEST_WAIT), "{wait:?}");
        drop((asked::asked(&headers), PollSchedule::default().next(wait)));
    }
}

/// Parses bytes as the address of a control plane, and as a link in an answer.
///
/// # Panics
///
/// If a token would be sent to another host, or in plain text.
pub fn address(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    check_own(&text);
    let Ok(endpoint) = Endpoint::public().at(&text) else { return };
    assert!(endpoint.base().scheme() == "https" || endpoint.is_loopback(), "{}", endpoint.base());
    let again = Endpoint::public().at(endpoint.base().as_str()).expect("an address can be read again");
    assert_eq!(again.base(), endpoint.base());
}

fn check_own(link: &str) {
    let endpoint = Endpoint::public();
    if let Ok(url) = endpoint.own(endpoint.base(), link) {
        assert_eq!(url.origin(), endpoint.base().origin(), "{link}");
        assert!(url.username().is_empty() && url.password().is_none(), "{link}");
    }
}
