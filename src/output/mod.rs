//! The output of reports: tables, JSON and other formats; progress and prompts. The only module that writes to stdout
//! or stderr.
//! stderr.

mod apis;
mod ask;
mod audit;
mod azure_pipelines;
mod board;
mod change;
mod ci;
mod clean;
mod color;
mod doctor;
mod findings;
mod format;
mod history;
#[cfg(test)]
mod hostile;
mod layout;
mod link;
mod list;
mod model;
mod notes;
mod overview;
mod progress;
mod status;
mod steps;
mod stream;
mod streams;
mod style;
mod ui;

pub use ask::AskError;
pub use ci::{Clock, Pipeline, Reader};
pub(crate) use clean::printable;
pub use color::Color;
pub use format::{Format, InvalidQuery, Query};
pub use progress::Progress;
pub use steps::StepLine;
pub use streams::{Streams, Written};
pub use style::Detail;
pub(crate) use ui::Screen;
pub use ui::{Notifier, Ui, UiOptions};
