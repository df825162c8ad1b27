//! What may show a secret while something is debugged, read from the source.

use crate::source;

/// Types that hold a key, a token, headers or a body that may carry one.
const SECRETIVE: [&str; 8] =
    ["Key", "KeyPair", "SecretString", "HeaderMap", "HeaderValue", "Bytes", "Value", "GivenKeys"];
/// Names of fields whose text is secret.
const SECRETS: [&str; 5] = ["token", "password", "secret", "authorization", "client_secret"];

/// The types that derive `Debug`, each with the words of its fields.
fn debugged(code: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("#[derive(") {
        let Some((derived, after)) = code[at..].split_once(")]") else { continue };
        let words: Vec<&str> = derived.split(|c: char| !c.is_alphanumeric()).collect();
        let head = after.find(['{', ';', '(']).unwrap_or(0);
        let name =
            after[..head].split_whitespace().skip_while(|word| !["struct", "enum"].contains(word)).nth(1);
        let (true, Some(name)) = (words.contains(&"Debug"), name) else { continue };
        found.push((name.to_owned(), fields(&after[head..])));
    }
    found
}

/// The fields of a type up to its end, as names and types.
fn fields(text: &str) -> Vec<(String, String)> {
    let mut depth = 0_usize;
    let end = text.find(|c: char| {
        match c {
            '{' | '(' => depth += 1,
            '}' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    });
    let body = &text[..end.unwrap_or(text.len())];
    let lines = body.lines().filter(|line| !line.trim_start().starts_with("#["));
    let pair = |line: &str| match line.split_once(": ") {
        Some((name, of)) => {
            (name.rsplit([' ', '(', '{']).next().unwrap_or_default().to_owned(), of.to_owned())
        }
        None => (String::new(), line.to_owned()),
    };
    lines.map(pair).collect()
}

fn is_secret((name, of): &(String, String)) -> bool {
    let mut words = of.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| SECRETIVE.contains(&word)) || (SECRETS.contains(&name.as_str()) && of.contains("String"))
}

#[test]
fn no_type_that_holds_a_secret_derives_debug() {
    for file in source::all() {
        for (name, fields) in debugged(&file.code) {
            let secret = fields.iter().find(|field| is_secret(field));
            assert_eq!(secret, None, "{}: `{name}` derives Debug", file.path);
        }
    }
}

#[test]
fn a_derived_debug_beside_a_secret_is_found() {
    let code = "#[derive(Clone, Debug)]\npub struct A {\n    pub key: Option<Key>,\n}\n\
                #[derive(Debug)]\nstruct B(Vec<Value>);\n#[derive(Debug)]\nenum C {\n    D { token: String },\n}\n\
                #[derive(Clone)]\nstruct E(Key);\n#[derive(Debug)]\nstruct F { a: KeySlot }\n";
    let found = debugged(code);
    let secret = |name: &str| found.iter().any(|(it, fields)| it == name && fields.iter().any(is_secret));
    assert_eq!(["A", "B", "C", "E", "F"].map(secret), [true, true, true, false, false]);
}
