//! Many links of models, read by all processors.

use std::{num::NonZero, sync::Arc, thread};

use super::{Resolved, Sight, Sought};
use crate::{
    provider::json::JsonControlPlane,
    workflow::{
        error::{Result, WorkflowError},
        plane::Plane,
    },
};

/// The number of links from which several threads read them.
pub(super) const MANY: usize = 64;

/// Reading a model is bound by the processor, so it is shared by threads, one of which is the caller's: each has its own
/// view of the models, and its part of the envs.
pub(super) async fn look_in_threads<F>(
    mut targets: Vec<Resolved>,
    look: impl Fn(Vec<Resolved>) -> F + Send + Copy + 'static,
) -> Result<Vec<Sight>>
where
    F: Future<Output = Vec<Sight>>,
{
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let share = targets.len().div_ceil(threads);
    let mut rest = targets.split_off(share.min(targets.len()));
    let mut running = Vec::new();
    while !rest.is_empty() {
        let later = rest.split_off(share.min(rest.len()));
        let part = apart(std::mem::replace(&mut rest, later))?;
        running.push(thread::Builder::new().spawn(move || look_from_a_thread(part, look))?);
    }
    let mut sights = look(targets).await;
    for thread in running {
        let ended = thread
            .join()
            .map_err(|_| WorkflowError::Unexpected("a thread that reads links ended unexpectedly"))?;
        sights.extend(ended?);
    }
    Ok(sights)
}

fn look_from_a_thread<F>(part: Vec<Resolved>, look: impl Fn(Vec<Resolved>) -> F) -> Result<Vec<Sight>>
where
    F: Future<Output = Vec<Sight>>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    Ok(runtime.block_on(look(part)))
}

/// The same targets, on views of their models that no other thread uses.
fn apart(targets: Vec<Resolved>) -> Result<Vec<Resolved>> {
    let mut views: Vec<(Arc<JsonControlPlane>, Plane)> = Vec::new();
    let mut view_of = |plane: Plane| -> Result<Plane> {
        let Plane::Model(model) = plane else { return Ok(plane) };
        if let Some((_, view)) = views.iter().find(|(known, _)| Arc::ptr_eq(known, &model)) {
            return Ok(view.clone());
        }
        let view = Plane::Model(Arc::new(model.snapshot()?));
        views.push((model, view.clone()));
        Ok(view)
    };
    let on_a_view = |resolved: Resolved| match resolved {
        Ok(sought) => Ok(Ok(Sought { plane: view_of(sought.plane)?, ..sought })),
        Err(error) => Ok(Err(error)),
    };
    targets.into_iter().map(on_a_view).collect()
}
