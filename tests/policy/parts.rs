//! A part of a check that is stored elsewhere or computed leaves the other parts as proof.

use proptest::prelude::*;

use crate::world::{GATEWAY, SITE, audiences, issuers, judged, jwt, openid, own_issuer, policy};

const SECRET: &str = "<issuer-signing-keys><key>c2VjcmV0</key></issuer-signing-keys>";
const PARTNER: &str = "https://partner.example/";

fn verdict(inbound: &str) -> &'static str {
    judged(&policy(inbound)).as_str()
}

#[test]
fn a_proof_by_one_part_holds_with_any_content_of_another_part() {
    let (own, iss, aud) =
        (openid(SITE), issuers(&[&own_issuer()]), audiences(&[&format!("https://{GATEWAY}")]));
    let (named_issuer, named_audience) = (issuers(&["{{x}}"]), audiences(&["{{x}}"]));
    let claim = |value: &str| {
        format!("<required-claims><claim name=\"role\"><value>{value}</value></claim></required-claims>")
    };
    let unsigned = " require-signed-tokens=\"false\"";
    for (why, attributes, content, expected) in [
        ("unsigned, a named issuer", unsigned, format!("{own}{aud}{named_issuer}"), "open"),
        ("unsigned, a named audience", unsigned, format!("{own}{iss}{named_audience}"), "open"),
        ("unsigned, a named claim", unsigned, format!("{own}{iss}{}", claim("{{role}}")), "open"),
        (
            "unsigned, a named clock skew",
            " require-signed-tokens=\"false\" clock-skew=\"{{s}}\"",
            own.clone(),
            "open",
        ),
        ("a secret, a named issuer", "", format!("{own}{aud}{named_issuer}{SECRET}"), "open"),
        ("a secret, a named audience", "", format!("{own}{iss}{named_audience}{SECRET}"), "open"),
        (
            "a secret, a named address",
            "",
            format!("<openid-config url=\"{{{{u}}}}\" />{iss}{SECRET}"),
            "open",
        ),
        (
            "a secret beside a certificate",
            "",
            format!("{own}{iss}{}", SECRET.replace("</issuer", "<key certificate-id=\"c\" /></issuer")),
            "open",
        ),
        (
            "a partner, and a named issuer",
            "",
            format!("{own}{}", issuers(&[&own_issuer(), PARTNER, "{{x}}"])),
            "open",
        ),
        (
            "everlasting, a named issuer",
            " require-expiration-time=\"false\"",
            format!("{own}{named_issuer}"),
            "open",
        ),
        (
            "for another gateway, a named issuer",
            "",
            format!("{own}{}{named_issuer}", audiences(&["https://x.example"])),
            "closed",
        ),
        (
            "for another gateway, a computed issuer",
            "",
            format!("{own}{}{}", audiences(&["https://x.example"]), issuers(&["@(x)"])),
            "closed",
        ),
        ("no keys, a named audience", "", format!("{iss}{named_audience}"), "closed"),
        (
            "another claim, a named issuer",
            "",
            format!(
                "{own}{named_issuer}<required-claims><claim name=\"iss\"><value>x</value></claim></required-claims>"
            ),
            "closed",
        ),
        (
            "a named issuer beside the site's",
            "",
            format!("{own}{}", issuers(&[&own_issuer(), "{{x}}"])),
            "undetermined",
        ),
        (
            "a named audience beside the gateway's",
            "",
            format!("{own}{iss}{}", audiences(&[&format!("https://{GATEWAY}"), "{{x}}"])),
            "undetermined",
        ),
        ("a named claim", "", format!("{own}{iss}{}", claim("{{role}}")), "undetermined"),
        (
            "a named value of the issuer's claim",
            "",
            format!("{own}{iss}{}", claim("{{i}}").replace("role", "iss")),
            "undetermined",
        ),
        (
            "a named claim that may be any",
            unsigned,
            format!("{own}{iss}{}", claim("a").replace("role", "{{c}}")),
            "undetermined",
        ),
        (
            "unsigned, an expression that may fail",
            unsigned,
            format!("{own}{}", issuers(&["@(x)"])),
            "undetermined",
        ),
        (
            "unsigned, a part that is not known",
            " require-signed-tokens=\"false\" new=\"a\"",
            format!("{own}{iss}"),
            "undetermined",
        ),
        (
            "a secret, the place is named",
            " query-parameter-name=\"{{q}}\"",
            format!("{own}{iss}{SECRET}"),
            "undetermined",
        ),
        (
            "a secret, signing is named",
            " require-signed-tokens=\"{{s}}\"",
            format!("{own}{iss}{SECRET}"),
            "open",
        ),
    ] {
        assert_eq!(verdict(&jwt(attributes, &content)), expected, "{why}: {content}");
    }
    let elsewhere = jwt("", &format!("{own}{aud}{named_issuer}")).replace("X-MS-AUTH-TOKEN", "Authorization");
    assert_eq!(verdict(&elsewhere), "closed");
    let removes = "<set-header name=\"X-MS-AUTH-TOKEN\" exists-action=\"delete\" />";
    assert_eq!(verdict(&format!("{removes}{}", jwt("", &format!("{own}{named_issuer}")))), "closed");
}

/// The parts of one check, each of which is right, wrong, or a named value that may be either.
#[derive(Clone, Copy, Debug)]
struct Parts {
    issuer: Part,
    audience: Part,
    signed: Part,
    expires: Part,
    partner: bool,
    secret: bool,
    own_keys: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    Right,
    Wrong,
    Named,
}

impl Part {
    /// The text of the part.
    fn text<'a>(self, right: &'a str, wrong: &'a str) -> &'a str {
        match self {
            Self::Right => right,
            Self::Wrong => wrong,
            Self::Named => "{{x}}",
        }
    }

    /// Every way in which the part may be right.
    fn ways(self) -> &'static [bool] {
        match self {
            Self::Right => &[true],
            Self::Wrong => &[false],
            Self::Named => &[true, false],
        }
    }
}

impl Parts {
    fn xml(self) -> String {
        let own = own_issuer();
        let mut content = if self.own_keys { openid(SITE) } else { String::new() };
        let gateway = format!("https://{GATEWAY}");
        content += &audiences(&[self.audience.text(&gateway, "https://x.example")]);
        let mut listed = vec![self.issuer.text(&own, PARTNER)];
        listed.extend(self.partner.then_some(PARTNER));
        content += &issuers(&listed);
        content += if self.secret { SECRET } else { "" };
        let attributes = format!(
            " require-signed-tokens=\"{}\" require-expiration-time=\"{}\"",
            self.signed.text("true", "false"),
            self.expires.text("true", "false")
        );
        jwt(&attributes, &content)
    }

    /// The verdict that is right: what holds in every way in which the named values may be.
    fn expected(self) -> &'static str {
        let (mut open, mut closed) = (Vec::new(), Vec::new());
        for issuer in self.issuer.ways() {
            for audience in self.audience.ways() {
                for signed in self.signed.ways() {
                    for expires in self.expires.ways() {
                        // The configuration of the site adds its issuer.
                        let own_issuer = *issuer || self.own_keys;
                        let partner = self.partner || !issuer;
                        // A token of anybody may be for whatever is required. Its issuer and its audience are free.
                        let by_anybody = self.secret || !signed;
                        let of_partner = self.own_keys && partner;
                        let for_ever = self.own_keys && !expires && own_issuer;
                        open.push(by_anybody || of_partner || for_ever);
                        closed.push(!(self.own_keys && own_issuer && *audience));
                    }
                }
            }
        }
        let all = |ways: &[bool]| ways.iter().all(|it| *it);
        let none = |ways: &[bool]| !ways.iter().any(|it| *it);
        match (all(&open), all(&closed), none(&open) && none(&closed)) {
            (true, _, _) => "open",
            (false, true, _) => "closed",
            (false, false, true) => "healthy",
            (false, false, false) => "undetermined",
        }
    }
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![3 => Just(Part::Right), 1 => Just(Part::Wrong), 2 => Just(Part::Named)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_check_with_named_values_has_the_verdict_that_holds_for_all_of_their_contents(
        (issuer, audience, signed, expires) in (part(), part(), part(), part()),
        (partner, secret, own_keys) in (any::<bool>(), any::<bool>(), prop::bool::weighted(0.8)),
    ) {
        let parts = Parts { issuer, audience, signed, expires, partner, secret, own_keys };
        let verdict = judged(&policy(&parts.xml()));
        prop_assert_eq!(verdict.as_str(), parts.expected(), "{:?}\n{:?}", parts, verdict);
    }
}
