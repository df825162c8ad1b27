//! One file a verb: arguments in, a use case called, its report printed.

pub(crate) mod api;
pub(crate) mod apply;
pub(crate) mod audit;
pub(crate) mod completions;
pub(crate) mod doctor;
#[cfg_attr(not(feature = "emulator"), path = "without_emulator.rs")]
pub(crate) mod emulate;
#[cfg(feature = "emulator")]
#[cfg_attr(not(feature = "ui"), path = "emulate_without_page.rs")]
mod emulate_page;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod graph;
pub(crate) mod help;
pub(crate) mod history;
pub(crate) mod init;
pub(crate) mod link;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod model;
pub(crate) mod prune;
pub(crate) mod relink;
pub(crate) mod show;
pub(crate) mod snapshot;
pub(crate) mod status;
#[cfg_attr(not(feature = "ui"), path = "without_ui.rs")]
pub(crate) mod ui;
pub(crate) mod unlink;
