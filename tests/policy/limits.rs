//! What a policy may cost: its size and shape are bounded before it is parsed.

use swa_apim::model::policy_from_raw;

use crate::world::{GATEWAY, SITE, issuers, judged, jwt, openid, own_issuer, policy, right, site, stored};

#[test]
fn a_policy_beyond_the_limits_is_undetermined() {
    let prefixes: String = (0..4000).map(|at| format!("<p{at}:a xmlns:p{at}=\"u\">")).collect();
    let attributes: String = (0..9000).map(|at| format!(" a{at}=\"\"")).collect();
    let entities =
        "<!DOCTYPE p [<!ENTITY a \"aa\"><!ENTITY b \"&a;&a;\">]><policies>&b;</policies>".to_owned();
    for (what, text) in [
        ("prefixes", policy(&format!("{}{prefixes}", right()))),
        ("attributes", policy(&format!("{}<trace{attributes} />", right()))),
        ("depth", policy(&format!("{}{}{}", "<choose>".repeat(9000), right(), "</choose>".repeat(9000)))),
        ("elements", policy(&format!("{}{}", right(), "<trace/>".repeat(20_000)))),
        ("length", policy(&format!("{}<!--{}-->", right(), "x".repeat(300_000)))),
        ("entities", entities),
    ] {
        let verdict = judged(&text);
        assert_eq!(verdict.as_str(), "undetermined", "{what}");
        assert!(format!("{verdict:?}").len() < 500, "{what}: the reason does not repeat the text");
    }
}

#[test]
fn a_large_policy_within_the_limits_is_judged() {
    let many = "<set-variable name=\"a\" value=\"@(1 &lt; 2)\" />".repeat(3000);
    assert_eq!(judged(&policy(&format!("{}{many}", right()))).as_str(), "healthy");
}

#[test]
fn too_many_combinations_are_not_tried() {
    let list =
        |item: &str| (0..200).map(|at| format!("<{item}>https://x{at}.example</{item}>")).collect::<String>();
    let lists = format!("<audiences>{}</audiences><issuers>{}</issuers>", list("audience"), list("issuer"));
    let check = format!(
        "<validate-jwt header-name=\"X-MS-AUTH-TOKEN\"><openid-config url=\"https://k.example\" />{lists}</validate-jwt>"
    );
    let verdict = judged(&policy(&check));
    assert!(["undetermined", "closed"].contains(&verdict.as_str()), "{verdict:?}");
}

#[test]
fn raw_text_is_read_once() {
    for hostile in ["<a b=\"@(", "@(\"", "<a b=\"@(\"\")\" ", "<a>@($\"{", "<a b=\"&", "<!--", "<a>@{ // "] {
        let text = hostile.repeat(250_000 / hostile.len());
        assert!(policy_from_raw(&text).is_err(), "{hostile}");
    }
    assert!(policy_from_raw(&"x".repeat(300_000)).is_err());
}

#[test]
fn long_lists_are_not_tried() {
    let own = own_issuer();
    let hosts = |count| (0..count).map(|at| format!("https://p{at}.example")).collect::<Vec<_>>();
    let from = |count| {
        let hosts = hosts(count);
        issuers(&hosts.iter().map(String::as_str).chain([own.as_str()]).collect::<Vec<_>>())
    };
    let keys: String = (0..90).map(|at| format!("<key>{at:08}</key>")).collect();
    let keys = format!("<issuer-signing-keys>{keys}</issuer-signing-keys>");
    let configurations: String =
        (0..2000).map(|at| format!("<openid-config url=\"https://k{at}.example/c\" />")).collect();
    let closed = jwt("", &issuers(&[&own]));
    let partners: String = (0..400)
        .map(|at| {
            jwt("", &format!("{}{}", openid(SITE), issuers(&[&own, &format!("https://p{at}.example")])))
        })
        .collect();
    for (what, inbound) in [
        ("keys", format!("{}{closed}", jwt("", &format!("{}{}{keys}", openid(SITE), from(100))))),
        ("issuers", jwt("", &format!("{}{}", openid(SITE), from(3000)))),
        ("configurations", jwt("", &format!("{}{configurations}{}", openid(SITE), from(0)))),
        ("checks", partners),
    ] {
        let verdict = format!("{:?}", judged(&policy(&inbound)));
        assert_eq!(verdict, "Undetermined([TooMany])", "{what}");
    }
    let some = jwt("", &format!("{}{}", openid(SITE), from(20)));
    assert_eq!(judged(&policy(&some)).as_str(), "open");
    assert_eq!(judged(&policy(&right().repeat(40))).as_str(), "healthy");
}

#[test]
fn many_statements_with_many_lists_are_bounded() {
    let list: Vec<String> = (0..20).map(|at| format!("https://p{at}.example")).collect();
    let list: Vec<&str> = list.iter().map(String::as_str).collect();
    let keys: String = (0..20).map(|at| format!("<key>{at:08}</key>")).collect();
    let check = jwt(
        "",
        &format!("{}{}<issuer-signing-keys>{keys}</issuer-signing-keys>", openid(SITE), issuers(&list)),
    );
    let headers: String =
        (0..4000).map(|at| format!("<set-header name=\"h{at}\" exists-action=\"delete\" />")).collect();
    let verdict = format!("{:?}", judged(&policy(&format!("{check}{headers}"))));
    assert!(verdict.contains("TooMany"), "{verdict}");
}

#[test]
fn the_limit_of_length_is_one_of_what_was_sent() {
    let raw = |count: usize| {
        let text = "<".repeat(count);
        policy(&format!("{}<set-body>@(\"{text}\")</set-body>", right()))
    };
    let verdict = |text: &str| stored(text, "rawxml").verdict(&site(), Some(GATEWAY));
    assert_eq!(verdict(&raw(200_000)).as_str(), "healthy");
    assert_eq!(verdict(&raw(270_000)).as_str(), "undetermined");
}
