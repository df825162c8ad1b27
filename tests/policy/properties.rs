//! Policies from a grammar, judged, and carried out by an evaluator that knows nothing of the judge.

use proptest::prelude::*;

use crate::world::{GATEWAY, SITE, audiences, issuers, judged, openid, own_issuer, policy};

const PARTNER: &str = "https://partner.example/";
const ELSEWHERE: &str = "https://keys.example/openid";

#[derive(Clone, Debug)]
struct Check {
    site_header: bool,
    own_keys: bool,
    other_keys: bool,
    secret: bool,
    own_issuer: bool,
    partner: bool,
    named_issuer: bool,
    audience: Option<bool>,
    signed: bool,
    expires: bool,
    long_skew: bool,
    own_claim: Option<bool>,
}

#[derive(Clone, Debug)]
enum Statement {
    Check(Check),
    Neutral,
    Fragment,
    Filter,
    SetsToken,
    Answers,
    Choose(Vec<Statement>, Option<Vec<Statement>>),
}

/// What the text of a policy leaves open.
#[derive(Clone, Copy, Debug)]
struct Unknown {
    condition: bool,
    filter_refuses: bool,
    /// What a fragment does: nothing, refuse everything, or put a valid token in.
    fragment: u8,
    token_set: bool,
    other_keys_are_the_sites: bool,
    named_value_is_partner: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Signer {
    Site,
    Other,
    Secret,
    None,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Issuer {
    Site,
    Partner,
    Publisher,
}

#[derive(Clone, Copy, Debug)]
struct Token {
    signer: Signer,
    issuer: Issuer,
    for_gateway: bool,
    expires: bool,
    expired: bool,
}

const VALID: Token =
    Token { signer: Signer::Site, issuer: Issuer::Site, for_gateway: true, expires: true, expired: false };

#[derive(Clone, Copy, Debug)]
struct Request {
    site_header: Option<Token>,
    other_header: Option<Token>,
}

impl Check {
    fn xml(&self) -> String {
        let mut content = String::new();
        let mut add = |wanted: bool, text: String| content += if wanted { &text } else { "" };
        add(self.own_keys, openid(SITE));
        add(self.other_keys, format!("<openid-config url=\"{ELSEWHERE}\" />"));
        add(self.secret, "<issuer-signing-keys><key>c2VjcmV0</key></issuer-signing-keys>".to_owned());
        if let Some(right) = self.audience {
            add(true, audiences(&[if right { "https://gate.azure-api.net" } else { "https://x.example" }]));
        }
        let own = own_issuer();
        let listed =
            [(self.own_issuer, own.as_str()), (self.partner, PARTNER), (self.named_issuer, "{{issuer}}")];
        let listed: Vec<&str> = listed.into_iter().filter(|(is, _)| *is).map(|(_, issuer)| issuer).collect();
        add(!listed.is_empty(), issuers(&listed));
        if let Some(right) = self.own_claim {
            let value = if right { own.as_str() } else { PARTNER };
            add(
                true,
                format!(
                    "<required-claims><claim name=\"iss\"><value>{value}</value></claim></required-claims>"
                ),
            );
        }
        let header = if self.site_header { "X-MS-AUTH-TOKEN" } else { "Authorization" };
        let skew = if self.long_skew { " clock-skew=\"86400\"" } else { "" };
        format!(
            "<validate-jwt header-name=\"{header}\" require-signed-tokens=\"{}\" require-expiration-time=\"{}\"{skew}>{content}</validate-jwt>",
            self.signed, self.expires
        )
    }

    fn admits(&self, request: &Request, unknown: &Unknown) -> bool {
        let Some(token) = (if self.site_header { request.site_header } else { request.other_header }) else {
            return false;
        };
        let (sites_elsewhere, elsewhere) = (
            self.other_keys && unknown.other_keys_are_the_sites,
            self.other_keys && !unknown.other_keys_are_the_sites,
        );
        let key = match token.signer {
            Signer::Site => self.own_keys || sites_elsewhere,
            Signer::Other => elsewhere,
            Signer::Secret => self.secret,
            Signer::None => !self.signed,
        };
        let named = |partner| self.named_issuer && unknown.named_value_is_partner == partner;
        let any = !(self.own_keys || self.other_keys || self.own_issuer || self.partner || self.named_issuer);
        let issuer = any
            || match token.issuer {
                Issuer::Site => self.own_issuer || self.own_keys || sites_elsewhere || named(false),
                Issuer::Partner => self.partner || named(true),
                Issuer::Publisher => elsewhere,
            };
        let claim = match (self.own_claim, token.issuer) {
            (None, _) | (Some(true), Issuer::Site) | (Some(false), Issuer::Partner) => true,
            (Some(_), _) => false,
        };
        let audience = self.audience.is_none_or(|right| right == token.for_gateway);
        let time = (token.expires || !self.expires) && (!token.expired || self.long_skew);
        key && issuer && claim && audience && time
    }
}

fn xml(statements: &[Statement]) -> String {
    let one = |statement: &Statement| match statement {
        Statement::Check(check) => check.xml(),
        Statement::Neutral => "<rate-limit calls=\"1\" renewal-period=\"1\" />".to_owned(),
        Statement::Fragment => "<include-fragment fragment-id=\"f\" />".to_owned(),
        Statement::Filter => "<ip-filter action=\"allow\"><address>1.1.1.1</address></ip-filter>".to_owned(),
        Statement::SetsToken => {
            "<set-header name=\"X-MS-AUTH-TOKEN\"><value>@(t)</value></set-header>".to_owned()
        }
        Statement::Answers => "<return-response />".to_owned(),
        Statement::Choose(when, otherwise) => {
            let otherwise = otherwise.as_ref().map(|it| format!("<otherwise>{}</otherwise>", xml(it)));
            let when = xml(when);
            format!(
                "<choose><when condition=\"@(c)\">{when}</when>{}</choose>",
                otherwise.unwrap_or_default()
            )
        }
    };
    statements.iter().map(one).collect()
}

/// Whether a request reaches the API.
fn reaches(statements: &[Statement], request: &mut Request, unknown: &Unknown) -> bool {
    statements.iter().all(|statement| match statement {
        Statement::Check(check) => check.admits(request, unknown),
        Statement::Neutral => true,
        Statement::Fragment => match unknown.fragment {
            0 => true,
            1 => false,
            _ => {
                *request = Request { site_header: Some(VALID), other_header: Some(VALID) };
                true
            }
        },
        Statement::Filter => !unknown.filter_refuses,
        Statement::SetsToken => {
            request.site_header = unknown.token_set.then_some(VALID);
            true
        }
        Statement::Answers => false,
        Statement::Choose(when, otherwise) => match (unknown.condition, otherwise) {
            (true, _) => reaches(when, request, unknown),
            (false, Some(otherwise)) => reaches(otherwise, request, unknown),
            (false, None) => true,
        },
    })
}

/// Every way in which what the text leaves open may be.
fn worlds(own_keys_are_named: bool) -> impl Iterator<Item = Unknown> {
    (0..96_u8)
        .map(|bits| Unknown {
            condition: bits & 1 != 0,
            filter_refuses: bits & 2 != 0,
            token_set: bits & 4 != 0,
            other_keys_are_the_sites: bits & 8 != 0,
            named_value_is_partner: bits & 16 != 0,
            fragment: bits / 32,
        })
        // Where the site's own place is named, another is another party's.
        .filter(move |world| !(own_keys_are_named && world.other_keys_are_the_sites))
}

/// Requests without a valid token of the site.
fn forged() -> Vec<Request> {
    let mut all = vec![Request { site_header: None, other_header: None }];
    for signer in [Signer::Site, Signer::Other, Signer::Secret, Signer::None] {
        for issuer in [Issuer::Site, Issuer::Partner, Issuer::Publisher] {
            for (expires, expired) in [(true, false), (false, false), (true, true)] {
                for for_gateway in [true, false] {
                    let token = Token { signer, issuer, for_gateway, expires, expired };
                    let is_the_sites =
                        signer == Signer::Site && issuer == Issuer::Site && expires && !expired;
                    if !is_the_sites {
                        all.push(Request { site_header: Some(token), other_header: Some(token) });
                    }
                }
            }
        }
    }
    all
}

fn checks(statements: &[Statement]) -> Vec<&Check> {
    statements
        .iter()
        .flat_map(|statement| match statement {
            Statement::Check(check) => vec![check],
            Statement::Choose(when, otherwise) => {
                let mut all = checks(when);
                all.extend(otherwise.iter().flat_map(|it| checks(it)));
                all
            }
            Statement::Neutral
            | Statement::Fragment
            | Statement::Filter
            | Statement::SetsToken
            | Statement::Answers => vec![],
        })
        .collect()
}

fn check() -> impl Strategy<Value = Statement> {
    let rarely = || prop::bool::weighted(0.12);
    let often = || prop::bool::weighted(0.85);
    let keys = (often(), rarely(), rarely());
    let issuers = (often(), rarely(), rarely());
    let audience = prop_oneof![3 => Just(None), 5 => Just(Some(true)), 1 => Just(Some(false))];
    let claim = prop_oneof![8 => Just(None), 1 => Just(Some(true)), 1 => Just(Some(false))];
    (often(), keys, issuers, audience, claim, (often(), often(), rarely())).prop_map(
        |(site_header, keys, issuers, audience, own_claim, (signed, expires, long_skew))| {
            Statement::Check(Check {
                site_header,
                own_keys: keys.0,
                other_keys: keys.1,
                secret: keys.2,
                own_issuer: issuers.0,
                partner: issuers.1,
                named_issuer: issuers.2,
                audience,
                signed,
                expires,
                long_skew,
                own_claim,
            })
        },
    )
}

fn statements() -> impl Strategy<Value = Vec<Statement>> {
    let one = prop_oneof![
        12 => check(),
        4 => Just(Statement::Neutral),
        1 => Just(Statement::Fragment),
        1 => Just(Statement::Filter),
        1 => Just(Statement::SetsToken),
        1 => Just(Statement::Answers),
    ];
    let few = |one: BoxedStrategy<Statement>| prop::collection::vec(one, 0..3);
    let one = one.prop_recursive(2, 6, 3, move |inner| {
        let (when, otherwise) = (few(inner.clone().boxed()), prop::option::of(few(inner.boxed())));
        (when, otherwise).prop_map(|(when, otherwise)| Statement::Choose(when, otherwise))
    });
    prop::collection::vec(one, 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_verdict_holds_however_what_the_text_leaves_open_may_be(statements in statements()) {
        let text = policy(&xml(&statements));
        let verdict = judged(&text);
        let own_keys = checks(&statements).iter().any(|check| check.own_keys);
        let forged = forged();
        for world in worlds(own_keys) {
            let site = reaches(&statements, &mut Request { site_header: Some(VALID), other_header: None }, &world);
            let open = forged.iter().any(|request| reaches(&statements, &mut request.clone(), &world));
            match verdict.as_str() {
                "healthy" => prop_assert!(site && !open, "healthy, {site} {open} {world:?}\n{text}"),
                "open" => prop_assert!(open, "open {verdict:?} {world:?}\n{text}"),
                "closed" => prop_assert!(!site, "closed {verdict:?} {world:?}\n{text}"),
                _ => {}
            }
        }
    }

    #[test]
    fn a_repair_leaves_a_policy_that_is_no_longer_open_or_closed(statements in statements()) {
        let text = policy(&xml(&statements));
        if judged(&text).is_repairable() {
            let after = crate::world::repaired(&text);
            let verdict = judged(&after);
            let answers = format!("{verdict:?}").contains("Answered");
            prop_assert!(!verdict.is_repairable() || answers, "{verdict:?}\n{text}\n{after}");
        }
    }
}

#[test]
fn the_grammar_reaches_every_verdict() {
    use proptest::{strategy::ValueTree as _, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..400 {
        let statements = statements().new_tree(&mut runner).unwrap().current();
        seen.insert(judged(&policy(&xml(&statements))).as_str());
    }
    assert_eq!(Vec::from_iter(seen), ["closed", "healthy", "open", "undetermined"]);
    assert_eq!(GATEWAY, "gate.azure-api.net");
}
