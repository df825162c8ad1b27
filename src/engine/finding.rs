//! Every finding: its code, its severity, its meaning and its cure, in one table.

mod effect;

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::effect::{AlsoBlocks, Effect};
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

macro_rules! findings {
    ($($variant:ident = $code:literal, $severity:ident, $part:ident, $effect:ident, $also:ident, $title:literal,
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

            /// Returns which other changes it blocks.
            #[must_use]
            pub fn also_blocks(self) -> AlsoBlocks {
                match self { $(Self::$variant => AlsoBlocks::$also),* }
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
    SiteMissing = "SWAAPIM001", Broken, StaticSite, Blocks, Everything, "the static web app does not exist",
        "No static web app has this name in this resource group and subscription.",
        "Correct `static-web-app`, `resource-group` and `subscription` of the env, or specify the full ARM ID of the static web app.";
    ServiceMissing = "SWAAPIM002", Broken, Service, Blocks, Apis, "the API Management service does not exist",
        "No API Management service has this name in this resource group and subscription.",
        "Correct `apim` of the env. For a service in another resource group or subscription, specify its full ARM ID.";
    PlanTooSmall = "SWAAPIM003", Broken, StaticSite, Blocks, Nothing, "the plan of the static web app does not support linked backends",
        "Only static web apps on the Standard or Dedicated plan can have a linked backend. The Free plan does not support it.",
        "Change the static web app to the Standard plan, then run `link`.";
    PullRequestEnvironment = "SWAAPIM004", Broken, StaticSite, Blocks, Nothing, "a pull-request environment cannot be linked",
        "Azure can link the production environment and, in some cases, named preview environments. It cannot link the environment of a pull request, which has a number as its name.",
        "Link the production environment, or a named preview environment with `--allow-preview`.";
    PreviewEnvironment = "SWAAPIM005", Degraded, StaticSite, BlocksUnlessPreview, Nothing, "the environment is not production",
        "Microsoft's documentation is inconsistent about whether a named preview environment can be linked, and some users have reported failures.",
        "Run the command again with `--allow-preview` to try to link the environment.";
    EnvironmentMissing = "SWAAPIM006", Broken, StaticSite, Blocks, Nothing, "the site environment does not exist",
        "The static web app has no environment of this name.",
        "Correct `site-environment` of the env. The production environment is called `default`.";
    FunctionsApp = "SWAAPIM007", Broken, StaticSite, Blocks, Nothing, "the site already has a Functions app as its backend",
        "A static web app whose `/api` is served by an existing Functions app cannot also have a linked backend.",
        "Unlink the Functions app from the static web app, then run the command again.";
    ServiceNotReady = "SWAAPIM008", Broken, Service, Blocks, Nothing, "the API Management service is not ready",
        "The provisioning state of the service is not `Succeeded`: Azure is still creating or updating it, or an operation has failed. A link that is created now may fail.",
        "Wait until the service's provisioning state is `Succeeded`, then run the command again.";
    ServiceUnreachable = "SWAAPIM009", Broken, Service, Blocks, Nothing, "the gateway cannot be reached from the internet",
        "A static web app calls the gateway over the internet. If the service is in an internal virtual network, or if public network access is disabled, linking succeeds, but then every call fails with `Backend call failure`.",
        "Use a service whose virtual network type is `None` or `External`, with public network access enabled.";
    ProductNameTaken = "SWAAPIM010", Broken, Product, Blocks, Nothing, "another product already has the display name of the link's product",
        "Display names are unique within a service, so Azure cannot create the link's product while another product has its display name. That product is usually a leftover of an earlier link.",
        "Rename or delete the other product, then run the command again.";
    ProductOfAnotherSite = "SWAAPIM011", Broken, Product, Blocks, Apis, "the product belongs to the link of another site",
        "According to its display name, the product that this link would use was created for another site. A change to it would break the link of that site.",
        "Find the site that the product belongs to. If that site does not exist, delete the product and run the command again.";
    ProductUnproven = "SWAAPIM012", Degraded, Product, BlocksUnlessAdopted, Apis, "the ID of the link's product is used by a product of unknown origin",
        "The service has a product with the ID that the link's product needs. Its display name, policy and subscriptions do not prove that it was created for this site, so other consumers may use it.",
        "Run `link --adopt` if the link may use the product: its display name, settings and policy are replaced by those of the link. Otherwise move its APIs to another product and delete this one.";
    LinkedElsewhere = "SWAAPIM020", Broken, LinkedBackend, BlocksUnlessReplace, Unlinking, "the site is linked to another backend",
        "A site environment can have only one linked backend, and the current one is not the service of the env.",
        "If the env is correct, run `link --replace`. If the current backend is correct, correct `apim` of the env.";
    Dangling = "SWAAPIM021", Broken, LinkedBackend, Mended, Nothing, "the linked backend refers to a resource that does not exist",
        "The site proxies `/api` to a resource that no longer exists, so every call fails.",
        "`relink` disconnects the site from that resource and connects it to the service of the env. `unlink` only disconnects it.";
    SeveralBackends = "SWAAPIM022", Degraded, LinkedBackend, Mended, Nothing, "the site environment has more than one linked backend",
        "Azure allows only one. Which of them the site uses is undefined.",
        "`relink` keeps one linked backend and disconnects the other ones.";
    BackendFailed = "SWAAPIM023", Broken, LinkedBackend, Mended, Nothing, "Azure did not finish connecting the backend",
        "The provisioning state of the linked backend is `Failed` or `Canceled`.",
        "`relink` connects the site again.";
    BackendPending = "SWAAPIM024", Degraded, LinkedBackend, Told, Nothing, "Azure is still connecting the backend",
        "The provisioning state of the linked backend is not final yet.",
        "Wait a minute, then run `status` again.";
    BackendStateUnknown = "SWAAPIM025", Note, LinkedBackend, Told, Nothing, "the linked backend has an unknown provisioning state",
        "Azure reports a provisioning state that is not documented. It is printed unchanged.",
        "No action is required if `/api` works.";
    Leftover = "SWAAPIM026", Note, Product, Told, Nothing, "the product of an earlier link still exists",
        "When a site is unlinked, its product and subscription stay in the service, as with the Azure portal. Their keys remain valid.",
        "`link` uses them again. `unlink --purge` deletes them.";
    ProductMissing = "SWAAPIM030", Broken, Product, Mended, Nothing, "the link's product is missing",
        "Without its product, the key that the site sends gives access to no API: every call of `/api` returns 401.",
        "`relink` creates the product with its subscription and policy. It adds the APIs that are listed in the env; add any other API with `api add NAME`.";
    ProductRenamed = "SWAAPIM031", Degraded, Product, Mended, Nothing, "the product does not have the expected display name",
        "The link works, but users and tools cannot recognise the product as the one of this site.",
        "`relink` restores the display name.";
    SubscriptionNotRequired = "SWAAPIM032", Broken, Product, Mended, Nothing, "the product does not require a subscription",
        "Any client can call the APIs of the product without a key and without passing the site.",
        "`relink` makes the subscription required again.";
    ProductNotPublished = "SWAAPIM033", Degraded, Product, Mended, Nothing, "the product is not published",
        "The keys still work, but the product is not in the state that linking creates.",
        "`relink` publishes the product.";
    ApprovalRequired = "SWAAPIM034", Degraded, Product, Mended, Nothing, "the product requires approval of subscriptions",
        "A new subscription of the product would be inactive until an administrator approves it.",
        "`relink` turns the approval off.";
    SubscriptionMissing = "SWAAPIM040", Broken, Subscription, Mended, Nothing, "the link's subscription is missing",
        "The key that the site sends does not belong to a subscription, so every call of `/api` returns 401.",
        "`relink` creates a new subscription and connects the site again, which gives it the new key.";
    SubscriptionInactive = "SWAAPIM041", Broken, Subscription, Mended, Nothing, "the link's subscription is not active",
        "The gateway accepts only keys of active subscriptions, so every call of `/api` returns 401.",
        "`relink` activates the subscription.";
    SubscriptionRenamed = "SWAAPIM042", Degraded, Subscription, Mended, Nothing, "the subscription does not have the expected display name",
        "The link works, but users and tools cannot recognise the subscription as the one of this site.",
        "`relink` restores the display name.";
    OtherSubscriptions = "SWAAPIM043", Note, Subscription, Told, Nothing, "the product has additional subscriptions",
        "Another consumer holds keys of the link's product. Its requests still need a token of the site. The product cannot be purged while the subscription exists.",
        "No action is required. For other consumers, use another product.";
    KeysMissing = "SWAAPIM044", Broken, Subscription, Mended, Nothing, "the keys of the subscription are missing",
        "The control plane has no keys for the subscription, so the gateway rejects every call.",
        "`relink` sets two new keys and connects the site again, which gives it the primary key.";
    KeysTooOld = "SWAAPIM045", Degraded, Subscription, Told, Nothing, "the keys are older than `max-key-age` of the env",
        "The env limits the age of keys, and at least one of the subscription's two keys is older. The link works.",
        "`relink` replaces both keys. A scheduled `relink --if-older-than` keeps them within the limit.";
    PolicyMissing = "SWAAPIM050", Broken, Policy, Mended, Nothing, "the product has no policy",
        "Without a policy, requests need a key but no token. A client that has the key can call the APIs without passing the site.",
        "`relink` creates the policy.";
    PolicyWithoutCheck = "SWAAPIM051", Broken, Policy, Mended, Nothing, "the policy does not check tokens",
        "No `validate-jwt` applies to every request. A client that has the key can call the APIs without passing the site.",
        "`relink` adds the check. With `--provisioning engine` it keeps every other statement of the policy; otherwise Azure replaces the policy.";
    PolicyOtherHeader = "SWAAPIM052", Broken, Policy, Mended, Nothing, "the policy reads the token from another place",
        "The site sends its token in the header `X-MS-AUTH-TOKEN`. A policy that checks another header or a query parameter rejects every request of the site.",
        "`relink` repairs the check. With `--provisioning engine` it keeps every other statement of the policy; otherwise Azure replaces the policy.";
    PolicyOtherIssuer = "SWAAPIM053", Broken, Policy, Mended, Nothing, "the policy does not accept tokens of this site",
        "None of the issuers in `validate-jwt` is this site, so the gateway rejects requests of the site and may accept requests with tokens of another issuer.",
        "`relink` repairs the check. With `--provisioning engine` it keeps every other statement of the policy; otherwise Azure replaces the policy.";
    PolicyLax = "SWAAPIM054", Broken, Policy, Mended, Nothing, "the policy accepts unsigned or expired tokens",
        "An attribute of `validate-jwt` turns off a part of the check, so that a client can use a token that it wrote itself, or an old one.",
        "`relink` repairs the check. With `--provisioning engine` it keeps every other statement of the policy; otherwise Azure replaces the policy.";
    PolicyAlsoLetsIn = "SWAAPIM055", Broken, Policy, Mended, Nothing, "the policy also accepts tokens of other issuers",
        "The policy accepts tokens that are signed with keys other than those of this site.",
        "`relink` repairs the check. With `--provisioning engine` it keeps every other statement of the policy; otherwise Azure replaces the policy.";
    PolicyRefusesSite = "SWAAPIM057", Broken, Policy, Mended, Nothing, "the policy rejects the requests of the site",
        "The check does not accept the tokens of the site: it specifies no source of the site's signing keys, another audience, or a claim that the tokens do not have.",
        "`relink` repairs the check. With `--provisioning engine` it keeps every other statement of the policy; otherwise Azure replaces the policy.";
    PolicyUndetermined = "SWAAPIM058", Note, Policy, Told, Nothing, "the effect of the policy cannot be determined",
        "The text of the policy proves neither that it accepts only requests of the site nor the opposite. It contains named values, expressions, fragments, signing keys that are published at another address, or statements that this program does not know. The policy is neither repaired nor counted as drift.",
        "`doctor` calls the gateway and reports its answers. No action is required if the gateway accepts the site and rejects a request without a token.";
    PolicyAnswers = "SWAAPIM059", Broken, Policy, Told, Nothing, "the policy answers every request itself",
        "A statement such as `return-response` ends every request in the policy, so that no request reaches an API.",
        "Remove the statement from the policy of the product. No command removes it, because it may be intentional.";
    SiteKeyStale = "SWAAPIM060", Broken, SiteKey, Mended, Nothing, "the site sends a key that is not valid",
        "The site uses the primary key that it copied when it was connected. The key was changed afterwards without connecting the site again, so every call of `/api` returns 401.",
        "`relink` connects the site again, which gives it the current key. Do not regenerate the primary key of a link; `relink` replaces both keys without failed calls.";
    SiteKeySecondary = "SWAAPIM061", Degraded, SiteKey, Mended, Nothing, "the site sends the secondary key",
        "A key rotation was interrupted: the site still sends the key that was moved to the secondary slot. The key works until it is replaced.",
        "`relink` completes the rotation.";
    SiteKeyMissing = "SWAAPIM062", Broken, SiteKey, Mended, Nothing, "the site holds no key",
        "The site has no key to send to the gateway, so every call of `/api` returns 401.",
        "`relink` connects the site again, which gives it the primary key.";
    NoApis = "SWAAPIM070", Degraded, Apis, Told, Nothing, "the product contains no API",
        "Linking adds no API. Until you add an API to the link's product, every call of `/api` returns 401 `Access denied due to invalid subscription key`.",
        "Add an API with `api add NAME`, or list it under `apis` of the env and run `link`.";
    ApiNotInProduct = "SWAAPIM071", Degraded, Apis, Mended, Nothing, "an API of the env is not in the product",
        "The env lists the API, but calls of it through the site return 401.",
        "`link` and `relink` add it.";
    ApiMissing = "SWAAPIM072", Broken, Apis, Blocks, NewApis, "an API of the env does not exist",
        "The env lists an API that does not exist in the service.",
        "Correct `apis` of the env, or create the API.";
    ApiOutsideOfApi = "SWAAPIM073", Degraded, Apis, Told, Nothing, "the path of an API does not begin with `api`",
        "The site proxies the whole path: a call of `/api/orders` arrives at the gateway as `/api/orders`. An API whose path does not begin with `api` never receives a call of the site.",
        "Change the path of the API to one that begins with `api/`, such as `api/orders`.";
    ApiWithOwnKeyHeader = "SWAAPIM074", Degraded, Apis, Told, Nothing, "an API reads the key from another header",
        "A static web app always sends the key in `Ocp-Apim-Subscription-Key`. An API that expects another header answers every call with 401.",
        "Change the subscription key header of the API to `Ocp-Apim-Subscription-Key`.";
    ApiWithoutKey = "SWAAPIM075", Degraded, Apis, Told, Nothing, "an API can be called without a key",
        "The API does not require a subscription. A call without a key does not use the link's product, so its policy does not check for a token of the site.",
        "Require a subscription for the API, unless it is meant to be public.";
    ApiInOpenProduct = "SWAAPIM076", Degraded, Apis, Told, Nothing, "an API is also in an open product",
        "The API is also in a product that requires no subscription. A call without a key uses that product, so the policy of the link does not check for a token of the site. Only `doctor` and `audit` check for this.",
        "Remove the API from the open product, or require a subscription for that product, unless the API is meant to be public.";
    PurgeNotOurs = "SWAAPIM080", Broken, Product, BlocksPurge, Nothing, "the product may not belong to this link",
        "The display name of the product is not the one that linking creates, so the product may belong to another consumer. A deletion cannot be undone.",
        "If the product belongs to this link, run `relink`, then purge again. Otherwise delete it manually.";
    PurgeInUse = "SWAAPIM081", Broken, Subscription, BlocksPurge, Nothing, "another consumer uses the link's product",
        "The product has subscriptions that linking did not create. A deletion of the product would remove their access.",
        "Move those subscriptions to another product, then purge again.";
    Unreadable = "SWAAPIM090", Broken, StaticSite, Blocks, Everything, "a part of the link could not be read",
        "The control plane returned an answer that this program does not understand, so the state of the link is unknown. Nothing is changed.",
        "Correct the resource that the message names, in Azure or in the model, and run the command again.";
    OrphanOfGoneSite = "SWAAPIM100", Degraded, Product, Told, Nothing, "the site of a link's product was not found",
        "The product was created for a static web app, but no static web app has that hostname, or you do not have the right to read it. The keys of the product remain valid.",
        "`prune` deletes the product. In Azure it requires `--include-gone`, because a site that you are not allowed to read looks like a deleted one.";
    OrphanUnlinked = "SWAAPIM101", Note, Product, Told, Nothing, "the site of a link's product is no longer linked",
        "When a site is unlinked, its product and subscription stay in the service, as with the Azure portal. Their keys remain valid.",
        "`link` uses them again. `prune` deletes them.";
    OrphanLinkedElsewhere = "SWAAPIM102", Note, Product, Told, Nothing, "the site of a link's product is linked to another backend",
        "The site was linked to this service and now has another backend. The product still exists, and its keys remain valid.",
        "`prune` deletes the product. Keep it if the site will be linked to this service again.";
    LeftoverInUse = "SWAAPIM103", Note, Product, Told, Nothing, "the product of a former link is used by other consumers",
        "The site that the product was created for no longer uses it, but other consumers do, or may: it has subscriptions that linking did not create, or it requires no subscription. In the second case anyone can call its APIs, and the severity is `broken`. `prune` does not delete it.",
        "Move the other consumers to another product, or require a subscription, then run `prune`.";
    SecondProduct = "SWAAPIM104", Degraded, Product, Told, Nothing, "a product has the display name of a link's product but another ID",
        "The ID of a link's product is the first label of the site's hostname. This product has the display name but another ID, so no site uses it, and the link's product cannot be created with that display name.",
        "Rename the product, or delete it manually if it is not used.";
    UseUnknown = "SWAAPIM105", Degraded, Product, Told, Nothing, "it could not be determined who uses a link's product",
        "A site, its linked backends or the subscriptions of the product could not be read. A product that may be in use is never treated as an orphan.",
        "Get the right to read the resource that the message names, then run the command again.";
    PartUnread = "SWAAPIM106", Degraded, Service, Told, Nothing, "a part of the service could not be read",
        "The report about the service is correct but incomplete.",
        "Get the right to read the resource that the message names, then run the command again.";
    ApiOfSeveralSites = "SWAAPIM110", Note, Apis, Told, Nothing, "several sites can call an API",
        "The API is in the products of several links. A change to it affects each of those sites.",
        "No action is required. If a site must not share the API, create a separate API for it.";
}

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that is not a finding code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{typed}` is not a finding code{}", .nearest.map(|code| format!("; did you mean `{code}`?")).unwrap_or_default())]
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
    fn a_code_is_found_by_its_text_or_only_its_number() {
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
