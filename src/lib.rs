//! Links an Azure API Management service to an Azure Static Web App, and keeps the link right.

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
pub mod workflow;
