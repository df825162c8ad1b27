//! The text forms of the reports of commands for models.

use super::{format::Rows, style::Style, ui::Report};
use crate::report::{ImportReport, SnapshotReport, one_line};

impl Report for ImportReport {
    fn text(&self, _: Style) -> String {
        format!(
            "{}: {} created, {} changed, {} unchanged\n",
            one_line(&self.model),
            self.created,
            self.changed,
            self.unchanged
        )
    }

    fn rows(&self) -> Rows {
        let columns = ["model", "created", "changed", "unchanged"].map(str::to_owned).into();
        let counts = [self.created, self.changed, self.unchanged].map(|count| count.to_string());
        let mut row = vec![self.model.clone()];
        row.extend(counts);
        Rows { columns, rows: vec![row] }
    }
}

impl Report for SnapshotReport {
    fn text(&self, _: Style) -> String {
        let what = if self.changed { "written" } else { "unchanged" };
        format!("{}: {what}, {} resources and no keys\n", one_line(&self.model), self.resources)
    }

    fn rows(&self) -> Rows {
        let columns = ["model", "resources", "changed"].map(str::to_owned).into();
        let row = vec![self.model.clone(), self.resources.to_string(), self.changed.to_string()];
        Rows { columns, rows: vec![row] }
    }
}
