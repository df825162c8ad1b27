//! Static sites and their linked backends.

use serde_json::{Map, Value};
use swa_apim::{
    diagnosis::{Diagnose as _, ExitCode},
    model::{LinkedBackend, LinkedBackendId, Resource, SiteEnvironmentId, StaticSite, StaticSiteId},
    provider::{Collection, Expected, ProviderError, Reads as _, Writes as _},
};

use crate::{
    library::cassette,
    replay::{Recorded, Replay},
};

const SITE: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/clitest.rg000001/providers/Microsoft.Web/staticSites/swabackends000003";
const APP: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/clitest.rg000001/providers/Microsoft.Web/sites/swabackends000005";
const CASSETTES: [&str; 2] =
    ["staticapp_linked_backends.api-2023-01-01.yaml", "staticapp_linked_backends.api-2022-03-01.yaml"];

fn site() -> StaticSiteId {
    StaticSiteId::parse(SITE).unwrap()
}

fn production() -> SiteEnvironmentId {
    site().environment("default").unwrap()
}

fn backend() -> LinkedBackendId {
    production().linked_backend("swabackends000005").unwrap()
}

fn linked() -> Resource {
    let mut properties = Map::new();
    properties.insert("backendResourceId".to_owned(), APP.into());
    properties.insert("region".to_owned(), "westus".into());
    Resource::new((*backend()).clone(), properties)
}

/// Both recordings, those that are at hand.
fn recorded() -> impl Iterator<Item = Vec<Recorded>> {
    CASSETTES.into_iter().filter_map(cassette)
}

#[tokio::test]
async fn a_site_is_not_there_and_then_it_is() {
    for recorded in recorded() {
        let replay = Replay::of([recorded[0].clone(), recorded[2].clone()]);
        let plane = replay.plane();
        assert_eq!(plane.get(&site()).await.unwrap(), None);
        let found = plane.get(&site()).await.unwrap().unwrap();
        let site = StaticSite::read(&found.value).unwrap();
        assert!(site.plan_allows_backends(), "{site:?}");
        assert!(site.default_hostname.as_str().ends_with(".azurestaticapps.net"), "{site:?}");
        assert!(site.functions_apps.is_empty());
    }
}

#[tokio::test]
async fn a_backend_that_azure_does_not_find_is_reported_with_a_hint() {
    for recorded in recorded() {
        let replay = Replay::of([recorded[4].clone()]);
        let error = replay.plane().put(linked(), Expected::Anything).await.unwrap_err();
        assert!(matches!(error, ProviderError::Rejected { .. }), "{error:?}");
        assert!(error.to_string().contains("NotFound/51004: Cannot find WebSite with name"), "{error}");
        let diagnosis = error.diagnosis();
        assert_eq!(diagnosis.exit, ExitCode::Refused);
        assert!(diagnosis.hint.unwrap().contains("the region of the backend"));
    }
}

#[tokio::test]
async fn connecting_is_done_at_once_and_the_list_shows_the_same_version() {
    for recorded in recorded() {
        let replay = Replay::of([6, 8, 11, 13].map(|at| recorded[at].clone()));
        let plane = replay.plane();
        let put = plane.put(linked(), Expected::Anything).await.unwrap();
        let bodies = [&replay.bodies()[0], &recorded[6].sent];
        let [sent, recorded] = bodies.map(|body| serde_json::from_str::<Value>(body).unwrap());
        assert_eq!(sent, recorded, "what another client sent for the same");
        let listed = plane.list(&Collection::LinkedBackends(production())).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].etag, put, "whether or not a time names its zone");
        let seen = LinkedBackend::read(&listed[0].value).unwrap();
        assert_eq!(seen.id, backend());
        assert_eq!(seen.backend.as_str(), APP);
        plane.delete(&backend(), Expected::Anything).await.unwrap();
        assert!(plane.list(&Collection::LinkedBackends(production())).await.unwrap().is_empty());
        assert_eq!(replay.left(), 0);
    }
}
