//! The parts of a link in the service: product, policy, subscription, key, APIs.

use super::run;
use crate::{
    diagnosis::Cure,
    engine::{Finding, FindingCode as Code, Observed, Provisioner, Severity},
    model::{
        Api, ApimSubscription, ApimSubscriptionId, Closing, KeySlot, LinkNames, Opening, Ownership,
        PolicyVerdict, Product, ProductState, Reach, SITE_KEY_HEADER, SiteKey, SubscriptionState,
    },
};

pub(super) fn product_fields(
    observed: &Observed,
    product: &Product,
    names: &LinkNames,
    all: &mut Vec<Finding>,
) {
    let mut push = |code, field: &str, expected: &str, actual: &str, message: &str| {
        let finding = Finding::new(code, &product.id).message(message).hint(run(observed, Cure::Relink));
        all.push(by_azure(observed, finding.field(field, expected, actual)));
    };
    let wanted = names.display_name();
    if product.display_name != wanted {
        let message = format!("the link's product has the display name `{}`", product.display_name);
        push(Code::ProductRenamed, "properties.displayName", &wanted, &product.display_name, &message);
    }
    if !product.subscription_required {
        let message = "the product requires no subscription: any client can call its APIs without a key";
        let field = "properties.subscriptionRequired";
        push(Code::SubscriptionNotRequired, field, "true", "false", message);
    }
    if product.state != ProductState::Published {
        let (wanted, actual) = (ProductState::Published, product.state.as_str());
        let message = "the product is not published";
        push(Code::ProductNotPublished, "properties.state", wanted.as_str(), actual, message);
    }
    if product.approval_required {
        let message = "the product requires approval of new subscriptions";
        push(Code::ApprovalRequired, "properties.approvalRequired", "false", "true", message);
    }
}

/// Lowers the finding to a note where Azure creates the resource. How Azure sets these fields is not documented: a
/// difference from this program's value is not drift, and connecting again would produce the same value.
fn by_azure(observed: &Observed, finding: Finding) -> Finding {
    let undocumented = matches!(
        finding.code,
        Code::ProductNotPublished | Code::ApprovalRequired | Code::SubscriptionRenamed
    );
    match observed.target.provisioner {
        Provisioner::Service if undocumented => finding.severity(Severity::Note),
        Provisioner::Service | Provisioner::Engine => finding,
    }
}

pub(super) fn policy(observed: &Observed, product: &Product, names: &LinkNames, all: &mut Vec<Finding>) {
    let id = product.id.policy();
    let finding = |code| Finding::new(code, &id).hint(run(observed, Cure::Relink));
    let Some(verdict) = &observed.policy_verdict else {
        if !observed.unreadable.iter().any(|part| part.id == *id) {
            let message = "the product has no policy, so requests do not need a token of the site";
            all.push(finding(Code::PolicyMissing).message(message));
        }
        return;
    };
    match verdict {
        PolicyVerdict::Healthy => {}
        PolicyVerdict::Open { why, lets_site_in } => {
            all.push(opening(why, *lets_site_in, &names.issuer(), finding));
        }
        PolicyVerdict::Closed(why) => all.push(closing(why, &names.issuer(), finding)),
        PolicyVerdict::Undetermined(why) => {
            let reasons: Vec<String> = why.iter().map(ToString::to_string).collect();
            let message =
                format!("the policy does not determine which requests it accepts: {}", reasons.join("; "));
            let finding = Finding::new(Code::PolicyUndetermined, &id).message(message);
            all.push(finding.hint(run(observed, Cure::Doctor)));
        }
    }
}

/// Returns the finding for a policy that admits requests without a token of the site.
fn opening(why: &[Opening], lets_site_in: bool, issuer: &str, finding: impl Fn(Code) -> Finding) -> Finding {
    let reasons: Vec<String> = why.iter().map(ToString::to_string).collect();
    let others = |it: &Opening| match it {
        Opening::OtherIssuer(name) | Opening::OtherKeys(name) => Some(name.clone()),
        Opening::NoCheck | Opening::Unsigned | Opening::NeverExpires | Opening::Expired | Opening::Secret => {
            None
        }
    };
    let others: Vec<String> = why.iter().filter_map(others).collect();
    let code = match why.first() {
        Some(Opening::NoCheck) | None => Code::PolicyWithoutCheck,
        Some(Opening::Unsigned | Opening::NeverExpires | Opening::Expired) => Code::PolicyLax,
        Some(Opening::OtherIssuer(_) | Opening::OtherKeys(_)) if !lets_site_in => Code::PolicyOtherIssuer,
        Some(Opening::Secret | Opening::OtherIssuer(_) | Opening::OtherKeys(_)) => Code::PolicyAlsoLetsIn,
    };
    let message = format!("the policy accepts requests without a token of this site: {}", reasons.join("; "));
    let finding = finding(code).message(message);
    if others.is_empty() {
        return finding;
    }
    finding.field("validate-jwt issuer", issuer, others.join(", "))
}

/// Returns the finding for a policy that rejects requests of the site.
fn closing(why: &[Closing], issuer: &str, finding: impl Fn(Code) -> Finding) -> Finding {
    let reasons: Vec<String> = why.iter().map(ToString::to_string).collect();
    let message = format!("the policy rejects requests of this site: {}", reasons.join("; "));
    let answered = why.iter().find_map(|it| match it {
        Closing::Answered(element) => Some(element),
        Closing::OtherPlace(_)
        | Closing::NoKeys
        | Closing::OtherIssuer(_)
        | Closing::OtherAudience(_)
        | Closing::Expired
        | Closing::Claim(_) => None,
    });
    if let Some(element) = answered {
        let hint = format!("remove `<{element}>` from the policy of the product");
        return finding(Code::PolicyAnswers).message(message).hint(hint);
    }
    let finding = |code| finding(code).message(&message);
    match why.first() {
        Some(Closing::OtherPlace(place)) => {
            finding(Code::PolicyOtherHeader).field("validate-jwt header-name", "X-MS-AUTH-TOKEN", place)
        }
        Some(Closing::OtherIssuer(issuers)) => {
            finding(Code::PolicyOtherIssuer).field("validate-jwt issuer", issuer, issuers.join(", "))
        }
        Some(_) | None => finding(Code::PolicyRefusesSite),
    }
}

pub(super) fn subscription(
    observed: &Observed,
    product: &Product,
    names: &LinkNames,
    all: &mut Vec<Finding>,
) {
    if let Some(own) = observed.subscription() {
        subscription_fields(observed, &own.view, names, all);
    } else if !observed.may_have_subscription()
        && !observed.unreadable.iter().any(|part| part.id.is_a(ApimSubscriptionId::TYPE))
    {
        let message = if observed.subscriptions.is_empty() {
            "the link's product has no subscription"
        } else {
            "no subscription of the link's product belongs to the link"
        };
        let finding = Finding::new(Code::SubscriptionMissing, &product.id).message(message);
        all.push(finding.hint(run(observed, Cure::Relink)));
    }
}

pub(super) fn strangers(observed: &Observed, all: &mut Vec<Finding>) {
    for (other, ownership) in observed.other_subscriptions() {
        let name = other.display_name.as_deref().unwrap_or_else(|| other.id.name());
        let finding = Finding::new(Code::OtherSubscriptions, &other.id);
        all.push(match ownership {
            Ownership::Presumed => {
                let message = format!(
                    "the subscription `{name}` probably belongs to the link: Azure created it when the site \
                     was connected, with a display name that is not documented. Its keys are not replaced, \
                     and it is not deleted"
                );
                finding.message(message).hint(undetermined_hint(observed))
            }
            Ownership::Undetermined => {
                let message = format!(
                    "the subscription `{name}` has keys of the link's product, and it cannot be determined \
                     who uses it"
                );
                finding.message(message).hint(undetermined_hint(observed))
            }
            Ownership::Link | Ownership::Administrator | Ownership::Partner => {
                finding.message(format!("the subscription `{name}` also has keys of the link's product"))
            }
        });
    }
}

/// Returns the hint for a subscription that may belong to the link or to another consumer.
pub(in crate::engine) fn undetermined_hint(observed: &Observed) -> String {
    let wanted = observed.names.as_ref().map(LinkNames::subscription_display_name).unwrap_or_default();
    format!(
        "if the subscription belongs to the link, change its display name to `{wanted}`; if another consumer \
         uses it, change it to another one; if it is not used, delete it"
    )
}

fn subscription_fields(
    observed: &Observed,
    own: &ApimSubscription,
    names: &LinkNames,
    all: &mut Vec<Finding>,
) {
    let finding = |code| Finding::new(code, &own.id).hint(run(observed, Cure::Relink));
    if let SubscriptionState::Other(state) = &own.state {
        let message =
            format!("the state of the link's subscription is {state}, so the gateway rejects its keys");
        let finding = finding(Code::SubscriptionInactive).message(message);
        all.push(finding.field("properties.state", SubscriptionState::Active.as_str(), state));
    }
    let display_name = own.display_name.as_deref().unwrap_or_default();
    if !names.names_subscription(display_name) && !observed.is_subscription_presumed() {
        let wanted = names.subscription_display_name();
        let message = format!("the link's subscription has the display name `{display_name}`");
        let finding = finding(Code::SubscriptionRenamed).message(message);
        let finding = finding.field("properties.displayName", wanted, display_name);
        all.push(by_azure(observed, finding));
    }
    if observed.lacks_keys() {
        all.push(
            finding(Code::KeysMissing).message("the control plane has no keys of the link's subscription"),
        );
    }
}

pub(super) fn site_key(observed: &Observed, all: &mut Vec<Finding>) {
    let Some(backend) = observed.own_backend() else { return };
    let finding = |code| Finding::new(code, &backend.view.id).hint(run(observed, Cure::Relink));
    match (&observed.site_key, &observed.keys) {
        (SiteKey::Hidden, _) | (SiteKey::Held(_), None) => {}
        (SiteKey::Absent, _) => {
            all.push(finding(Code::SiteKeyMissing).message("the site has no key to send to the gateway"));
        }
        (SiteKey::Held(held), Some(keys)) => match keys.slot_of(held) {
            Some(KeySlot::Primary) => {}
            Some(KeySlot::Secondary) => {
                let finding = finding(Code::SiteKeySecondary).field("key", &keys.primary, held);
                all.push(
                    finding
                        .message("the site still sends the secondary key: a key rotation was not completed"),
                );
            }
            None => {
                let finding = finding(Code::SiteKeyStale).field("key", &keys.primary, held);
                all.push(finding.message(
                    "the site sends a key that is neither the primary nor the secondary key of the \
                     subscription",
                ));
            }
        },
    }
}

pub(super) fn apis(observed: &Observed, all: &mut Vec<Finding>) {
    let Some(product) = &observed.product else { return };
    if observed.product_apis.is_empty() && observed.addable_apis.is_empty() {
        let message =
            format!("the product `{}` contains no API, so the site can call none", product.view.id.name());
        let finding = Finding::new(Code::NoApis, &product.view.id).message(message);
        all.push(finding.hint(run(observed, Cure::AddApis(vec!["API".to_owned()]))));
    }
    observed.product_apis.iter().for_each(|api| api_lints(api, all));
}

fn api_lints(api: &Api, all: &mut Vec<Finding>) {
    let name = api.id.name();
    if api.reach() == Reach::Unreachable {
        let message = if api.served_path().is_some_and(|served| served.is_empty()) {
            format!(
                "the API `{name}` has no path, and none of its operations has a path that begins with `/api/`"
            )
        } else {
            format!(
                "the API `{name}` has the path `{}`; the site calls only paths that begin with `api`",
                api.path
            )
        };
        let wanted = format!("api/{}", api.path);
        let finding = Finding::new(Code::ApiOutsideOfApi, &api.id).message(message);
        let hint =
            format!("change the path of the API `{name}` to one that begins with `api/`, such as `{wanted}`");
        all.push(finding.field("properties.path", wanted.trim_end_matches('/'), &api.path).hint(hint));
    }
    if !api.takes_the_site_key() {
        let message = format!(
            "the API `{name}` reads the key from the header `{}`; the site sends it in another one",
            api.key_header
        );
        let finding = Finding::new(Code::ApiWithOwnKeyHeader, &api.id).message(message);
        let field = "properties.subscriptionKeyParameterNames.header";
        all.push(finding.field(field, SITE_KEY_HEADER, &api.key_header));
    }
    if !api.subscription_required {
        let message = format!("the API `{name}` can be called without a key and without passing the site");
        let finding = Finding::new(Code::ApiWithoutKey, &api.id).message(message);
        all.push(finding.field("properties.subscriptionRequired", "true", "false"));
    }
}
