//! Problems that users meet, in the words of the program that reports them, with the cause and the remedy: one table.

use crate::engine::FindingCode;

/// A message, who reports it, its cause and its remedy.
#[derive(Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The words of the message; the first entry is the heading.
    pub words: &'static [&'static str],
    /// Who reports it.
    pub said_by: &'static str,
    /// The cause, in a paragraph.
    pub cause: &'static str,
    /// The remedy, in a paragraph.
    pub cure: &'static str,
    /// The findings with which `status` may report it.
    pub findings: &'static [FindingCode],
}

/// How many of the typed words must be among those of a message, in tenths.
const ALIKE: usize = 7;

impl Trouble {
    /// Every message, in the order in which a request meets them, then a change.
    pub const ALL: &[Self] = TROUBLES;

    /// The message that the user saw, found by the part of it that the user typed.
    #[must_use]
    pub fn find(typed: &str) -> Option<&'static Self> {
        let typed = normal(typed);
        let scored = Self::ALL.iter().map(|trouble| (trouble.likeness(&typed), trouble));
        // Of two that are equally similar, the first.
        scored
            .rev()
            .max_by_key(|(score, _)| *score)
            .filter(|(score, _)| *score > 0)
            .map(|(_, trouble)| trouble)
    }

    fn likeness(&self, typed: &str) -> usize {
        self.words.iter().map(|words| likeness(&normal(words), typed)).max().unwrap_or_default()
    }
}

/// How similar a message and a typed text are. One that contains the other scores highest, more for a longer message.
fn likeness(known: &str, typed: &str) -> usize {
    const PART: usize = 1000;
    if typed.contains(known) || (typed.len() >= 8 && known.contains(typed)) {
        return PART + known.len();
    }
    let words: Vec<&str> = typed.split(' ').filter(|word| word.len() > 2).collect();
    let common = words.iter().filter(|word| known.split(' ').any(|it| it == **word)).count();
    if words.len() >= 2 && common * 10 >= words.len() * ALIKE { common } else { 0 }
}

/// A text in lower case, with one space between words and no punctuation around them.
fn normal(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '\'').map(|word| word.trim_matches('\''));
    let words: Vec<String> = words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    words.join(" ")
}

const TROUBLES: &[Trouble] = &[
    Trouble {
        words: &["Access denied due to invalid subscription key"],
        said_by: "the gateway of API Management, with 401",
        cause: "The site sent a key that does not open the API: the API is not in the link's product, the key was \
                regenerated without the site, or the subscription is missing or not active.",
        cure: "`swa-apim status --env prod` names the part. `swa-apim api add NAME --env prod` adds the API; \
               `swa-apim relink --env prod` repairs the rest.",
        findings: &[
            FindingCode::SiteKeyStale,
            FindingCode::SubscriptionInactive,
            FindingCode::SubscriptionMissing,
            FindingCode::ProductMissing,
        ],
    },
    Trouble {
        words: &["Access denied due to missing subscription key"],
        said_by: "the gateway of API Management, with 401",
        cause: "The request came without a key in the header where the API looks for one. Either it did not pass the \
                site, or the API looks in another header than `Ocp-Apim-Subscription-Key`, which is the one that a \
                site sends.",
        cure: "Call the site, not the gateway. If the request came from the site, `swa-apim status --env prod` names \
               the API that uses another header; change it back in the API's settings.",
        findings: &[FindingCode::SiteKeyMissing],
    },
    Trouble {
        words: &["JWT not present."],
        said_by: "the gateway of API Management, with 401",
        cause: "The key was right, and the request had no token of the site in `X-MS-AUTH-TOKEN`. The product's \
                policy refuses such requests: either the request did not pass the site, or a proxy between site and \
                gateway removed the header.",
        cure: "Call the site's own `/api`, without another proxy between site and gateway. To call the gateway \
               itself, use another product.",
        findings: &[],
    },
    Trouble {
        words: &["Invalid JWT.", "TokenIssuerNotAllowed", "TokenAudienceNotAllowed", "TokenSignatureInvalid"],
        said_by: "the gateway of API Management, with 401",
        cause: "The product's policy checks the token, but for another site or in another way than a link does: it \
                was edited, or the product was created for another hostname.",
        cure: "`swa-apim status --env prod` reports the difference; `swa-apim relink --env prod` repairs the policy.",
        findings: &[
            FindingCode::PolicyOtherIssuer,
            FindingCode::PolicyOtherHeader,
            FindingCode::PolicyWithoutCheck,
            FindingCode::PolicyRefusesSite,
        ],
    },
    Trouble {
        words: &["Backend call failure"],
        said_by: "the site, with 500",
        cause: "The site could not reach the gateway, or got no answer in time. An internal virtual network, a \
                private endpoint and disabled public network access all end like this, and linking warns of none; \
                users also report it of services behind Front Door, and for a while during incidents.",
        cure: "`swa-apim status --env prod` reports whether the gateway can be reached from outside. A site waits 45 \
               seconds for an answer.",
        findings: &[FindingCode::ServiceUnreachable, FindingCode::Dangling],
    },
    Trouble {
        words: &["Resource not found"],
        said_by: "the gateway of API Management, with 404",
        cause: "No API and operation match path and method. The whole path is proxied, so the API's own path has to \
                begin with `api`: `/api/orders` of the site is `/api/orders` of the gateway.",
        cure: "`swa-apim api list --env prod` prints the paths. Give the API a path that begins with `api`.",
        findings: &[],
    },
    Trouble {
        words: &["Rate limit is exceeded", "Out of call volume quota"],
        said_by: "the gateway of API Management, with 429 or 403",
        cause: "A policy of the API, the product or the service limits calls. All visitors of a site share one \
                subscription, so they share its limits.",
        cure: "Raise the limit, or count by another value than the subscription, in the policy of the API: Azure may \
               write the policy of the link's product again when the site is connected.",
        findings: &[],
    },
    Trouble {
        words: &["One Static Web App can not have more than one linked backend", "59363"],
        said_by: "Azure, with 400, upon linking",
        cause: "The site environment has a linked backend already, perhaps under another name; a template that uses \
                another name than the portal did ends like this. Right after an unlink, Azure may need a minute to \
                notice.",
        cure: "`swa-apim status --env prod` prints the linked backend; `swa-apim link --env prod --replace` replaces \
               it. If it names the right service, `swa-apim link --env prod` adopts it under any name.",
        findings: &[FindingCode::LinkedElsewhere, FindingCode::SeveralBackends],
    },
    Trouble {
        words: &["Cannot link backend with a preexisting Azure Static Web Apps configuration"],
        said_by: "Azure, upon linking",
        cause: "The backend is a Functions or App Service app that another site is linked to. Users report it of \
                those; a service of API Management can be linked to many sites.",
        cure: "Unlink the other site from that app, or link to API Management.",
        findings: &[FindingCode::FunctionsApp],
    },
    Trouble {
        words: &["An error has occurred"],
        said_by: "Azure, with 500, upon linking; also the portal, for preview environments",
        cause: "Users report this answer for a backend without a region that is not an API Management service, and \
                in the portal for environments that cannot be linked. It has no other details.",
        cure: "Run the command again. Check that `apim` of the env is an API Management service, and that the \
               environment is production.",
        findings: &[FindingCode::PreviewEnvironment],
    },
    Trouble {
        words: &["Cannot find WebSite with name", "51004"],
        said_by: "Azure, with 404, upon linking",
        cause: "Azure looks for the backend in a region, and it does not exist there.",
        cure: "Check the name, and the region if one was given. An API Management service needs none.",
        findings: &[FindingCode::ServiceMissing],
    },
    Trouble {
        words: &["Cannot find StaticSiteBuild with name"],
        said_by: "Azure, with 404",
        cause: "The site has no environment with this name. Environments of pull requests end with their pull \
                request.",
        cure: "Check `site-environment` of the env; production is called `default`.",
        findings: &[FindingCode::EnvironmentMissing],
    },
    Trouble {
        words: &["Linked backends are not supported for the resource type"],
        said_by: "Azure, upon linking",
        cause: "The id of the backend has another resource type, or a misspelt provider.",
        cure: "Give `apim` as a name, or as `/subscriptions/…/providers/Microsoft.ApiManagement/service/NAME`.",
        findings: &[],
    },
    Trouble {
        words: &["Staticwebapp must have 'Standard' SKU", "Invalid SKU"],
        said_by: "az, before it calls Azure",
        cause: "The site's plan does not allow linked backends. Some versions of az refuse the plan Dedicated too, \
                which allows them.",
        cure: "Move the site to the Standard plan. `swa-apim link` accepts Dedicated.",
        findings: &[FindingCode::PlanTooSmall],
    },
    Trouble {
        words: &["Product with the same name already exists"],
        said_by: "API Management, with 400, upon linking",
        cause: "Display names of products are unique in a service, and another product has the link's. In most \
                cases, an earlier link left it behind.",
        cure: "`swa-apim status --env prod` names the product. Rename or delete it, then link.",
        findings: &[FindingCode::ProductNameTaken],
    },
    Trouble {
        words: &["nothing shows that it is the link's"],
        said_by: "this program, with exit code 4",
        cause: "The service has a product with the id that the link needs. Its display name, its policy and its \
                subscriptions do not show that it was created for this site, so it may serve other consumers.",
        cure: "`swa-apim link --adopt --env prod` uses the product and changes it into the link's. Otherwise give \
               the APIs another product, and delete this one.",
        findings: &[FindingCode::ProductUnproven],
    },
    Trouble {
        words: &["the policy does not decide who is let in", "undetermined"],
        said_by: "`swa-apim status`, as a note",
        cause: "The text of the product's policy proves neither that it lets in only requests of the site, nor the \
                opposite. Named values, expressions, policy fragments and unknown statements are such parts. The \
                policy is not repaired, and not counted as drift.",
        cure: "`swa-apim doctor --env prod` calls the gateway and reports its answer. If a request without a token \
               is refused and the site is let in, nothing has to be done.",
        findings: &[FindingCode::PolicyUndetermined],
    },
    Trouble {
        words: &["Product cannot be deleted since it has existing subscriptions"],
        said_by: "API Management, with 400",
        cause: "A product can be deleted only after its subscriptions.",
        cure: "`swa-apim unlink --env prod --purge` deletes the link's subscription, then its product, and refuses \
               if another consumer uses it.",
        findings: &[FindingCode::OtherSubscriptions],
    },
    Trouble {
        words: &[
            "The resource operation completed with terminal provisioning state 'Failed'",
            "ResourceOperationFailure",
        ],
        said_by: "Azure, upon deleting a site",
        cause: "Users report it of a site whose linked backend names a deleted service: the link can be read, \
                answers 404 when it is deleted, and prevents the deletion of the site.",
        cure: "If `swa-apim status --env prod` prints `dangling`, that is the cause. `swa-apim unlink --env prod` \
               tries to disconnect it; `swa-apim relink --env prod` connects the env's service instead, after which \
               it can be unlinked.",
        findings: &[FindingCode::Dangling],
    },
    Trouble {
        words: &["does not have authorization to perform action", "AuthorizationFailed"],
        said_by: "Azure, with 403; this program then ends with 6",
        cause: "The credential in use does not have the right for this action in this scope.",
        cure: "The message names action and scope. Website Contributor on the site and API Management Service \
               Contributor on the service are sufficient. New role assignments may take minutes.",
        findings: &[],
    },
    Trouble {
        words: &[
            "Operation on the API is in progress",
            "PessimisticConcurrencyConflict",
            "Cannot acquire exclusive lock to create, update or delete this site",
            "ServiceLocked",
            "is transitioning at this time",
        ],
        said_by: "API Management, with 409; Azure, with 409 or 429",
        cause: "Another operation on the service or the site is under way. The program waits for it as long as `--timeout` \
                allows.",
        cure: "Wait, then run the same command again: it continues from what is there.",
        findings: &[FindingCode::ServiceNotReady],
    },
    Trouble {
        words: &["SubscriptionNotFound", "InvalidSubscriptionId"],
        said_by: "Azure, with 404; this program then ends with 5",
        cause: "Azure does not find the Azure subscription with this token: its id is wrong, the account is signed in to another \
                directory, or the account has no rights there. It does not prove that the site or the service is missing.",
        cure: "`az account list --all --output table` lists the subscriptions that the account sees. Correct `subscription` of \
               the env, or sign in with `az login --tenant TENANT`.",
        findings: &[],
    },
    Trouble {
        words: &["ResourceGroupNotFound"],
        said_by: "Azure, with 404",
        cause: "The resource group does not exist in the Azure subscription, so the site or the service in it does not either.",
        cure: "Correct `resource-group` or `subscription` of the env; `az group list --output table` lists the resource groups.",
        findings: &[FindingCode::SiteMissing, FindingCode::ServiceMissing],
    },
    Trouble {
        words: &["RequestDisallowedByPolicy"],
        said_by: "Azure, with 403; this program then ends with 4",
        cause: "An assignment of Azure Policy forbids the change. No role allows it.",
        cure: "The hint names the assignment. Ask its owner for an exemption, or change what the policy asks for.",
        findings: &[],
    },
    Trouble {
        words: &["InvalidAuthenticationTokenTenant"],
        said_by: "Azure, with 401; this program then ends with 6",
        cause: "The access token was issued by another Microsoft Entra tenant than the one of the Azure subscription.",
        cure: "Get a token of the right tenant: `az account get-access-token --subscription SUBSCRIPTION`, after `az login \
               --tenant TENANT`.",
        findings: &[],
    },
    Trouble {
        words: &["MissingSubscriptionRegistration", "The subscription is not registered to use namespace"],
        said_by: "Azure, with 409",
        cause: "The resource provider is not registered in the Azure subscription.",
        cure: "Run `az provider register --namespace Microsoft.Web --wait`, or with the namespace that the message names.",
        findings: &[],
    },
    Trouble {
        words: &["PreconditionFailed", "PreconditionFailedException"],
        said_by: "API Management, with 412",
        cause: "The resource has changed since it was read.",
        cure: "Run the same command again: it computes a new plan. Save a saved plan again.",
        findings: &[],
    },
    Trouble {
        words: &["is not complete:"],
        said_by: "`swa-apim model import`, with exit code 2",
        cause: "The imported list is one page of several: it has a `nextLink` or another sign that Azure has more \
                elements.",
        cure: "Fetch the other pages and import all of them as one array. `swa-apim model import FILE --partial` \
               imports only this page.",
        findings: &[],
    },
    Trouble {
        words: &["holds keys, and other users can read it"],
        said_by: "this program, with exit code 2",
        cause: "The model contains keys, and the mode of its file lets other users read them. Such a model is read \
                with a warning, and not written.",
        cure: "Run the `chmod` command of the hint. If another user may have read the keys, run `swa-apim relink \
               --env prod` after it.",
        findings: &[],
    },
    Trouble {
        words: &["NotEmulated"],
        said_by: "`swa-apim emulate`, with 501",
        cause: "Azure has this resource type, and the emulator does not implement it.",
        cure: "`GET /_emulator/limits` at the address of the control plane lists everything that the emulator does \
               not implement.",
        findings: &[],
    },
    Trouble {
        words: &["IndexError: list index out of range"],
        said_by: "az staticwebapp backends unlink",
        cause: "The site has no linked backend, and az does not expect that.",
        cure: "Nothing has to be done; `swa-apim unlink --env prod` reports that and ends with 0.",
        findings: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_is_found_by_its_own_words_in_any_context() {
        for trouble in Trouble::ALL {
            for words in trouble.words {
                for typed in
                    [(*words).to_owned(), words.to_uppercase(), format!("error 401: \"{words}\" (again)")]
                {
                    assert_eq!(Trouble::find(&typed), Some(trouble), "{typed}");
                }
            }
        }
    }

    #[test]
    fn some_of_the_words_are_enough() {
        let first = |typed| Trouble::find(typed).map(|trouble| trouble.words[0]);
        assert_eq!(first("invalid subscription key"), Some("Access denied due to invalid subscription key"));
        assert_eq!(first("missing key denied"), Some("Access denied due to missing subscription key"));
        assert_eq!(
            first("more than one backend"),
            Some("One Static Web App can not have more than one linked backend")
        );
        assert_eq!((first("rain in spain"), first(""), first("foo")), (None, None, None));
    }

    #[test]
    fn every_text_is_a_paragraph() {
        for Trouble { words, said_by, cause, cure, .. } in Trouble::ALL {
            assert!(cause.ends_with('.') && cure.ends_with('.') && !said_by.ends_with('.'), "{words:?}");
            assert!(!cause.contains("  ") && !cure.contains("  "), "{words:?}");
        }
    }
}
