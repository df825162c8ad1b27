//! Many envs in Azure at once: read from pages of listings, and individually if a page does not have enough
//! information.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::{StreamExt as _, stream};

use crate::{
    engine::{self, Target, Verdict},
    provider::{
        ProviderError,
        arm::{ArmControlPlane, FleetView},
        at_once,
    },
    workflow::{
        error::{Result, WorkflowError},
        listener::Listener,
        plane::Plane,
    },
};

/// The number of envs on one control plane from which they are first read from pages of listings.
const MANY: usize = 4;
/// The views of the control planes that have many envs.
#[derive(Default)]
pub(in crate::workflow) struct Fleet {
    views: BTreeMap<usize, FleetView>,
}

impl Fleet {
    /// Views for these targets, for each control plane that has enough of them.
    pub(in crate::workflow) fn of<'a>(targets: impl IntoIterator<Item = (&'a Target, &'a Plane)>) -> Self {
        let mut by_plane: BTreeMap<usize, (Arc<ArmControlPlane>, Vec<&Target>)> = BTreeMap::new();
        for (target, plane) in targets {
            if let Some(azure) = plane.azure() {
                let of_plane =
                    by_plane.entry(key_of(azure)).or_insert_with(|| (Arc::clone(azure), Vec::new()));
                of_plane.1.push(target);
            }
        }
        let many = by_plane.into_iter().filter(|(_, (_, targets))| targets.len() >= MANY);
        let views = many.map(|(key, (azure, targets))| {
            let links = targets.iter().map(|target| (&target.site_environment, &target.service));
            (key, FleetView::new(azure, links))
        });
        Self { views: views.collect() }
    }

    /// The link according to the pages of listings; `None` if its control plane has no view.
    pub(in crate::workflow) async fn glance(
        &self,
        target: &Target,
        plane: &Plane,
    ) -> Option<Result<Verdict, ProviderError>> {
        let azure = plane.azure()?;
        let view = self.views.get(&key_of(azure))?;
        Some(engine::verify(view, target).await)
    }

    async fn look(&self, target: &Target, plane: &Plane) -> Result<Verdict, ProviderError> {
        match self.glance(target, plane).await {
            Some(glance) if !glance.as_ref().is_ok_and(is_about_a_backend) => glance,
            Some(_) | None => engine::verify(plane.as_ref(), target).await,
        }
    }
}

/// Distinguishes a control plane from another one with the same address and a token for another Azure subscription.
fn key_of(azure: &Arc<ArmControlPlane>) -> usize {
    Arc::as_ptr(azure).addr()
}

/// Whether a finding is about a linked backend, whose name is not on a page.
fn is_about_a_backend(verdict: &Verdict) -> bool {
    let ids = verdict.findings.iter().filter_map(|finding| finding.resource.as_deref());
    ids.into_iter().any(|id| id.to_ascii_lowercase().contains("/linkedbackends/"))
}

/// Observes each target, and reports each to the listener when it is done.
pub(super) async fn look_at_each(
    targets: Vec<(usize, Target, Plane)>,
    listener: &dyn Listener,
) -> Vec<(usize, Result<Verdict>)> {
    let fleet = Fleet::of(targets.iter().map(|(_, target, plane)| (target, plane)));
    let several = targets.len() > 1;
    let looks = stream::iter(&targets).map(async |(at, target, plane)| {
        let seen = fleet.look(target, plane).await;
        if several {
            listener.looked(&target.env, seen.as_ref().ok().map(|verdict| verdict.state));
        }
        (*at, seen.map_err(WorkflowError::from))
    });
    looks.buffer_unordered(at_once::LINKS_READ).collect().await
}
