//! Logging commands of Azure Pipelines: they show problems in the run, and set variables for later steps.
//!
//! Source: <https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands>.

use std::fmt::Write as _;

use crate::{
    engine::Severity,
    report::{ErrorReport, Event, FindingReport, one_line},
};

/// Returns an issue for each finding and failure, and a variable for each output. Azure Pipelines has no issue type for
/// notes.
pub(super) fn commands(events: &[Event], outputs: &[(&str, String)]) -> String {
    let mut text: String = events.iter().flat_map(issues).collect();
    for (name, value) in outputs {
        let _ = writeln!(
            text,
            "##vso[task.setvariable variable={};isOutput=true]{}",
            variable(name),
            escaped(value)
        );
    }
    text
}

/// Returns the variable name of an output: `product-id` becomes `productId`, since variable names have no hyphens.
fn variable(name: &str) -> String {
    let mut words = name.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (initial, rest) = word.split_at(word.len().min(1));
        name + &initial.to_uppercase() + rest
    })
}

fn issues(event: &Event) -> Vec<String> {
    match event {
        Event::Link { env, findings, .. } | Event::Result { env, findings, .. } => {
            findings.iter().filter_map(|finding| of_finding(env, finding)).collect()
        }
        Event::Failure { env, error } => vec![of_failure(env.as_deref(), error)],
        Event::Step { .. } => Vec::new(),
    }
}

fn of_finding(env: &str, finding: &FindingReport) -> Option<String> {
    let kind = match finding.severity {
        Severity::Broken => "error",
        Severity::Degraded => "warning",
        Severity::Note => return None,
    };
    let message = format!("{env}: {}\n{}", finding.message, finding.hint);
    Some(issue(kind, &format!("code={};", finding.code), &message))
}

fn of_failure(env: Option<&str>, error: &ErrorReport) -> String {
    let lines = [&error.message].into_iter().chain(&error.causes).chain(&error.hint);
    let lines: Vec<&str> = lines.map(String::as_str).collect();
    let env = env.map(|env| format!("{env}: ")).unwrap_or_default();
    issue("error", "", &format!("{env}{}", lines.join("\n")))
}

fn issue(kind: &str, properties: &str, message: &str) -> String {
    format!("##vso[task.logissue type={kind};{properties}]{}\n", escaped(message))
}

/// Escapes a text as the value of a command, so that neither the text nor its form after the agent unescapes it ends
/// the line or the command.
fn escaped(text: &str) -> String {
    let lines: Vec<_> = text.split(['\r', '\n']).map(one_line).collect();
    lines.join("\n").replace('%', "%AZP25").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::LinkState;

    #[test]
    fn a_message_stays_within_its_issue() {
        let shown = issue("error", "", "100 %\n##vso[task.complete]x\u{1b}");
        assert_eq!(shown, "##vso[task.logissue type=error;]100 %AZP25%0A##vso[task.complete]x\\u{1b}\n");
    }

    #[test]
    fn an_output_is_a_variable_of_the_step() {
        let link = Event::Link {
            env: "prod".to_owned(),
            state: LinkState::Linked,
            product: Some("calm-sea-1".to_owned()),
            findings: Vec::new(),
        };
        let outputs = [("state", "linked".to_owned()), ("product-id", "calm-sea-1".to_owned())];
        assert_eq!(
            commands(&[link], &outputs),
            "##vso[task.setvariable variable=state;isOutput=true]linked\n\
             ##vso[task.setvariable variable=productId;isOutput=true]calm-sea-1\n"
        );
    }
}
