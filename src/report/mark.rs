//! The mark for the condition of a part of a link, the same in all pictures and tables.

use strum::VariantArray;

use super::SiteState;
use crate::engine::{LinkState, Severity};

/// The condition of one part of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, VariantArray)]
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
    pub(crate) const ALL: &[Self] = Self::VARIANTS;

    pub(crate) fn of(severity: Option<Severity>) -> Self {
        match severity {
            None => Self::Good,
            Some(Severity::Note) => Self::Noted,
            Some(Severity::Degraded) => Self::Degraded,
            Some(Severity::Broken) => Self::Broken,
        }
    }

    /// Returns the condition as a word, for readers without colours and shapes.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Noted => "note",
            Self::Degraded => "degraded",
            Self::Broken => "broken",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Absent => "-",
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

/// Returns the mark for the state of a whole link and the most severe of its findings. It is never better than that
/// finding.
pub(crate) fn state_mark(state: LinkState, worst: Option<Severity>) -> Mark {
    let at_least = |severity| Mark::of(worst.max(Some(severity)));
    match state {
        LinkState::Linked => Mark::of(worst),
        LinkState::Unlinked | LinkState::Leftover => match worst {
            None | Some(Severity::Note) => Mark::Absent,
            Some(Severity::Degraded | Severity::Broken) => Mark::of(worst),
        },
        LinkState::Drifted | LinkState::Partial => at_least(Severity::Degraded),
        LinkState::LinkedElsewhere | LinkState::Dangling | LinkState::Unknown => at_least(Severity::Broken),
    }
}

/// Returns the mark for the state of a site in a list.
pub(crate) fn site_mark(state: SiteState) -> Mark {
    match state {
        SiteState::Unlinked | SiteState::Leftover => Mark::Absent,
        SiteState::Connected | SiteState::Linked => Mark::Good,
        SiteState::LinkedElsewhere => Mark::Noted,
        SiteState::Drifted => Mark::Degraded,
        SiteState::Partial | SiteState::Dangling => Mark::Broken,
        SiteState::Unknown => Mark::Warning,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_of_a_state_is_never_better_than_its_worst_finding() {
        for state in LinkState::ALL.iter().copied() {
            for severity in [Severity::Degraded, Severity::Broken] {
                let mark = state_mark(state, Some(severity));
                let allowed = [Mark::of(Some(severity)), Mark::Broken];
                assert!(allowed.contains(&mark), "{state} {severity}: {mark:?}");
            }
        }
        assert_eq!(state_mark(LinkState::Leftover, Some(Severity::Note)), Mark::Absent);
        assert_eq!(state_mark(LinkState::Unlinked, None), Mark::Absent);
    }
}
