//! The topics of `help`.

use strum::{IntoStaticStr, VariantArray};

/// A help text that is not that of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
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
    pub(super) const ALL: &[Self] = Self::VARIANTS;

    /// The word after `help`.
    pub(super) fn name(self) -> &'static str {
        self.into()
    }
}
