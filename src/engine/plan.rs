//! (`Observed`, `Intent`) → [`Plan`]; pure: no clock, no I/O, no chance.

use serde::{Deserialize, Serialize};

use super::{
    Basis, ChangeKind, Effect, Existing, Finding, FindingCode as Code, Intent, Leftovers, LinkState,
    Observed, Part, PlannedStep, Refusal, Seen, Step, Target, assess,
};
use crate::model::{ApimSubscriptionId, Fingerprint, LinkedBackend, LinkedBackendId, ProductId};

/// The steps that turn what was observed into what is wanted, and what they were planned from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// What the plan is about.
    pub target: Target,
    /// What it is for.
    pub intent: Intent,
    /// The state that it starts from.
    pub state: LinkState,
    /// The steps, in the order in which they have to be taken.
    pub steps: Vec<PlannedStep>,
    /// The versions of everything that it was made from.
    pub basis: Basis,
}

impl Plan {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// Decides which steps turn `observed` into what `intent` wants.
///
/// # Errors
///
/// [`Refusal`] with every finding that stands in the way.
pub fn plan(observed: &Observed, intent: &Intent) -> Result<Plan, Refusal> {
    let findings = assess::findings(observed);
    let blocking = match intent {
        Intent::Link { .. } | Intent::Relink => blocks_link(&findings, intent),
        Intent::Unlink { leftovers } => blocks_unlink(observed, &findings, *leftovers),
        Intent::AddApis { .. } | Intent::RemoveApis { .. } => blocks_apis(observed, &findings, intent),
    };
    if !blocking.is_empty() {
        return Err(Refusal { findings: blocking, intent: intent.clone() });
    }
    let steps = match intent {
        Intent::Link { .. } => link_steps(observed, Rotation::Keep),
        Intent::Relink => link_steps(observed, Rotation::Rotate),
        Intent::Unlink { leftovers } => unlink_steps(observed, *leftovers),
        Intent::AddApis { apis } => add_steps(observed, apis),
        Intent::RemoveApis { apis } => remove_steps(observed, apis),
    };
    let (target, intent) = (observed.target.clone(), intent.clone());
    Ok(Plan { target, intent, state: LinkState::of(observed, &findings), steps, basis: observed.basis() })
}

fn blocks_link(findings: &[Finding], intent: &Intent) -> Vec<Finding> {
    let replaces = matches!(intent, Intent::Link { existing: Existing::Replace });
    let stands = |finding: &&Finding| match finding.code.effect() {
        Effect::Blocks | Effect::BlocksUnlessPreview => true,
        Effect::BlocksUnlessReplace => !replaces,
        Effect::Told | Effect::Mended | Effect::BlocksPurge => false,
    };
    findings.iter().filter(stands).cloned().collect()
}

/// Unlinking needs to know the site and that the link is this one; nothing else stands in its way.
fn blocks_unlink(observed: &Observed, findings: &[Finding], leftovers: Leftovers) -> Vec<Finding> {
    let has_leftovers = leftovers == Leftovers::Purge && observed.product.is_some();
    let stands = |finding: &&Finding| match finding.code {
        Code::SiteMissing | Code::Unreadable => true,
        Code::LinkedElsewhere => observed.own_backend().is_none() && !has_leftovers,
        _ => false,
    };
    let blocking = findings.iter().filter(stands).cloned();
    let mut blocking: Vec<Finding> = blocking.map(|finding| for_unlink(observed, finding)).collect();
    if has_leftovers {
        blocking.extend(blocks_purge(observed));
    }
    blocking
}

/// Whoever wants to unlink is not helped by how to link.
fn for_unlink(observed: &Observed, finding: Finding) -> Finding {
    let named = finding.actual.clone().filter(|_| finding.code == Code::LinkedElsewhere);
    let Some(named) = named else { return finding };
    let name = named.rsplit('/').next().unwrap_or_default();
    let (site, service) = (observed.target.site_environment.site(), &observed.target.service);
    let message = format!("`{}` is linked to `{name}`, not to `{}`", site.name(), service.name());
    finding
        .message(message)
        .hint(format!("to unlink it from `{name}`, repeat the command with `--apim {named}`"))
}

fn blocks_purge(observed: &Observed) -> Vec<Finding> {
    let (Some(product), Some(names)) = (&observed.product, &observed.names) else { return Vec::new() };
    let id = &product.view.id;
    let mut blocking = Vec::new();
    if product.view.display_name != names.display_name() {
        let message = format!("the product `{}` is not called as linking calls it", id.name());
        let finding = Finding::new(Code::PurgeNotOurs, id).message(message);
        let (wanted, actual) = (names.display_name(), &product.view.display_name);
        blocking.push(finding.field("properties.displayName", wanted, actual));
    }
    for other in observed.other_subscriptions() {
        if !other.is_named_by(names) {
            let name = other.display_name.as_deref().unwrap_or_else(|| other.id.name());
            let message = format!("the subscription `{name}` uses the product `{}`", id.name());
            blocking.push(Finding::new(Code::PurgeInUse, &other.id).message(message));
        }
    }
    blocking
}

fn blocks_apis(observed: &Observed, findings: &[Finding], intent: &Intent) -> Vec<Finding> {
    let stands = |code| match code {
        Code::SiteMissing | Code::ServiceMissing | Code::Unreadable | Code::ProductOfAnotherSite => true,
        Code::ApiMissing => matches!(intent, Intent::AddApis { .. }),
        _ => false,
    };
    let blocking = findings.iter().filter(|finding| stands(finding.code));
    let mut blocking: Vec<Finding> = blocking.cloned().collect();
    if blocking.is_empty() && observed.product.is_none() && matches!(intent, Intent::AddApis { .. }) {
        let message = "there is no link yet, and so no product to add an API to";
        let hint = format!("run {} first", observed.target.command("link"));
        let finding = Finding::new(Code::ProductMissing, &observed.target.service);
        blocking.push(finding.message(message).hint(hint));
    }
    blocking
}

/// Whether the keys are to be replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rotation {
    Keep,
    Rotate,
}

fn link_steps(observed: &Observed, rotation: Rotation) -> Vec<PlannedStep> {
    let repairs = assess::repairs(observed);
    let reason = |part| {
        let found = repairs.iter().filter(|finding| finding.code.part() == part && finding.is_mended());
        found.map(|finding| finding.message.clone()).collect::<Vec<_>>().join("; ")
    };
    let Some(product) = product_id(observed) else { return Vec::new() };
    let product_step = product_step(observed, &product, reason(Part::Product));
    let policy_step = policy_step(observed, &product, reason(Part::Policy));
    let subscription_step = subscription_step(observed, &product, &repairs);
    let mut steps = Vec::from_iter(product_step);
    if observed.own_backend().is_some() {
        // The site is connected already: its key must not open the product before the policy guards it.
        steps.extend(policy_step);
        steps.extend(subscription_step);
    } else {
        steps.extend(subscription_step);
        steps.extend(policy_step);
    }
    steps.extend(api_steps(observed, &product));
    steps.extend(disconnect_others(observed));
    steps.extend(connect_steps(observed, rotation, &steps));
    steps
}

fn product_id(observed: &Observed) -> Option<ProductId> {
    observed.names.as_ref()?.product(&observed.target.service).ok()
}

fn step(kind: ChangeKind, reason: impl Into<String>, step: Step) -> PlannedStep {
    PlannedStep { step, kind, reason: reason.into() }
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
            Some(step(ChangeKind::Create, "only tokens of the site may be let in", put))
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
            Some(step(ChangeKind::Create, "the site needs a key that opens the product", put(id)))
        }
        Some(own) => {
            let of_fields = [Code::SubscriptionInactive, Code::SubscriptionRenamed];
            let found = repairs.iter().filter(|finding| of_fields.contains(&finding.code));
            let reasons: Vec<_> = found.map(|finding| finding.message.as_str()).collect();
            let put = put(own.view.id.clone());
            (!reasons.is_empty()).then(|| step(ChangeKind::Update, reasons.join("; "), put))
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
        format!("`{}`, which it names, is gone", from.name())
    } else if observed.is_own(backend) {
        "the site environment can have one linked backend".to_owned()
    } else {
        format!("`{}` is to be replaced", from.name())
    };
    step(ChangeKind::Delete, reason, Step::Disconnect { backend: backend.view.id.clone(), from })
}

/// Connect, and if the keys are to be replaced: swap, connect, retire. At each of these moments the key
/// that the site sends is one of the subscription's two.
fn connect_steps(observed: &Observed, rotation: Rotation, before: &[PlannedStep]) -> Vec<PlannedStep> {
    let Some(backend) = backend_id(observed) else { return Vec::new() };
    let connect = |kind, reason: &str| {
        let service = observed.target.service.clone();
        step(kind, reason, Step::Connect { backend: backend.clone(), service })
    };
    let kind = if observed.own_backend().is_some() { ChangeKind::Update } else { ChangeKind::Create };
    let created = before.iter().any(|planned| {
        matches!(planned.step, Step::PutSubscription { .. }) && planned.kind == ChangeKind::Create
    });
    let Some(subscription) = observed.subscription().filter(|_| !created) else {
        return Vec::from([connect(kind, "the site takes the new key")]);
    };
    let id = &subscription.view.id;
    let Some(keys) = &observed.keys else {
        let swap = Step::SwapKeys { subscription: id.clone(), live: None };
        let swap = step(ChangeKind::Update, "no keys are recorded for the subscription", swap);
        return Vec::from([swap, connect(kind, "the site takes the new key")]);
    };
    let mut steps = Vec::new();
    match (needs_connecting(observed), rotation) {
        (Some(reason), _) => steps.push(connect(kind, &reason)),
        (None, Rotation::Rotate) => {
            steps.push(connect(kind, "the site surely holds the current primary key"));
        }
        (None, Rotation::Keep) => {}
    }
    if rotation == Rotation::Rotate {
        steps.extend(rotation_steps(
            id,
            &keys.primary,
            connect(ChangeKind::Update, "the site takes the fresh key"),
        ));
    }
    steps
}

fn rotation_steps(
    subscription: &ApimSubscriptionId,
    live: &Fingerprint,
    connect: PlannedStep,
) -> [PlannedStep; 3] {
    let swap = Step::SwapKeys { subscription: subscription.clone(), live: Some(live.clone()) };
    let retire = Step::RetireSecondary { subscription: subscription.clone(), retiring: live.clone() };
    [
        step(ChangeKind::Update, "a fresh primary key; the one in use stays valid as the secondary", swap),
        connect,
        step(ChangeKind::Update, "nobody sends the old key any more", retire),
    ]
}

fn needs_connecting(observed: &Observed) -> Option<String> {
    if observed.own_backend().is_none() {
        return Some("the site's `/api` is to be served by the service".to_owned());
    }
    let of_backend = [Code::BackendFailed, Code::SiteKeyMissing, Code::SiteKeySecondary, Code::SiteKeyStale];
    let findings = assess::findings(observed);
    let found = findings.into_iter().find(|finding| of_backend.contains(&finding.code));
    found.map(|finding| finding.message)
}

fn backend_id(observed: &Observed) -> Option<LinkedBackendId> {
    let own = observed.own_backend().map(|backend| backend.view.id.clone());
    own.or_else(|| observed.target.site_environment.linked_backend(observed.target.service.name()).ok())
}

fn unlink_steps(observed: &Observed, leftovers: Leftovers) -> Vec<PlannedStep> {
    let ours =
        observed.backends.iter().filter(|backend| observed.is_own(backend) || observed.is_gone(backend));
    let mut steps: Vec<PlannedStep> = ours
        .map(|backend| {
            let (id, from) = (backend.view.id.clone(), backend.view.backend.clone());
            let reason = format!("the site's `/api` is no longer to be served by `{}`", from.name());
            step(ChangeKind::Delete, reason, Step::Disconnect { backend: id, from })
        })
        .collect();
    if leftovers == Leftovers::Purge
        && let Some(product) = &observed.product
    {
        steps.extend(observed.subscriptions.iter().map(|seen| {
            let delete = Step::DeleteSubscription { subscription: seen.view.id.clone() };
            step(ChangeKind::Delete, "nobody else uses it; its keys end here", delete)
        }));
        let delete = Step::DeleteProduct { product: product.view.id.clone() };
        steps.push(step(ChangeKind::Delete, "nobody else uses it; its APIs stay in the service", delete));
    }
    steps
}

fn add_steps(observed: &Observed, apis: &[String]) -> Vec<PlannedStep> {
    let Some(product) = product_id(observed) else { return Vec::new() };
    let wanted = observed.addable_apis.iter();
    let wanted = wanted.filter(|api| apis.iter().any(|name| name.eq_ignore_ascii_case(api.id.name())));
    let add = |api| Step::AddApi { api: product.api(api) };
    wanted.map(|api| step(ChangeKind::Create, "the site is to reach it", add(&api.id))).collect()
}

fn remove_steps(observed: &Observed, apis: &[String]) -> Vec<PlannedStep> {
    let Some(product) = product_id(observed) else { return Vec::new() };
    let present = observed.product_apis.iter();
    let unwanted = present.filter(|api| apis.iter().any(|name| name.eq_ignore_ascii_case(api.id.name())));
    let remove = |api| Step::RemoveApi { api: product.api(api) };
    unwanted.map(|api| step(ChangeKind::Delete, "the site is not to reach it", remove(&api.id))).collect()
}
