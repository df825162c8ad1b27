//! Carries out jobs: in one transaction for each model, concurrently in Azure. Then observes the links again.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, stream};

use super::{
    apply, conclude,
    job::{ChangeJob, JobState},
    writing::Writing,
};
use crate::{
    engine::PlannedStep,
    provider::{ProviderError, Shared, arm::Wait, at_once},
    report::{ChangeResult, Told},
    workflow::{
        listener::{Listener, StepNews, StepStage},
        plane::PlaneLocation,
    },
};

/// Everything that is needed to carry out jobs.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub(super) work: Writing<'a>,
    pub(super) listener: &'a dyn Listener,
    /// Whether the command waits until Azure has completed a change that it has accepted.
    pub(super) wait: Wait,
    /// The command, as it is named in reports.
    pub(super) command: &'a str,
}

impl Run<'_> {
    /// Carries out every job, and returns the result of each.
    pub(super) async fn carry_out(self, jobs: Vec<(usize, ChangeJob)>) -> Vec<(usize, ChangeResult)> {
        let (apart, mut together): (Vec<_>, Vec<_>) =
            jobs.into_iter().partition(|(_, job)| job.plane.is_azure());
        let beside = (apart.len() + together.len()).saturating_sub(1);
        self.apply_together(&mut together).await;
        let mut results = Vec::new();
        for (at, job) in together {
            results.push((at, self.conclude(job, 0).await));
        }
        let apart = stream::iter(apart).map(async |(at, mut job)| {
            if !job.plan.is_empty() {
                apply::one(self.work, &mut job, self.listener).await;
            }
            (at, self.conclude(job, beside).await)
        });
        results.extend(apart.buffer_unordered(at_once::LINKS_CHANGED).collect::<Vec<_>>().await);
        results
    }

    /// Observes the link of a job again, and reports the result to the listener as soon as it is known.
    async fn conclude(self, job: ChangeJob, beside: usize) -> ChangeResult {
        self.listener.doing(&format!("checking {}", job.env));
        let looked = conclude::one(self.work, job, self.listener, self.wait);
        let mut result = Box::pin(looked).await;
        self.listener.result(self.command, &result, beside);
        result.told = Told::Everything;
        result
    }

    /// Applies one transaction for each model, in the order of the files, so that two commands never deadlock.
    async fn apply_together(self, jobs: &mut [(usize, ChangeJob)]) {
        let mut by_model: BTreeMap<PlaneLocation, Vec<&mut ChangeJob>> = BTreeMap::new();
        for (_, job) in jobs.iter_mut().filter(|(_, job)| !job.plan.is_empty()) {
            by_model.entry(job.plane.place()).or_default().push(job);
        }
        for jobs in by_model.into_values() {
            self.transact(jobs).await;
        }
    }

    async fn transact(self, mut jobs: Vec<&mut ChangeJob>) {
        let Some(plane) = jobs.first().map(|job| job.plane.clone()) else { return };
        self.listener.doing("waiting for the lock of the model");
        if let Err(error) = self.work.on(&plane).begin().await {
            fail_all(&mut jobs, error);
            return;
        }
        for job in &mut jobs {
            apply::one(self.work, job, self.listener).await;
        }
        self.listener.doing("writing the model");
        for job in &jobs {
            self.listener.plan(&job.env, &job.plan.steps);
            self.tell(job, StepStage::Sent);
        }
        if let Err(error) = self.work.on(&plane).commit().await {
            unwritten(&mut jobs, error);
            // The next observation must read the file.
            self.work.refresh();
            return;
        }
        for job in &jobs {
            self.tell(job, StepStage::Done(None));
        }
    }

    /// Reports the progress of the steps of a job that are part of a transaction.
    fn tell(self, job: &ChangeJob, stage: StepStage) {
        let (of, total) = (job.env.as_str(), job.plan.steps.len());
        for (at, step) in held(job).iter().enumerate() {
            self.listener.step(StepNews { of, at, total, step, stage });
        }
    }
}

/// The steps of a job that are part of a transaction.
fn held(job: &ChangeJob) -> &[PlannedStep] {
    let count = match &job.state {
        JobState::Applied(_) => job.plan.steps.len(),
        JobState::Failed { failed_step, .. } => failed_step.unwrap_or_default(),
        JobState::Planned | JobState::Settled(_) | JobState::Skipped(_) | JobState::Unwritten(_) => 0,
    };
    &job.plan.steps[..count]
}

/// Fails all jobs with one shared error, which is in each job's error chain.
fn fail_all(jobs: &mut [&mut ChangeJob], error: ProviderError) {
    let shared = Shared::from(error);
    for job in jobs.iter_mut().filter(|job| !matches!(job.state, JobState::Failed { .. })) {
        job.state = JobState::failed(shared.clone());
    }
}

/// Marks every step of a transaction as unknown if the transaction could not be written.
fn unwritten(jobs: &mut [&mut ChangeJob], error: ProviderError) {
    let shared = Shared::from(error);
    for job in jobs {
        let taken = match &job.state {
            JobState::Applied(_) => true,
            JobState::Failed { failed_step, .. } => failed_step.is_some_and(|done| done > 0),
            JobState::Planned | JobState::Settled(_) | JobState::Skipped(_) | JobState::Unwritten(_) => false,
        };
        if taken {
            job.state = JobState::Unwritten(shared.clone().into());
        }
    }
}
