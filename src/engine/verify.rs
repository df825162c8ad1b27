//! Observes the target again and checks the result against the intent, independently of what `apply` returned.
#![warn(clippy::arithmetic_side_effects)]

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{
    Finding, FindingCode, Grace, Intent, Leftovers, LinkState, Observed, Provisioner, Target, assess, observe,
};
use crate::provider::{ProviderError, Reads};

/// The pause before a link is read again.
const PAUSE: Duration = Duration::from_secs(1);

/// The current state of a link.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Its state.
    pub state: LinkState,
    /// The findings, in order of the codes.
    pub findings: Vec<Finding>,
    /// The observation.
    pub observed: Observed,
}

impl Verdict {
    /// Derives the verdict from an observation.
    #[must_use]
    pub fn of(observed: Observed) -> Self {
        let findings = assess::findings(&observed);
        Self { state: LinkState::of(&observed, &findings), findings, observed }
    }

    /// Whether the link is as `intent` describes it.
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

    /// Whether Azure is still connecting the site.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.findings.iter().any(|found| found.code == FindingCode::BackendPending)
    }

    /// Whether the link has drifted only in ways that no command repairs: the difference may be intended.
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

/// Observes the target and derives the verdict.
///
/// # Errors
///
/// [`ProviderError`] if the control plane does not answer.
pub async fn verify(plane: &dyn Reads, target: &Target) -> Result<Verdict, ProviderError> {
    observe(plane, target).await.map(Verdict::of)
}

/// Like [`verify`], but if the link is not yet as `intent` describes it, waits as long as the target's grace for a
/// resource provider to finish its own changes.
///
/// # Errors
///
/// [`ProviderError`] if the control plane does not answer, or still contradicts itself in the end.
pub async fn verify_in_time(
    plane: &dyn Reads,
    target: &Target,
    intent: &Intent,
) -> Result<Verdict, ProviderError> {
    let waits = target.provisioner == Provisioner::Service;
    let patience = target.propagation.grace().filter(|_| waits).map(Grace::duration).unwrap_or_default();
    let since = Instant::now();
    loop {
        match verify(plane, target).await {
            Ok(verdict) if verdict.fulfils(intent) || since.elapsed() >= patience => return Ok(verdict),
            Ok(verdict) => tracing::debug!(state = %verdict.state, "the link is not complete yet"),
            // Shortly after a change, an answer can be older than the change.
            Err(ProviderError::Undetermined(why)) if since.elapsed() < patience => {
                tracing::debug!(%why, "the link could not be determined yet");
            }
            Err(error) => return Err(error),
        }
        sleep(PAUSE.min(patience)).await;
    }
}
