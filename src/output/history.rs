//! The text form of the report of `history`.

use super::{
    format::Rows,
    layout::{Entry, list},
    style::{Label, Style},
    ui::Report,
};
use crate::report::{HistoryEventReport, HistoryReport};

impl Report for HistoryReport {
    fn text(&self, style: Style) -> String {
        if self.events.is_empty() {
            return "no change of this link is in the activity log\n".to_owned();
        }
        let head = Entry::new(["TIME", "RESULT", "CALLER"].map(Label::from)).with("CHANGE");
        let rows = self.events.iter().map(|event| entry(event, style));
        list(&[head].into_iter().chain(rows).collect::<Vec<_>>(), style)
    }

    fn rows(&self) -> Rows {
        let columns = ["time", "caller", "summary", "status", "resource", "correlationId"];
        let row = |event: &HistoryEventReport| {
            vec![
                event.time.clone(),
                event.caller.clone().unwrap_or_default(),
                event.summary.clone(),
                event.status.clone(),
                event.resource.to_string(),
                event.correlation_id.clone().unwrap_or_default(),
            ]
        };
        Rows { columns: columns.map(str::to_owned).into(), rows: self.events.iter().map(row).collect() }
    }
}

/// Returns the entry of a change; the correlation ID is in the other formats.
fn entry(event: &HistoryEventReport, style: Style) -> Entry {
    let time = style.time(&event.time);
    let caller = event.caller.as_deref().unwrap_or("unknown");
    Entry::new([time.as_str(), &event.status, caller].map(Label::from)).with(&event.summary)
}
