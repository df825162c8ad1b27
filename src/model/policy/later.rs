//! The sections that run after the API was called, or after a request has failed. They do not affect which requests are
//! accepted, but may replace the answer.

use roxmltree::Node;

use super::{
    doubt::Doubt,
    statement::{NEUTRAL, Statement},
    validate_jwt::text_of,
};

/// Statements that replace the answer of the API. In `on-error` they are harmless: such a request has failed already.
pub(super) const ANSWERS: [&str; 3] = ["mock-response", "return-response", "set-status"];

/// The elements that contain statements.
const CONTAINERS: [&str; 6] = ["choose", "limit-concurrency", "otherwise", "retry", "wait", "when"];

/// Adds a doubt for every part of a section that may prevent a visitor of the site from receiving the answer.
pub(super) fn section(section: Node<'_, '_>, answers: &[&str], into: &mut Vec<Statement>) {
    if let Some(attribute) = section.attributes().next() {
        let (element, name) = (section.tag_name().name().to_owned(), attribute.name().to_owned());
        into.push(Statement::Later(Doubt::Attribute { element, name }));
    }
    within(section, answers, into);
}

fn within(container: Node<'_, '_>, answers: &[&str], into: &mut Vec<Statement>) {
    if !text_of(container).is_empty() {
        into.push(Statement::Later(Doubt::Text(container.tag_name().name().to_owned())));
    }
    for element in container.children().filter(Node::is_element) {
        let name = element.tag_name().name();
        let doubt = match name {
            _ if element.tag_name().namespace().is_some() => Doubt::Element(name.to_owned()),
            _ if CONTAINERS.contains(&name) => {
                within(element, answers, into);
                continue;
            }
            _ if answers.contains(&name) => Doubt::MayAnswer(name.to_owned()),
            "set-header" => continue,
            _ if NEUTRAL.contains(&name) || ANSWERS.contains(&name) => continue,
            "include-fragment" => {
                Doubt::Fragment(element.attribute("fragment-id").unwrap_or_default().to_owned())
            }
            _ => Doubt::Element(name.to_owned()),
        };
        into.push(Statement::Later(doubt));
    }
}
