//! The hint for each kind of failure.

use super::meaning::Unproven;
use crate::{
    diagnosis::{Cure, Hint, Selection},
    model::WEB,
    provider::arm::FailureKind,
};

/// The facts about the failed request that a hint needs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct About<'a> {
    /// The Azure subscription of the request.
    pub(crate) azure_subscription: Option<&'a str>,
    /// How long Azure asks to wait, worded so that it can follow "wait".
    pub(crate) wait: Option<&'a str>,
}

const SEE_SUBSCRIPTIONS: &str = "az account list --all --output table";

/// Returns the hint for a failure, if one is known.
#[expect(clippy::too_many_lines, reason = "one row for each kind of failure")]
pub(crate) fn hint(kind: &FailureKind, about: About<'_>) -> Option<Hint> {
    let again = || match about.wait {
        Some(wait) => format!("wait {wait}, then run the same command again"),
        None => "wait a minute, then run the same command again".to_owned(),
    };
    let text = match kind {
        FailureKind::NotAuthenticated { claims: Some(claims) } => format!(
            "Azure requires further authentication: run `az login --claims-challenge {claims}`, then run the \
             command again"
        ),
        FailureKind::NotAuthenticated { claims: None } => {
            "sign in again with `az login`, or set a new token in `SWA_APIM_ACCESS_TOKEN`".to_owned()
        }
        FailureKind::WrongTenant { tenant } => wrong_tenant(tenant.as_deref(), about.azure_subscription),
        FailureKind::NotAuthorized { action, scope } => {
            return Some(not_authorized(action.as_deref(), scope.as_deref()));
        }
        FailureKind::Denied => {
            "a deny assignment forbids the request, and no role can allow it: ask the owner of the managed \
             application or of the blueprint that the resource belongs to"
                .to_owned()
        }
        FailureKind::Policy { assignments } => policy(assignments),
        FailureKind::Undetermined(Unproven::Subscription) | FailureKind::InvalidSubscription => {
            azure_subscription(about.azure_subscription)
        }
        FailureKind::Undetermined(Unproven::Type) => {
            "check the endpoint and the cloud: they do not have this type of resource".to_owned()
        }
        FailureKind::Undetermined(Unproven::NoCode | Unproven::OtherCode) => {
            "check the endpoint and the proxy, then run the same command again; the answer proves \
             nothing about the resource"
                .to_owned()
        }
        FailureKind::Locked => "`az lock list` lists the locks; delete the lock, or ask its owner".to_owned(),
        FailureKind::ReadOnly => format!(
            "the Azure subscription{} is disabled: enable it in the Azure portal, then run the same command \
             again",
            about.azure_subscription.map(|id| format!(" {id}")).unwrap_or_default()
        ),
        FailureKind::NotRegistered { namespace } => {
            let namespace = namespace.as_deref().unwrap_or(WEB);
            let of = about.azure_subscription.map(|id| format!(" --subscription {id}")).unwrap_or_default();
            format!(
                "run `az provider register --namespace {namespace} --wait{of}`, then run the command again"
            )
        }
        FailureKind::ProxyLogin => "specify the user name and the password of the proxy in HTTPS_PROXY: \
                                    http://USER:PASSWORD@HOST:PORT"
            .to_owned(),
        FailureKind::InProgress => match about.wait {
            Some(_) => again(),
            None => "wait until the other operation has finished, then run the same command again".to_owned(),
        },
        FailureKind::ManagementFailed => {
            "wait until the operation has finished, then run the same command again; if the service is in a \
             virtual network, inbound port 3443 must be open for the service tag ApiManagement"
                .to_owned()
        }
        FailureKind::Throttled | FailureKind::Unavailable => again(),
        FailureKind::SecondBackend => {
            let status = Hint::command(Cure::Status, Selection::default());
            return Some(Hint::from("see what is linked with ").then(status).then(
                "; `link --replace` disconnects that first. Right after an unlink, Azure may need a minute to notice",
            ));
        }
        FailureKind::BackendNotFound => {
            "check the name and the region of the backend: Azure searches the region of the site".to_owned()
        }
        FailureKind::NoRegion => {
            "run the same command again; Azure also returns this error if the region of a backend that is \
             not an API Management service is missing"
                .to_owned()
        }
        FailureKind::NotFound | FailureKind::Conflict | FailureKind::Rejected => return None,
    };
    Some(text.into())
}

fn wrong_tenant(tenant: Option<&str>, azure_subscription: Option<&str>) -> String {
    let of = |flag: &str, id: Option<&str>| id.map(|id| format!(" --{flag} {id}"));
    let login = of("tenant", tenant).unwrap_or_default();
    let token = of("subscription", azure_subscription).or_else(|| of("tenant", tenant)).unwrap_or_default();
    format!(
        "the token belongs to another Microsoft Entra tenant: run `az login{login}`, then set \
         `SWA_APIM_ACCESS_TOKEN=$(az account get-access-token{token} --query accessToken -o tsv)`"
    )
}

fn azure_subscription(id: Option<&str>) -> String {
    let id = id.map(|id| format!(" `{id}`")).unwrap_or_default();
    format!(
        "check `--subscription`, or the subscription{id} in the specified IDs: it does not exist, or the \
         signed-in account has no access to it; `{SEE_SUBSCRIPTIONS}` lists the subscriptions of the \
         account, and `az login --tenant TENANT` signs in to another directory"
    )
}

fn policy(assignments: &[String]) -> String {
    let by = match assignments {
        [] => "an Azure Policy assignment".to_owned(),
        names => format!("the Azure Policy assignment {}", names.join(", ")),
    };
    format!(
        "{by} forbids the request, and no role can allow it: ask its owner for an exemption, or change the \
         setting that it forbids"
    )
}

fn not_authorized(action: Option<&str>, scope: Option<&str>) -> Hint {
    let missing = match (action, scope) {
        (Some(action), Some(scope)) => format!("the missing permission is `{action}` on {scope}; "),
        (Some(action), None) => format!("the missing permission is `{action}`; "),
        (None, _) => String::new(),
    };
    Hint::from(format!(
        "{missing}the roles Website Contributor on the site and API Management Service Contributor on the service \
         are enough, and "
    ))
    .then(Hint::command(Cure::CheckRights, Selection::default()))
    .then(" shows the least that is. Rights that were granted just now may take minutes")
}
