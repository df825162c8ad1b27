//! What a link left behind: judged as in a live link, and with one answer to who else uses it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use swa_apim::{
    cli::command_line,
    engine::{self, Finding, FindingCode, LinkState, Severity, Standing},
    model::{ApimServiceId, Ownership},
};

use crate::{
    recipe::{
        BackendRecipe, LABEL, PolicyRecipe, ProductRecipe, Recipe, SiteKeyRecipe, SubscriptionRecipe,
        service_id,
    },
    world::{PURGE, World},
};

const OURS: SubscriptionRecipe = SubscriptionRecipe { named: true, active: true, keys: true };
const OPEN: ProductRecipe =
    ProductRecipe::Wrong { required: false, published: true, approval: false, renamed: false };

fn leftover() -> Recipe {
    Recipe { backends: vec![], site_key: SiteKeyRecipe::None, ..Recipe::linked() }
}

async fn findings(recipe: &Recipe) -> Vec<Finding> {
    World::new(recipe).verdict().await.findings
}

fn codes(findings: &[Finding]) -> Vec<(FindingCode, Severity)> {
    findings.iter().map(|finding| (finding.code, finding.severity)).collect()
}

#[tokio::test]
async fn a_leftover_product_that_needs_no_subscription_is_broken() {
    let recipe = Recipe { product: Some(OPEN), ..leftover() };
    let world = World::new(&recipe);
    assert_eq!(world.verdict().await.state, LinkState::Leftover);
    assert_eq!(
        codes(&findings(&recipe).await),
        [(FindingCode::Leftover, Severity::Note), (FindingCode::SubscriptionNotRequired, Severity::Broken),]
    );
    let plane = world.plane();
    let service = ApimServiceId::parse(&service_id("apim")).unwrap();
    let audits = engine::audit(&plane, &[service]).await;
    let audit = audits[0].1.as_ref().unwrap();
    let product = audit.products.iter().find(|product| product.id.name() == LABEL).unwrap();
    assert_eq!(product.standing, Standing::InUse);
    assert_eq!(codes(&product.findings), [(FindingCode::LeftoverInUse, Severity::Broken)]);
    assert!(product.findings[0].message.contains("without a key"), "{:?}", product.findings);
}

#[tokio::test]
async fn the_policy_of_a_leftover_product_has_the_findings_of_a_live_link() {
    for (policy, code, severity) in [
        (Some(PolicyRecipe::WithoutCheck), FindingCode::PolicyWithoutCheck, Severity::Broken),
        (Some(PolicyRecipe::Lax), FindingCode::PolicyLax, Severity::Broken),
        (Some(PolicyRecipe::AlsoLetsIn), FindingCode::PolicyAlsoLetsIn, Severity::Broken),
        (None, FindingCode::PolicyMissing, Severity::Broken),
        (Some(PolicyRecipe::OtherHeader), FindingCode::PolicyOtherHeader, Severity::Note),
    ] {
        let of_leftover = findings(&Recipe { policy, ..leftover() }).await;
        assert_eq!(codes(&of_leftover), [(FindingCode::Leftover, Severity::Note), (code, severity)]);
        let of_link = findings(&Recipe { policy, ..Recipe::linked() }).await;
        let [live] = of_link.as_slice() else { panic!("{of_link:?}") };
        assert_eq!((&of_leftover[1].code, &of_leftover[1].message), (&live.code, &live.message));
    }
}

#[tokio::test]
async fn a_product_that_is_left_while_the_site_is_linked_elsewhere_is_judged_too() {
    let recipe = Recipe {
        backends: vec![BackendRecipe::Foreign],
        policy: Some(PolicyRecipe::WithoutCheck),
        ..leftover()
    };
    let found = findings(&recipe).await;
    let found_codes: Vec<_> = found.iter().map(|finding| finding.code).collect();
    assert_eq!(found_codes, [FindingCode::LinkedElsewhere, FindingCode::PolicyWithoutCheck]);
    let hint = found[1].hint.text(command_line);
    assert!(hint.contains("link --replace --env prod"), "{hint}");
}

/// The clause with which a finding tells who uses a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Used,
    Undetermined,
    Presumed,
}

impl Told {
    fn of(ownership: Ownership) -> Self {
        match ownership {
            Ownership::Presumed => Self::Presumed,
            Ownership::Undetermined => Self::Undetermined,
            Ownership::Link | Ownership::Administrator | Ownership::Partner => Self::Used,
        }
    }

    fn of_message(message: &str) -> Self {
        if message.contains("cannot be determined") {
            Self::Undetermined
        } else if message.contains("probably the link's") {
            Self::Presumed
        } else {
            Self::Used
        }
    }
}

fn subscription(name: &str, properties: &Value) -> Value {
    let mut whole = json!({"id": format!("{}/subscriptions/{name}", service_id("apim")),
        "properties": properties});
    whole["properties"]["scope"] = format!("/products/{LABEL}").into();
    whole["properties"]["state"] = "active".into();
    whole
}

fn world_with(recipe: &Recipe, more: &[Value]) -> World {
    let mut document: Value = serde_json::from_str(&recipe.document()).unwrap();
    document["resources"].as_array_mut().unwrap().extend(more.iter().cloned());
    World::of_document(&document.to_string(), &recipe.wanted)
}

#[tokio::test]
async fn status_audit_and_purge_agree_on_who_else_uses_a_product() {
    let partner = || subscription("partner", &json!({"displayName": "A partner"}));
    let nameless = || subscription("nameless", &json!({}));
    let second = || subscription("second", &json!({}));
    let users = || {
        let owner = format!("{}/users/7", service_id("apim"));
        subscription("users", &json!({"ownerId": owner, "displayName": "A developer"}))
    };
    let renamed =
        || Recipe { subscriptions: vec![SubscriptionRecipe { named: false, ..OURS }], ..Recipe::linked() };
    let rows = [
        ("its own alone", leftover(), vec![]),
        ("a partner's", leftover(), vec![partner()]),
        ("one without a name beside its own", leftover(), vec![nameless()]),
        ("two without a name", Recipe { subscriptions: vec![], ..leftover() }, vec![nameless(), second()]),
        ("a user's", leftover(), vec![users()]),
        ("linked, with a partner's", Recipe::linked(), vec![partner()]),
        ("linked, its own renamed", renamed(), vec![]),
        ("linked, its own renamed, with a partner's", renamed(), vec![partner()]),
        ("linked, with one without a name", Recipe::linked(), vec![nameless()]),
    ];
    for (row, recipe, more) in rows {
        let world = world_with(&recipe, &more);
        let status: BTreeMap<String, Told> = world
            .verdict()
            .await
            .findings
            .iter()
            .filter(|finding| finding.code == FindingCode::OtherSubscriptions)
            .map(|finding| (name_of(finding), Told::of_message(&finding.message)))
            .collect();
        let purge = match world.plan(&PURGE).await {
            Ok(_) => BTreeMap::new(),
            Err(refusal) => {
                let told = refusal.findings.iter();
                told.map(|finding| (name_of(finding), Told::of_message(&finding.message))).collect()
            }
        };
        let service = ApimServiceId::parse(&service_id("apim")).unwrap();
        let plane = world.plane();
        let audits = engine::audit(&plane, &[service]).await;
        let audit = audits[0].1.as_ref().unwrap();
        let product = audit.products.iter().find(|product| product.id.name() == LABEL).unwrap();
        let audited: BTreeMap<String, Told> =
            product.others.iter().map(|(it, owner)| (it.id.name().to_owned(), Told::of(*owner))).collect();
        assert_eq!(status, purge, "{row}: status, purge");
        assert_eq!(status, audited, "{row}: status, audit");
        for told in audited.values() {
            let messages = product.findings.iter().map(|finding| Told::of_message(&finding.message));
            assert!(messages.into_iter().any(|it| it == *told), "{row}: {:?}", product.findings);
        }
    }
}

fn name_of(finding: &Finding) -> String {
    finding.resource.as_deref().unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned()
}
