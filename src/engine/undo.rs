//! How to undo a plan after it was applied; pure.

use super::{ChangeKind, Intent, Leftovers, Observed, PlannedStep, Step};
use crate::{
    diagnosis::{Cure, Hint, Selection},
    model::{ApimServiceId, ResourceId},
};

/// How to undo a change, or why it cannot be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undo {
    /// A command undoes the change.
    By {
        /// The command.
        cure: Cure,
        /// The options that select its target.
        on: Selection,
        /// What the command does not restore.
        note: Option<Hint>,
    },
    /// No command undoes the change; the reason.
    Impossible(String),
}

impl Undo {
    fn by(observed: &Observed, cure: Cure) -> Self {
        Self::By { cure, on: observed.target.selection.clone(), note: None }
    }

    fn by_with(observed: &Observed, cure: Cure, note: impl Into<Hint>) -> Self {
        Self::By { cure, on: observed.target.selection.clone(), note: Some(note.into()) }
    }

    fn impossible(why: impl Into<String>) -> Self {
        Self::Impossible(why.into())
    }
}

/// Returns how to undo the steps of a plan; `None` if they change nothing.
pub(super) fn undo(observed: &Observed, intent: &Intent, steps: &[PlannedStep]) -> Option<Undo> {
    if steps.iter().all(|planned| planned.kind == ChangeKind::Wait) {
        return None;
    }
    Some(match intent {
        Intent::Link { .. } | Intent::Relink if observed.own_backend().is_none() => of_link(observed, steps),
        Intent::Link { .. } => of_repair(observed, steps),
        Intent::Relink => Undo::impossible("the replaced keys cannot be restored"),
        Intent::Unlink { leftovers } => of_unlink(observed, *leftovers, steps),
        Intent::AddApis { .. } => Undo::by(observed, Cure::RemoveApis(apis(steps))),
        Intent::RemoveApis { .. } => Undo::by(observed, Cure::AddApis(apis(steps))),
    })
}

/// Returns the APIs that the steps add or remove. Named APIs that need no step are omitted.
fn apis(steps: &[PlannedStep]) -> Vec<String> {
    let apis = steps.iter().filter_map(|planned| {
        let (Step::AddApi { api } | Step::RemoveApi { api }) = &planned.step else { return None };
        Some(api.name().to_owned())
    });
    apis.collect()
}

/// Returns the backend that a step disconnects, if it disconnects one.
fn disconnected(planned: &PlannedStep) -> Option<&ResourceId> {
    let Step::Disconnect { from, .. } = &planned.step else { return None };
    Some(from)
}

/// Undoes the creation of a link: resources that it created are deleted, existing resources are kept.
fn of_link(observed: &Observed, steps: &[PlannedStep]) -> Undo {
    let replaced = steps.iter().filter_map(disconnected).find(|from| !observed.gone.contains(*from));
    let undo = if observed.product.is_some() { Cure::Unlink } else { Cure::Purge };
    match replaced {
        Some(from) => Undo::by_with(observed, undo, linked_before(observed, from)),
        None if observed.product.is_some() => {
            Undo::by_with(observed, undo, "the product existed before and is not deleted")
        }
        None => Undo::by(observed, undo),
    }
}

fn linked_before(observed: &Observed, from: &ResourceId) -> Hint {
    let (site, name) = (observed.target.site_environment.site(), from.name());
    if ApimServiceId::try_from(from.clone()).is_ok() {
        let again = Hint::command(Cure::Link, Selection::of_link(site.as_str(), from.as_str()));
        return again.then(format!(" links the site to `{name}` again, where its product still exists"));
    }
    format!(
        "the site was linked to `{name}`, which is not an API Management service; no command links it again"
    )
    .into()
}

/// Undoes the repair of an existing link. Only added APIs can be removed again; an earlier fault cannot be restored.
fn of_repair(observed: &Observed, steps: &[PlannedStep]) -> Undo {
    let adds = |planned: &&PlannedStep| matches!(planned.step, Step::AddApi { .. });
    if steps.iter().all(|planned| adds(&planned)) {
        return Undo::by(observed, Cure::RemoveApis(apis(steps)));
    }
    Undo::impossible("the command repaired an existing link; the earlier fault cannot be restored")
}

fn of_unlink(observed: &Observed, leftovers: Leftovers, steps: &[PlannedStep]) -> Undo {
    let deletes = steps.iter().any(|planned| matches!(planned.step, Step::DeleteProduct { .. }));
    let Some(from) = steps.iter().find_map(disconnected) else {
        return Undo::impossible(
            "the command deleted leftovers of an earlier link; their keys cannot be restored",
        );
    };
    if observed.gone.contains(from) {
        return Undo::impossible(format!("the site was linked to `{}`, which does not exist", from.name()));
    }
    match leftovers {
        Leftovers::Purge if deletes => Undo::by_with(observed, Cure::Link, purged(observed)),
        Leftovers::Keep | Leftovers::Purge => {
            Undo::by_with(observed, Cure::Link, "the product, its APIs and its keys still exist")
        }
    }
}

fn purged(observed: &Observed) -> String {
    let apis: Vec<&str> = observed.product_apis.iter().map(|api| api.id.name()).collect();
    if apis.is_empty() {
        return "linking creates new keys".to_owned();
    }
    format!(
        "linking creates new keys, and its product will contain {} only if the env lists them",
        apis.join(", ")
    )
}
