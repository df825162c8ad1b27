//! The text form of the report of `doctor`.

use super::{
    findings::{findings, hint as next},
    format::Rows,
    layout::{Entry, list, wrapped},
    style::{Label, Style},
    ui::Report,
};
use crate::{
    engine::Condition,
    report::{DoctorReport, HopReport, Mark, one_line},
};

impl Report for DoctorReport {
    fn text(&self, style: Style) -> String {
        let mut text =
            format!("{}{}: {}\n", style.heading(mark(self.outcome)), one_line(&self.env), self.sentence());
        text += &list(&self.hops.iter().map(|hop| entry(hop, style)).collect::<Vec<_>>(), style);
        let all: Vec<_> = self.hops.iter().flat_map(|hop| hop.findings.clone()).collect();
        text += &findings(&all, style);
        text += &self.hints(style);
        text
    }

    fn rows(&self) -> Rows {
        let columns = ["hop", "outcome", "saw", "findings", "hint"].map(str::to_owned).into();
        let row = |hop: &HopReport| {
            let codes: Vec<&str> = hop.findings.iter().map(|finding| finding.code.as_str()).collect();
            let hint = hop.hint.clone().unwrap_or_default();
            vec![
                hop.hop.title().to_owned(),
                word(hop.outcome).to_owned(),
                hop.saw.join("; "),
                codes.join(","),
                hint,
            ]
        };
        Rows { columns, rows: self.hops.iter().map(row).collect() }
    }
}

impl DoctorReport {
    fn sentence(&self) -> String {
        let of = |wanted: Condition| {
            let hops = self.hops.iter().filter(|hop| hop.outcome == wanted);
            hops.map(|hop| hop.hop.title()).collect::<Vec<_>>().join("; ")
        };
        match self.outcome {
            Condition::Ok | Condition::Skipped => "no problem found".to_owned(),
            Condition::Warning => format!("warnings: {}", of(Condition::Warning)),
            Condition::Failed => format!("failed at: {}", of(Condition::Failed)),
        }
    }

    fn hints(&self, style: Style) -> String {
        let mut text = String::new();
        for hop in &self.hops {
            let Some(hint) = &hop.hint else { continue };
            text += "\n";
            text += &wrapped(&format!("{}: {}", hop.hop.title(), one_line(first(hop))), "  ", style);
            text += &next(hint, style);
        }
        text
    }
}

fn first(hop: &HopReport) -> &str {
    hop.saw.first().map_or("", String::as_str)
}

/// Returns a hop with a paragraph for each observation.
fn entry(hop: &HopReport, style: Style) -> Entry {
    let entry = Entry::new([style.mark(mark(hop.outcome)), Label::from(hop.hop.title())]);
    hop.saw.iter().fold(entry, Entry::with)
}

fn mark(condition: Condition) -> Mark {
    match condition {
        Condition::Ok => Mark::Good,
        Condition::Warning => Mark::Warning,
        Condition::Failed => Mark::Failed,
        Condition::Skipped => Mark::Absent,
    }
}

fn word(condition: Condition) -> &'static str {
    match condition {
        Condition::Ok => "ok",
        Condition::Warning => "warning",
        Condition::Failed => "failed",
        Condition::Skipped => "skipped",
    }
}
