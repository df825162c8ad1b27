//! What the inbound section of a policy does with a request, as far as it bears on who is let in.
//!
//! Every element is on a list here, with the reason why it is there. One that is on none is a doubt.

use roxmltree::{Document, Node};

use super::{
    doubt::Doubt,
    validate_jwt::{Check, TokenPlace, literal, text_of},
};

/// A statement that bears on who is let in. Those that do not are left out.
#[derive(Clone, Debug)]
pub(super) enum Statement {
    /// A check of the token.
    Check(Box<Check>),
    /// Alternatives; requests that fit none go on, unless they are exhaustive.
    Choose { branches: Vec<Vec<Statement>>, exhaustive: bool },
    /// Every request is answered here, and none reaches the API.
    Answer(String),
    /// The token at this place, or at any, may be another from here on.
    Alters { place: Option<TokenPlace>, element: String },
    /// A kept answer may be given to a request before what follows is checked.
    Cache(String),
    /// Something that may refuse or answer requests, and cannot make a refused one go through.
    MayRefuse(Doubt),
    /// Something of which nothing is known.
    Unknown(Doubt),
}

/// Statements of which none changes who is let in:
/// * they limit how often the same caller is served, whoever it is, or how much;
/// * they change what the API receives apart from the token: its address, method, body, credentials;
/// * they call another service, keep a value, or write a log;
/// * `cors` answers preflight requests and cross-origin ones by itself, and lets nothing through to the API
///   ([documentation](https://learn.microsoft.com/azure/api-management/cors-policy));
/// * `base` stands for policies of other scopes, which every link has and which are not read here. Where it is
///   missing, those are skipped, which takes nothing away from the checks of the product.
const NEUTRAL: [&str; 35] = [
    "authentication-basic",
    "authentication-certificate",
    "authentication-managed-identity",
    "azure-openai-emit-token-metric",
    "azure-openai-token-limit",
    "base",
    "cache-lookup-value",
    "cache-remove-value",
    "cache-store",
    "cache-store-value",
    "cors",
    "emit-metric",
    "find-and-replace",
    "get-authorization-context",
    "json-to-xml",
    "jsonp",
    "llm-emit-token-metric",
    "llm-token-limit",
    "log-to-eventhub",
    "proxy",
    "publish-to-dapr",
    "quota",
    "quota-by-key",
    "rate-limit",
    "rate-limit-by-key",
    "redirect-content-urls",
    "send-one-way-request",
    "send-request",
    "set-backend-service",
    "set-body",
    "set-method",
    "set-variable",
    "trace",
    "xml-to-json",
    "xsl-transform",
];

/// Checks of something else than the site's token: whether the site passes them is not decided by the text.
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

/// Reads the inbound section of a policy document.
pub(super) fn of(document: &Document<'_>) -> Vec<Statement> {
    let root = document.root_element();
    let name = root.tag_name().name();
    if name != "policies" || root.tag_name().namespace().is_some() {
        return vec![Statement::Unknown(Doubt::Root(name.to_owned()))];
    }
    let mut statements = Vec::new();
    let mut seen = Vec::new();
    strange(root, &mut statements);
    for section in root.children().filter(Node::is_element) {
        let name = section.tag_name().name();
        if !SECTIONS.contains(&name) || seen.contains(&name) || section.tag_name().namespace().is_some() {
            statements.push(Statement::Unknown(Doubt::Element(name.to_owned())));
        }
        seen.push(name);
        if name == "inbound" {
            sequence(section, &mut statements);
        }
    }
    statements
}

/// The `inbound` section of a document.
pub(super) fn inbound<'d, 'i>(document: &'d Document<'i>) -> Option<Node<'d, 'i>> {
    document.root_element().children().find(|node| node.has_tag_name("inbound"))
}

/// Attributes and texts where there are none in a policy.
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

fn sequence(section: Node<'_, '_>, into: &mut Vec<Statement>) {
    strange(section, into);
    section.children().filter(Node::is_element).for_each(|element| statement(element, into));
}

fn statement(element: Node<'_, '_>, into: &mut Vec<Statement>) {
    let name = element.tag_name().name();
    if element.tag_name().namespace().is_some() {
        return into.push(Statement::Unknown(Doubt::Element(name.to_owned())));
    }
    match name {
        "validate-jwt" => into.push(Statement::Check(Box::new(Check::read(element)))),
        "choose" => choose(element, into),
        "return-response" | "mock-response" => into.push(Statement::Answer(name.to_owned())),
        "include-fragment" => {
            let id = element.attribute("fragment-id").unwrap_or_default();
            into.push(Statement::Unknown(Doubt::Fragment(id.to_owned())));
        }
        "set-header" => into.push(alters(element, TokenPlace::Header)),
        "set-query-parameter" => into.push(alters(element, TokenPlace::QueryParameter)),
        "rewrite-uri" => into.push(Statement::Alters {
            place: Some(TokenPlace::QueryParameter(String::new())),
            element: name.to_owned(),
        }),
        // What is in it is carried out once, within a limit on how often that is so at the same time.
        "limit-concurrency" => {
            strange_text(element, into);
            element.children().filter(Node::is_element).for_each(|child| statement(child, into));
        }
        // What is in it is carried out several times, or side by side.
        "retry" | "wait" => {
            let mut within = Vec::new();
            strange_text(element, &mut within);
            element.children().filter(Node::is_element).for_each(|child| statement(child, &mut within));
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

/// A header or parameter that is set. One with a computed name may be any.
fn alters(element: Node<'_, '_>, place: fn(String) -> TokenPlace) -> Statement {
    let name = element.attribute("name").and_then(literal);
    let place = name.map(|name| place(name.trim().to_owned()));
    Statement::Alters { place, element: element.tag_name().name().to_owned() }
}

fn choose(element: Node<'_, '_>, into: &mut Vec<Statement>) {
    strange_text(element, into);
    let (mut branches, mut exhaustive) = (Vec::new(), false);
    for branch in element.children().filter(Node::is_element) {
        let mut statements = Vec::new();
        match branch.tag_name().name() {
            "when" => {}
            "otherwise" => exhaustive = true,
            other => statements.push(Statement::Unknown(Doubt::Element(other.to_owned()))),
        }
        strange_text(branch, &mut statements);
        branch.children().filter(Node::is_element).for_each(|child| statement(child, &mut statements));
        branches.push(statements);
    }
    if branches.iter().any(|branch| !branch.is_empty()) {
        into.push(Statement::Choose { branches, exhaustive });
    }
}

/// Every check in some statements, wherever it stands.
pub(super) fn checks(statements: &[Statement]) -> Vec<&Check> {
    let mut found = Vec::new();
    add_checks(statements, &mut found);
    found
}

fn add_checks<'a>(statements: &'a [Statement], found: &mut Vec<&'a Check>) {
    for statement in statements {
        match statement {
            Statement::Check(check) => found.push(check),
            Statement::Choose { branches, .. } => {
                for branch in branches {
                    add_checks(branch, found);
                }
            }
            Statement::Answer(_)
            | Statement::Alters { .. }
            | Statement::Cache(_)
            | Statement::MayRefuse(_)
            | Statement::Unknown(_) => {}
        }
    }
}
