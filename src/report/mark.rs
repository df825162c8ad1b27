//! The mark for the condition of a part of a link, the same in all pictures and tables.

use crate::engine::{LinkState, Severity};

/// The condition of one part of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Good,
    Noted,
    Degraded,
    Broken,
    Warning,
    Failed,
    Absent,
}

impl Mark {
    /// Every mark.
    pub(crate) const ALL: [Self; 7] =
        [Self::Good, Self::Noted, Self::Degraded, Self::Broken, Self::Warning, Self::Failed, Self::Absent];

    pub(crate) fn of(severity: Option<Severity>) -> Self {
        match severity {
            None => Self::Good,
            Some(Severity::Note) => Self::Noted,
            Some(Severity::Degraded) => Self::Degraded,
            Some(Severity::Broken) => Self::Broken,
        }
    }

    pub(crate) fn glyph(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Noted => "i",
            Self::Degraded | Self::Warning => "!",
            Self::Broken | Self::Failed => "✗",
            Self::Absent => "·",
        }
    }
}

/// Returns the mark for the state of a whole link and the most severe of its findings.
pub(crate) fn state_mark(state: LinkState, worst: Option<Severity>) -> Mark {
    match state {
        LinkState::Linked => Mark::of(worst),
        LinkState::Unlinked | LinkState::Leftover => Mark::Absent,
        LinkState::Drifted => Mark::of(worst.max(Some(Severity::Degraded))),
        LinkState::Partial | LinkState::LinkedElsewhere | LinkState::Dangling | LinkState::Unknown => {
            Mark::Broken
        }
    }
}
