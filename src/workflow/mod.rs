//! The use cases: links are observed, changed, examined and pruned, and saved plans are applied.
//!
//! A use case works with a [`Workspace`], reports its progress to a [`Listener`], and returns a report. It knows
//! neither a command line nor a terminal.

mod apis;
mod audit;
pub mod change;
mod deadline;
mod doctor;
#[cfg(feature = "ui")]
pub mod emulated;
mod error;
mod generations;
mod given;
mod history;
mod init;
mod list;
mod listener;
mod look;
pub mod model;
mod options;
mod overview;
mod plane;
pub mod prune;
mod result_file;
mod rotation;
pub mod saved;
mod saved_report;
mod select;
mod selection;
pub mod snapshot;
pub mod watch;
mod workspace;

pub use self::{
    apis::apis,
    audit::{Services, audit},
    change::{LinkChange, Proposal, Question, propose, reopen},
    deadline::{Deadline, LONGEST, spelt},
    doctor::{Checkup, doctor},
    error::{
        Result, Stranger, Unanswered, UsageError, WorkflowError, chain, diagnose, known, report, report_as,
        unexpected, whole,
    },
    history::{KEPT, history},
    init::{Answer, Asker, Choices, Initialized, init},
    list::{LinkFilter, list, listed_on, services},
    listener::{Deaf, Listener, StepNews, StepStage},
    look::{ExitDetail, Looked, Pictured, Status, graph, linked_to, links, status},
    options::{MissingSample, WorkspaceOptions},
    overview::{KnownOverview, OtherSites, Overview, overview},
    plane::{Plane, PlaneLocation},
    prune::{PruneResult, Pruning},
    result_file::{check_early, write_beside, write_result},
    rotation::{LeftOver, LinkLog, Rotation},
    saved::{Saved, SavedPlan, SavedPrune},
    saved_report::{SavedReport, saved_report},
    workspace::Workspace,
};
pub use crate::provider::{WriteAccess, arm::Connections};
