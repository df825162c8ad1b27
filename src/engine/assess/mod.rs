//! Derives the findings from `Observed` and its target; pure.

mod ends;
mod leftover;
mod parts;

pub(super) use self::parts::undetermined_hint;

use super::{Finding, FindingCode as Code, Observed, ProductOwnership};
use crate::{
    diagnosis::{Cure, Hint},
    model::{ApiId, LinkNames, Product, without_revision},
};

/// Returns every difference between the link and its configuration, and everything else that a user should know, in
/// order of the codes.
#[must_use]
pub fn findings(observed: &Observed) -> Vec<Finding> {
    let mut all = Vec::new();
    unreadable(observed, &mut all);
    ends::site(observed, &mut all);
    ends::service(observed, &mut all);
    ends::backends(observed, &mut all);
    products(observed, &mut all);
    if observed.own_backend().is_some() {
        all.extend(repairs(observed));
        parts::strangers(observed, &mut all);
        parts::apis(observed, &mut all);
    } else if let Some(product) = own_product(observed) {
        all.extend(leftover::findings(observed, product));
        parts::strangers(observed, &mut all);
    }
    missing_apis(observed, &mut all);
    all.sort_by_key(|finding| finding.code);
    all
}

/// Returns the findings that a link would repair in its product, subscription, policy, key and APIs, whether or
/// not the site is connected. If the product is missing, only the product is reported and not the parts in it.
pub(super) fn repairs(observed: &Observed) -> Vec<Finding> {
    let mut all = Vec::new();
    let Some(names) = observed.names.as_ref().filter(|_| observed.service.is_some()) else { return all };
    match &observed.product {
        Some(product) => {
            parts::product_fields(observed, &product.view, names, &mut all);
            parts::policy(observed, &product.view, names, &mut all);
            parts::subscription(observed, &product.view, names, &mut all);
        }
        None => all.extend(missing_product(observed, names)),
    }
    parts::site_key(observed, &mut all);
    let addable = observed.addable_apis.iter().filter(|_| observed.product.is_some());
    all.extend(addable.map(|api| {
        let message = format!("the API `{}`, which the env lists, is not in the product", api.id.name());
        Finding::new(Code::ApiNotInProduct, &api.id).message(message).hint(run(observed, Cure::Link))
    }));
    all
}

fn missing_product(observed: &Observed, names: &LinkNames) -> Option<Finding> {
    let id = names.product(&observed.target.service).ok()?;
    if observed.unreadable.iter().any(|part| part.id == *id) {
        return None;
    }
    let message = format!("the link's product `{}` does not exist", id.name());
    Some(Finding::new(Code::ProductMissing, &id).message(message).hint(run(observed, Cure::Relink)))
}

/// Returns the product with the link's id, if it belongs to the link.
fn own_product(observed: &Observed) -> Option<&Product> {
    let is_own = observed.product_ownership() == Some(ProductOwnership::Link);
    observed.product.as_ref().map(|product| &product.view).filter(|_| is_own)
}

fn unreadable(observed: &Observed, all: &mut Vec<Finding>) {
    for part in &observed.unreadable {
        all.push(Finding::new(Code::Unreadable, &part.id).message(part.reason.to_string()));
    }
}

fn products(observed: &Observed, all: &mut Vec<Finding>) {
    let Some(names) = &observed.names else { return };
    for other in &observed.namesakes {
        let message =
            format!("the product `{}` already has the display name of this link's product", other.name());
        let finding = Finding::new(Code::ProductNameTaken, other).message(message);
        let free = "another display name";
        let hint = format!("rename or delete the product `{}`, then run the command again", other.name());
        all.push(finding.field("properties.displayName", free, names.display_name()).hint(hint));
    }
    let Some(product) = observed.product.as_ref().map(|product| &product.view) else { return };
    match observed.product_ownership() {
        Some(ProductOwnership::Link) | None => {}
        Some(ProductOwnership::Unproven) => all.push(unproven(observed, product, names)),
        Some(ProductOwnership::AnotherSite) => {
            let message = format!("the product `{}` belongs to the link of another site", product.id.name());
            let finding = Finding::new(Code::ProductOfAnotherSite, &product.id).message(message);
            let field = "properties.displayName";
            all.push(finding.field(field, names.display_name(), &product.display_name));
        }
    }
}

fn unproven(observed: &Observed, product: &Product, names: &LinkNames) -> Finding {
    let (id, display_name) = (&product.id, &product.display_name);
    let message = format!(
        "the product `{}` has the ID of the link's product, but it is not proven to belong to the link: its \
         display name is `{display_name}`",
        id.name()
    );
    let finding = Finding::new(Code::ProductUnproven, id).message(message);
    let finding = finding.field("properties.displayName", names.display_name(), display_name);
    finding.hint(adopting(observed, Cure::LinkAdopting))
}

/// Returns the hint for a product that is not proven to be the link's: the command that uses it.
pub(super) fn adopting(observed: &Observed, cure: Cure) -> Hint {
    Hint::from("if the link may use the product and change it, ").then(run(observed, cure))
}

fn missing_apis(observed: &Observed, all: &mut Vec<Finding>) {
    if observed.service.is_none() || observed.names.is_none() {
        return;
    }
    let (target, service) = (&observed.target, &observed.target.service);
    for name in &target.apis {
        let Ok(id) = service.api(name) else { continue };
        if let Some(finding) = revision(&id) {
            all.push(finding);
            continue;
        }
        let known = observed.product_apis.iter().chain(&observed.addable_apis).any(|api| api.id == id);
        if !known && !observed.unreadable.iter().any(|part| part.id == *id) {
            let message = format!("the service `{}` has no API `{name}`", service.name());
            let hint = Hint::from("correct the name of the API; ")
                .then(target.command(Cure::ListApis))
                .then(" lists the APIs of the service");
            all.push(Finding::new(Code::ApiMissing, &id).message(message).hint(hint));
        }
    }
}

/// Returns the finding for the id of a revision: a product contains APIs, not their revisions.
pub(super) fn revision(id: &ApiId) -> Option<Finding> {
    let (name, whole) = (id.name(), without_revision(id.name())?);
    let message =
        format!("`{name}` is a revision; a product contains the API `{whole}` with its current revision");
    let hint = format!("specify the API `{whole}`; API Management selects the current revision");
    Some(Finding::new(Code::ApiMissing, id).message(message).hint(hint))
}

fn run(observed: &Observed, cure: Cure) -> Hint {
    observed.target.run(cure)
}
