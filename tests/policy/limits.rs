//! What a policy may cost: its size and shape are bounded before it is parsed.

use swa_apim::model::policy_from_raw;

use crate::world::{judged, policy, right};

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
