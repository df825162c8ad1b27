//! How explanations and the version look.

use std::fmt::Write as _;

use super::{format::Rows, style::Style, ui::Report};
use crate::report::{ExplainReport, Explained, VersionReport};

impl Report for ExplainReport {
    fn text(&self, _: Style) -> String {
        if let [only] = self.entries.as_slice() {
            return page(only);
        }
        let mut text = String::new();
        for (at, entry) in self.entries.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|before| self.entries.get(before));
            if before.is_some_and(|before| kind(before) != kind(entry)) {
                text.push('\n');
            }
            text += &line(entry);
        }
        text
    }

    fn rows(&self) -> Rows {
        let columns = ["kind", "code", "severity", "title"].map(str::to_owned).into();
        let row = |entry: &Explained| {
            let (code, severity, title) = match entry {
                Explained::Finding { code, severity, title, .. } => {
                    (code.to_string(), severity.to_string(), title)
                }
                Explained::ExitCode { code, meaning, .. } => (code.to_string(), String::new(), meaning),
                Explained::Message { words, .. } => {
                    return vec![kind(entry).to_owned(), String::new(), String::new(), words.join("; ")];
                }
            };
            vec![kind(entry).to_owned(), code, severity, title.clone()]
        };
        Rows { columns, rows: self.entries.iter().map(row).collect() }
    }
}

fn kind(entry: &Explained) -> &'static str {
    match entry {
        Explained::Finding { .. } => "finding",
        Explained::ExitCode { .. } => "exit-code",
        Explained::Message { .. } => "message",
    }
}

/// One of many explanations.
fn line(entry: &Explained) -> String {
    match entry {
        Explained::Finding { code, severity, title, .. } => format!("{code}  {severity:8}  {title}\n"),
        Explained::ExitCode { code, meaning, .. } => format!("{:10}  {meaning}\n", format!("exit-{code}")),
        Explained::Message { words, .. } => format!("{:?}\n", words.first().map_or("", String::as_str)),
    }
}

/// An explanation as a page.
fn page(entry: &Explained) -> String {
    match entry {
        Explained::Finding { code, severity, title, meaning, cure } => {
            format!("{code}: {title}\nSeverity: {severity}\n\n{meaning}\n\nWhat to do: {cure}\n")
        }
        Explained::ExitCode { code, meaning, cure } => {
            format!("exit code {code}: {meaning}\n\nWhat to do: {cure}\n")
        }
        Explained::Message { words, said_by, cause, cure, findings } => {
            let words = words.join("\n");
            let mut text = format!("{words}\nReported by: {said_by}\n\n{cause}\n\nWhat to do: {cure}\n");
            let codes: Vec<String> = findings.iter().map(ToString::to_string).collect();
            if !codes.is_empty() {
                let _ = write!(text, "\nFindings: {}\n", codes.join(", "));
            }
            text
        }
    }
}

impl Report for VersionReport {
    fn text(&self, _: Style) -> String {
        let Self { version, target, .. } = self;
        let commit = self.commit.as_deref().unwrap_or("unknown");
        let features = if self.features.is_empty() { "none".to_owned() } else { self.features.join(", ") };
        format!("swa-apim {version}\ncommit:   {commit}\ntarget:   {target}\nfeatures: {features}\n")
    }

    fn rows(&self) -> Rows {
        let columns = ["version", "commit", "target", "features"].map(str::to_owned).into();
        let commit = self.commit.clone().unwrap_or_default();
        let row = vec![self.version.clone(), commit, self.target.clone(), self.features.join(",")];
        Rows { columns, rows: vec![row] }
    }
}
