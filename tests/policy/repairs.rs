//! A repair changes the check, and nothing else.

use crate::world::{
    GATEWAY, SITE, issuers, judged, jwt, names, openid, own_issuer, policy, repaired, right, stored,
};

/// Everything of a policy but its checks.
fn without_checks(text: &str) -> String {
    let mut rest = text.to_owned();
    while let (Some(start), Some(end)) = (rest.find("<validate-jwt"), rest.find("</validate-jwt>")) {
        rest.replace_range(start..end + "</validate-jwt>".len(), "");
    }
    rest.split_whitespace().collect::<Vec<_>>().join(" ").replace("> <", "><")
}

const AROUND: &str = "<!-- keep --><rate-limit-by-key calls=\"9\" renewal-period=\"60\" counter-key=\"@(f(&quot;x&quot;))\" /><set-header name='x'  exists-action=\"skip\"><value>a &amp; b</value></set-header>";

#[test]
fn every_wrong_check_becomes_right_and_the_rest_stays() {
    let own = openid(SITE);
    let iss = issuers(&[&own_issuer()]);
    let all = format!("{own}{iss}");
    let secret = format!("{all}<issuer-signing-keys><key>c2VjcmV0</key></issuer-signing-keys>");
    for wrong in [
        String::new(),
        jwt("", ""),
        jwt("", &iss),
        jwt(" require-signed-tokens=\"false\"", &all),
        jwt(" require-expiration-time=\"false\" clock-skew=\"99999\"", &all),
        jwt("", &secret),
        jwt("", &format!("{own}{}", issuers(&["https://partner.example/"]))),
        jwt("", &format!("{own}<audiences><audience>https://x.example</audience></audiences>{iss}")),
        jwt(
            "",
            &format!("{own}<required-claims><claim name=\"iss\"><value>x</value></claim></required-claims>"),
        ),
        right().replace("X-MS-AUTH-TOKEN", "Authorization"),
        right().replace(SITE, "other.5.azurestaticapps.net"),
        jwt(" require-signed-tokens=\"false\"", &all).repeat(2),
        format!(
            "<choose><when condition=\"@(a)\">{0}</when><otherwise>{0}</otherwise></choose>",
            jwt("", &iss)
        ),
    ] {
        for text in [
            policy(&format!("{wrong}{AROUND}")),
            policy(&format!("{AROUND}{wrong}")),
            policy(&format!("\r\n\t\t{AROUND}\r\n\t\t{wrong}\r\n\t")),
        ] {
            assert!(judged(&text).is_repairable(), "{text}");
            let after = repaired(&text);
            assert_eq!(judged(&after).as_str(), "healthy", "{text}\n{after}");
            assert_eq!(without_checks(&after), without_checks(&text), "{after}");
            assert_eq!(repaired(&after), after, "a second repair changes nothing");
        }
    }
}

#[test]
fn what_a_check_says_besides_stays() {
    let kept = " failed-validation-error-message=\"a &quot;b&quot;\" failed-validation-httpcode=\"403\" output-token-variable-name=\"jwt\" clock-skew=\"30\"";
    let audience = "<audiences><audience>https://custom.example</audience></audiences>";
    let claim = "<required-claims><claim name=\"roles\"><value>a</value></claim></required-claims>";
    let wrong =
        jwt(&format!("{kept} require-signed-tokens=\"false\""), &format!("<!-- why -->{audience}{claim}"));
    let after = repaired(&policy(&wrong));
    for text in [
        "a &quot;b&quot;",
        "httpcode=\"403\"",
        "variable-name=\"jwt\"",
        "clock-skew=\"30\"",
        "<!-- why -->",
        "https://custom.example",
        &format!("<audience>https://{GATEWAY}</audience>"),
        claim,
    ] {
        assert!(after.contains(text), "{text}: {after}");
    }
    assert!(!after.contains("require-signed-tokens=\"false\""), "{after}");
}

#[test]
fn audiences_stay_where_the_gateway_is_not_known() {
    let audience = "<audiences><audience>https://custom.example</audience></audiences>";
    let wrong = policy(&jwt(" require-signed-tokens=\"false\"", audience));
    let after = stored(&wrong, "xml").repaired(&names(), None);
    let after = after.text("properties.value").unwrap().unwrap();
    assert!(after.contains(audience), "{after}");
    let without = stored(&policy(&jwt("", "")), "xml").repaired(&names(), None);
    assert!(!without.text("properties.value").unwrap().unwrap().contains("audience"));
}

#[test]
fn a_check_is_put_where_there_is_no_place_yet() {
    for text in [
        "<policies />",
        "<policies></policies>",
        "<policies><inbound /></policies>",
        "<policies><inbound></inbound></policies>",
        "<policies>\r\n\t<inbound>\r\n\t\t<base />\r\n\t</inbound>\r\n</policies>",
        "<policies><outbound><base /></outbound></policies>",
        "<policies><inbound><!-- a --></inbound></policies>",
        "<!-- first -->\n<policies><inbound><cors /></inbound></policies>",
    ] {
        let after = repaired(text);
        assert_eq!(judged(&after).as_str(), "healthy", "{text}: {after}");
        assert!(!text.contains("<!--") || after.contains("<!--"), "{after}");
    }
}

#[test]
fn the_lines_of_a_repair_are_those_of_the_policy() {
    let after =
        repaired("<policies>\r\n\t<inbound>\r\n\t\t<base />\r\n\t\t<cors />\r\n\t</inbound>\r\n</policies>");
    assert!(after.contains("<base />\r\n\t\t<validate-jwt "), "{after:?}");
    assert!(after.contains("\r\n\t\t\t<issuers>\r\n\t\t\t\t<issuer>"), "{after:?}");
    assert!(after.contains("</validate-jwt>\r\n\t\t<cors />"), "{after:?}");
    assert!(!after.replace("\r\n", "").contains('\n'));
}
