//! The output of reports: tables, JSON and other formats; progress and prompts. The only module that writes to stdout
//! or stderr.

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
mod explain;
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
mod paint;
mod progress;
mod query;
mod screen;
mod status;
mod steps;
mod stream;
mod streams;
mod style;
mod ui;

pub use ask::AskError;
pub(crate) use change::explains_each_finding;
pub use ci::{Clock, Pipeline, Reader};
pub(crate) use clean::printable;
pub use color::Color;
pub use format::Format;
pub use progress::Progress;
pub use query::{InvalidQuery, Query};
pub(crate) use screen::Screen;
pub use steps::StepLine;
pub use streams::{Streams, Written};
pub use style::Detail;
pub(crate) use style::Tone;
pub use ui::{Notifier, Ui, UiOptions};
