//! Who a subscription of a link's product belongs to: the one rule, for every command.

use jiff::Timestamp;

use super::{ApimSubscription, ApimSubscriptionId, LinkNames, SubscriptionState};

/// Who a subscription of a link's product belongs to.
///
/// Azure's documentation gives the display name of a link's subscription and not its id, so ownership is determined
/// from the scope, the display name, the owner and, where it is known, the key that the site sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// The link's: it has a display name that linking gives, or it holds the key that the site sends, or it is
    /// the only one and has neither display name nor owner.
    Link,
    /// The administrator's own, which API Management created together with the product.
    Administrator,
    /// Another consumer's: it has a display name that linking does not give, or an owner.
    Partner,
    /// It could be any of these. It is never changed and never deleted.
    Undetermined,
}

/// What a subscription says of itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Claim {
    Link,
    Automatic,
    Partner,
    Nameless,
    Unclear,
}

impl Ownership {
    /// The ownership of each of the subscriptions of one product, which have to be all that it has.
    ///
    /// `holder` is the subscription that holds the key that the site sends, where that is known.
    #[must_use]
    pub fn of_all(
        subscriptions: &[ApimSubscription],
        names: Option<&LinkNames>,
        holder: Option<&ApimSubscriptionId>,
    ) -> Vec<Self> {
        let claims: Vec<Claim> = subscriptions.iter().map(|it| claim(it, names, holder)).collect();
        let first = first_automatic(subscriptions, &claims);
        let others = claims.iter().enumerate().filter(|(at, _)| Some(*at) != first);
        let is_alone = others.count() == 1;
        let decide = |(at, claim): (usize, &Claim)| match claim {
            Claim::Link => Self::Link,
            Claim::Automatic if Some(at) == first => Self::Administrator,
            Claim::Partner => Self::Partner,
            Claim::Nameless if is_alone => Self::Link,
            Claim::Automatic | Claim::Nameless | Claim::Unclear => Self::Undetermined,
        };
        claims.iter().enumerate().map(decide).collect()
    }

    /// Where the subscription is that the site uses: of several of the link's, an active one first, then in
    /// order of the ids.
    #[must_use]
    pub fn used(owners: &[Self], subscriptions: &[ApimSubscription]) -> Option<usize> {
        let of_link =
            owners.iter().zip(subscriptions).enumerate().filter(|(_, (own, _))| **own == Self::Link);
        let rank = |it: &ApimSubscription| (it.state != SubscriptionState::Active, it.id.key().to_owned());
        of_link.min_by_key(|(_, (_, it))| rank(it)).map(|(at, _)| at)
    }

    /// Whether the subscription may be deleted together with a product that the link alone uses.
    #[must_use]
    pub fn goes_with_product(self) -> bool {
        match self {
            Self::Link | Self::Administrator => true,
            Self::Partner | Self::Undetermined => false,
        }
    }
}

fn claim(it: &ApimSubscription, names: Option<&LinkNames>, holder: Option<&ApimSubscriptionId>) -> Claim {
    let nameless = it.display_name.as_deref().is_none_or(str::is_empty);
    if names.is_some_and(|names| it.is_named_by(names)) || holder == Some(&it.id) {
        return Claim::Link;
    }
    match it.owner.as_deref() {
        None if nameless => Claim::Nameless,
        Some(owner) if nameless && is_administrator(owner) && was_made_at_its_date(it) => Claim::Automatic,
        // A request without a display name is refused, so the service made it, and it is not known for whom.
        Some(owner) if nameless && is_administrator(owner) => Claim::Unclear,
        None | Some(_) => Claim::Partner,
    }
}

/// The subscription that was created with the product: the first of those that look so. A later one was asked
/// for by the administrator, whose keys may be in use.
///
/// As recorded, every product that is created by PUT has at once a subscription of `users/1`, the administrator,
/// with `displayName` null. One that the administrator asks for in the developer portal can look the same, and
/// whether its keys are used cannot be determined: but it is younger than the product, and the first one is not.
fn first_automatic(subscriptions: &[ApimSubscription], claims: &[Claim]) -> Option<usize> {
    let automatic = subscriptions.iter().enumerate().filter(|(at, _)| claims[*at] == Claim::Automatic);
    automatic.min_by_key(|(_, it)| (created(it), it.id.key().to_owned())).map(|(at, _)| at)
}

/// Whether an owner is the administrator, whose user API Management creates first.
fn is_administrator(owner: &str) -> bool {
    let mut segments = owner.rsplit('/');
    segments.next() == Some("1") && segments.next().is_some_and(|kind| kind.eq_ignore_ascii_case("users"))
}

/// Whether API Management chose the name: 24 hex digits, of which the first 8 are the second of creation.
fn was_made_at_its_date(it: &ApimSubscription) -> bool {
    let name = it.id.name();
    let is_generated = name.len() == 24 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let second = name.get(..8).filter(|_| is_generated).and_then(|hex| i64::from_str_radix(hex, 16).ok());
    // The milliseconds of the date are rounded, which may carry.
    second.zip(created(it)).is_some_and(|(second, created)| (created.as_second() - second).abs() <= 1)
}

fn created(it: &ApimSubscription) -> Option<Timestamp> {
    let text = it.created_on.as_deref()?;
    text.parse().or_else(|_| format!("{text}Z").parse()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Ownership::*, *};
    use crate::model::{Hostname, Resource};

    const SERVICE: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a";
    const NAME: &str = "Azure Static Web Apps - l.example (Linked)";
    /// Azure/azure-sdk-for-go, TestApimproductsTestSuite.json, recorded 2022-10-21 with 2021-08-01: the one
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
        Ownership::of_all(all, Some(&names), None)
    }

    #[test]
    fn the_subscription_that_comes_with_a_product_is_the_administrators() {
        assert_eq!(of(&[automatic()]), [Administrator]);
        assert_eq!(of(&[automatic(), named("x", NAME)]), [Administrator, Link]);
        assert_eq!(of(&[automatic(), named("x", "A partner")]), [Administrator, Partner]);
        // the same of a service of 2019, 2022 and 2023, with the dates as they were recorded
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
    fn the_only_one_without_a_name_and_an_owner_is_found_by_its_scope() {
        let nameless = |name: &str| subscription(name, &json!({"displayName": null}));
        assert_eq!(of(&[nameless("x")]), [Link]);
        assert_eq!(of(&[automatic(), nameless("x")]), [Administrator, Link]);
        assert_eq!(of(&[nameless("x"), nameless("y")]), [Undetermined, Undetermined]);
        assert_eq!(of(&[nameless("x"), named("y", NAME)]), [Undetermined, Link]);
        assert_eq!(of(&[nameless("x"), named("y", "A partner")]), [Undetermined, Partner]);
    }

    #[test]
    fn the_holder_of_the_sites_key_is_the_links_whatever_it_is_called() {
        let all = [automatic(), named("x", "Renamed"), named("y", "A partner")];
        let owners = Ownership::of_all(&all, None, Some(&all[1].id));
        assert_eq!(owners, [Administrator, Link, Partner]);
        assert_eq!(Ownership::used(&owners, &all), Some(1));
        assert_eq!(Ownership::of_all(&all[..1], None, Some(&all[0].id)), [Link]);
    }
}
