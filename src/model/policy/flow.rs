//! The effect of a policy's sections on a request, as far as it matters for whether the request is accepted.
//!
//! Every known element is in a list here, with the reason. An element that is in no list is a doubt.

use roxmltree::{Document, Node};

use super::{
    doubt::Doubt,
    expression, later,
    request::TOKEN_HEADER,
    statement::{NEUTRAL, Statement},
    validate_jwt::{Check, TokenPlace, literal, text_of},
};

/// Checks of something other than the site's token: the text does not determine whether requests of the site pass them.
const ACCESS_CHECKS: [&str; 10] = [
    "check-header",
    "ip-filter",
    "llm-content-safety",
    "validate-azure-ad-token",
    "validate-client-certificate",
    "validate-content",
    "validate-graphql-request",
    "validate-headers",
    "validate-odata-request",
    "validate-parameters",
];

const CACHES: [&str; 3] = ["azure-openai-semantic-cache-lookup", "cache-lookup", "llm-semantic-cache-lookup"];

const SECTIONS: [&str; 4] = ["inbound", "backend", "outbound", "on-error"];

/// The section of a statement, of those that a request passes on its way to the API.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Inbound,
    Backend,
}

/// Reads the sections of a policy document.
pub(super) fn of(document: &Document<'_>) -> Vec<Statement> {
    let root = document.root_element();
    let name = root.tag_name().name();
    if name != "policies" || root.tag_name().namespace().is_some() {
        return vec![Statement::Unknown(Doubt::Root(name.to_owned()))];
    }
    let mut statements = Vec::new();
    let mut seen = Vec::new();
    broken_expressions(root, &mut statements);
    strange(root, &mut statements);
    for section in root.children().filter(Node::is_element) {
        let name = section.tag_name().name();
        if !SECTIONS.contains(&name) || seen.contains(&name) || section.tag_name().namespace().is_some() {
            statements.push(Statement::Unknown(Doubt::Element(name.to_owned())));
        }
        seen.push(name);
        if name == "inbound" {
            sequence(section, Section::Inbound, &mut statements);
        }
    }
    // A request passes `inbound` first, regardless of the order of the sections.
    for section in root.children().filter(Node::is_element) {
        match section.tag_name().name() {
            "backend" => backend(section, &mut statements),
            "outbound" => later::section(section, &later::ANSWERS, &mut statements),
            "on-error" => later::section(section, &[], &mut statements),
            _ => {}
        }
    }
    statements
}

/// Adds doubts for expressions with unmatched brackets or quotes. Their ends are guesses, and so are the elements after
/// them.
fn broken_expressions(root: Node<'_, '_>, into: &mut Vec<Statement>) {
    let is_broken = |text: &str| expression::begins(text) && !expression::is_whole(text);
    for node in root.descendants().filter(Node::is_element) {
        let element = node.tag_name().name();
        if is_broken(&text_of(node)) {
            into.push(Statement::Unknown(Doubt::Text(element.to_owned())));
        }
        for attribute in node.attributes().filter(|attribute| is_broken(attribute.value())) {
            let (element, name) = (element.to_owned(), attribute.name().to_owned());
            into.push(Statement::Unknown(Doubt::Attribute { element, name }));
        }
    }
}

/// Reads the section that forwards a request. If it contains neither `forward-request` nor `base`, the policies of the
/// API and its operations decide whether the request is forwarded; they are not read here.
fn backend(section: Node<'_, '_>, into: &mut Vec<Statement>) {
    sequence(section, Section::Backend, into);
    let forwards = |node: Node<'_, '_>| matches!(node.tag_name().name(), "base" | "forward-request");
    if !section.descendants().any(forwards) {
        into.push(Statement::Later(Doubt::MayAnswer("backend".to_owned())));
    }
}

/// Returns the `inbound` section of a document.
pub(super) fn inbound<'d, 'i>(document: &'d Document<'i>) -> Option<Node<'d, 'i>> {
    document.root_element().children().find(|node| node.has_tag_name("inbound"))
}

/// Adds doubts for attributes and texts in elements that have none in a policy.
fn strange(container: Node<'_, '_>, into: &mut Vec<Statement>) {
    let element = container.tag_name().name();
    if let Some(attribute) = container.attributes().next() {
        let name = attribute.name().to_owned();
        into.push(Statement::Unknown(Doubt::Attribute { element: element.to_owned(), name }));
    }
    strange_text(container, into);
}

fn strange_text(container: Node<'_, '_>, into: &mut Vec<Statement>) {
    if !text_of(container).is_empty() {
        into.push(Statement::Unknown(Doubt::Text(container.tag_name().name().to_owned())));
    }
}

fn sequence(container: Node<'_, '_>, section: Section, into: &mut Vec<Statement>) {
    strange(container, into);
    all_in(container, section, into);
}

fn all_in(container: Node<'_, '_>, section: Section, into: &mut Vec<Statement>) {
    container.children().filter(Node::is_element).for_each(|element| statement(element, section, into));
}

fn statement(element: Node<'_, '_>, section: Section, into: &mut Vec<Statement>) {
    let name = element.tag_name().name();
    if element.tag_name().namespace().is_some() {
        return into.push(Statement::Unknown(Doubt::Element(name.to_owned())));
    }
    match name {
        // The service allows this element only in `inbound`. In other sections it does not protect the API.
        "validate-jwt" if section == Section::Backend => {
            into.push(Statement::Later(Doubt::Element(name.to_owned())));
        }
        "forward-request" if section == Section::Backend => {}
        "validate-jwt" => into.push(Statement::Check(Box::new(Check::read(element)))),
        "choose" => choose(element, section, into),
        "return-response" | "mock-response" => into.push(Statement::Answer(name.to_owned())),
        "include-fragment" => {
            let id = element.attribute("fragment-id").unwrap_or_default();
            into.push(Statement::Unknown(Doubt::Fragment(id.to_owned())));
        }
        "set-header" if removes_token(element) => into.push(Statement::Removes(name.to_owned())),
        "set-header" => into.push(alters(element, TokenPlace::Header)),
        "set-query-parameter" => into.push(alters(element, TokenPlace::QueryParameter)),
        "rewrite-uri" => into.push(Statement::Alters {
            place: Some(TokenPlace::QueryParameter(String::new())),
            element: name.to_owned(),
        }),
        // The content runs once, with a limit on the number of concurrent executions.
        "limit-concurrency" => {
            strange_text(element, into);
            all_in(element, section, into);
        }
        // The content runs several times, or in parallel.
        "retry" | "wait" => {
            let mut within = Vec::new();
            strange_text(element, &mut within);
            all_in(element, section, &mut within);
            if within.iter().any(|it| !matches!(it, Statement::Alters { .. })) {
                return into.push(Statement::Unknown(Doubt::Element(name.to_owned())));
            }
            into.extend(within);
        }
        _ if CACHES.contains(&name) => into.push(Statement::Cache(name.to_owned())),
        _ if ACCESS_CHECKS.contains(&name) => {
            into.push(Statement::MayRefuse(Doubt::AccessCheck(name.to_owned())));
        }
        _ if NEUTRAL.contains(&name) => {}
        _ => into.push(Statement::Unknown(Doubt::Element(name.to_owned()))),
    }
}

/// Returns the effect of setting a header or parameter. If its name is computed, it may be any header or parameter.
fn alters(element: Node<'_, '_>, place: fn(String) -> TokenPlace) -> Statement {
    let name = element.attribute("name").and_then(literal);
    let place = name.map(|name| place(name.trim().to_owned()));
    Statement::Alters { place, element: element.tag_name().name().to_owned() }
}

/// Whether the element removes the site's header from every request, regardless of its value.
fn removes_token(element: Node<'_, '_>) -> bool {
    element.attributes().len() == 2
        && element.attribute("name").is_some_and(|name| name.eq_ignore_ascii_case(TOKEN_HEADER))
        && element.attribute("exists-action") == Some("delete")
        && !element.has_children()
}

/// Reads alternatives: one or more `when` with a condition, and optionally `otherwise` as the last one.
fn choose(element: Node<'_, '_>, section: Section, into: &mut Vec<Statement>) {
    strange(element, into);
    let (mut branches, mut exhaustive) = (Vec::new(), false);
    for branch in element.children().filter(Node::is_element) {
        let name = branch.tag_name().name();
        let mut statements = Vec::new();
        let is_in_place = match name {
            "when" => !exhaustive,
            "otherwise" => !exhaustive && !branches.is_empty(),
            _ => false,
        };
        if !is_in_place || branch.tag_name().namespace().is_some() {
            into.push(Statement::Unknown(Doubt::Element(name.to_owned())));
        }
        exhaustive |= name == "otherwise";
        strange_condition(branch, into);
        strange_text(branch, &mut statements);
        all_in(branch, section, &mut statements);
        branches.push(statements);
    }
    if branches.is_empty() {
        into.push(Statement::Unknown(Doubt::Element("choose".to_owned())));
    }
    if branches.iter().any(|branch| !branch.is_empty()) {
        into.push(Statement::Choose { branches, exhaustive });
    }
}

/// Adds doubts for a branch: `when` must have a condition, and no other attribute is allowed.
fn strange_condition(branch: Node<'_, '_>, into: &mut Vec<Statement>) {
    let element = branch.tag_name().name();
    let wanted = (element == "when").then_some("condition");
    let other = branch.attributes().find(|it| it.namespace().is_some() || Some(it.name()) != wanted);
    let missing = wanted.filter(|name| branch.attribute(*name).is_none_or(|value| value.trim().is_empty()));
    for name in other.map(|it| it.name()).into_iter().chain(missing) {
        let (element, name) = (element.to_owned(), name.to_owned());
        into.push(Statement::Unknown(Doubt::Attribute { element, name }));
    }
}

/// Returns every check in some statements, at any depth.
pub(super) fn checks(statements: &[Statement]) -> Vec<&Check> {
    let mut found = Vec::new();
    add_checks(statements, &mut found);
    found
}

fn add_checks<'a>(statements: &'a [Statement], found: &mut Vec<&'a Check>) {
    for statement in statements {
        found.extend(statement.check());
        for branch in statement.branches() {
            add_checks(branch, found);
        }
    }
}

/// Returns the number of statements, including nested ones.
pub(super) fn count(statements: &[Statement]) -> usize {
    let branches = statements.iter().flat_map(Statement::branches);
    let within = branches.map(|branch| 1 + count(branch));
    statements.len() + within.sum::<usize>()
}
