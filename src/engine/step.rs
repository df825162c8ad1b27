//! One change to a control plane, as a value.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{Display, IntoStaticStr};

use super::{Finding, Grace, Part};
use crate::model::{
    ApimPolicyId, ApimServiceId, ApimSubscriptionId, Fingerprint, LinkedBackendId, ProductApiId, ProductId,
    ResourceId,
};

/// One change to the control plane, small enough that a working link still works after a crash before or after the
/// step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum Step {
    /// Creates or repairs the link's product.
    PutProduct {
        /// The product.
        product: ProductId,
    },
    /// Creates or repairs the link's subscription. A new subscription gets two new keys.
    PutSubscription {
        /// The subscription.
        subscription: ApimSubscriptionId,
        /// The product that its keys open.
        product: ProductId,
    },
    /// Creates or repairs the product's policy.
    PutPolicy {
        /// The policy.
        policy: ApimPolicyId,
    },
    /// Adds an API to the product.
    AddApi {
        /// The membership of the API in the product.
        api: ProductApiId,
    },
    /// Removes an API from the product; the API itself is not deleted.
    RemoveApi {
        /// The membership of the API in the product.
        api: ProductApiId,
    },
    /// Routes the site's `/api` to the service; the site copies the current primary key.
    Connect {
        /// The linked backend.
        backend: LinkedBackendId,
        /// The service that it names.
        service: ApimServiceId,
    },
    /// Stops routing the site's `/api` to the resource that the backend names. That resource is not changed.
    Disconnect {
        /// The linked backend.
        backend: LinkedBackendId,
        /// The resource that it names.
        from: ResourceId,
    },
    /// Moves the live key to the secondary slot and generates a new primary key, in one update.
    SwapKeys {
        /// The subscription.
        subscription: ApimSubscriptionId,
        /// The key that moves; `None` if no key is known, and both keys are replaced.
        live: Option<Fingerprint>,
    },
    /// Waits until the gateway accepts the subscription's primary key.
    ProveKey {
        /// The subscription.
        subscription: ApimSubscriptionId,
        /// How long to wait if the gateway cannot be called.
        grace: Grace,
    },
    /// Waits until the site can be expected to send the key that it copied.
    Settle {
        /// The linked backend.
        backend: LinkedBackendId,
        /// The duration of the wait.
        grace: Grace,
    },
    /// Regenerates the secondary key, which the site no longer sends.
    RetireSecondary {
        /// The subscription.
        subscription: ApimSubscriptionId,
        /// The key to retire. If the subscription no longer has it, nothing is done.
        retiring: Fingerprint,
    },
    /// Deletes the link's subscription with its keys.
    DeleteSubscription {
        /// The subscription.
        subscription: ApimSubscriptionId,
    },
    /// Deletes the link's product with its policy. The APIs in the product are not deleted.
    DeleteProduct {
        /// The product.
        product: ProductId,
    },
}

/// The kind of a step.
#[derive(Clone, Copy, Debug, Display, PartialEq, Eq, IntoStaticStr, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum StepAction {
    /// Creates or repairs the product.
    PutProduct,
    /// Creates or repairs the subscription.
    PutSubscription,
    /// Creates or repairs the policy of the product.
    PutPolicy,
    /// Adds an API to the product.
    AddApi,
    /// Removes an API from the product.
    RemoveApi,
    /// Connects the site.
    Connect,
    /// Disconnects the site.
    Disconnect,
    /// Moves the primary key to the secondary slot and generates a new primary key.
    SwapKeys,
    /// Waits until the gateway accepts the new key.
    ProveKey,
    /// Waits until every edge of the site sends the new key.
    Settle,
    /// Regenerates the secondary key.
    RetireSecondary,
    /// Deletes the subscription.
    DeleteSubscription,
    /// Deletes the product.
    DeleteProduct,
}

impl StepAction {
    /// Returns the name in plans and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl Step {
    /// Returns the resource that the step changes.
    #[must_use]
    pub fn target(&self) -> &ResourceId {
        match self {
            Self::PutProduct { product } | Self::DeleteProduct { product } => product,
            Self::PutPolicy { policy } => policy,
            Self::AddApi { api } | Self::RemoveApi { api } => api,
            Self::Connect { backend, .. }
            | Self::Disconnect { backend, .. }
            | Self::Settle { backend, .. } => backend,
            Self::PutSubscription { subscription, .. }
            | Self::ProveKey { subscription, .. }
            | Self::SwapKeys { subscription, .. }
            | Self::RetireSecondary { subscription, .. }
            | Self::DeleteSubscription { subscription } => subscription,
        }
    }

    /// Returns the kind of the step.
    #[must_use]
    pub fn action(&self) -> StepAction {
        match self {
            Self::PutProduct { .. } => StepAction::PutProduct,
            Self::PutSubscription { .. } => StepAction::PutSubscription,
            Self::PutPolicy { .. } => StepAction::PutPolicy,
            Self::AddApi { .. } => StepAction::AddApi,
            Self::RemoveApi { .. } => StepAction::RemoveApi,
            Self::Connect { .. } => StepAction::Connect,
            Self::Disconnect { .. } => StepAction::Disconnect,
            Self::SwapKeys { .. } => StepAction::SwapKeys,
            Self::ProveKey { .. } => StepAction::ProveKey,
            Self::Settle { .. } => StepAction::Settle,
            Self::RetireSecondary { .. } => StepAction::RetireSecondary,
            Self::DeleteSubscription { .. } => StepAction::DeleteSubscription,
            Self::DeleteProduct { .. } => StepAction::DeleteProduct,
        }
    }

    /// Returns how long the step waits if nothing shows earlier that its wait is over; `None` if it does not wait.
    #[must_use]
    pub fn waits(&self) -> Option<Duration> {
        match self {
            Self::ProveKey { grace, .. } | Self::Settle { grace, .. } => Some(grace.duration()),
            Self::PutProduct { .. }
            | Self::PutSubscription { .. }
            | Self::PutPolicy { .. }
            | Self::AddApi { .. }
            | Self::RemoveApi { .. }
            | Self::Connect { .. }
            | Self::Disconnect { .. }
            | Self::SwapKeys { .. }
            | Self::RetireSecondary { .. }
            | Self::DeleteSubscription { .. }
            | Self::DeleteProduct { .. } => None,
        }
    }

    /// Whether the step deletes leftovers of a link: its product or a subscription of the product.
    #[must_use]
    pub fn deletes_leftovers(&self) -> bool {
        match self {
            Self::DeleteSubscription { .. } | Self::DeleteProduct { .. } => true,
            Self::PutProduct { .. }
            | Self::PutSubscription { .. }
            | Self::PutPolicy { .. }
            | Self::AddApi { .. }
            | Self::RemoveApi { .. }
            | Self::Connect { .. }
            | Self::Disconnect { .. }
            | Self::SwapKeys { .. }
            | Self::ProveKey { .. }
            | Self::Settle { .. }
            | Self::RetireSecondary { .. } => false,
        }
    }

    /// Whether the step can be sent again without changing anything that the first request did not change.
    #[must_use]
    pub fn repeatable(&self) -> bool {
        match self {
            Self::SwapKeys { .. } | Self::RetireSecondary { .. } => false,
            Self::PutProduct { .. }
            | Self::PutSubscription { .. }
            | Self::PutPolicy { .. }
            | Self::AddApi { .. }
            | Self::RemoveApi { .. }
            | Self::Connect { .. }
            | Self::Disconnect { .. }
            | Self::ProveKey { .. }
            | Self::Settle { .. }
            | Self::DeleteSubscription { .. }
            | Self::DeleteProduct { .. } => true,
        }
    }
}

/// The effect of a step on its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// The target is created.
    Create,
    /// The target is updated.
    Update,
    /// The target is deleted.
    Delete,
    /// The target is not changed; the step waits.
    Wait,
}

impl ChangeKind {
    /// Returns the sign that is printed before the step in a plan.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::Create => '+',
            Self::Update => '~',
            Self::Delete => '-',
            Self::Wait => '.',
        }
    }
}

/// A step, its effect on its target, and the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// The change.
    #[serde(flatten)]
    pub step: Step,
    /// The effect on its target.
    pub kind: ChangeKind,
    /// The reason for the step.
    pub reason: String,
    /// The fields of the target that the step changes, as far as they were read; empty if the step creates its target.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<FieldChange>,
}

impl PlannedStep {
    /// Returns the step with the fields that the repair of these findings changes. The key that a site sends is not
    /// one of them.
    #[must_use]
    pub fn repairing<'a>(mut self, findings: impl IntoIterator<Item = &'a Finding>) -> Self {
        let of_fields = findings.into_iter().filter(|finding| finding.code.part() != Part::SiteKey);
        self.changes.extend(of_fields.filter_map(FieldChange::of));
        self
    }
}

/// The value of a field before and after a step. It is never a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// The path of the field within its resource, such as `properties.subscriptionRequired`.
    pub field: String,
    /// The value that was read.
    pub before: String,
    /// The value that the step sets.
    pub after: String,
}

impl FieldChange {
    /// Returns the change that repairs a finding; `None` if the finding is not about a field.
    fn of(finding: &Finding) -> Option<Self> {
        let Finding { field, expected, actual, .. } = finding;
        Some(Self { field: field.clone()?, before: actual.clone()?, after: expected.clone()? })
    }
}
