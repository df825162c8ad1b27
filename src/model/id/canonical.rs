//! The canonical form of ids that Azure spells in several ways.

use super::{PRODUCTION, cut_segments};
use crate::model::arm::{API_MANAGEMENT, ArmType, WEB};

/// Collections of API Management that list resources of the service below another resource, as pairs of the parent's
/// collection and the resource's collection.
///
/// API Management answers with the path of the request: in `GET products/P/subscriptions` the ids are
/// `…/service/S/products/P/subscriptions/SID`, but the resources are `…/service/S/subscriptions/SID`.
/// `products/P/apis/A` is not in this list: it is the assignment of the API to the product.
const SHOWN_BELOW: [(&str, &str); 3] =
    [("products", "subscriptions"), ("users", "subscriptions"), ("apis", "products")];

/// Returns the canonical form of an id. Ids of other shapes are returned unchanged.
pub(super) fn canonical(text: String) -> String {
    let mut segments = text.rsplit('/');
    let mut next = || segments.next().unwrap_or_default();
    let (name, kind, _owner, owners) = (next(), next(), next(), next());
    let is = |segment: &str, word: &str| segment.eq_ignore_ascii_case(word);
    let (backends, sites) = (ArmType::LinkedBackend.collection(), ArmType::StaticSite.collection());
    if is(kind, backends) && is(owners, sites) && is(next(), WEB) {
        let (site, environments) = (cut_segments(&text, 2), ArmType::SiteEnvironment.collection());
        return format!("{site}/{environments}/{PRODUCTION}/{kind}/{name}");
    }
    let shown_below = SHOWN_BELOW.iter().any(|(above, below)| is(owners, above) && is(kind, below));
    if !shown_below {
        return text;
    }
    let (_service, services, provider) = (next(), next(), next());
    if is(services, ArmType::ApimService.collection()) && is(provider, API_MANAGEMENT) {
        return format!("{}/{kind}/{name}", cut_segments(&text, 4));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::model::{ApimSubscriptionId, ProductApiId, ProductId, Resource, ResourceId};

    const SERVICE: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a";

    fn id(tail: &str) -> ResourceId {
        ResourceId::parse(&format!("{SERVICE}/{tail}")).unwrap()
    }

    #[test]
    fn a_subscription_belongs_to_the_service_in_every_list() {
        let own = id("subscriptions/635307d6463461024444c8ab");
        for tail in [
            "products/p/subscriptions/635307d6463461024444c8ab",
            "users/1/subscriptions/635307d6463461024444c8ab",
            "Products/P/Subscriptions/635307D6463461024444C8AB",
        ] {
            assert_eq!(id(tail), own, "{tail}");
            assert!(ApimSubscriptionId::try_from(id(tail)).is_ok(), "{tail}");
        }
        let shouted = format!("{SERVICE}/users/1/subscriptions/x").to_uppercase();
        assert_eq!(ResourceId::parse(&shouted).unwrap(), id("subscriptions/x"));
    }

    #[test]
    fn a_product_in_the_list_of_an_api_is_the_services_product() {
        assert_eq!(id("apis/orders/products/p"), id("products/p"));
        assert!(ProductId::try_from(id("apis/orders;rev=2/products/p")).is_ok());
    }

    #[test]
    fn the_place_of_an_api_in_a_product_and_what_is_in_a_workspace_keep_their_ids() {
        for tail in [
            "products/p/apis/orders",
            "products/p/policies/policy",
            "products/subscriptions",
            "workspaces/w/subscriptions/x",
            "workspaces/w/products/p/subscriptions/x",
        ] {
            let text = format!("{SERVICE}/{tail}");
            let kept = ResourceId::parse(&text).map(|id| id.to_string());
            assert!(kept.is_err() || kept == Ok(text), "{tail}");
        }
        assert!(ProductApiId::try_from(id("products/p/apis/orders")).is_ok());
        let elsewhere = "/subscriptions/s/providers/N.P/service/a/products/p/subscriptions/x";
        assert_eq!(ResourceId::parse(elsewhere).unwrap().as_str(), elsewhere);
    }

    #[test]
    fn name_and_type_of_a_resource_follow_its_canonical_id() {
        // apim-product-subscriptions, 2021-08-01 and 2017-03-01: the id and the type of the list, and the
        // service's id with the type of the list
        for tail in ["products/p/subscriptions/x", "subscriptions/x"] {
            let listed = json!({"id": format!("{SERVICE}/{tail}"), "name": "x",
                "type": "Microsoft.ApiManagement/service/products/subscriptions", "properties": {}});
            let body = Resource::from_value(listed).unwrap().into_value();
            assert_eq!(body["id"], format!("{SERVICE}/subscriptions/x"), "{tail}");
            assert_eq!(body["type"], "Microsoft.ApiManagement/service/subscriptions", "{tail}");
            assert_eq!(body["name"], "x");
        }
        let spelt = json!({"id": format!("{SERVICE}/products/p"), "type": "microsoft.apimanagement/SERVICE/products"});
        let body = Resource::from_value(spelt).unwrap().into_value();
        assert_eq!(body["type"], "microsoft.apimanagement/SERVICE/products", "the casing is kept");
    }
}
