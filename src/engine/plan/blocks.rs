//! The findings that block a plan.

use crate::{
    diagnosis::Cure,
    engine::{
        Adoption, AlsoBlocks, Effect, Existing, Finding, FindingCode as Code, Intent, Leftovers, Observed,
        assess,
    },
    model::Ownership,
};

pub(super) fn blocks_link(observed: &Observed, findings: &[Finding], intent: &Intent) -> Vec<Finding> {
    let refuses_adoption = observed.target.adoption == Adoption::Refuse;
    let replaces = matches!(intent, Intent::Link { existing: Existing::Replace });
    let stands = |finding: &&Finding| match finding.code.effect() {
        Effect::Blocks | Effect::BlocksUnlessPreview => true,
        Effect::BlocksUnlessReplace => !replaces,
        Effect::BlocksUnlessAdopted => refuses_adoption,
        Effect::Told | Effect::Mended | Effect::BlocksPurge => false,
    };
    let blocking = findings.iter().filter(stands).cloned();
    blocking.map(|finding| for_verb(observed, finding, intent)).collect()
}

/// Replaces the command in the hint about a product that may be adopted by the command that was refused.
fn for_verb(observed: &Observed, finding: Finding, intent: &Intent) -> Finding {
    if finding.code == Code::ProductUnproven && *intent == Intent::Relink {
        return finding.hint(assess::adopting(observed, Cure::RelinkAdopting));
    }
    finding
}

/// Returns the findings that block unlinking: unlinking needs to know the site and that the link is this one.
pub(super) fn blocks_unlink(observed: &Observed, findings: &[Finding], leftovers: Leftovers) -> Vec<Finding> {
    let has_leftovers = leftovers == Leftovers::Purge && observed.product.is_some();
    let stands = |finding: &&Finding| match finding.code.also_blocks() {
        AlsoBlocks::Everything => true,
        AlsoBlocks::Unlinking => observed.own_backend().is_none() && !has_leftovers,
        AlsoBlocks::Nothing | AlsoBlocks::Apis | AlsoBlocks::NewApis => false,
    };
    let blocking = findings.iter().filter(stands).cloned();
    let mut blocking: Vec<Finding> = blocking.map(|finding| for_unlink(observed, finding)).collect();
    if has_leftovers {
        blocking.extend(blocks_purge(observed));
    }
    blocking
}

/// Replaces the hint about linking by one about unlinking.
fn for_unlink(observed: &Observed, finding: Finding) -> Finding {
    let named = finding.actual.clone().filter(|_| finding.code == Code::LinkedElsewhere);
    let Some(named) = named else { return finding };
    let name = named.rsplit('/').next().unwrap_or_default();
    let (site, service) = (observed.target.site_environment.site(), &observed.target.service);
    let message = format!("`{}` is linked to `{name}`, not to `{}`", site.name(), service.name());
    finding
        .message(message)
        .hint(format!("to unlink it from `{name}`, run the command again with `--apim {named}`"))
}

fn blocks_purge(observed: &Observed) -> Vec<Finding> {
    let (Some(product), Some(names)) = (&observed.product, &observed.names) else { return Vec::new() };
    let id = &product.view.id;
    let mut blocking = Vec::new();
    if product.view.display_name != names.display_name() {
        let message =
            format!("the product `{}` does not have the display name of a link's product", id.name());
        let finding = Finding::new(Code::PurgeNotOurs, id).message(message);
        let (wanted, actual) = (names.display_name(), &product.view.display_name);
        blocking.push(finding.field("properties.displayName", wanted, actual));
    }
    for (other, ownership) in observed.other_subscriptions() {
        let name = other.display_name.as_deref().unwrap_or_else(|| other.id.name());
        let finding = Finding::new(Code::PurgeInUse, &other.id);
        blocking.push(if matches!(ownership, Ownership::Undetermined | Ownership::Presumed) {
            let message = format!(
                "it cannot be determined who uses the subscription `{name}` of the product `{}`",
                id.name()
            );
            finding.message(message).hint(assess::undetermined_hint(observed))
        } else {
            finding.message(format!("the subscription `{name}` uses the product `{}`", id.name()))
        });
    }
    if !product.view.subscription_required {
        let message = format!(
            "the product `{}` requires no subscription, so other clients may call its APIs",
            id.name()
        );
        let finding = Finding::new(Code::PurgeInUse, id).message(message);
        let hint =
            "if only the site uses the product, require a subscription for it, then run the command again";
        blocking.push(finding.field("properties.subscriptionRequired", true, false).hint(hint));
    }
    blocking
}

pub(super) fn blocks_apis(observed: &Observed, findings: &[Finding], intent: &Intent) -> Vec<Finding> {
    let stands = |code: Code| match code.also_blocks() {
        AlsoBlocks::Everything | AlsoBlocks::Apis => true,
        AlsoBlocks::NewApis => matches!(intent, Intent::AddApis { .. }),
        AlsoBlocks::Nothing | AlsoBlocks::Unlinking => false,
    };
    let blocking = findings.iter().filter(|finding| stands(finding.code));
    let mut blocking: Vec<Finding> = blocking.cloned().collect();
    if let Intent::RemoveApis { apis } = intent {
        let ids = apis.iter().filter_map(|name| observed.target.service.api(name).ok());
        blocking.extend(ids.filter_map(|id| assess::revision(&id)));
    }
    if blocking.is_empty() && observed.product.is_none() && matches!(intent, Intent::AddApis { .. }) {
        let message = "the site is not linked, so there is no product to add an API to";
        let hint = observed.target.run(Cure::Link).then(" first");
        let finding = Finding::new(Code::ProductMissing, &observed.target.service);
        blocking.push(finding.message(message).hint(hint));
    }
    blocking
}
