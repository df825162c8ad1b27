//! The topics of `help`.

/// A help text that is not that of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    /// The options of every command.
    Options,
    /// The environment variables that the program reads.
    Environment,
    /// The exit codes.
    ExitCodes,
}

impl Topic {
    /// Every topic.
    pub(super) const ALL: [Self; 3] = [Self::Options, Self::Environment, Self::ExitCodes];

    /// The word after `help`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Options => "options",
            Self::Environment => "environment",
            Self::ExitCodes => "exit-codes",
        }
    }
}
