//! Text on a terminal that is replaced by the next one.

#![warn(clippy::arithmetic_side_effects)]

use dialoguer::console::{Term, measure_text_width};

use super::{Ui, ui::Report};

/// Text on a terminal that will be replaced.
#[derive(Debug, Default)]
pub(crate) struct Screen {
    rows: usize,
}

impl Ui {
    /// Prints a result in place of the previous one, followed by a line.
    ///
    /// # Errors
    ///
    /// If the terminal cannot be written.
    pub(crate) fn redraw(
        &self,
        screen: &mut Screen,
        report: &impl Report,
        below: &str,
    ) -> anyhow::Result<()> {
        self.redraw_text(screen, &format!("{}{below}\n", report.text(self.style)))
    }

    /// Prints a text in place of the previous one.
    ///
    /// # Errors
    ///
    /// If the terminal cannot be written.
    pub(crate) fn redraw_text(&self, screen: &mut Screen, text: &str) -> anyhow::Result<()> {
        let term = Term::stdout();
        let (height, width) = term.size();
        if screen.rows >= usize::from(height).max(2) {
            term.clear_screen()?;
        } else {
            term.clear_last_lines(screen.rows)?;
        }
        screen.rows = rows_of(text, usize::from(width));
        self.print_lines(text)
    }
}

/// Returns the number of rows that a text takes on a terminal of this width.
fn rows_of(text: &str, width: usize) -> usize {
    text.lines().map(|line| measure_text_width(line).div_ceil(width.max(1)).max(1)).sum()
}
