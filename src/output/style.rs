//! The style of output on a terminal and in a pipe: widths, marks, and one palette.

use anstyle::AnsiColor;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::{link, stream::Stream};
use crate::{
    engine::{ChangeKind, FindingCode, LinkState, Severity},
    report::{Mark, StepStatus, one_line},
};

/// The minimum width, in columns, for wrapping. Below it, wrapped lines are harder to read than lines that the
/// terminal breaks.
const NARROWEST: u16 = 40;
/// The maximum width, in columns. Longer lines of text are hard to read.
const WIDEST: u16 = 120;

/// The style of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    /// Whether marks are glyphs; otherwise they are words.
    pub(super) decorated: bool,
    /// Whether the output has colours, which never carry meaning by themselves.
    pub(super) colored: bool,
    /// The width that lines are wrapped to; `None` if they are not wrapped.
    pub(super) width: Option<u16>,
    /// How much is shown.
    pub(super) detail: Detail,
    /// The time zone of times.
    pub(super) zone: Zone,
    /// The page to which the codes of findings are links; `None` if they are not links.
    pub(super) page: Option<&'static str>,
}

/// The time zone in which times are shown. Data formats always have UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    /// The zone of `TZ` or of the operating system.
    Local,
    /// Coordinated Universal Time.
    Utc,
}

/// How much of a result is shown as text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Names and what is not in order.
    #[default]
    Short,
    /// Also full resource ids, and what is in order.
    Full,
}

/// The meaning of a word, which determines its colour: the same in every message, table and plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    /// No special meaning.
    #[default]
    Plain,
    /// In order, or created.
    Good,
    /// Information, or what to do next.
    Noted,
    /// A warning, or updated.
    Degraded,
    /// An error, or deleted.
    Broken,
    /// Absent, not done, or not important.
    Faint,
}

impl Tone {
    /// Returns the colours and effects of the tone.
    pub(crate) fn style(self) -> anstyle::Style {
        let color = match self {
            Self::Plain => return anstyle::Style::new(),
            Self::Good => AnsiColor::Green,
            Self::Noted => AnsiColor::Cyan,
            Self::Degraded => AnsiColor::Yellow,
            Self::Broken => AnsiColor::Red,
            Self::Faint => return AnsiColor::BrightBlack.on_default(),
        };
        color.on_default().bold()
    }
}

impl From<Mark> for Tone {
    fn from(mark: Mark) -> Self {
        match mark {
            Mark::Good => Self::Good,
            Mark::Noted => Self::Noted,
            Mark::Degraded | Mark::Warning => Self::Degraded,
            Mark::Broken | Mark::Failed => Self::Broken,
            Mark::Absent => Self::Faint,
        }
    }
}

impl From<Severity> for Tone {
    fn from(severity: Severity) -> Self {
        Mark::of(Some(severity)).into()
    }
}

impl From<ChangeKind> for Tone {
    fn from(kind: ChangeKind) -> Self {
        match kind {
            ChangeKind::Create => Self::Good,
            ChangeKind::Update => Self::Degraded,
            ChangeKind::Delete => Self::Broken,
            ChangeKind::Wait => Self::Faint,
        }
    }
}

impl From<StepStatus> for Tone {
    fn from(status: StepStatus) -> Self {
        match status {
            StepStatus::Planned | StepStatus::Applied => Self::Plain,
            StepStatus::Failed | StepStatus::Unknown => Self::Broken,
            StepStatus::Pending | StepStatus::Skipped => Self::Faint,
        }
    }
}

/// A short text in a column of its own. It is never wrapped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) text: String,
    pub(super) tone: Tone,
}

impl Label {
    /// Returns a label with a colour.
    pub(super) fn toned(text: impl AsRef<str>, tone: Tone) -> Self {
        Self { text: one_line(text.as_ref()).into_owned(), tone }
    }
}

impl<T: AsRef<str>> From<T> for Label {
    fn from(text: T) -> Self {
        Self::toned(text, Tone::Plain)
    }
}

/// The words before an error, a warning and a hint, with their tones.
const PREFIXES: [(&str, Tone); 6] = [
    ("error:", Tone::Broken),
    ("  caused by:", Tone::Plain),
    ("warning:", Tone::Degraded),
    ("note:", Tone::Noted),
    ("hint:", Tone::Noted),
    ("next:", Tone::Plain),
];
/// The words for the status of a step that are coloured.
const STATUSES: [&str; 4] = ["failed", "unknown", "not done", "not needed"];
/// The glyphs that are coloured.
const GLYPHS: &str = "✓i!✗·+~-.→";

/// Whether a text is one that this program colours. No other coloured text is printed.
pub(super) fn is_painted(text: &str) -> bool {
    let text = text.trim();
    text.chars().all(|c| GLYPHS.contains(c))
        || Mark::ALL.iter().any(|known| known.word() == text)
        || LinkState::ALL.iter().any(|known| known.as_str() == text)
        || FindingCode::ALL.iter().any(|known| known.as_str() == text)
        || PREFIXES.iter().any(|(known, _)| *known == text)
        || STATUSES.contains(&text)
}

impl Style {
    /// The style of a pipe, and of callers in this process.
    pub(super) const PLAIN: Self = Self {
        decorated: false,
        colored: false,
        width: None,
        detail: Detail::Short,
        zone: Zone::Utc,
        page: None,
    };

    /// Returns the style for a stream of this process.
    pub(super) fn of(stream: Stream, detail: Detail) -> Self {
        let (decorated, colored) = (stream.is_terminal(), stream.is_colored());
        let width = stream.width().map(|width| width.clamp(NARROWEST, WIDEST));
        let page = link::page().filter(|_| stream.has_links());
        Self { decorated, colored, width, detail, zone: Zone::Local, page }
    }

    /// Returns a text in the colour of its meaning.
    pub(super) fn paint(self, tone: Tone, text: &str) -> String {
        let style = tone.style();
        if self.colored && tone != Tone::Plain && is_painted(text) {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// Returns the code of a finding, as a link to its explanation if the terminal supports links.
    pub(super) fn code(self, code: FindingCode, tone: Tone) -> String {
        let text = self.paint(tone, code.as_str());
        self.page.map_or_else(|| text.clone(), |page| link::to(page, code, &text))
    }

    /// Returns a time without seconds, with its zone. A text that is not a time is not changed.
    pub(super) fn time(self, text: &str) -> String {
        // Azure writes some times without a zone; they are in UTC.
        let without_zone = || text.parse::<DateTime>().ok()?.to_zoned_datetime(TimeZone::UTC).ok();
        let parsed = text.parse().ok().or_else(|| without_zone().map(|time| time.timestamp()));
        parsed.map_or_else(|| text.to_owned(), |time| self.moment(time, "%Y-%m-%d %H:%M %Z"))
    }

    /// Returns the day of a time, in the zone of the output. A text that is not a time is not changed.
    pub(super) fn day(self, text: &str) -> String {
        let shown = self.time(text);
        let day = shown.split_once(' ').map(|(day, _)| day.to_owned());
        day.unwrap_or(shown)
    }

    /// Returns a moment in this format.
    pub(super) fn moment(self, time: Timestamp, format: &str) -> String {
        let zone = match self.zone {
            Zone::Local => TimeZone::system(),
            Zone::Utc => TimeZone::UTC,
        };
        time.to_zoned_datetime(zone).strftime(format).to_string()
    }

    /// Returns the text before the state of a link on a terminal.
    pub(super) fn heading(self, mark: Mark) -> String {
        if self.decorated { format!("{} ", self.paint(mark.into(), mark.glyph())) } else { String::new() }
    }

    /// Returns the text before the next command.
    pub(super) fn arrow(self) -> String {
        self.paint(Tone::Noted, if self.decorated { "→" } else { "->" })
    }

    /// Returns the arrow between an old and a new value.
    pub(super) fn to(self) -> &'static str {
        if self.decorated { "→" } else { "->" }
    }

    /// Returns the mark of a condition: a glyph on a terminal, a word in a pipe.
    pub(super) fn mark(self, mark: Mark) -> Label {
        Label::toned(if self.decorated { mark.glyph() } else { mark.word() }, mark.into())
    }
}

/// Returns the sign of a change.
pub(super) fn sign(kind: ChangeKind) -> Label {
    Label::toned(kind.sign().to_string(), kind.into())
}

/// Returns a message with its prefix, such as `error:`, in the colour of its meaning; `None` if it has no prefix.
pub(super) fn prefixed(text: &str, style: Style) -> Option<String> {
    let (word, tone, rest) =
        PREFIXES.iter().find_map(|(word, tone)| Some((*word, *tone, text.strip_prefix(word)?)))?;
    Some(format!("{}{rest}", style.paint(tone, word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_to_the_minute_with_its_zone() {
        let time = |text| Style::PLAIN.time(text);
        assert_eq!(time("2026-11-26T06:36:12.1234567Z"), "2026-11-26 06:36 UTC");
        assert_eq!(time("2026-11-26T06:36:12.1234567"), "2026-11-26 06:36 UTC");
        assert_eq!(time("2026-11-26T06:36:12+01:00"), "2026-11-26 05:36 UTC");
        assert_eq!(time("soon"), "soon");
    }

    #[test]
    fn only_known_words_are_coloured() {
        let style = Style { colored: true, ..Style::PLAIN };
        assert_eq!(style.paint(Tone::Good, "linked"), "\u{1b}[1m\u{1b}[32mlinked\u{1b}[0m");
        assert_eq!(style.paint(Tone::Good, "a name"), "a name");
        assert_eq!(Style::PLAIN.paint(Tone::Good, "linked"), "linked");
        assert_eq!(prefixed("error: x", style).as_deref(), Some("\u{1b}[1m\u{1b}[31merror:\u{1b}[0m x"));
        assert_eq!(prefixed("errors", style), None);
    }
}
