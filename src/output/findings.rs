//! The text form of findings and of errors in reports.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::{
    layout::wrapped,
    style::{Detail, Style},
};
use crate::{
    engine::FindingCode,
    report::{ErrorReport, FindingReport, one_line},
};

/// The indent of the lines that continue a hint.
const BELOW_HINT: &str = "    ";

/// Returns each finding with its values, and its hint on a line of its own; the most severe first.
pub(super) fn findings(findings: &[FindingReport], style: Style) -> String {
    let mut text = String::new();
    if findings.is_empty() {
        return text;
    }
    text.push('\n');
    let mut sorted: Vec<&FindingReport> = findings.iter().collect();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    for finding in sorted {
        let tone = finding.severity.into();
        let code = style.code(finding.code, tone);
        let severity = style.paint(tone, &finding.severity.to_string());
        let message = one_line(&finding.message);
        text += &wrapped(&format!("{code} {severity}: {message}"), "  ", style);
        if let (Some(field), Some(expected), Some(actual)) =
            (&finding.field, &finding.expected, &finding.actual)
        {
            let (actual, expected) = distinct(actual, expected, style.detail);
            let [field, actual, expected] = [field, actual, expected].map(one_line);
            text += &wrapped(&format!("  {field}: {actual}, expected {expected}"), BELOW_HINT, style);
        }
        if let Some(change) = &finding.last_change {
            text += &wrapped(&format!("  last change: {}", one_line(&change.to_string())), BELOW_HINT, style);
        }
        text += &hint(&finding.hint, style);
    }
    text
}

/// Returns two resource ids without the beginning that they share; other values are not changed.
pub(super) fn distinct<'a>(one: &'a str, other: &'a str, detail: Detail) -> (&'a str, &'a str) {
    let is_id = |text: &str| text.starts_with("/subscriptions/");
    if detail == Detail::Full || !is_id(one) || !is_id(other) {
        return (one, other);
    }
    let pairs = one.split('/').zip(other.split('/'));
    let shared = pairs.take_while(|(one, other)| one.eq_ignore_ascii_case(other));
    let start: usize = shared.map(|(part, _)| part.len() + 1).sum();
    match (one.get(start..), other.get(start..)) {
        (Some(one), Some(other)) => (one, other),
        (None, _) | (_, None) => (one, other),
    }
}

/// The number of envs with findings of the same code up to which each env has its own.
pub(super) const FEW: usize = 3;

/// Returns the findings of several envs, below the name of each. A code that more than [`FEW`] envs have is explained
/// once.
pub(super) fn of_several(envs: &[(&str, &[FindingReport])], style: Style) -> String {
    let mut with_code: BTreeMap<FindingCode, BTreeSet<&str>> = BTreeMap::new();
    for (env, findings) in envs {
        for finding in *findings {
            with_code.entry(finding.code).or_default().insert(env);
        }
    }
    with_code.retain(|_, envs| envs.len() > FEW && style.detail == Detail::Short);
    let mut text = String::new();
    for (env, all) in envs {
        let own: Vec<FindingReport> =
            all.iter().filter(|finding| !with_code.contains_key(&finding.code)).cloned().collect();
        if !own.is_empty() {
            let _ = write!(text, "\n{}:{}", one_line(env), findings(&own, style));
        }
    }
    for (code, envs) in &with_code {
        let tone = code.severity().into();
        let (shown, severity) = (style.code(*code, tone), style.paint(tone, &code.severity().to_string()));
        let line = format!("{shown} {severity} in {} envs: {}", envs.len(), code.title());
        text.push('\n');
        text += &wrapped(&line, "  ", style);
        text += &hint(&format!("run `swa-apim explain {code}`"), style);
    }
    text
}

/// Returns the error of one of several envs, below its name.
pub(super) fn failure(env: &str, error: &ErrorReport, style: Style) -> String {
    let message = format!("{}: {}", one_line(env), one_line(&error.message));
    let mut text = format!("\n{}", wrapped(&message, "  ", style));
    for cause in &error.causes {
        text += &wrapped(&format!("  caused by: {}", one_line(cause)), BELOW_HINT, style);
    }
    if let Some(next) = &error.hint {
        text += &hint(next, style);
    }
    text
}

/// Returns a hint on a line of its own.
pub(super) fn hint(text: &str, style: Style) -> String {
    wrapped(&format!("  {} {}", style.arrow(), one_line(text)), BELOW_HINT, style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_shortened_to_what_distinguishes_them() {
        let id = |group: &str, name: &str| format!("/subscriptions/s/resourceGroups/{group}/service/{name}");
        let (one, same, other) = (id("g", "a"), id("G", "b"), id("h", "b"));
        let short = |one, other| distinct(one, other, Detail::Short);
        assert_eq!(short(&one, &same), ("a", "b"));
        assert_eq!(short(&one, &other), ("g/service/a", "h/service/b"));
        assert_eq!(short("false", "true"), ("false", "true"));
        assert_eq!(distinct(&one, &same, Detail::Full), (one.as_str(), same.as_str()));
    }
}
