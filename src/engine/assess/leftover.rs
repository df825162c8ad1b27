//! The product that an earlier link left in the service: who can still call its APIs.

use super::parts;
use crate::{
    diagnosis::{Cure, Hint},
    engine::{Finding, FindingCode as Code, Observed, Part, Severity},
    model::{LinkNames, LinkedBackendId, PolicyVerdict, Product},
};

/// Returns the findings about the link's product while the site is not linked to the service.
///
/// Its settings and its policy are judged as in a live link, since its keys stay valid. The site does not call it, so
/// a policy that refuses the site is a note.
pub(super) fn findings(observed: &Observed, product: &Product) -> Vec<Finding> {
    // A linked backend that cannot be read may use the product.
    let is_unlinked = observed.backends.is_empty()
        && !observed.unreadable.iter().any(|part| part.id.is_a(LinkedBackendId::TYPE));
    let left_behind = is_unlinked.then(|| left_behind(observed, product));
    let exposures = observed.names.iter().flat_map(|names| exposures(observed, product, names));
    left_behind.into_iter().chain(exposures).collect()
}

fn left_behind(observed: &Observed, product: &Product) -> Finding {
    let purge = observed.target.command(Cure::Purge);
    let hint = used_again(observed).then("; ").then(purge).then(" deletes it");
    let message = format!("the product `{}` of an earlier link still exists", product.id.name());
    Finding::new(Code::Leftover, &product.id).message(message).hint(hint)
}

fn used_again(observed: &Observed) -> Hint {
    let is_linked_elsewhere =
        observed.backends.iter().any(|backend| !observed.is_own(backend) && !observed.is_gone(backend));
    let cure = if is_linked_elsewhere { Cure::LinkReplacing } else { Cure::Link };
    observed.target.command(cure).then(" uses the product again")
}

/// Returns the findings that a live link would have about callers without a token of the site.
fn exposures(observed: &Observed, product: &Product, names: &LinkNames) -> Vec<Finding> {
    let mut all = Vec::new();
    parts::product_fields(observed, product, names, &mut all);
    all.retain(|finding| finding.code == Code::SubscriptionNotRequired);
    parts::policy(observed, product, names, &mut all);
    let refuses_only_the_site = matches!(observed.policy_verdict, Some(PolicyVerdict::Closed(_)));
    let cure = |finding: Finding| {
        let is_closed = refuses_only_the_site && finding.code.part() == Part::Policy;
        if is_closed {
            return finding.severity(Severity::Note);
        }
        if finding.code == Code::PolicyUndetermined {
            return finding;
        }
        finding.hint(used_again(observed).then(" and repairs it"))
    };
    all.into_iter().map(cure).collect()
}
