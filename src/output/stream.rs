//! What the streams of this process are: a terminal of some width, with or without colours and links.

use std::io::{self, IsTerminal as _};

use anstream::{AutoStream, ColorChoice};

/// A stream of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

impl Stream {
    /// Whether the stream is a terminal.
    pub(super) fn is_terminal(self) -> bool {
        match self {
            Self::Out => io::stdout().is_terminal(),
            Self::Err => io::stderr().is_terminal(),
        }
    }

    /// Whether text on the stream has colours.
    pub(super) fn is_colored(self) -> bool {
        let choice = match self {
            Self::Out => AutoStream::choice(&io::stdout()),
            Self::Err => AutoStream::choice(&io::stderr()),
        };
        choice != ColorChoice::Never
    }

    /// Whether the stream is a terminal that shows links.
    pub(super) fn has_links(self) -> bool {
        let stream = match self {
            Self::Out => supports_hyperlinks::Stream::Stdout,
            Self::Err => supports_hyperlinks::Stream::Stderr,
        };
        self.is_terminal() && supports_hyperlinks::on(stream)
    }

    /// Returns the width in columns, if the stream is a terminal that knows it.
    pub(super) fn width(self) -> Option<u16> {
        if self.is_terminal() { self.columns().filter(|width| *width > 0) } else { None }
    }

    /// Some terminals know their width and not their height.
    #[cfg(unix)]
    fn columns(self) -> Option<u16> {
        let size = match self {
            Self::Out => rustix::termios::tcgetwinsize(io::stdout()),
            Self::Err => rustix::termios::tcgetwinsize(io::stderr()),
        };
        size.ok().map(|size| size.ws_col)
    }

    #[cfg(not(unix))]
    fn columns(self) -> Option<u16> {
        use dialoguer::console::Term;

        let term = match self {
            Self::Out => Term::stdout(),
            Self::Err => Term::stderr(),
        };
        term.size_checked().map(|(_, width)| width)
    }
}
