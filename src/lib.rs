//! Links an Azure API Management service to an Azure Static Web App, and keeps the link working.
//!
//! The program is a command line over a library. Everything that it does is a use case of [`workflow`]: a use case
//! works with a [`Workspace`](workflow::Workspace), reports its progress to a [`Listener`](workflow::Listener), and
//! returns a [`report`]. It neither reads arguments nor prints.
//!
//! A change is proposed before it is applied. This example links the site of the built-in sample, on a model in a file:
//!
//! ```
//! use std::fs;
//!
//! use swa_apim::{
//!     cli,
//!     config::{FILE_NAME, MODEL_NAME, sample_config, sample_model},
//!     engine::{Existing, Intent, LinkState},
//!     workflow::{self, Deaf, LinkChange, Workspace, WorkspaceOptions, WriteAccess},
//! };
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let directory = tempfile::tempdir()?;
//! fs::write(directory.path().join(FILE_NAME), sample_config())?;
//! fs::write(directory.path().join(MODEL_NAME), sample_model())?;
//!
//! let work = Workspace::open(directory.path(), WorkspaceOptions::new(cli::command_line))?;
//! let change = LinkChange::new(Intent::Link { existing: Existing::Keep });
//! let proposal = workflow::propose(&work, &work.envs(true)?, &change, &Deaf).await?;
//! assert!(proposal.has_steps());
//!
//! let report = proposal.carry_out(&work, WriteAccess::grant(), &Deaf).await;
//! assert_eq!(report.results[0].state, LinkState::Linked);
//! # Ok(())
//! # }
//! ```
//!
//! Below the use cases are the [`engine`], which decides which changes a link needs and returns them as plans, which
//! are values; the [`provider`]s, which are control planes; and the [`model`], which has Azure's resources and their
//! rules.

pub mod ambient;
pub mod cli;
pub mod config;
pub mod diagnosis;
#[cfg(feature = "emulator")]
pub mod emulator;
pub mod engine;
pub mod export;
pub mod files;
#[doc(hidden)]
pub mod fuzzing;
pub mod graph;
pub mod model;
pub mod output;
pub mod provider;
pub mod report;
#[cfg(any(feature = "emulator", feature = "ui"))]
mod stream;
#[cfg(feature = "ui")]
pub mod ui;
pub mod workflow;
