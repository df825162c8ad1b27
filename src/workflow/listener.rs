//! Progress messages of a use case.

use std::time::Duration;

use crate::{
    engine::{LinkState, PlannedStep},
    report::ChangeResult,
};

/// Receives the progress of a use case. Each method has a default that ignores the message, so an implementation shows
/// only the messages that it needs.
pub trait Listener: Send + Sync {
    /// The use case starts something, such as `reading prod`.
    fn doing(&self, what: &str) {
        let _ = what;
    }

    /// These steps are about to be sent. `of` is the env that they are for, or the product that they delete.
    fn plan(&self, of: &str, steps: &[PlannedStep]) {
        let _ = (of, steps);
    }

    /// The progress of a step has changed.
    fn step(&self, step: StepNews<'_>) {
        let _ = step;
    }

    /// A step of this env waits for at most this time.
    fn waits(&self, env: &str, left: Duration) {
        let _ = (env, left);
    }

    /// Another client changed the resources first, so the plan of this env is computed again.
    fn retries(&self, env: &str) {
        let _ = env;
    }

    /// One link of several was read. `state` is `None` if it could not be read.
    fn looked(&self, env: &str, state: Option<LinkState>) {
        let _ = (env, state);
    }

    /// The change of an env has ended. `beside` is the number of other envs that were changed concurrently.
    fn result(&self, command: &str, result: &ChangeResult, beside: usize) {
        let _ = (command, result, beside);
    }
}

/// The progress of a step.
#[derive(Clone, Copy, Debug)]
pub struct StepNews<'a> {
    /// The env that the step is for, or the product that it deletes.
    pub of: &'a str,
    /// The index of the step in the plan, from 0.
    pub at: usize,
    /// How many steps the plan has.
    pub total: usize,
    /// The step.
    pub step: &'a PlannedStep,
    /// The progress of the step.
    pub stage: StepStage,
}

/// The progress that a step can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepStage {
    /// It is about to be applied.
    Starting,
    /// It was sent, or its transaction is being written. Until that ends, its result is unknown.
    Sent,
    /// It was not needed, and not sent.
    Skipped,
    /// Its answer was lost, and the plan is computed again: whether it was applied stays unknown.
    Lost,
    /// It was acknowledged, after this time if it was applied by itself.
    Done(Option<Duration>),
}

/// A listener that ignores everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deaf;

impl Listener for Deaf {}
