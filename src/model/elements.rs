//! The statements of a policy by name, for programs that implement some of them.

use roxmltree::{Document, Node};

use super::{Resource, policy::policy_xml};

/// The elements that contain statements.
const CONTAINERS: [&str; 6] = ["choose", "limit-concurrency", "otherwise", "retry", "wait", "when"];

/// A statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyElement {
    /// The section that contains it, such as `inbound`.
    pub section: String,
    /// The element name, such as `ip-filter`.
    pub name: String,
}

/// Returns the statements of a policy of any scope in order, including those in containers such as `choose`; `None` if
/// the text is not XML.
#[must_use]
pub fn policy_elements(policy: &Resource) -> Option<Vec<PolicyElement>> {
    let text = policy_xml(policy).ok()?;
    if text.is_empty() {
        return Some(Vec::new());
    }
    let document = Document::parse(&text).ok()?;
    let mut elements = Vec::new();
    for section in document.root_element().children().filter(Node::is_element) {
        add(section.tag_name().name(), section, &mut elements);
    }
    Some(elements)
}

fn add(section: &str, parent: Node<'_, '_>, elements: &mut Vec<PolicyElement>) {
    let mut waiting: Vec<Node<'_, '_>> = parent.children().rev().filter(Node::is_element).collect();
    while let Some(node) = waiting.pop() {
        let name = node.tag_name().name();
        elements.push(PolicyElement { section: section.to_owned(), name: name.to_owned() });
        if CONTAINERS.contains(&name) {
            waiting.extend(node.children().rev().filter(Node::is_element));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(xml: &str) -> Option<Vec<String>> {
        of(&json!({"value": xml}))
    }

    fn of(properties: &serde_json::Value) -> Option<Vec<String>> {
        let id =
            "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a/policies/policy";
        let policy = Resource::from_value(json!({"id": id, "properties": properties})).unwrap();
        let elements = policy_elements(&policy)?;
        Some(elements.into_iter().map(|it| format!("{} {}", it.section, it.name)).collect())
    }

    #[test]
    fn statements_are_found_in_text_whose_expressions_are_not_escaped() {
        let raw = "<policies><inbound><rate-limit-by-key counter-key=\"@(f(\"x\") && 1 < 2)\" /></inbound></policies>";
        assert_eq!(of(&json!({"value": raw, "format": "rawxml"})).unwrap(), ["inbound rate-limit-by-key"]);
    }

    #[test]
    fn statements_are_found_in_every_section_and_in_containers() {
        let found = names(
            "<policies><inbound><base/><choose><when condition='x'><ip-filter action='allow'>\
             <address>1.1.1.1</address></ip-filter></when><otherwise><trace/></otherwise></choose><cors/>\
             </inbound><outbound><set-header name='a'><value>b</value></set-header></outbound></policies>",
        );
        let expected = [
            "inbound base",
            "inbound choose",
            "inbound when",
            "inbound ip-filter",
            "inbound otherwise",
            "inbound trace",
            "inbound cors",
            "outbound set-header",
        ];
        assert_eq!(found.unwrap(), expected);
        assert_eq!(names("\u{feff}<policies/>"), Some(Vec::new()));
        assert_eq!(names("<policies><inbound>"), None);
    }
}
