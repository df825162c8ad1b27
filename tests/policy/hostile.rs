//! Policies that are written to be misread, and what each section but `inbound` may do.

use swa_apim::model::PolicyFormat;

use crate::world::{
    GATEWAY, SITE, audiences, issuers, judged, jwt, openid, own_issuer, policy, right, site, stored,
};

fn verdicts_are(rows: &[(&str, String, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(why, text, verdict)| {
            let found = judged(text);
            (found.as_str() != *verdict).then(|| format!("{why}: {verdict}, not {found:?}\n  {text}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_issuer_that_a_parser_reads_as_the_site_is_not_another_party() {
    let mut rows = Vec::new();
    for issuer in [
        format!("https://{}/.auth", SITE.replace("calm-", "calm%2D")),
        format!("https://{}/.auth", SITE.replace("calm-", "calm%252D")),
        format!("https://{}/.auth", SITE.replace('.', "%2E")),
        format!("https://{}/.auth", SITE.replacen('c', "\u{ff43}", 1)),
        format!("https://{}/.auth", SITE.replacen("calm", "calm\u{ad}", 1)),
        format!("https://{}/.auth", SITE.replace('.', "\u{3002}")),
        format!("urn://{}/.auth", SITE.replace('.', "%2E")),
        SITE.replace('.', "%2E"),
        format!("https:{SITE}/.auth"),
        format!("https://ca\tlm{}", &SITE[4..]),
    ] {
        let check = |list: &[&str]| policy(&jwt("", &format!("{}{}", openid(SITE), issuers(list))));
        rows.push(("alone, it may be the site", check(&[&issuer]), "undetermined"));
        rows.push(("beside the site, it may be the site", check(&[&own_issuer(), &issuer]), "undetermined"));
    }
    verdicts_are(&rows);
}

#[test]
fn alternatives_prove_something_only_as_they_are_documented() {
    let (check, when) = (right(), format!("<when condition=\"@(x)\">{}</when>", right()));
    let otherwise = format!("<otherwise>{check}</otherwise>");
    let choose = |content: &str| policy(&format!("<choose>{content}</choose>"));
    verdicts_are(&[
        ("as documented", choose(&format!("{when}{when}{otherwise}")), "healthy"),
        (
            "another element has a prefix",
            choose(&format!("{when}<x:otherwise xmlns:x=\"u\">{check}</x:otherwise>")),
            "undetermined",
        ),
        (
            "another element has a prefix",
            choose(&format!("<x:when xmlns:x=\"u\" condition=\"@(x)\">{check}</x:when>{otherwise}")),
            "undetermined",
        ),
        ("no condition", choose(&format!("<when>{check}</when>{otherwise}")), "undetermined"),
        (
            "an empty condition",
            choose(&format!("<when condition=\"\">{check}</when>{otherwise}")),
            "undetermined",
        ),
        ("nothing to choose from", choose(&otherwise), "undetermined"),
        ("`otherwise` is not the last", choose(&format!("{otherwise}{when}")), "undetermined"),
        ("`otherwise` twice", choose(&format!("{when}{otherwise}{otherwise}")), "undetermined"),
        (
            "an attribute more",
            choose(&format!("<when condition=\"@(x)\" x=\"\">{check}</when>{otherwise}")),
            "undetermined",
        ),
        (
            "an attribute of `otherwise`",
            choose(&format!("{when}<otherwise condition=\"@(x)\">{check}</otherwise>")),
            "undetermined",
        ),
        (
            "an attribute of `choose`",
            policy(&format!("<choose x=\"\">{when}{otherwise}</choose>")),
            "undetermined",
        ),
    ]);
}

#[test]
fn only_the_white_space_of_xml_is_layout() {
    let own = openid(SITE);
    for (space, verdict) in [
        (" \t\r\n", "healthy"),
        ("\u{a0}", "undetermined"),
        ("\u{2003}", "undetermined"),
        ("&#160;", "undetermined"),
        ("\u{3000}", "undetermined"),
    ] {
        let issuer = issuers(&[&format!("{space}{}", own_issuer())]);
        let audience = audiences(&[&format!("https://{GATEWAY}{space}")]);
        verdicts_are(&[
            ("an issuer", policy(&jwt("", &format!("{own}{issuer}"))), verdict),
            ("an audience", policy(&jwt("", &format!("{own}{audience}"))), verdict),
            ("between statements", policy(&format!("{space}{}", right())), verdict),
        ]);
    }
}

#[test]
fn every_section_has_a_say() {
    let with = |backend: &str, outbound: &str, on_error: &str| {
        format!(
            "<policies><inbound>{}</inbound><backend>{backend}</backend><outbound>{outbound}</outbound><on-error>{on_error}</on-error></policies>",
            right()
        )
    };
    let backend = |content: &str| with(content, "<base />", "<base />");
    let outbound = |content: &str| with("<base />", &format!("<base />{content}"), "<base />");
    let on_error = |content: &str| with("<base />", "<base />", &format!("<base />{content}"));
    let answer = "<return-response><set-status code=\"403\" /></return-response>";
    let maybe = format!("<choose><when condition=\"@(x)\">{answer}</when></choose>");
    verdicts_are(&[
        ("other scopes decide all", with("<base />", "<base />", "<base />"), "healthy"),
        ("it forwards by itself", backend("<forward-request timeout=\"60\" />"), "healthy"),
        (
            "it forwards again after an error",
            backend("<retry condition=\"@(x)\" count=\"2\" interval=\"1\"><forward-request /></retry>"),
            "healthy",
        ),
        ("no statement here forwards; one of another scope may", backend(""), "undetermined"),
        ("every request is answered", backend(answer), "closed"),
        ("every request is answered", backend("<base /><mock-response />"), "closed"),
        ("some are answered", backend(&format!("<base />{maybe}")), "undetermined"),
        ("an element that is not known may answer", backend("<base /><new />"), "undetermined"),
        (
            "the service has checks in `inbound` alone",
            backend(&format!("<base />{}", right())),
            "undetermined",
        ),
        (
            "headers of the answer",
            outbound("<set-header name=\"x\"><value>y</value></set-header>"),
            "healthy",
        ),
        ("texts of the answer", outbound("<find-and-replace from=\"a\" to=\"b\" />"), "healthy"),
        ("the answer is replaced", outbound(answer), "undetermined"),
        ("its status is replaced", outbound("<set-status code=\"403\" />"), "undetermined"),
        ("some answers are replaced", outbound(&maybe), "undetermined"),
        ("a fragment may replace it", outbound("<include-fragment fragment-id=\"f\" />"), "undetermined"),
        ("a request that comes here has failed", on_error(answer), "healthy"),
        ("a request that comes here has failed", on_error("<set-status code=\"500\" />"), "healthy"),
        ("an element that is not known", on_error("<new />"), "undetermined"),
        (
            "the answer does not decide who is let in",
            format!(
                "<policies><inbound /><backend><base /></backend><outbound>{answer}</outbound></policies>"
            ),
            "open",
        ),
    ]);
}

#[test]
fn an_expression_that_is_not_csharp_leaves_a_doubt() {
    for (before, behind) in [
        ("", "<set-variable name=\"a\" value=\"@(&quot;abc)\" />"),
        ("<set-variable name=\"a\" value=\"@(&quot;abc)\" />", ""),
        ("", "<set-body>@{ return (1; }</set-body>"),
        ("", "<set-body>@(1) and more</set-body>"),
    ] {
        let text = policy(&format!("{before}{}{behind}", right()));
        assert_eq!(judged(&text).as_str(), "undetermined", "{text}");
    }
    let raw = policy(&format!("{}<set-variable name=\"a\" value=\"@(\"abc)\" />", right()));
    assert_eq!(stored(&raw, "rawxml").verdict(&site(), Some(GATEWAY)).as_str(), "undetermined");
    let open = policy("<set-body>@(</set-body>");
    assert_eq!(judged(&open).as_str(), "undetermined", "nor is anything else proven");
}

#[test]
fn a_token_that_is_removed_before_the_check_does_not_pass() {
    let delete = "<set-header name=\"X-MS-Auth-Token\" exists-action=\"delete\" />";
    let set = "<set-header name=\"X-MS-AUTH-TOKEN\"><value>@(x)</value></set-header>";
    verdicts_are(&[
        ("before", policy(&format!("{delete}{}", right())), "closed"),
        ("behind", policy(&format!("{}{delete}", right())), "healthy"),
        ("no check", policy(delete), "open"),
        ("set again", policy(&format!("{delete}{set}{}", right())), "undetermined"),
        ("set before", policy(&format!("{set}{delete}{}", right())), "closed"),
        (
            "a fragment may set it again",
            policy(&format!("{delete}<include-fragment fragment-id=\"f\" />{}", right())),
            "undetermined",
        ),
        (
            "from some requests",
            policy(&format!("<choose><when condition=\"@(x)\">{delete}</when></choose>{}", right())),
            "undetermined",
        ),
        (
            "an expression decides what is done",
            policy(&format!("{}{}", delete.replace("\"delete\"", "\"@(x)\""), right())),
            "undetermined",
        ),
        ("another header", policy(&format!("{}{}", delete.replace("Token", "T"), right())), "healthy"),
    ]);
    assert!(!judged(&policy(&format!("{delete}{}", right()))).is_repairable(), "the check is right");
}

#[test]
fn names_of_formats_have_no_case() {
    assert_eq!(PolicyFormat::of(Some("RawXml")), Some(PolicyFormat::RawXml));
    assert_eq!(PolicyFormat::of(Some("XML")), Some(PolicyFormat::Xml));
    assert_eq!(PolicyFormat::of(Some("XML-Link")), Some(PolicyFormat::XmlLink));
    assert_eq!(PolicyFormat::of(Some("raw")), None);
    let raw = policy(&format!("{}<set-body>@(1 < 2)</set-body>", right()));
    assert_eq!(stored(&raw, "RawXML").verdict(&site(), Some(GATEWAY)).as_str(), "healthy");
}
