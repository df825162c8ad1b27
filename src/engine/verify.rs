//! Observes again, and judges whether what was wanted is there. Never trusts what `apply` returned.
#![warn(clippy::arithmetic_side_effects)]

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Finding, Grace, Intent, Leftovers, LinkState, Observed, Provisioner, Target, assess, observe};
use crate::provider::{ProviderError, Reads};

/// How long to wait before a link is looked at again.
const PAUSE: Duration = Duration::from_secs(1);

/// What a link is like now.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Its state.
    pub state: LinkState,
    /// What is not as it should be, or worth knowing.
    pub findings: Vec<Finding>,
    /// What was observed.
    pub observed: Observed,
}

impl Verdict {
    /// Judges what was observed.
    #[must_use]
    pub fn of(observed: Observed) -> Self {
        let findings = assess::findings(&observed);
        Self { state: LinkState::of(&observed, &findings), findings, observed }
    }

    /// Whether this is what `intent` wanted.
    #[must_use]
    pub fn fulfils(&self, intent: &Intent) -> bool {
        let in_product = |name: &String| {
            self.observed.product_apis.iter().any(|api| api.id.name().eq_ignore_ascii_case(name))
        };
        match intent {
            Intent::Link { .. } | Intent::Relink => {
                self.state == LinkState::Linked || self.is_beyond_repair()
            }
            Intent::Unlink { leftovers: Leftovers::Keep } => self.is_disconnected(),
            Intent::Unlink { leftovers: Leftovers::Purge } => {
                self.is_disconnected() && self.observed.product.is_none()
            }
            Intent::AddApis { apis } => apis.iter().all(in_product),
            Intent::RemoveApis { apis } => !apis.iter().any(in_product),
        }
    }

    /// Whether the link has drifted, and no command changes what has: it may be so on purpose.
    fn is_beyond_repair(&self) -> bool {
        self.state == LinkState::Drifted && !self.findings.iter().any(Finding::is_mended)
    }

    fn is_disconnected(&self) -> bool {
        match self.state {
            LinkState::Unlinked | LinkState::Leftover | LinkState::LinkedElsewhere => true,
            LinkState::Partial
            | LinkState::Linked
            | LinkState::Drifted
            | LinkState::Dangling
            | LinkState::Unknown => false,
        }
    }
}

/// Observes the target and judges it.
///
/// # Errors
///
/// [`ProviderError`] if the control plane does not answer.
pub async fn verify(plane: &dyn Reads, target: &Target) -> Result<Verdict, ProviderError> {
    observe(plane, target).await.map(Verdict::of)
}

/// As [`verify`], but gives a resource provider time to finish what it does for itself: as long as the
/// target's grace, if the link is not yet as `intent` wants it.
///
/// # Errors
///
/// [`ProviderError`] if the control plane does not answer.
pub async fn verify_in_time(
    plane: &dyn Reads,
    target: &Target,
    intent: &Intent,
) -> Result<Verdict, ProviderError> {
    let waits = target.provisioner == Provisioner::Service;
    let patience = target.propagation.grace().filter(|_| waits).map(Grace::duration).unwrap_or_default();
    let since = Instant::now();
    loop {
        let verdict = verify(plane, target).await?;
        if verdict.fulfils(intent) || since.elapsed() >= patience {
            return Ok(verdict);
        }
        tracing::debug!(state = %verdict.state, "not there yet");
        sleep(PAUSE.min(patience)).await;
    }
}
