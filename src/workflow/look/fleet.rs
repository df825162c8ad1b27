//! Many envs in Azure at once: looked at by page, and closely where a page does not say enough.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::{StreamExt as _, stream};

use crate::{
    cli::session::Context,
    engine::{self, Target, Verdict},
    output::Progress,
    provider::{
        ProviderError,
        arm::{ArmControlPlane, FleetView},
    },
    workflow::plane::Plane,
};

/// From how many envs on one control plane on they are looked at by page first.
const MANY: usize = 4;
/// How many envs are looked at at once; what is sent at once is limited where it is sent.
const AT_ONCE: usize = 64;

/// The views of the control planes that many envs are on.
#[derive(Default)]
pub(crate) struct Fleet {
    views: BTreeMap<usize, FleetView>,
}

impl Fleet {
    /// Views for these targets, as far as it pays to have one.
    pub(crate) fn of<'a>(targets: impl IntoIterator<Item = (&'a Target, &'a Plane)>) -> Self {
        let mut by_plane: BTreeMap<usize, (Arc<ArmControlPlane>, Vec<&Target>)> = BTreeMap::new();
        for (target, plane) in targets {
            if let Plane::Azure(azure) = plane {
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

    /// What a page says of a link; nothing, if it is not to be looked at by page.
    pub(crate) async fn glance(
        &self,
        target: &Target,
        plane: &Plane,
    ) -> Option<Result<Verdict, ProviderError>> {
        let Plane::Azure(azure) = plane else { return None };
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

/// What tells a control plane from another one at the same address, which has a token for another subscription.
fn key_of(azure: &Arc<ArmControlPlane>) -> usize {
    Arc::as_ptr(azure).addr()
}

/// Whether a finding is about a linked backend, which has no name on a page.
fn is_about_a_backend(verdict: &Verdict) -> bool {
    let ids = verdict.findings.iter().filter_map(|finding| finding.resource.as_deref());
    ids.into_iter().any(|id| id.to_ascii_lowercase().contains("/linkedbackends/"))
}

/// Looks at each target, and says so on stderr as it has.
pub(crate) async fn look_at_each(
    cx: &Context,
    targets: Vec<(usize, Target, Plane)>,
    progress: &Progress,
) -> Vec<(usize, anyhow::Result<Verdict>)> {
    let fleet = Fleet::of(targets.iter().map(|(_, target, plane)| (target, plane)));
    let several = targets.len() > 1;
    let looks = stream::iter(&targets).map(async |(at, target, plane)| {
        let seen = fleet.look(target, plane).await;
        if several {
            let said =
                seen.as_ref().map_or_else(|_| "could not be read".to_owned(), |it| it.state.to_string());
            cx.ui.say_beside(progress, &format!("{}: {said}", target.env));
        }
        (*at, seen.map_err(anyhow::Error::from))
    });
    looks.buffer_unordered(AT_ONCE).collect().await
}
