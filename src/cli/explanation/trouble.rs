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
        cause: "The key that the site sent does not give access to the API. Either the API is not in the \
                link's product, the key was regenerated without connecting the site again, or the \
                subscription is missing or not active.",
        cure: "`swa-apim status --env prod` prints the cause. `swa-apim api add NAME --env prod` adds the \
               API; `swa-apim relink --env prod` repairs the other causes.",
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
        cause: "The request had no key in the header from which the API reads it. Either the request did not \
                pass the site, or the API expects another header than `Ocp-Apim-Subscription-Key`, in which \
                a site sends the key.",
        cure: "Call the site, not the gateway. If the request came from the site, `swa-apim status --env \
               prod` prints the API that expects another header. Change the header in the settings of the \
               API.",
        findings: &[FindingCode::SiteKeyMissing],
    },
    Trouble {
        words: &["JWT not present."],
        said_by: "the gateway of API Management, with 401",
        cause: "The key was valid, but the request had no token of the site in the header `X-MS-AUTH-TOKEN`. \
                The policy of the product rejects such requests. Either the request did not pass the site, \
                or a proxy between site and gateway removed the header.",
        cure: "Call `/api` of the site, without another proxy between site and gateway. To call the gateway \
               directly, use another product.",
        findings: &[],
    },
    Trouble {
        words: &["Invalid JWT.", "TokenIssuerNotAllowed", "TokenAudienceNotAllowed", "TokenSignatureInvalid"],
        said_by: "the gateway of API Management, with 401",
        cause: "The policy of the product accepts only tokens of another site, or checks the token in \
                another way than a link does: it was edited, or the product was created for another \
                hostname.",
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
        cause: "The site could not reach the gateway, or received no answer in time. Causes are an internal \
                virtual network, a private endpoint and disabled public network access; linking does not \
                warn about any of them. Users also report the message for services behind Front Door, and \
                during incidents.",
        cure: "`swa-apim status --env prod` reports whether the gateway can be reached from the internet. A \
               site waits 45 seconds for an answer.",
        findings: &[FindingCode::ServiceUnreachable, FindingCode::Dangling],
    },
    Trouble {
        words: &["Resource not found"],
        said_by: "the gateway of API Management, with 404",
        cause: "No API has an operation with this method and path. The site proxies the whole path, so the \
                path of the API must begin with `api`: `/api/orders` of the site is `/api/orders` of the \
                gateway.",
        cure: "`swa-apim api list --env prod` prints the paths. Change the path of the API to one that \
               begins with `api`.",
        findings: &[],
    },
    Trouble {
        words: &["Rate limit is exceeded", "Out of call volume quota"],
        said_by: "the gateway of API Management, with 429 or 403",
        cause: "A policy of the API, the product or the service limits the number of calls. All visitors of \
                a site use the same subscription, so they share its limits.",
        cure: "Raise the limit, or count calls by another value than the subscription, in the policy of the \
               API. Do not edit the policy of the link's product: Azure may replace it when the site is \
               connected again.",
        findings: &[],
    },
    Trouble {
        words: &["One Static Web App can not have more than one linked backend", "59363"],
        said_by: "Azure, with 400, when linking",
        cause: "The site environment already has a linked backend, perhaps with another name than in your \
                template. After an unlink, it can take Azure a minute to accept a new backend.",
        cure: "`swa-apim status --env prod` prints the linked backend. If it is the correct service, \
               `swa-apim link --env prod` adopts it under any name. Otherwise, `swa-apim link --env prod \
               --replace` replaces it.",
        findings: &[FindingCode::LinkedElsewhere, FindingCode::SeveralBackends],
    },
    Trouble {
        words: &["Cannot link backend with a preexisting Azure Static Web Apps configuration"],
        said_by: "Azure, when linking",
        cause: "The backend is a Functions or App Service app that is already linked to another site. Users \
                report this error only for such apps; an API Management service can be linked to many sites.",
        cure: "Unlink the other site from that app, or link to an API Management service.",
        findings: &[FindingCode::FunctionsApp],
    },
    Trouble {
        words: &["An error has occurred"],
        said_by: "Azure, with 500, when linking; also the Azure portal, for preview environments",
        cause: "Users report this answer for a backend that has no region and is not an API Management \
                service, and in the Azure portal for environments that cannot be linked. It contains no \
                other details.",
        cure: "Run the command again. Check that `apim` of the env is an API Management service and that the \
               environment is production.",
        findings: &[FindingCode::PreviewEnvironment],
    },
    Trouble {
        words: &["Cannot find WebSite with name", "51004"],
        said_by: "Azure, with 404, when linking",
        cause: "The backend does not exist in the region in which Azure searches for it.",
        cure: "Check the name of the backend, and its region if you specified one. An API Management service \
               needs no region.",
        findings: &[FindingCode::ServiceMissing],
    },
    Trouble {
        words: &["Cannot find StaticSiteBuild with name"],
        said_by: "Azure, with 404",
        cause: "The site has no environment with this name. Azure deletes the environment of a pull request \
                when the pull request is closed.",
        cure: "Correct `site-environment` of the env. The production environment is called `default`.",
        findings: &[FindingCode::EnvironmentMissing],
    },
    Trouble {
        words: &["Linked backends are not supported for the resource type"],
        said_by: "Azure, when linking",
        cause: "The ID of the backend has an unsupported resource type, or its provider is misspelled.",
        cure: "Specify `apim` as a name, or as \
               `/subscriptions/…/providers/Microsoft.ApiManagement/service/NAME`.",
        findings: &[],
    },
    Trouble {
        words: &["Staticwebapp must have 'Standard' SKU", "Invalid SKU"],
        said_by: "the Azure CLI, before it calls Azure",
        cause: "The plan of the static web app does not support linked backends. Some versions of the Azure \
                CLI also reject the Dedicated plan, which supports them.",
        cure: "Change the static web app to the Standard plan. `swa-apim link` accepts the Dedicated plan.",
        findings: &[FindingCode::PlanTooSmall],
    },
    Trouble {
        words: &["Product with the same name already exists"],
        said_by: "API Management, with 400, when linking",
        cause: "Display names of products are unique in a service, and another product already has the \
                display name of the link's product. That product is usually a leftover of an earlier link.",
        cure: "`swa-apim status --env prod` prints the product. Rename or delete it, then run `swa-apim link \
               --env prod`.",
        findings: &[FindingCode::ProductNameTaken],
    },
    Trouble {
        words: &["it is not proven to belong to the link"],
        said_by: "swa-apim, with exit code 4",
        cause: "The service has a product with the ID that the link's product needs. Its display name, \
                policy and subscriptions do not prove that it was created for this site, so other consumers \
                may use it.",
        cure: "`swa-apim link --adopt --env prod` uses the product and replaces its display name, settings \
               and policy by those of the link. Otherwise move its APIs to another product and delete this \
               one.",
        findings: &[FindingCode::ProductUnproven],
    },
    Trouble {
        words: &["the policy does not determine which requests it accepts", "undetermined"],
        said_by: "`swa-apim status`, as a note",
        cause: "The text of the product's policy proves neither that it accepts only requests of the site \
                nor the opposite. It contains named values, expressions, policy fragments or statements that \
                this program does not know. The policy is neither repaired nor counted as drift.",
        cure: "`swa-apim doctor --env prod` calls the gateway and reports its answers. No action is required \
               if the gateway accepts the site and rejects a request without a token.",
        findings: &[FindingCode::PolicyUndetermined],
    },
    Trouble {
        words: &["Product cannot be deleted since it has existing subscriptions"],
        said_by: "API Management, with 400",
        cause: "API Management deletes a product only after its subscriptions were deleted.",
        cure: "`swa-apim unlink --env prod --purge` deletes the subscription of the link, then its product. \
               It refuses if another consumer uses the product.",
        findings: &[FindingCode::OtherSubscriptions],
    },
    Trouble {
        words: &[
            "The resource operation completed with terminal provisioning state 'Failed'",
            "ResourceOperationFailure",
        ],
        said_by: "Azure, when deleting a site",
        cause: "Users report this error for a site whose linked backend refers to a deleted service. The \
                link can be read, returns 404 when it is deleted, and prevents the deletion of the site.",
        cure: "If `swa-apim status --env prod` prints `dangling`, that is the cause. `swa-apim unlink --env \
               prod` tries to disconnect the site. If that fails, `swa-apim relink --env prod` connects the \
               site to the service of the env; then the site can be unlinked.",
        findings: &[FindingCode::Dangling],
    },
    Trouble {
        words: &["does not have authorization to perform action", "AuthorizationFailed"],
        said_by: "Azure, with 403; swa-apim then exits with 6",
        cause: "The signed-in account does not have the permission for this action in this scope.",
        cure: "The message contains the action and the scope. The roles Website Contributor on the site and \
               API Management Service Contributor on the service are sufficient. A new role assignment can \
               take several minutes to take effect.",
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
        cause: "Another operation on the service or the site is in progress. swa-apim waits for it until the \
                time limit of `--timeout`.",
        cure: "Wait until the operation has finished, then run the same command again: it continues from the \
               current state.",
        findings: &[FindingCode::ServiceNotReady],
    },
    Trouble {
        words: &["SubscriptionNotFound", "InvalidSubscriptionId"],
        said_by: "Azure, with 404; swa-apim then exits with 5",
        cause: "Azure does not find the Azure subscription with this token: the ID is wrong, the account is \
                signed in to another directory, or the account has no permissions in the subscription. The \
                answer does not prove that the site or the service is missing.",
        cure: "`az account list --all --output table` lists the subscriptions of the account. Correct \
               `subscription` of the env, or sign in with `az login --tenant TENANT`.",
        findings: &[],
    },
    Trouble {
        words: &["ResourceGroupNotFound"],
        said_by: "Azure, with 404",
        cause: "The resource group does not exist in the Azure subscription, so the site or the service in \
                it does not exist either.",
        cure: "Correct `resource-group` or `subscription` of the env; `az group list --output table` lists the resource groups.",
        findings: &[FindingCode::SiteMissing, FindingCode::ServiceMissing],
    },
    Trouble {
        words: &["RequestDisallowedByPolicy"],
        said_by: "Azure, with 403; swa-apim then exits with 4",
        cause: "An Azure Policy assignment forbids the change. No role can allow it.",
        cure: "The hint contains the assignment. Ask its owner for an exemption, or change the setting that \
               it forbids.",
        findings: &[],
    },
    Trouble {
        words: &["InvalidAuthenticationTokenTenant"],
        said_by: "Azure, with 401; swa-apim then exits with 6",
        cause: "The access token was issued by another Microsoft Entra tenant than that of the Azure \
                subscription.",
        cure: "Run `az login --tenant TENANT`, then get a token with `az account get-access-token \
               --subscription SUBSCRIPTION`.",
        findings: &[],
    },
    Trouble {
        words: &["MissingSubscriptionRegistration", "The subscription is not registered to use namespace"],
        said_by: "Azure, with 409",
        cause: "The resource provider is not registered in the Azure subscription.",
        cure: "Run `az provider register --namespace Microsoft.Web --wait`, with the namespace of the \
               message.",
        findings: &[],
    },
    Trouble {
        words: &["PreconditionFailed", "PreconditionFailedException"],
        said_by: "API Management, with 412",
        cause: "The resource has changed since it was read.",
        cure: "Run the same command again: it computes a new plan. If you applied a saved plan, save a new \
               one.",
        findings: &[],
    },
    Trouble {
        words: &["is not complete:"],
        said_by: "`swa-apim model import`, with exit code 2",
        cause: "The imported list is one page of several: it has a `nextLink` or another sign that Azure has more \
                elements.",
        cure: "Save the other pages and import all pages as one array. `swa-apim model import FILE \
               --partial` imports only this page.",
        findings: &[],
    },
    Trouble {
        words: &["contains keys, but other users can read it"],
        said_by: "swa-apim, with exit code 2",
        cause: "The model contains keys, but the mode of its file lets other users read them. swa-apim reads \
                such a model with a warning and does not write it.",
        cure: "Run the `chmod` command of the hint. If another user may have read the keys, run `swa-apim \
               relink --env prod` afterwards.",
        findings: &[],
    },
    Trouble {
        words: &["NotEmulated"],
        said_by: "`swa-apim emulate`, with 501",
        cause: "Azure has this resource type, but the emulator does not implement it.",
        cure: "`GET /_emulator/limits` at the address of the control plane lists everything that the emulator does \
               not implement.",
        findings: &[],
    },
    Trouble {
        words: &["IndexError: list index out of range"],
        said_by: "az staticwebapp backends unlink",
        cause: "The site has no linked backend, and the Azure CLI does not handle this case.",
        cure: "No action is required. `swa-apim unlink --env prod` reports that the site is not linked and \
               exits with 0.",
        findings: &[],
    },
];

#[cfg(test)]
mod tests;
