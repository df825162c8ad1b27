//! The owner of a subscription of a link's product: one rule for all commands.
#![warn(clippy::arithmetic_side_effects)]

use jiff::{SignedDuration, Timestamp};

use super::{ApimSubscription, ApimSubscriptionId, LinkNames, SubscriptionState};

/// The owner of a subscription of a link's product.
///
/// Azure's documentation gives the display name of a link's subscription but not its id, so the owner is determined
/// from the scope, the display name, the user who owns the subscription and, if it is known, the key that the site
/// sends. Azure's documentation gives two different display names; Azure may use a third one, and the key that a site
/// in Azure sends cannot be read. So in Azure, a subscription with another display name and without an owner is not
/// automatically another consumer's: the resource provider creates subscriptions without an owner, but so does an
/// administrator in the portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// The link's: it has a display name that linking gives, or it contains the key that the site sends, or it is the
    /// only one and has neither a display name nor an owner.
    Link,
    /// Probably the link's: no other subscription can be, it has no owner, and it was created when the site was linked.
    /// That is not a proof: it counts as the link's, but its keys are neither replaced nor deleted.
    Presumed,
    /// The administrator's own, which API Management created together with the product.
    Administrator,
    /// Another consumer's: it has a display name that linking does not give, or an owner.
    Partner,
    /// Any of the above is possible. The subscription is never changed or deleted.
    Undetermined,
}

/// The information from the site about the subscription that it uses.
#[derive(Clone, Copy, Debug, Default)]
pub struct SiteSide<'a> {
    /// The subscription that contains the key that the site sends, if it is known.
    pub holder: Option<&'a ApimSubscriptionId>,
    /// Whether the key that the site sends cannot be read, so that any subscription may contain it.
    pub key_is_hidden: bool,
    /// When the site was linked, as Azure writes it.
    pub connected_on: Option<&'a str>,
}

/// The owner of a subscription as far as the subscription by itself shows it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Claim {
    Link,
    Automatic,
    Partner,
    Nameless,
    /// It has a display name that linking is not known to give, no owner, and may contain the key that the site sends.
    Unknown(Moment),
    Unclear,
}

/// When a subscription was created, relative to the time when the site was linked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// At most [`CONNECTING`] before or after it.
    Then,
    /// Later, so it was not created by linking.
    Later,
    /// Earlier, possibly by an earlier link; or the time is unknown.
    Undetermined,
}

/// The maximum time between the creation of a subscription and the linking of its site. Linking takes seconds in
/// recordings, and minutes while the service is busy.
const CONNECTING: SignedDuration = SignedDuration::from_mins(10);

impl Ownership {
    /// Returns the owner of each subscription of one product. `subscriptions` must be all subscriptions of the product.
    #[must_use]
    pub fn of_all(
        subscriptions: &[ApimSubscription],
        names: Option<&LinkNames>,
        site: &SiteSide<'_>,
    ) -> Vec<Self> {
        let claims: Vec<Claim> = subscriptions.iter().map(|it| claim(it, names, site)).collect();
        let first = first_automatic(subscriptions, &claims);
        let others = claims.iter().enumerate().filter(|(at, _)| Some(*at) != first);
        let is_alone = others.count() == 1;
        let count = |wanted: Claim| claims.iter().filter(|claim| **claim == wanted).count();
        let (has_own, then) = (count(Claim::Link) > 0, count(Claim::Unknown(Moment::Then)));
        let is_only_one = then == 1 && count(Claim::Nameless) == 0;
        let decide = |(at, claim): (usize, &Claim)| match claim {
            Claim::Link => Self::Link,
            Claim::Automatic if Some(at) == first => Self::Administrator,
            Claim::Partner | Claim::Unknown(Moment::Later) => Self::Partner,
            Claim::Unknown(_) if has_own => Self::Partner,
            Claim::Unknown(Moment::Then) if is_only_one => Self::Presumed,
            Claim::Unknown(Moment::Undetermined) if is_only_one => Self::Partner,
            Claim::Nameless if is_alone => Self::Link,
            Claim::Automatic | Claim::Nameless | Claim::Unknown(_) | Claim::Unclear => Self::Undetermined,
        };
        claims.iter().enumerate().map(decide).collect()
    }

    /// Returns the index of the subscription that the site uses. If several belong to the link, an active one is
    /// preferred, then the one with the first id.
    #[must_use]
    pub fn used(owners: &[Self], subscriptions: &[ApimSubscription]) -> Option<usize> {
        let is_used = |own: Self| matches!(own, Self::Link | Self::Presumed);
        let of_link = owners.iter().zip(subscriptions).enumerate().filter(|(_, (own, _))| is_used(**own));
        let rank = |it: &ApimSubscription| (it.state != SubscriptionState::Active, it.id.key().to_owned());
        of_link.min_by_key(|(_, (_, it))| rank(it)).map(|(at, _)| at)
    }

    /// Whether the subscription may be deleted together with a product that only the link uses.
    #[must_use]
    pub fn goes_with_product(self) -> bool {
        match self {
            Self::Link | Self::Administrator => true,
            Self::Presumed | Self::Partner | Self::Undetermined => false,
        }
    }
}

fn claim(it: &ApimSubscription, names: Option<&LinkNames>, site: &SiteSide<'_>) -> Claim {
    let nameless = it.display_name.as_deref().is_none_or(str::is_empty);
    if site.holder == Some(&it.id) {
        return Claim::Link;
    }
    let named = names.is_some_and(|names| it.is_named_by(names));
    match it.owner.as_deref() {
        // A consumer can give a subscription any display name.
        Some(owner) if named && !is_administrator(owner) => Claim::Unclear,
        None | Some(_) if named => Claim::Link,
        None if nameless => Claim::Nameless,
        Some(owner) if nameless && is_administrator(owner) && was_made_at_its_date(it) => Claim::Automatic,
        // A request without a display name is rejected, so the service created it; for which consumer is unknown.
        Some(owner) if nameless && is_administrator(owner) => Claim::Unclear,
        None if site.key_is_hidden => Claim::Unknown(moment(it, site)),
        None | Some(_) => Claim::Partner,
    }
}

fn moment(it: &ApimSubscription, site: &SiteSide<'_>) -> Moment {
    let Some((created, connected)) = created(it).zip(site.connected_on.and_then(time)) else {
        return Moment::Undetermined;
    };
    let after = created.duration_since(connected);
    if after.abs() <= CONNECTING {
        Moment::Then
    } else if after > CONNECTING {
        Moment::Later
    } else {
        Moment::Undetermined
    }
}

/// Returns the index of the subscription that was created with the product: the oldest one that looks like it. Later
/// ones were requested by the administrator, and their keys may be in use.
///
/// In recordings, every product that is created by PUT immediately has a subscription of `users/1`, the administrator,
/// with `displayName` null. A subscription that the administrator requests in the developer portal can look the same,
/// and whether its keys are used cannot be determined; but it is created later than the product.
fn first_automatic(subscriptions: &[ApimSubscription], claims: &[Claim]) -> Option<usize> {
    let automatic = subscriptions.iter().enumerate().filter(|(at, _)| claims[*at] == Claim::Automatic);
    automatic.min_by_key(|(_, it)| (created(it), it.id.key().to_owned())).map(|(at, _)| at)
}

/// Whether an owner is the administrator, the first user that API Management creates.
fn is_administrator(owner: &str) -> bool {
    let mut segments = owner.rsplit('/');
    segments.next() == Some("1") && segments.next().is_some_and(|kind| kind.eq_ignore_ascii_case("users"))
}

/// Whether API Management generated the name: 24 hexadecimal digits, of which the first 8 are the time of creation in
/// seconds.
fn was_made_at_its_date(it: &ApimSubscription) -> bool {
    let name = it.id.name();
    let is_generated = name.len() == 24 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let second = name.get(..8).filter(|_| is_generated).and_then(|hex| i64::from_str_radix(hex, 16).ok());
    // The milliseconds of the date are rounded, possibly up to the next second.
    second.zip(created(it)).is_some_and(|(second, created)| created.as_second().abs_diff(second) <= 1)
}

fn created(it: &ApimSubscription) -> Option<Timestamp> {
    time(it.created_on.as_deref()?)
}

/// Parses a time as Azure writes it: in UTC, with or without a trailing `Z`.
fn time(text: &str) -> Option<Timestamp> {
    text.parse().or_else(|_| format!("{text}Z").parse()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Ownership::*, *};
    use crate::model::{Hostname, Resource};

    const SERVICE: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a";
    const NAME: &str = "Azure Static Web Apps - l.example (Linked)";
    /// Azure/azure-sdk-for-go, TestApimproductsTestSuite.json, recorded 2022-10-21 with 2021-08-01: the only
    /// subscription of a product that was just created.
    const AUTOMATIC: &str = "635307d6463461024444c8ab";

    fn subscription(name: &str, properties: &Value) -> ApimSubscription {
        let mut whole = json!({"id": format!("{SERVICE}/subscriptions/{name}"), "properties": properties});
        whole["properties"]["scope"] = "/products/l".into();
        whole["properties"]["state"] = "active".into();
        ApimSubscription::read(&Resource::from_value(whole).unwrap()).unwrap()
    }

    fn automatic() -> ApimSubscription {
        automatic_at(AUTOMATIC, "2022-10-21T20:57:58.62Z")
    }

    fn automatic_at(name: &str, created: &str) -> ApimSubscription {
        let owner = format!("{SERVICE}/users/1");
        subscription(name, &json!({"ownerId": owner, "displayName": null, "createdDate": created}))
    }

    fn named(name: &str, display_name: &str) -> ApimSubscription {
        subscription(name, &json!({"displayName": display_name}))
    }

    fn of(all: &[ApimSubscription]) -> Vec<Ownership> {
        let names = LinkNames::of(Hostname::parse("l.example").unwrap());
        Ownership::of_all(all, Some(&names), &SiteSide::default())
    }

    #[test]
    fn the_subscription_that_comes_with_a_product_is_the_administrators() {
        assert_eq!(of(&[automatic()]), [Administrator]);
        assert_eq!(of(&[automatic(), named("x", NAME)]), [Administrator, Link]);
        assert_eq!(of(&[automatic(), named("x", "A partner")]), [Administrator, Partner]);
        // The same for services of 2019, 2022 and 2023, with the recorded dates.
        for (name, created) in [
            ("5e3cad2f4acd5f008a070001", "2020-02-07T00:19:59.283Z"),
            ("63531dacde804a0058070002", "2022-10-21T22:31:08.087Z"),
            ("635326aa217d201b28fe386a", "2022-10-21T23:09:30.71Z"),
            ("6413794f9d398d0061070001", "2023-03-16T20:17:19.943Z"),
            ("6413794f9d398d0061070001", "2023-03-16T20:17:19.943"),
        ] {
            assert_eq!(of(&[automatic_at(name, created)]), [Administrator], "{name}");
        }
    }

    #[test]
    fn a_second_one_like_it_may_be_in_use() {
        let later = || automatic_at("635307e6463461024444c8ac", "2022-10-21T20:58:14.62Z");
        assert_eq!(of(&[later(), automatic()]), [Undetermined, Administrator]);
        assert_eq!(of(&[automatic(), named("x", NAME), later()]), [Administrator, Link, Undetermined]);
    }

    #[test]
    fn one_that_only_resembles_it_is_undetermined() {
        let of_administrator = |name: &str, created: Value| {
            let owner = format!("{SERVICE}/users/1");
            subscription(name, &json!({"ownerId": owner, "createdDate": created}))
        };
        for (name, created) in [
            ("x", json!("2022-10-21T20:57:58.62Z")),
            (AUTOMATIC, json!("2022-10-21T21:57:58.62Z")),
            (AUTOMATIC, Value::Null),
            (AUTOMATIC, json!("yesterday")),
        ] {
            assert_eq!(of(&[of_administrator(name, created.clone())]), [Undetermined], "{name} {created}");
        }
    }

    #[test]
    fn an_owner_or_another_display_name_makes_it_a_partners_even_if_it_is_the_only_one() {
        let owned =
            |owner: &str, name: Value| subscription("x", &json!({"ownerId": owner, "displayName": name}));
        assert_eq!(of(&[named("x", "A partner")]), [Partner]);
        assert_eq!(of(&[owned("/users/7", Value::Null)]), [Partner]);
        assert_eq!(of(&[owned("/users/11", Value::Null)]), [Partner]);
        // apim-product-subscriptions, 2019-01-01: the administrator's, with a display name
        assert_eq!(of(&[owned("/users/1", json!("newSubscriptionName9228"))]), [Partner]);
    }

    #[test]
    fn the_display_name_of_a_link_does_not_outweigh_another_owner() {
        let owned = |owner: &str| subscription("x", &json!({"ownerId": owner, "displayName": NAME}));
        assert_eq!(of(&[owned("/users/9")]), [Undetermined]);
        assert_eq!(of(&[owned("/users/1")]), [Link]);
        assert_eq!(of(&[owned("/users/9"), named("y", NAME)]), [Undetermined, Link]);
    }

    #[test]
    fn the_only_one_without_a_name_and_an_owner_is_found_by_its_scope() {
        let nameless = |name: &str| subscription(name, &json!({"displayName": null}));
        assert_eq!(of(&[nameless("x")]), [Link]);
        assert_eq!(of(&[automatic(), nameless("x")]), [Administrator, Link]);
        assert_eq!(of(&[nameless("x"), nameless("y")]), [Undetermined, Undetermined]);
        assert_eq!(of(&[nameless("x"), named("y", NAME)]), [Undetermined, Link]);
        assert_eq!(of(&[nameless("x"), named("y", "A partner")]), [Undetermined, Partner]);
    }

    #[test]
    fn the_holder_of_the_sites_key_belongs_to_the_link_under_any_name() {
        let all = [automatic(), named("x", "Renamed"), named("y", "A partner")];
        let held = |at: usize| SiteSide { holder: Some(&all[at].id), ..SiteSide::default() };
        let owners = Ownership::of_all(&all, None, &held(1));
        assert_eq!(owners, [Administrator, Link, Partner]);
        assert_eq!(Ownership::used(&owners, &all), Some(1));
        assert_eq!(Ownership::of_all(&all[..1], None, &held(0)), [Link]);
    }
    #[test]
    fn a_display_name_that_is_not_documented_is_presumed_the_links_if_connecting_created_it() {
        let made = |name: &str, created: &str| {
            subscription(name, &json!({"displayName": "Another form", "createdDate": created}))
        };
        // In recordings, the creation time of a linked backend has no time zone in GET answers.
        let connected_on = Some("2024-06-19T09:03:33.9094607");
        let in_azure = |all: &[ApimSubscription]| {
            let names = LinkNames::of(Hostname::parse("l.example").unwrap());
            let site = SiteSide { key_is_hidden: true, connected_on, ..SiteSide::default() };
            Ownership::of_all(all, Some(&names), &site)
        };
        let (then, later) = ("2024-06-19T09:03:30.283Z", "2024-07-01T12:00:00Z");
        let earlier = "2024-01-01T12:00:00Z";
        assert_eq!(in_azure(&[made("x", then)]), [Presumed]);
        assert_eq!(in_azure(&[automatic(), made("x", then)]), [Administrator, Presumed]);
        assert_eq!(
            in_azure(&[made("x", then), made("y", later), made("z", earlier)]),
            [Presumed, Partner, Partner]
        );
        assert_eq!(in_azure(&[made("x", later)]), [Partner], "connecting did not create it");
        assert_eq!(in_azure(&[made("x", earlier)]), [Undetermined], "an earlier connection may have");
        assert_eq!(in_azure(&[named("x", "Another form")]), [Undetermined], "its time is not known");
        assert_eq!(in_azure(&[made("x", then), made("y", then)]), [Undetermined, Undetermined]);
        assert_eq!(in_azure(&[made("x", then), named("y", NAME)]), [Partner, Link]);
        let owned = subscription(
            "x",
            &json!({"displayName": "Another form", "createdDate": then, "ownerId": "/users/7"}),
        );
        assert_eq!(in_azure(&[owned]), [Partner], "the resource provider is not a user");
        let presumed = in_azure(&[made("x", then)])[0];
        assert!(!presumed.goes_with_product());
        assert_eq!(Ownership::used(&[presumed], &[made("x", then)]), Some(0));
    }
}
