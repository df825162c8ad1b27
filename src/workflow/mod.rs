//! The use cases: links looked at, changed, examined and pruned, and plans that were saved.
//!
//! A use case works with a [`Workspace`], tells a [`Listener`] what it does, and answers with a report. It knows neither a
//! command line nor a terminal.

mod apis;
mod at_once;
mod audit;
pub mod change;
mod deadline;
mod doctor;
mod error;
mod given;
mod listener;
mod look;
mod plane;
pub mod prune;
mod result_file;
pub mod saved;
mod select;
pub mod snapshot;
pub mod watch;
mod workspace;

pub use self::{
    apis::apis,
    audit::{Services, audit},
    change::{Change, Proposal, Question, propose, reopen},
    deadline::{Deadline, LONGEST, spelt},
    doctor::{Checkup, doctor},
    error::{Stranger, UsageError, diagnose, known, report, report_as, unexpected},
    listener::{Deaf, Listener, Stage, StepNews},
    look::{Detail, Looked, Status, linked_to, links, status},
    plane::{Place, Plane},
    prune::{Pruned, Pruning},
    result_file::{check_early, write_beside, write_result},
    saved::{Saved, SavedPlan, SavedPrune},
    workspace::{Surroundings, Workspace},
};
