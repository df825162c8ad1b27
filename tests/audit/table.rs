//! (service, sites) → what each product is: every row of the table, without any control plane.

use serde_json::{Value, json};
use swa_apim::{
    engine::{
        ApiSeen, Audit, FindingCode, Gap, GoneSites, HostSeen, Orphaned, ProductAudit, PrunePlan,
        ServiceSeen, SitesSeen, Standing, SubscriptionsSeen, Unread, Unreadable, classify,
    },
    model::{
        Api, ApimServiceId, ApimSubscription, Hostname, Malformed, Product, Resource, ResourceId,
        StaticSiteId,
    },
    provider::{ETag, Sight, Versioned},
};

use crate::world::{GROUP, SERVICE, other_service};

const LABEL: &str = "calm-sea-0a1";
const HOST: &str = "calm-sea-0a1.5.azurestaticapps.net";
const NAME: &str = "Azure Static Web Apps - calm-sea-0a1.5.azurestaticapps.net (Linked)";

fn resource(tail: &str, properties: &Value) -> Resource {
    Resource::from_value(json!({"id": format!("{SERVICE}/{tail}"), "properties": properties})).unwrap()
}

fn seen<T>(resource: &Resource, read: impl Fn(&Resource) -> Result<T, Malformed>) -> Versioned<T> {
    Versioned { value: read(resource).unwrap(), etag: ETag::new("1") }
}

fn product(id: &str, display_name: &str, required: bool) -> Versioned<Product> {
    let properties =
        json!({"displayName": display_name, "subscriptionRequired": required, "state": "published"});
    seen(&resource(&format!("products/{id}"), &properties), Product::read)
}

fn subscription(id: &str, product: &str, display_name: Option<&str>) -> Versioned<ApimSubscription> {
    let properties =
        json!({"scope": format!("/products/{product}"), "displayName": display_name, "state": "active"});
    seen(&resource(&format!("subscriptions/{id}"), &properties), ApimSubscription::read)
}

/// The subscription that API Management creates with every product, as it was recorded: see
/// `Azure/azure-sdk-for-go`, `TestApimproductsTestSuite.json`, 2022-10-21, 2021-08-01.
fn automatic(name: &str, owner: &str, created: &str) -> Versioned<ApimSubscription> {
    let properties = json!({"ownerId": format!("{SERVICE}/users/{owner}"), "scope": format!("{SERVICE}/products/{LABEL}"),
        "displayName": null, "state": "active", "createdDate": created, "startDate": "2022-10-21T00:00:00Z",
        "expirationDate": null, "endDate": null, "notificationDate": null, "stateComment": null,
        "allowTracing": false});
    seen(&resource(&format!("subscriptions/{name}"), &properties), ApimSubscription::read)
}

fn service(
    products: Vec<Versioned<Product>>,
    subscriptions: Vec<Versioned<ApimSubscription>>,
) -> ServiceSeen {
    ServiceSeen {
        id: ApimServiceId::parse(SERVICE).unwrap(),
        exists: true,
        products,
        unreadable: Vec::new(),
        subscriptions: Ok(SubscriptionsSeen { all: subscriptions, unreadable: Vec::new() }),
        apis: Ok(Vec::new()),
    }
}

fn linked_product() -> ServiceSeen {
    service(vec![product(LABEL, NAME, true)], vec![subscription("s", LABEL, Some(NAME))])
}

fn unread() -> Unread {
    Unread { what: "it".to_owned(), why: "no right".to_owned() }
}

fn host(hostname: &str, links: Result<Vec<&str>, Unread>) -> HostSeen {
    let site = StaticSiteId::parse(&format!("{GROUP}/Microsoft.Web/staticSites/shop")).unwrap();
    let ids = |links: Vec<&str>| links.iter().map(|id| ResourceId::parse(id).unwrap()).collect();
    HostSeen {
        environment: site.environment("default").unwrap(),
        hostname: Hostname::parse(hostname).unwrap(),
        links: links.map(ids),
    }
}

fn sites(hosts: Vec<HostSeen>) -> SitesSeen {
    SitesSeen { hosts, ..SitesSeen::default() }
}

fn only(audit: &Audit) -> &ProductAudit {
    let [only] = audit.products.as_slice() else { panic!("{:?}", audit.products) };
    only
}

fn codes(product: &ProductAudit) -> Vec<&'static str> {
    product.findings.iter().map(|finding| finding.code.as_str()).collect()
}

#[test]
fn a_products_standing_follows_from_its_site() {
    let other = other_service();
    let gap = |of: Option<&str>| SitesSeen {
        gaps: vec![Gap { of: of.map(|host| Hostname::parse(host).unwrap()), unread: unread() }],
        ..SitesSeen::default()
    };
    let unknown = || Standing::Unknown(vec![unread()]);
    let rows = [
        ("linked", sites(vec![host(HOST, Ok(vec![SERVICE]))]), Standing::InUse, vec![]),
        (
            "linked, in capitals",
            sites(vec![host(&HOST.to_uppercase(), Ok(vec![SERVICE]))]),
            Standing::InUse,
            vec![],
        ),
        ("linked to both", sites(vec![host(HOST, Ok(vec![&other, SERVICE]))]), Standing::InUse, vec![]),
        (
            "linked to nothing",
            sites(vec![host(HOST, Ok(vec![]))]),
            Standing::Orphan(Orphaned::Unlinked),
            vec!["SWAAPIM101"],
        ),
        (
            "linked elsewhere",
            sites(vec![host(HOST, Ok(vec![&other]))]),
            Standing::Orphan(Orphaned::LinkedElsewhere),
            vec!["SWAAPIM102"],
        ),
        ("backends unread", sites(vec![host(HOST, Err(unread()))]), unknown(), vec!["SWAAPIM105"]),
        ("no site", sites(vec![]), Standing::Orphan(Orphaned::SiteGone), vec!["SWAAPIM100"]),
        (
            "another site",
            sites(vec![host("a.5.azurestaticapps.net", Ok(vec![SERVICE]))]),
            Standing::Orphan(Orphaned::SiteGone),
            vec!["SWAAPIM100"],
        ),
        ("sites unread", gap(None), unknown(), vec!["SWAAPIM105"]),
        (
            "previews of its site unread",
            gap(Some("calm-sea.5.azurestaticapps.net")),
            unknown(),
            vec!["SWAAPIM105"],
        ),
        (
            "previews of another unread",
            gap(Some("warm-sea.5.azurestaticapps.net")),
            Standing::Orphan(Orphaned::SiteGone),
            vec!["SWAAPIM100"],
        ),
    ];
    for (row, sites, standing, findings) in rows {
        let audit = classify(&linked_product(), &sites);
        assert_eq!(only(&audit).standing, standing, "{row}");
        assert_eq!(codes(only(&audit)), findings, "{row}");
    }
}

#[test]
fn a_product_is_an_orphan_only_if_no_other_consumer_has_a_key() {
    let nobody = || product(LABEL, NAME, true);
    let own = || subscription("s", LABEL, Some(NAME));
    let partner = || subscription("p", LABEL, Some("A partner"));
    let with_product = || automatic("635307d6463461024444c8ab", "1", "2022-10-21T20:57:58.62Z");
    let asked_for_later = || automatic("635307e6463461024444c8ac", "1", "2022-10-21T20:58:14.62Z");
    let of_another = || automatic("635307d6463461024444c8ab", "7", "2022-10-21T20:57:58.62Z");
    let orphan = Standing::Orphan(Orphaned::SiteGone);
    let rows = [
        ("the administrator's alone", service(vec![nobody()], vec![with_product()]), orphan.clone()),
        ("the administrator's too", service(vec![nobody()], vec![with_product(), own()]), orphan.clone()),
        (
            "a second one of the administrator",
            service(vec![nobody()], vec![with_product(), own(), asked_for_later()]),
            Standing::InUse,
        ),
        ("one of another user", service(vec![nobody()], vec![own(), of_another()]), Standing::InUse),
        ("its own", service(vec![nobody()], vec![own()]), orphan.clone()),
        ("none", service(vec![nobody()], vec![]), orphan.clone()),
        ("one without a name", service(vec![nobody()], vec![subscription("s", LABEL, None)]), orphan.clone()),
        ("a partner's beside it", service(vec![nobody()], vec![own(), partner()]), Standing::InUse),
        ("a partner's alone", service(vec![nobody()], vec![partner()]), Standing::InUse),
        (
            "one without a name beside it",
            service(vec![nobody()], vec![own(), subscription("x", LABEL, None)]),
            Standing::InUse,
        ),
        (
            "a partner's to another product",
            service(vec![nobody()], vec![subscription("p", "other", Some("A partner"))]),
            orphan,
        ),
        ("none is needed", service(vec![product(LABEL, NAME, false)], vec![own()]), Standing::InUse),
    ];
    for (row, service, standing) in rows {
        let audit = classify(&service, &SitesSeen::default());
        assert_eq!(only(&audit).standing, standing, "{row}");
        if standing == Standing::InUse {
            assert_eq!(codes(only(&audit)), ["SWAAPIM103"], "{row}");
        }
    }
}

#[test]
fn subscriptions_that_were_not_read_make_orphans_unknown_and_nothing_else() {
    let mut unseen = linked_product();
    unseen.subscriptions = Err(unread());
    let id = ResourceId::parse(&format!("{SERVICE}/subscriptions/x")).unwrap();
    let mut garbled = linked_product();
    let reason = ApimSubscription::read(&resource("subscriptions/x", &json!({}))).unwrap_err();
    garbled.subscriptions.as_mut().unwrap().unreadable.push(Unreadable { id, reason });
    for service in [unseen, garbled] {
        let left = classify(&service, &SitesSeen::default());
        assert!(matches!(only(&left).standing, Standing::Unknown(_)), "{:?}", only(&left).standing);
        let used = classify(&service, &sites(vec![host(HOST, Ok(vec![SERVICE]))]));
        assert_eq!(only(&used).standing, Standing::InUse);
    }
}

#[test]
fn only_name_and_id_together_make_a_links_product() {
    let linked = || sites(vec![host(HOST, Ok(vec![SERVICE]))]);
    let unlinked = || sites(vec![host(HOST, Ok(vec![]))]);
    let rows = [
        ("another id", product("copy", NAME, true), linked(), Standing::Foreign, vec!["SWAAPIM104"]),
        (
            "another name, and it is used",
            product(LABEL, "Ours", true),
            linked(),
            Standing::InUse,
            vec!["SWAAPIM031"],
        ),
        (
            "another name, and it is not used",
            product(LABEL, "Ours", true),
            unlinked(),
            Standing::Foreign,
            vec![],
        ),
        (
            "the name of another site",
            product(LABEL, &NAME.replace("0a1", "0b2"), true),
            linked(),
            Standing::Foreign,
            vec!["SWAAPIM104"],
        ),
        ("neither", product("starter", "Starter", true), linked(), Standing::Foreign, vec![]),
        ("an id in capitals", product(&LABEL.to_uppercase(), NAME, true), linked(), Standing::InUse, vec![]),
    ];
    for (row, product, sites, standing, findings) in rows {
        let audit = classify(&service(vec![product], vec![]), &sites);
        assert_eq!(only(&audit).standing, standing, "{row}");
        assert_eq!(codes(only(&audit)), findings, "{row}");
    }
}

#[test]
fn two_products_for_one_site_are_distinguished() {
    let both = service(vec![product("copy", NAME, true), product(LABEL, "Ours", true)], vec![]);
    let audit = classify(&both, &sites(vec![host(HOST, Ok(vec![SERVICE]))]));
    assert_eq!(codes(&audit.products[0]), ["SWAAPIM104"]);
    assert!(
        audit.products[0].findings[0].message.contains("second product"),
        "{:?}",
        audit.products[0].findings
    );
    assert_eq!(audit.products[1].standing, Standing::InUse);
}

fn with_apis(mut service: ServiceSeen, required: bool, holders: &[&str]) -> ServiceSeen {
    let api =
        Api::read(&resource("apis/orders", &json!({"path": "api/orders", "subscriptionRequired": required})));
    let products = holders.iter().map(|name| service.id.product(name).unwrap()).collect();
    service.apis = Ok(vec![ApiSeen { api: api.unwrap(), products: Ok(products) }]);
    service
}

#[test]
fn access_without_passing_the_site_is_reported() {
    let second = NAME.replace("0a1", "0b2");
    let products = || {
        vec![
            product(LABEL, NAME, true),
            product("calm-sea-0b2", &second, true),
            product("open", "Open", false),
            product("closed", "Closed", true),
        ]
    };
    let hosts =
        || sites(vec![host(HOST, Ok(vec![SERVICE])), host(&HOST.replace("0a1", "0b2"), Ok(vec![SERVICE]))]);
    let told = |required, holders: &[&str]| {
        let audit = classify(&with_apis(service(products(), vec![]), required, holders), &hosts());
        audit.findings.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    assert_eq!(told(true, &[LABEL]), []);
    assert_eq!(told(true, &[LABEL, "closed"]), []);
    assert_eq!(told(true, &[LABEL, "calm-sea-0b2"]), [FindingCode::ApiOfSeveralSites]);
    assert_eq!(told(true, &[LABEL, "open"]), [FindingCode::ApiInOpenProduct]);
    assert_eq!(told(false, &[LABEL]), [FindingCode::ApiWithoutKey]);
    assert_eq!(told(false, &["open", "closed"]), [], "no link is concerned");
}

#[test]
fn an_unread_part_of_a_service_is_reported_and_makes_the_audit_incomplete() {
    let mut partly = linked_product();
    partly.apis = Err(unread());
    let used = sites(vec![host(HOST, Ok(vec![SERVICE]))]);
    assert!(classify(&linked_product(), &used).is_complete());
    let audit = classify(&partly, &used);
    assert!(!audit.is_complete());
    assert_eq!(only(&audit).apis, None, "not known is not none");
}

#[test]
fn what_may_be_hidden_is_pruned_only_if_that_is_asked_for() {
    let gone = classify(&linked_product(), &SitesSeen::default());
    let unlinked = classify(&linked_product(), &sites(vec![host(HOST, Ok(vec![]))]));
    let plan = |audit, given: GoneSites, sight| PrunePlan::of(audit, given.given(sight));
    for (audit, given, sight, deletes) in [
        (&gone, GoneSites::Keep, Sight::WhatIsAllowed, false),
        (&gone, GoneSites::Include, Sight::WhatIsAllowed, true),
        (&gone, GoneSites::Keep, Sight::Everything, true),
        (&unlinked, GoneSites::Keep, Sight::WhatIsAllowed, true),
    ] {
        let plan = plan(audit, given, sight);
        assert_eq!(!plan.is_empty(), deletes, "{given:?} {sight:?}");
        assert_eq!(plan.spared.is_empty(), deletes, "{given:?} {sight:?}");
    }
}

#[test]
fn the_administrators_own_subscription_is_deleted_with_the_product() {
    let automatic = automatic("635307d6463461024444c8ab", "1", "2022-10-21T20:57:58.62Z");
    let audit = classify(&service(vec![product(LABEL, NAME, true)], vec![automatic]), &SitesSeen::default());
    let plan = PrunePlan::of(&audit, GoneSites::Include);
    let steps = plan.orphans[0].steps.iter();
    let steps: Vec<_> =
        steps.map(|planned| (planned.step.action().as_str(), planned.step.target().name())).collect();
    assert_eq!(steps, [("delete-subscription", "635307d6463461024444c8ab"), ("delete-product", LABEL)]);
}

#[test]
fn a_subscription_goes_before_its_product_and_an_api_never() {
    let audit = classify(&linked_product(), &SitesSeen::default());
    let plan = PrunePlan::of(&audit, GoneSites::Include);
    let actions: Vec<&str> =
        plan.orphans[0].steps.iter().map(|planned| planned.step.action().as_str()).collect();
    assert_eq!(actions, ["delete-subscription", "delete-product"]);
}
