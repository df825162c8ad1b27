use proptest::prelude::*;

use super::*;

const SITE: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/staticSites/shop";

#[test]
fn ids_that_differ_only_in_case_are_equal() {
    let id = StaticSiteId::parse(SITE).unwrap();
    let shouted = StaticSiteId::parse(&SITE.to_uppercase()).unwrap();
    assert_eq!(id, shouted);
    assert_eq!(shouted.as_str(), SITE.to_uppercase(), "the spelling is kept");
    assert_eq!((id.name(), id.group(), id.azure_subscription()), ("shop", Some("rg"), "s"));
}

#[test]
fn the_site_level_path_of_a_backend_is_its_alias_in_production() {
    let alias = LinkedBackendId::parse(&format!("{SITE}/linkedBackends/b")).unwrap();
    let full = LinkedBackendId::parse(&format!("{SITE}/builds/default/linkedBackends/b")).unwrap();
    assert_eq!(alias, full);
    assert_eq!(alias.parent().unwrap().name(), PRODUCTION);
}

#[test]
fn a_malformed_id_says_which_part_does_not_fit() {
    for (text, says) in [
        ("shop", "begin with `/subscriptions/`"),
        ("", "begin with `/subscriptions/`"),
        ("/sub/x", "begin with `/subscriptions/`"),
        ("/subscriptions", "the subscription ID is missing"),
        ("/subscriptions/s/resourceGroups", "the name of the resource group is missing"),
        ("/subscriptions/s//providers", "segment 3 is empty"),
        ("/subscriptions/s/resourceGroups/rg/x", "`providers` is expected instead of `x`"),
        ("/subscriptions/s/resourceGroups/rg/providers/N", "a namespace, a type and a name"),
        ("/subscriptions/s/resourceGroups/rg/providers/N/t", "a namespace, a type and a name"),
        ("/subscriptions/s/resourceGroups/rg/providers/N/t/n/u", "the name after `u` is missing"),
        ("/subscriptions/s/resourceGroups/rg/providers/N/t/a?b", "not allowed in an ID"),
        ("/subscriptions/s/resourceGroups/ rg", "whitespace"),
    ] {
        let error = ResourceId::parse(text).unwrap_err().to_string();
        assert!(error.contains(says), "{text:?}: {error}");
    }
}

#[test]
fn an_id_of_another_type_names_both_types() {
    for (text, resource_type) in [
        ("/subscriptions/s", "Microsoft.Resources/subscriptions"),
        ("/subscriptions/s/resourceGroups/rg", "Microsoft.Resources/resourceGroups"),
        ("/subscriptions/s/providers/N.P/kinds/x/subs/y", "N.P/kinds/subs"),
    ] {
        let id = ResourceId::parse(text).unwrap();
        assert_eq!(id.resource_type(), resource_type);
        assert!(id.is_a(&resource_type.to_lowercase()));
        assert!(!id.is_a(&format!("{resource_type}/more")) && !id.is_a("Microsoft.Resources"));
    }
    let error = ApimServiceId::parse(SITE).unwrap_err().to_string();
    assert!(error.contains("Microsoft.Web/staticSites") && error.contains("Microsoft.ApiManagement/service"));
}

#[test]
fn parents_end_at_the_top_level_resource() {
    let site = StaticSiteId::parse(SITE).unwrap();
    assert_eq!(site.parent(), None);
    let environment = site.environment("default").unwrap();
    assert_eq!(environment.site(), site);
}

#[test]
fn a_name_that_would_change_the_path_is_refused() {
    let site = StaticSiteId::parse(SITE).unwrap();
    for name in ["", "a/b", "a\nb", " a", "a?b"] {
        assert!(site.environment(name).is_err(), "{name:?}");
    }
}

proptest! {
    #[test]
    fn ids_round_trip_through_text_and_json(
        segments in prop::collection::vec("[A-Za-z0-9][A-Za-z0-9._-]{0,12}", 2..5),
    ) {
        let [first, rest @ ..] = segments.as_slice() else { unreachable!() };
        let mut text = format!("/subscriptions/s/resourceGroups/{first}/providers/N.P");
        for (at, segment) in rest.iter().enumerate() {
            text = format!("{text}/kind{at}/{segment}");
        }
        let id = ResourceId::parse(&text).unwrap();
        prop_assert_eq!(id.as_str(), &text);
        let json = serde_json::to_string(&id).unwrap();
        prop_assert_eq!(serde_json::from_str::<ResourceId>(&json).unwrap(), id);
    }

    #[test]
    fn parsing_never_panics(text in ".{0,80}") {
        let _ = ResourceId::parse(&text);
        let _ = ResourceId::parse(&format!("/subscriptions/{text}"));
    }
}
