//! Every finding: its code, its severity, its meaning and its cure, in one table.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diagnosis::nearest;

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Information; the link works.
    Note,
    /// The link works, but not as configured.
    Degraded,
    /// Calls of `/api` fail, or unauthorized calls succeed.
    Broken,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Note => "note",
            Self::Degraded => "degraded",
            Self::Broken => "broken",
        })
    }
}

/// The part of a link that a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The static site and its environment.
    StaticSite,
    /// The API Management service.
    Service,
    /// The linked backend.
    LinkedBackend,
    /// The product.
    Product,
    /// The product's subscription.
    Subscription,
    /// The product's policy.
    Policy,
    /// The site's copy of the primary key.
    SiteKey,
    /// The APIs in the product.
    Apis,
}

/// The effect of a finding on a command that would create or repair the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// None: no command of this program changes it.
    Told,
    /// `link` and `relink` repair it.
    Mended,
    /// `link` and `relink` refuse until it is resolved.
    Blocks,
    /// `link --replace` repairs it; without the flag, `link` refuses.
    BlocksUnlessReplace,
    /// `link` refuses without `--allow-preview`.
    BlocksUnlessPreview,
    /// `link` and `relink` refuse without `--adopt`.
    BlocksUnlessAdopted,
    /// `unlink --purge` refuses until it is resolved.
    BlocksPurge,
}

macro_rules! findings {
    ($($variant:ident = $code:literal, $severity:ident, $part:ident, $effect:ident, $title:literal,
       $meaning:literal, $cure:literal;)*) => {
        /// The stable code of a kind of finding.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum FindingCode {
            $(#[doc = concat!($title, ".")] #[serde(rename = $code)] $variant,)*
        }

        impl FindingCode {
            /// Every code, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Returns the code as users see it, such as `SWAAPIM020`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// Returns the default severity.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),* }
            }

            /// Returns the part of the link that it is about.
            #[must_use]
            pub fn part(self) -> Part {
                match self { $(Self::$variant => Part::$part),* }
            }

            /// Returns the effect on a command that would create or repair the link.
            #[must_use]
            pub fn effect(self) -> Effect {
                match self { $(Self::$variant => Effect::$effect),* }
            }

            /// Returns a title of a few words.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),* }
            }

            /// Returns the meaning, in a paragraph.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning),* }
            }

            /// Returns what to do about it, in a paragraph.
            #[must_use]
            pub fn cure(self) -> &'static str {
                match self { $(Self::$variant => $cure),* }
            }
        }
    };
}

findings! {
    SiteMissing = "SWAAPIM001", Broken, StaticSite, Blocks, "the static web app does not exist",
        "No static web app has this name in this resource group and subscription, so there is nothing that could be linked.",
        "Check `static-web-app`, `resource-group` and `subscription` of the env, or give the site's full ARM id.";
    ServiceMissing = "SWAAPIM002", Broken, Service, Blocks, "the API Management service does not exist",
        "No API Management service has this name in this resource group and subscription.",
        "Check `apim` of the env; a service in another resource group or subscription needs its full ARM id.";
    PlanTooSmall = "SWAAPIM003", Broken, StaticSite, Blocks, "the site's plan allows no linked backend",
        "Only the plans Standard and Dedicated can have a backend of one's own; Free cannot.",
        "Move the static web app to the Standard plan, then link.";
    PullRequestEnvironment = "SWAAPIM004", Broken, StaticSite, Blocks, "a pull-request environment cannot be linked",
        "Azure links production, and named preview environments in some cases, but never the environment of a pull request, whose name is a number.",
        "Link production, or a named preview environment with `--allow-preview`.";
    PreviewEnvironment = "SWAAPIM005", Degraded, StaticSite, BlocksUnlessPreview, "the environment is not production",
        "Microsoft's pages disagree on whether a named preview environment can be linked, and users have seen it fail.",
        "Repeat the command with `--allow-preview` to try it all the same.";
    EnvironmentMissing = "SWAAPIM006", Broken, StaticSite, Blocks, "the site environment does not exist",
        "The static web app has no environment of this name.",
        "Check `site-environment` of the env; production is called `default`.";
    FunctionsApp = "SWAAPIM007", Broken, StaticSite, Blocks, "the site has a Functions app of its own as its backend",
        "A site whose `/api` is served by a bring-your-own Functions app cannot have a linked backend at the same time.",
        "Detach the Functions app from the static web app first.";
    ServiceNotReady = "SWAAPIM008", Broken, Service, Blocks, "the API Management service is not ready",
        "Azure is still working on the service, or has given up on it; what is linked now may fail.",
        "Wait until the service's provisioning state is `Succeeded`, then run the command again.";
    ServiceUnreachable = "SWAAPIM009", Broken, Service, Blocks, "the gateway cannot be reached from outside",
        "A static web app calls the gateway over the internet. With an internal virtual network, or with public network access disabled, linking succeeds and then every call fails with `Backend call failure`.",
        "Use a service whose virtual network type is `None` or `External`, with public network access enabled.";
    ProductNameTaken = "SWAAPIM010", Broken, Product, Blocks, "another product has the link's display name",
        "Display names are unique within a service, so Azure refuses to make the link's product while another one bears its name. It is most often what an earlier link left behind.",
        "Rename or delete the other product, then run the command again.";
    ProductOfAnotherSite = "SWAAPIM011", Broken, Product, Blocks, "the product belongs to another site's link",
        "The product that this link would use says in its display name that it was made for another site. Changing it would break that site.",
        "Find out which site it belongs to; if that site is gone, delete the product and run the command again.";
    ProductUnproven = "SWAAPIM012", Degraded, Product, BlocksUnlessAdopted, "a product that is not known to be the link's has its id",
        "The service has a product with the id that the link's product needs. Its display name, its policy and its subscriptions do not show that it was made for this site, so it may serve other consumers.",
        "Run `link --adopt` if the link may use the product: its display name, its settings and its policy become those of the link. Otherwise give the APIs another product and delete this one.";
    LinkedElsewhere = "SWAAPIM020", Broken, LinkedBackend, BlocksUnlessReplace, "the site is linked to another backend",
        "A site environment has one linked backend at most, and this one's is not the service of the env.",
        "If the env is right, run `link --replace`; if the backend is right, correct `apim` of the env.";
    Dangling = "SWAAPIM021", Broken, LinkedBackend, Mended, "the linked backend names something that is gone",
        "The site proxies `/api` to a resource that does not exist any more, so every call fails.",
        "`relink` disconnects it and connects the service of the env; `unlink` just disconnects it.";
    SeveralBackends = "SWAAPIM022", Degraded, LinkedBackend, Mended, "the site environment has more than one linked backend",
        "Azure allows one; which of several is used is anybody's guess.",
        "`relink` keeps one of them and disconnects the others.";
    BackendFailed = "SWAAPIM023", Broken, LinkedBackend, Mended, "Azure did not finish connecting the backend",
        "The linked backend's provisioning state says that connecting it failed or was cancelled.",
        "`relink` connects it again.";
    BackendPending = "SWAAPIM024", Degraded, LinkedBackend, Told, "Azure is still connecting the backend",
        "The linked backend's provisioning state is not final yet.",
        "Wait, then look again with `status`.";
    BackendStateUnknown = "SWAAPIM025", Note, LinkedBackend, Told, "the linked backend is in a state that this version does not know",
        "Azure reports a provisioning state that is not documented. It is shown as it came.",
        "Nothing has to be done if `/api` works.";
    Leftover = "SWAAPIM026", Note, Product, Told, "an earlier link left its product behind",
        "Unlinking leaves the product and its subscription in the service, as Azure's portal does. Their keys stay valid.",
        "`link` takes them up again; `unlink --purge` deletes them.";
    ProductMissing = "SWAAPIM030", Broken, Product, Mended, "the link's product is missing",
        "Without its product, the site's key opens nothing: every call of `/api` is answered with 401.",
        "`relink` makes it anew, with its subscription and policy. APIs that are listed in the env are added; others have to be added again.";
    ProductRenamed = "SWAAPIM031", Degraded, Product, Mended, "the product does not have its display name",
        "The link works, but neither people nor tools recognise the product as this site's.",
        "`relink` gives it its name back.";
    SubscriptionNotRequired = "SWAAPIM032", Broken, Product, Mended, "the product needs no subscription",
        "Anybody can call the product's APIs without a key, past the static web app.",
        "`relink` makes the subscription required again.";
    ProductNotPublished = "SWAAPIM033", Degraded, Product, Mended, "the product is not published",
        "Keys keep working, but the product is not as linking makes it.",
        "`relink` publishes it again.";
    ApprovalRequired = "SWAAPIM034", Degraded, Product, Mended, "the product asks for approval of subscriptions",
        "A subscription made anew would wait for somebody's approval.",
        "`relink` puts it right.";
    SubscriptionMissing = "SWAAPIM040", Broken, Subscription, Mended, "the link's subscription is missing",
        "The key that the site sends belongs to no subscription, so every call of `/api` is answered with 401.",
        "`relink` makes a new subscription and gives the site its key.";
    SubscriptionInactive = "SWAAPIM041", Broken, Subscription, Mended, "the link's subscription is not active",
        "The gateway accepts keys of active subscriptions only, so every call of `/api` is answered with 401.",
        "`relink` activates it again.";
    SubscriptionRenamed = "SWAAPIM042", Degraded, Subscription, Mended, "the subscription does not have its display name",
        "The link works, but neither people nor tools recognise the subscription as this site's.",
        "`relink` gives it its name back.";
    OtherSubscriptions = "SWAAPIM043", Note, Subscription, Told, "the product has other subscriptions too",
        "Somebody else holds keys to the link's product. They still need a token of the site, and they keep the product from being purged.",
        "Nothing has to be done; use another product for other consumers.";
    KeysMissing = "SWAAPIM044", Broken, Subscription, Mended, "nothing is known of the subscription's keys",
        "The control plane holds no keys for the subscription, so no call can be let in.",
        "`relink` gives it two new keys, and the site the first of them.";
    PolicyMissing = "SWAAPIM050", Broken, Policy, Mended, "the product has no policy",
        "Without a policy, a request needs a key and no token, so a caller who has the key reaches the APIs past the site.",
        "`relink` creates the policy.";
    PolicyWithoutCheck = "SWAAPIM051", Broken, Policy, Mended, "the policy checks no token",
        "No `validate-jwt` applies to every request, so a caller who has the key reaches the APIs past the site.",
        "`relink` adds the check and keeps every other statement of the policy, where this program provisions; Azure writes its own policy.";
    PolicyOtherHeader = "SWAAPIM052", Broken, Policy, Mended, "the policy looks for the token in another place",
        "The site sends its token in the header `X-MS-AUTH-TOKEN`. A check of another header or of a query parameter refuses every request of the site.",
        "`relink` repairs the check and keeps every other statement of the policy, where this program provisions; Azure writes its own policy.";
    PolicyOtherIssuer = "SWAAPIM053", Broken, Policy, Mended, "the policy does not accept the issuer of the site's tokens",
        "None of the issuers in `validate-jwt` is this site, so requests of the site are refused, and those of another issuer may get in.",
        "`relink` repairs the check and keeps every other statement of the policy, where this program provisions; Azure writes its own policy.";
    PolicyLax = "SWAAPIM054", Broken, Policy, Mended, "the policy lets in unsigned or expired tokens",
        "With this attribute of `validate-jwt`, a caller can write a token without a key, or use an old one.",
        "`relink` repairs the check and keeps every other statement of the policy, where this program provisions; Azure writes its own policy.";
    PolicyAlsoLetsIn = "SWAAPIM055", Broken, Policy, Mended, "the policy lets in tokens of other issuers too",
        "Besides this site, the holder of another key can sign tokens that are accepted.",
        "`relink` repairs the check and keeps every other statement of the policy, where this program provisions; Azure writes its own policy.";
    PolicyRefusesSite = "SWAAPIM057", Broken, Policy, Mended, "the policy refuses the site's own requests",
        "The check accepts no token of the site: no source of the site's keys is named, or the audience or a claim is another one.",
        "`relink` repairs the check and keeps every other statement of the policy, where this program provisions; Azure writes its own policy.";
    PolicyUndetermined = "SWAAPIM058", Note, Policy, Told, "the policy does not decide who is let in",
        "The text of the policy alone does not prove that it lets in the site and refuses all other callers, and does not prove the opposite. Named values, expressions, fragments, keys that are published elsewhere and statements that this program does not know are such parts. The policy is neither repaired nor counted as drift.",
        "`doctor` calls the gateway and reports what it answers. Nothing has to be done if the site is let in and a request without a token is refused.";
    PolicyAnswers = "SWAAPIM059", Broken, Policy, Told, "the policy answers every request itself",
        "A statement such as `return-response` ends every request in the policy, so that none reaches an API.",
        "Remove the statement from the policy of the product. No command removes it, since it may be there on purpose.";
    SiteKeyStale = "SWAAPIM060", Broken, SiteKey, Mended, "the site sends a key that is no longer valid",
        "The site keeps a copy of the primary key from when it was connected. The key was changed behind its back, so every call of `/api` is answered with 401.",
        "`relink` connects the site again, upon which it takes the key that is valid now. Never regenerate the primary key of a live link; `relink` rotates both keys without losing a call.";
    SiteKeySecondary = "SWAAPIM061", Degraded, SiteKey, Mended, "the site sends the secondary key",
        "A rotation was stopped half-way: the site still sends the key that has moved to the secondary slot. It works until somebody regenerates that key.",
        "`relink` finishes the rotation.";
    SiteKeyMissing = "SWAAPIM062", Broken, SiteKey, Mended, "the site holds no key",
        "The site has nothing to send to the gateway, so every call of `/api` is answered with 401.",
        "`relink` connects the site again, upon which it takes the primary key.";
    NoApis = "SWAAPIM070", Degraded, Apis, Told, "no API can be reached: the product is empty",
        "Linking exposes no API. Until one is added to the link's product, every call of `/api` is answered with 401 `Access denied due to invalid subscription key`.",
        "Add one with `api add NAME`, or list it under `apis` of the env.";
    ApiNotInProduct = "SWAAPIM071", Degraded, Apis, Mended, "an API of the env is not in the product",
        "The env lists the API, but calls of it through the site are answered with 401.",
        "`link` and `relink` add it.";
    ApiMissing = "SWAAPIM072", Broken, Apis, Blocks, "an API of the env does not exist",
        "The env lists an API that the service does not have.",
        "Correct `apis` of the env, or create the API first.";
    ApiOutsideOfApi = "SWAAPIM073", Degraded, Apis, Told, "an API cannot be reached, since its path does not begin with `api`",
        "The site proxies the whole path: a call of `/api/orders` arrives at the gateway as `/api/orders`. An API whose path does not begin with `api` never gets one.",
        "Give the API a path that begins with `api/`, such as `api/orders`.";
    ApiWithOwnKeyHeader = "SWAAPIM074", Degraded, Apis, Told, "an API looks for the key in another header",
        "A static web app always sends the key in `Ocp-Apim-Subscription-Key`. An API with another header name answers every call with 401.",
        "Set the API's subscription key header back to `Ocp-Apim-Subscription-Key`.";
    ApiWithoutKey = "SWAAPIM075", Degraded, Apis, Told, "an API can be called without a key, past the site",
        "The API does not require a subscription. A call without a key does not go through the product, so nobody checks for a token of the site.",
        "Make the subscription required on the API, unless it is meant to be public.";
    ApiInOpenProduct = "SWAAPIM076", Degraded, Apis, Told, "an API is in an open product too",
        "The API is also in a product that requires no subscription. A call without a key goes through that product, so nobody checks for a token of the site. `doctor` and `audit` look for this.",
        "Take the API out of the open product, or require a subscription there, unless it is meant to be public.";
    PurgeNotOurs = "SWAAPIM080", Broken, Product, BlocksPurge, "the product is not recognisable as this link's",
        "The product's display name is not the one that linking gives it, so it may be somebody else's, and deleting cannot be undone.",
        "Run `relink` first if the product is this link's, or delete it by hand.";
    PurgeInUse = "SWAAPIM081", Broken, Subscription, BlocksPurge, "somebody else uses the link's product",
        "The product has subscriptions that linking did not make. Deleting it would take their access away.",
        "Move those subscriptions to another product, then purge.";
    Unreadable = "SWAAPIM090", Broken, StaticSite, Blocks, "a part of the link could not be read",
        "The control plane answered with something that this program does not understand, so the state of the link is unknown, and nothing is changed on a guess.",
        "Look at the resource that is named, mend it where it is kept, and run the command again.";
    OrphanOfGoneSite = "SWAAPIM100", Degraded, Product, Told, "the site of a link's product is nowhere to be seen",
        "Linking made the product for a static web app, and no static web app has that hostname any more, or none that you have the right to see. Its keys stay valid.",
        "`prune` deletes it. In Azure it does so only with `--include-gone`, since a site that you may not see looks as if it were gone.";
    OrphanUnlinked = "SWAAPIM101", Note, Product, Told, "the site of a link's product is no longer linked",
        "Unlinking leaves the product and its subscription in the service, as Azure's portal does. Their keys stay valid.",
        "`link` takes them up again; `prune` deletes them.";
    OrphanLinkedElsewhere = "SWAAPIM102", Note, Product, Told, "the site of a link's product is linked to something else",
        "The site was linked to this service once, and now has another backend. The product stayed, and its keys are valid.",
        "`prune` deletes it, unless the site is to come back.";
    LeftoverInUse = "SWAAPIM103", Note, Product, Told, "a product that a link left behind is used by others",
        "The site that the product was made for does not use it any more. Somebody else does: it has subscriptions that linking did not make, or needs none at all. `prune` leaves it alone.",
        "Move the others to a product of their own, then prune.";
    SecondProduct = "SWAAPIM104", Degraded, Product, Told, "a product is named like a link's and is not one",
        "Linking gives a product the first label of the site's hostname as its id. This one has the display name and another id, so no site uses it, and it keeps the link's own product from bearing its name.",
        "Rename or delete it by hand if nobody needs it.";
    UseUnknown = "SWAAPIM105", Degraded, Product, Told, "who uses a link's product could not be determined",
        "A site, its linked backends or the product's subscriptions could not be read. What might be in use is never taken for an orphan.",
        "Make what is named readable, then run the command again.";
    PartUnread = "SWAAPIM106", Degraded, Service, Told, "a part of the service could not be read",
        "What is said of the service is true, but not complete.",
        "Make what is named readable, then run the command again.";
    ApiOfSeveralSites = "SWAAPIM110", Note, Apis, Told, "an API is open to several sites",
        "The API is in the products of more than one link. A change of it reaches all of those sites.",
        "Nothing has to be done; give a site an API of its own if it must not share it.";
}

impl FindingCode {
    /// Returns the page of the manual about this code, as plain text.
    #[must_use]
    pub fn explanation(self) -> String {
        format!(
            "{self}: {}\nSeverity: {}\n\n{}\n\nWhat to do: {}\n",
            self.title(),
            self.severity(),
            self.meaning(),
            self.cure()
        )
    }
}

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that is not a finding code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{typed}` is not the code of a finding{}", .nearest.map(|code| format!("; did you mean `{code}`?")).unwrap_or_default())]
pub struct UnknownCode {
    typed: String,
    nearest: Option<&'static str>,
}

impl FromStr for FindingCode {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        let upper = text.to_ascii_uppercase();
        let full = if upper.bytes().all(|byte| byte.is_ascii_digit()) && !upper.is_empty() {
            format!("SWAAPIM{upper:0>3}")
        } else {
            upper
        };
        Self::ALL.iter().copied().find(|code| code.as_str() == full).ok_or_else(|| UnknownCode {
            typed: text.to_owned(),
            nearest: Self::ALL
                .iter()
                .map(|code| code.as_str())
                .find(|code| !text.is_empty() && code.starts_with(&full))
                .or_else(|| nearest(&full, Self::ALL.iter().map(|code| code.as_str()))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_none_is_used_twice() {
        let codes: Vec<_> = FindingCode::ALL.iter().map(|code| code.as_str()).collect();
        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "{codes:?}");
    }

    #[test]
    fn a_code_is_found_by_its_text_or_its_number_alone() {
        for text in ["SWAAPIM040", "swaapim040", "040", "40"] {
            assert_eq!(text.parse(), Ok(FindingCode::SubscriptionMissing), "{text}");
        }
        let error = "SWAAPIM04".parse::<FindingCode>().unwrap_err().to_string();
        assert!(error.contains("did you mean `SWAAPIM0"), "{error}");
        assert!("".parse::<FindingCode>().is_err());
    }

    #[test]
    fn every_finding_says_what_it_means_and_what_to_do() {
        for code in FindingCode::ALL {
            assert!(code.meaning().ends_with('.') && code.cure().ends_with('.'), "{code}");
            assert!(
                code.title().starts_with(char::is_lowercase) || code.title().starts_with("Azure"),
                "{code}"
            );
        }
    }
}
