//! What a use case says while it runs.

use std::time::Duration;

use crate::{
    engine::{LinkState, PlannedStep},
    report::ChangeResult,
};

/// Is told what a use case does. A face shows as much of it as it likes; each message has a default that ignores it.
pub trait Listener: Send + Sync {
    /// Something is being done now, such as `reading prod`.
    fn doing(&self, what: &str) {
        let _ = what;
    }

    /// These steps are about to be sent. `of` is the env that they are for, or the product that they delete.
    fn plan(&self, of: &str, steps: &[PlannedStep]) {
        let _ = (of, steps);
    }

    /// A step has come so far.
    fn step(&self, step: StepNews<'_>) {
        let _ = step;
    }

    /// A step of this env waits, and this is what is left of its wait at most.
    fn waits(&self, env: &str, left: Duration) {
        let _ = (env, left);
    }

    /// Another client was first, so the plan of this env is computed again.
    fn retries(&self, env: &str) {
        let _ = env;
    }

    /// One link of several was read; without a state, it could not be.
    fn looked(&self, env: &str, state: Option<LinkState>) {
        let _ = (env, state);
    }

    /// An env is done with. `beside` is how many others were changed side by side with it.
    fn result(&self, command: &str, result: &ChangeResult, beside: usize) {
        let _ = (command, result, beside);
    }
}

/// How far a step has come.
#[derive(Clone, Copy, Debug)]
pub struct StepNews<'a> {
    /// The env that it is for, or the product that it deletes.
    pub of: &'a str,
    /// Its place in the plan, from 0.
    pub at: usize,
    /// How many steps the plan has.
    pub total: usize,
    /// The step.
    pub step: &'a PlannedStep,
    /// How far it has come.
    pub stage: StepStage,
}

/// How far a step can have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepStage {
    /// It is about to be taken.
    Starting,
    /// It was sent, or its transaction is being written: until that ends, it is not known whether it was applied.
    Sent,
    /// It was acknowledged, after this time if it stood by itself.
    Done(Option<Duration>),
}

/// A listener that ignores everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deaf;

impl Listener for Deaf {}
