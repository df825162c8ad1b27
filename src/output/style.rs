//! The style of output on a terminal and in a pipe.

use comfy_table::{Cell, Color, ContentArrangement, Table, presets};

use crate::{
    engine::ChangeKind,
    report::{Mark, one_line},
};

/// The minimum width, in columns, for wrapping. Below it, a wrapped table is harder to read than lines that the
/// terminal breaks.
const NARROWEST: u16 = 40;

/// The style of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    /// Whether marks are glyphs and lines are wrapped to the terminal; otherwise marks are words and lines are not
    /// wrapped.
    pub(super) decorated: bool,
    /// Whether the output has colours, which never carry meaning by themselves.
    pub(super) colored: bool,
}

/// Returns a table cell with its text on one line.
pub(super) fn cell(text: impl AsRef<str>) -> Cell {
    Cell::new(one_line(text.as_ref()))
}

impl Mark {
    pub(super) fn word(self) -> &'static str {
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

    fn paint(self) -> anstyle::Style {
        let color = match self {
            Self::Good => anstyle::AnsiColor::Green,
            Self::Noted => anstyle::AnsiColor::Cyan,
            Self::Degraded | Self::Warning => anstyle::AnsiColor::Yellow,
            Self::Broken | Self::Failed => anstyle::AnsiColor::Red,
            Self::Absent => anstyle::AnsiColor::BrightBlack,
        };
        color.on_default().bold()
    }

    fn color(self) -> Color {
        match self {
            Self::Good => Color::Green,
            Self::Noted => Color::Cyan,
            Self::Degraded | Self::Warning => Color::Yellow,
            Self::Broken | Self::Failed => Color::Red,
            Self::Absent => Color::DarkGrey,
        }
    }
}

impl Style {
    /// Returns a table without borders, as wide as the terminal if there is one.
    pub(super) fn table(self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        match table.width().filter(|_| self.decorated) {
            // Some terminals do not know their width and report 0.
            None | Some(0) => {
                table.set_content_arrangement(ContentArrangement::Disabled).force_no_tty();
            }
            Some(width) => {
                table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.max(NARROWEST));
            }
        }
        if self.colored {
            table.enforce_styling();
        }
        table
    }

    /// Returns the text before the state of a link on a terminal.
    pub(super) fn heading(self, mark: Mark) -> String {
        if !self.decorated {
            return String::new();
        }
        let paint = if self.colored { mark.paint() } else { anstyle::Style::new() };
        format!("{paint}{}{paint:#} ", mark.glyph())
    }

    /// Returns the text before the next command.
    pub(super) fn arrow(self) -> &'static str {
        if self.decorated { "→" } else { "->" }
    }

    pub(super) fn mark(self, mark: Mark) -> Cell {
        self.colored(if self.decorated { mark.glyph() } else { mark.word() }, mark.color())
    }

    pub(super) fn sign(self, kind: ChangeKind) -> Cell {
        let color = match kind {
            ChangeKind::Create => Color::Green,
            ChangeKind::Update => Color::Yellow,
            ChangeKind::Delete => Color::Red,
            ChangeKind::Wait => Color::DarkGrey,
        };
        self.colored(&kind.sign().to_string(), color)
    }

    fn colored(self, text: &str, color: Color) -> Cell {
        let cell = Cell::new(text);
        if self.colored { cell.fg(color) } else { cell }
    }
}
