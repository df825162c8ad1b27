//! The state of a link, from what was observed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr, VariantArray, VariantNames};

use super::{Finding, FindingCode, Observed};
use crate::model::{ProvisioningState, SiteKey};

/// The state of a link.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    Display,
    EnumString,
    IntoStaticStr,
    VariantArray,
    VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case", parse_err_ty = String, parse_err_fn = unknown)]
pub enum LinkState {
    /// No linked backend, and no product or subscription of the link.
    Unlinked,
    /// No linked backend, but the link's product or subscription still exists.
    Leftover,
    /// A linked backend, but some resources of the link are missing.
    Partial,
    /// All resources of the link exist and are as configured.
    Linked,
    /// All resources of the link exist, but some are not as configured.
    Drifted,
    /// A linked backend that names another resource.
    LinkedElsewhere,
    /// A linked backend that names a resource that does not exist.
    Dangling,
    /// The state could not be determined.
    Unknown,
}

impl LinkState {
    /// Every state.
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

    /// Returns the state's name, as reports print it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    pub(super) fn of(observed: &Observed, findings: &[Finding]) -> Self {
        let found = |code| findings.iter().any(|finding| finding.code == code);
        if found(FindingCode::Unreadable) || observed.site.is_none() {
            return Self::Unknown;
        }
        if observed.backends.is_empty() {
            let not_ours = found(FindingCode::ProductOfAnotherSite) || found(FindingCode::ProductUnproven);
            let leftover = observed.product.is_some() && !not_ours;
            return if leftover { Self::Leftover } else { Self::Unlinked };
        }
        if found(FindingCode::LinkedElsewhere) {
            return Self::LinkedElsewhere;
        }
        if found(FindingCode::Dangling) {
            return Self::Dangling;
        }
        if is_incomplete(observed) {
            return Self::Partial;
        }
        let is_drift = |finding: &Finding| finding.is_mended() || finding.code == FindingCode::PolicyAnswers;
        if findings.iter().any(is_drift) { Self::Drifted } else { Self::Linked }
    }
}

fn is_incomplete(observed: &Observed) -> bool {
    let unfinished = |state: &ProvisioningState| {
        matches!(state, ProvisioningState::Pending(_) | ProvisioningState::Failed(_))
    };
    observed.product.is_none()
        || observed.policy.is_none()
        || !observed.may_have_subscription()
        || observed.site_key == SiteKey::Absent
        || observed.own_backend().is_some_and(|backend| unfinished(&backend.view.provisioning))
}

fn unknown(word: &str) -> String {
    format!(
        "`{word}` is not a state of a link; the states are {}",
        <LinkState as VariantNames>::VARIANTS.join(", ")
    )
}
