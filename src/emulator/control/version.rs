//! The known API versions of each provider.

use hyper::StatusCode;

use super::{
    route::{Route, Unrouted},
    served::Namespace,
};
use crate::{emulator::reply::Reply, model::ArmType};

/// The versions of [static sites](https://learn.microsoft.com/rest/api/appservice/static-sites) that support linked
/// backends.
const WEB: &[&str] = &[
    "2022-03-01",
    "2022-09-01",
    "2023-01-01",
    "2023-12-01",
    "2024-04-01",
    "2024-11-01",
    "2025-03-01",
    "2025-05-01",
    "2026-07-15",
];
/// The versions of [API Management](https://learn.microsoft.com/rest/api/apimanagement), without those before
/// 2021-08-01, which Azure retired in 2024.
const API_MANAGEMENT: &[&str] = &[
    "2021-08-01",
    "2022-08-01",
    "2023-03-01-preview",
    "2023-05-01-preview",
    "2023-09-01-preview",
    "2024-05-01",
    "2024-06-01-preview",
    "2024-10-01-preview",
    "2025-03-01-preview",
];
/// The versions of [permissions](https://learn.microsoft.com/rest/api/authorization/permissions).
const AUTHORIZATION: &[&str] = &["2015-07-01", "2018-01-01-preview", "2018-07-01", "2022-04-01"];
/// The versions of [activity logs](https://learn.microsoft.com/rest/api/monitor/activity-logs).
const INSIGHTS: &[&str] = &["2014-04-01", "2015-04-01"];
/// The versions of [Resource Graph](https://learn.microsoft.com/rest/api/azureresourcegraph).
const RESOURCE_GRAPH: &[&str] = &["2019-04-01", "2021-03-01", "2022-10-01", "2024-04-01"];

/// The version that is used to show resources where a request names a version of another provider.
pub(super) const NEWEST: &str = "2024-05-01";

/// Checks that a request names an API version of the provider that answers it.
pub(super) fn check(route: &Route, version: Option<&str>) -> Result<(), Reply> {
    let Some(version) = version.filter(|version| !version.is_empty()) else {
        return Err(missing());
    };
    let known = match route.namespace() {
        Namespace::Web => WEB,
        Namespace::ApiManagement => API_MANAGEMENT,
        Namespace::Authorization => AUTHORIZATION,
        Namespace::Insights => INSIGHTS,
        Namespace::ResourceGraph => RESOURCE_GRAPH,
        // These providers have published versions every few months for ten years.
        Namespace::Any | Namespace::Metadata | Namespace::Resources if is_date(version) => return Ok(()),
        Namespace::Any | Namespace::Metadata | Namespace::Resources => &["2022-12-01", "2025-04-01"],
    };
    if known.contains(&version) {
        return Ok(());
    }
    let message =
        format!("The api-version '{version}' is invalid. The supported versions are '{}'.", known.join(","));
    Err(Reply::arm(StatusCode::BAD_REQUEST, "InvalidApiVersionParameter", message))
}

/// Returns the versions of the provider of a type, newest first.
pub(super) fn of_provider(of: ArmType) -> Vec<&'static str> {
    let known = if of.is_of_web() { WEB } else { API_MANAGEMENT };
    known.iter().rev().copied().collect()
}

/// The answer to a path without a route.
pub(super) fn unrouted(problem: &Unrouted, version: Option<&str>) -> Reply {
    let Some(version) = version else { return missing() };
    match problem {
        Unrouted::Shape => Reply::arm(
            StatusCode::NOT_FOUND,
            "InvalidResourceType",
            "No resource was found that matches the request URI.",
        ),
        Unrouted::Namespace(namespace) => Reply::arm(
            StatusCode::NOT_FOUND,
            "InvalidResourceNamespace",
            format!("The resource namespace '{namespace}' is invalid."),
        ),
        Unrouted::Type(resource_type) => {
            let (namespace, kind) = resource_type.split_once('/').unwrap_or((resource_type, ""));
            let message = format!(
                "The resource type '{kind}' could not be found in the namespace '{namespace}' for api version \
                 '{version}'."
            );
            Reply::arm(StatusCode::NOT_FOUND, "InvalidResourceType", message)
        }
        Unrouted::NotEmulated(resource_type) => Reply::not_emulated(resource_type),
    }
}

fn missing() -> Reply {
    Reply::arm(
        StatusCode::BAD_REQUEST,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    )
}

/// Whether the text has the form `2022-12-01` or `2022-12-01-preview`.
fn is_date(version: &str) -> bool {
    let date = version.strip_suffix("-preview").unwrap_or(version);
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = date.split('-').collect();
    matches!(parts.as_slice(), [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(path: &str, version: Option<&str>) -> Option<String> {
        let reply = check(&Route::of(path).unwrap(), version).err()?;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        reply.body()?["error"]["code"].as_str().map(str::to_owned)
    }

    #[test]
    fn an_api_version_is_required_and_must_be_known_to_the_provider() {
        let site = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/staticSites/x";
        let service = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/x";
        let missing = Some("MissingApiVersionParameter".to_owned());
        let invalid = Some("InvalidApiVersionParameter".to_owned());
        assert_eq!(code(site, None), missing);
        assert_eq!(code(site, Some("")), missing);
        assert_eq!(code(site, Some("2021-02-01")), invalid, "it knows no linked backends");
        assert_eq!(code(service, Some("2025-05-01")), invalid, "that is one of static sites");
        assert_eq!(code("/subscriptions", Some("latest")), invalid);
        for (path, version) in [
            (site, "2024-04-01"),
            (site, "2025-05-01"),
            (service, "2024-05-01"),
            (service, "2022-08-01"),
            ("/subscriptions", "2022-12-01"),
            ("/subscriptions", "2025-04-01"),
            ("/providers/Microsoft.ResourceGraph/resources", "2021-03-01"),
        ] {
            assert_eq!(code(path, Some(version)), None, "{path} {version}");
        }
    }
}
