//! The steps of `link` and `relink`.

use super::{product_id, step};
use crate::{
    engine::{
        ChangeKind, Finding, FindingCode as Code, Observed, Part, PlannedStep, Provisioner, Seen, Step,
        assess,
    },
    model::{
        ApimSubscription, ApimSubscriptionId, Fingerprint, LinkedBackend, LinkedBackendId, ProductId,
        SubscriptionState,
    },
};

/// Whether the plan replaces the keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rotation {
    Keep,
    Rotate,
}

pub(super) fn link_steps(observed: &Observed, rotation: Rotation) -> Vec<PlannedStep> {
    match observed.target.provisioner {
        Provisioner::Engine => engine_steps(observed, rotation),
        Provisioner::Service => service_steps(observed, rotation),
    }
}

/// Returns the steps where the resource provider creates and repairs the parts of the link when the site is connected.
/// The APIs of the env are added in separate steps.
fn service_steps(observed: &Observed, rotation: Rotation) -> Vec<PlannedStep> {
    let Some(product) = product_id(observed) else { return Vec::new() };
    let repairs = assess::findings(observed);
    let mended = repairs.iter().filter(|finding| finding.is_mended() && is_of_the_service(finding));
    let mended: Vec<&Finding> = mended.collect();
    let mut reasons: Vec<&str> = mended.iter().map(|finding| finding.message.as_str()).collect();
    reasons.dedup();
    let mut steps = Vec::new();
    if observed.product.is_some() {
        steps.extend(api_steps(observed, &product));
    }
    steps.extend(disconnect_others(observed));
    let why = (!reasons.is_empty()).then(|| format!("{}; Azure repairs it", reasons.join("; ")));
    let mut connect = connect_steps(observed, rotation, false, why);
    // Azure repairs the parts when the site is connected for the first time.
    if let Some(first) = connect.iter_mut().find(|planned| matches!(planned.step, Step::Connect { .. })) {
        *first = first.clone().repairing(mended);
    }
    steps.extend(connect);
    if observed.product.is_none() {
        steps.extend(api_steps(observed, &product));
    }
    steps
}

/// Whether the finding is about a resource that the resource provider creates when a site is connected.
fn is_of_the_service(finding: &Finding) -> bool {
    match finding.code.part() {
        Part::LinkedBackend => finding.code == Code::BackendFailed,
        Part::Product | Part::Subscription | Part::Policy | Part::SiteKey => true,
        Part::StaticSite | Part::Service | Part::Apis => false,
    }
}

fn engine_steps(observed: &Observed, rotation: Rotation) -> Vec<PlannedStep> {
    let repairs = assess::repairs(observed);
    let Some(product) = product_id(observed) else { return Vec::new() };
    let mended = |part| repairs.iter().filter(move |it| it.code.part() == part && it.is_mended());
    let reason = |part| mended(part).map(|it| it.message.as_str()).collect::<Vec<_>>().join("; ");
    let product_step = product_step(observed, &product, reason(Part::Product));
    let product_step = product_step.map(|planned| planned.repairing(mended(Part::Product)));
    let policy_step = policy_step(observed, &product, reason(Part::Policy));
    let policy_step = policy_step.map(|planned| planned.repairing(mended(Part::Policy)));
    let subscription_step = subscription_step(observed, &product, &repairs);
    let mut steps = Vec::from_iter(product_step);
    if observed.own_backend().is_some() {
        // The site is connected already: the policy must protect the product before the site's key opens it.
        steps.extend(policy_step);
        steps.extend(subscription_step);
    } else {
        steps.extend(subscription_step);
        steps.extend(policy_step);
    }
    steps.extend(api_steps(observed, &product));
    steps.extend(disconnect_others(observed));
    let new_subscription = steps.iter().any(|planned| {
        matches!(planned.step, Step::PutSubscription { .. }) && planned.kind == ChangeKind::Create
    });
    steps.extend(connect_steps(observed, rotation, new_subscription, needs_connecting(observed)));
    steps
}

fn product_step(observed: &Observed, product: &ProductId, reason: String) -> Option<PlannedStep> {
    let put = Step::PutProduct { product: product.clone() };
    match &observed.product {
        None => Some(step(ChangeKind::Create, "the link's product does not exist", put)),
        Some(_) if reason.is_empty() => None,
        Some(_) => Some(step(ChangeKind::Update, reason, put)),
    }
}

fn policy_step(observed: &Observed, product: &ProductId, reason: String) -> Option<PlannedStep> {
    let put = Step::PutPolicy { policy: product.policy() };
    match (&observed.product, &observed.policy) {
        (None, _) | (Some(_), None) => {
            Some(step(ChangeKind::Create, "the policy must accept only tokens of the site", put))
        }
        (Some(_), Some(_)) if reason.is_empty() => None,
        (Some(_), Some(_)) => Some(step(ChangeKind::Update, reason, put)),
    }
}

fn subscription_step(observed: &Observed, product: &ProductId, repairs: &[Finding]) -> Option<PlannedStep> {
    let put = |subscription| Step::PutSubscription { subscription, product: product.clone() };
    match observed.subscription() {
        None => {
            let id = observed.free_subscription.clone()?;
            Some(step(ChangeKind::Create, "the site needs a key of the product", put(id)))
        }
        // It may belong to another consumer, so it is not changed.
        Some(_) if observed.is_subscription_presumed() => None,
        Some(own) => {
            let of_fields = [Code::SubscriptionInactive, Code::SubscriptionRenamed];
            let found = repairs.iter().filter(|finding| of_fields.contains(&finding.code));
            let reasons: Vec<_> = found.clone().map(|finding| finding.message.as_str()).collect();
            let put = put(own.view.id.clone());
            let update = || step(ChangeKind::Update, reasons.join("; "), put).repairing(found);
            (!reasons.is_empty()).then(update)
        }
    }
}

fn api_steps(observed: &Observed, product: &ProductId) -> Vec<PlannedStep> {
    let add = |api| Step::AddApi { api: product.api(api) };
    let wanted = observed.addable_apis.iter();
    wanted.map(|api| step(ChangeKind::Create, "the env lists it", add(&api.id))).collect()
}

fn disconnect_others(observed: &Observed) -> Vec<PlannedStep> {
    let kept = observed.own_backend().map(|backend| backend.view.id.clone());
    let others = observed.backends.iter().filter(|backend| Some(&backend.view.id) != kept.as_ref());
    others.map(|backend| disconnect(observed, backend)).collect()
}

fn disconnect(observed: &Observed, backend: &Seen<LinkedBackend>) -> PlannedStep {
    let from = backend.view.backend.clone();
    let reason = if observed.is_gone(backend) {
        format!("its target `{}` does not exist", from.name())
    } else if observed.is_own(backend) {
        "a site environment can have only one linked backend".to_owned()
    } else {
        format!("the service of the env replaces `{}`", from.name())
    };
    step(ChangeKind::Delete, reason, Step::Disconnect { backend: backend.view.id.clone(), from })
}

/// Returns the connect step or, to replace the keys: swap, connect, retire. At each moment, the key that the site sends
/// is one of the subscription's two.
fn connect_steps(
    observed: &Observed,
    rotation: Rotation,
    new_subscription: bool,
    why: Option<String>,
) -> Vec<PlannedStep> {
    let Some(backend) = backend_id(observed) else { return Vec::new() };
    let connect = |kind, reason: &str| {
        let service = observed.target.service.clone();
        step(kind, reason, Step::Connect { backend: backend.clone(), service })
    };
    let (kind, why) = match observed.own_backend() {
        Some(_) => (ChangeKind::Update, why),
        None => (ChangeKind::Create, Some("the site will proxy `/api` to the service".to_owned())),
    };
    let by_azure = observed.target.provisioner == Provisioner::Service;
    // It may be another consumer's subscription, so its keys are changed only by Azure, when the site is connected.
    let is_unproven = observed.is_subscription_presumed() || (by_azure && observed.subscription().is_none());
    if rotation == Rotation::Rotate && is_unproven {
        let reason = why.unwrap_or_else(|| {
            "the site copies the current key; the keys are not replaced, because it is not proven that the \
             subscription belongs to the link"
                .to_owned()
        });
        return Vec::from([connect(kind, &reason)]);
    }
    let Some(subscription) = observed.subscription().filter(|_| !new_subscription) else {
        return match observed.target.provisioner {
            Provisioner::Engine => Vec::from([connect(kind, "the site copies the new key")]),
            Provisioner::Service => why.map(|reason| connect(kind, &reason)).into_iter().collect(),
        };
    };
    let id = &subscription.view.id;
    let Some(keys) = &observed.keys else {
        if !observed.lacks_keys() && rotation == Rotation::Keep {
            return why.map(|reason| connect(kind, &reason)).into_iter().collect();
        }
        let reason = if observed.lacks_keys() {
            "the control plane has no keys of the subscription"
        } else {
            "the keys of the subscription are not known"
        };
        let swap = Step::SwapKeys { subscription: id.clone(), live: None };
        let swap = step(ChangeKind::Update, reason, swap);
        return Vec::from([swap, connect(kind, "the site copies the new key")]);
    };
    if rotation == Rotation::Keep {
        return why.map(|reason| connect(kind, &reason)).into_iter().collect();
    }
    let rotated = Rotated { observed, subscription: &subscription.view, live: &keys.primary };
    rotated.steps(&backend, kind, why)
}

/// A subscription whose keys are both replaced.
struct Rotated<'a> {
    observed: &'a Observed,
    subscription: &'a ApimSubscription,
    /// The key that the site sends.
    live: &'a Fingerprint,
}

impl Rotated<'_> {
    fn steps(&self, backend: &LinkedBackendId, kind: ChangeKind, why: Option<String>) -> Vec<PlannedStep> {
        let Self { observed, subscription, live } = *self;
        let id = &subscription.id;
        let connect = |kind, reason: &str| {
            let service = observed.target.service.clone();
            step(kind, reason, Step::Connect { backend: backend.clone(), service })
        };
        let reason = why.unwrap_or_else(|| "ensures that the site has the current primary key".to_owned());
        let waits = Waits { observed, subscription: id, backend };
        // The gateway rejects the keys of a subscription that becomes active only when the site is connected.
        let by_connecting = observed.target.provisioner == Provisioner::Service;
        let is_accepted = !by_connecting || subscription.state == SubscriptionState::Active;
        let proof = waits.until_accepted("the site will send the current key");
        let mut steps = Vec::from_iter(proof.filter(|_| is_accepted));
        steps.push(connect(kind, &reason));
        steps.extend(waits.until_sent());
        let swap = Step::SwapKeys { subscription: id.clone(), live: Some(live.clone()) };
        steps.push(step(
            ChangeKind::Update,
            "the primary key is new; the key in use stays valid as the secondary key",
            swap,
        ));
        steps.extend(waits.until_accepted("the site will send the new key"));
        steps.push(connect(ChangeKind::Update, "the site copies the new key"));
        steps.extend(waits.until_sent());
        let retire = Step::RetireSecondary { subscription: id.clone(), retiring: live.clone() };
        steps.push(step(ChangeKind::Update, "no edge of the site sends the old key any longer", retire));
        steps
    }
}

/// The steps that wait until a change has reached the gateway and the site's edge.
struct Waits<'a> {
    observed: &'a Observed,
    subscription: &'a ApimSubscriptionId,
    backend: &'a LinkedBackendId,
}

impl Waits<'_> {
    fn until_accepted(&self, reason: &str) -> Option<PlannedStep> {
        let grace = self.observed.target.propagation.grace()?;
        let prove = Step::ProveKey { subscription: self.subscription.clone(), grace };
        Some(step(ChangeKind::Wait, reason, prove))
    }

    fn until_sent(&self) -> Option<PlannedStep> {
        let grace = self.observed.target.propagation.grace()?;
        let settle = Step::Settle { backend: self.backend.clone(), grace };
        Some(step(ChangeKind::Wait, "every edge of the site must send the key that the site copied", settle))
    }
}

fn needs_connecting(observed: &Observed) -> Option<String> {
    let of_backend = [Code::BackendFailed, Code::SiteKeyMissing, Code::SiteKeySecondary, Code::SiteKeyStale];
    let findings = assess::findings(observed);
    let found = findings.into_iter().find(|finding| of_backend.contains(&finding.code));
    found.map(|finding| finding.message)
}

fn backend_id(observed: &Observed) -> Option<LinkedBackendId> {
    let own = observed.own_backend().map(|backend| backend.view.id.clone());
    own.or_else(|| observed.target.site_environment.linked_backend(observed.target.service.name()).ok())
}
