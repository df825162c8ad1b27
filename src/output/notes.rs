//! The text below a Markdown table: for each environment its steps, findings and errors.

use std::fmt::Write as _;

use super::{clean::markdown as plain, format::Rows, steps::short};
use crate::report::{ChangeResult, ErrorReport, FindingReport, LinkReport, StepReport, one_line};

pub(super) fn of_link(link: &LinkReport) -> String {
    under(&link.env, &list(&link.findings, link.error.as_ref()))
}

pub(super) fn of_result(result: &ChangeResult) -> String {
    let list = list(&result.findings, result.error.as_ref());
    let text = match result.steps.as_slice() {
        [] => list,
        steps if list.is_empty() => table(steps),
        steps => format!("{}\n{list}", table(steps)),
    };
    under(&result.env, &text)
}

fn under(env: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("\n**{}**\n\n{text}", plain(env)) }
}

fn table(steps: &[StepReport]) -> String {
    let columns = ["", "step", "target", "reason", "status"].map(str::to_owned).into();
    let row = |step: &StepReport| {
        let status = serde_json::to_value(step.status).ok();
        let status = status.as_ref().and_then(|status| status.as_str()).unwrap_or_default();
        let (sign, name) = (step.kind.sign().to_string(), step.target_name());
        let values =
            step.changes.iter().map(|it| format!("{}: {} → {}", short(&it.field), it.before, it.after));
        let reason = [step.reason.clone()].into_iter().chain(values).collect::<Vec<_>>().join("; ");
        let cells = [&sign, step.action.as_str(), &name, &reason, status];
        cells.map(|text| one_line(text).into_owned()).into()
    };
    Rows { columns, rows: steps.iter().map(row).collect() }.markdown()
}

fn list(findings: &[FindingReport], error: Option<&ErrorReport>) -> String {
    let mut text = String::new();
    for FindingReport { code, severity, message, hint, .. } in findings {
        let _ = writeln!(text, "* {code}, {severity}: {}; {}", plain(message), plain(hint));
    }
    if let Some(error) = error {
        let said = [&error.message].into_iter().chain(&error.causes);
        let said: Vec<&str> = said.map(String::as_str).collect();
        let hint = error.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
        let _ = writeln!(text, "* error: {}", plain(&format!("{}{hint}", said.join(": "))));
    }
    text
}
