//! The verdict on each kind of policy, and why.

use swa_apim::model::GatewayHosts;

use crate::world::{
    GATEWAY, SITE, audiences, issuers, judged, jwt, openid, own_issuer, policy, right, site, stored,
};

/// (why, inbound statements, verdict)
fn rows() -> Vec<(&'static str, String, &'static str)> {
    let mut rows = Vec::new();
    let mut row = |why, inbound: String, verdict| rows.push((why, inbound, verdict));
    let own = openid(SITE);
    let iss = issuers(&[&own_issuer()]);
    let aud = audiences(&[&format!("https://{GATEWAY}")]);
    let with = |attributes: &str| jwt(attributes, &format!("{own}{aud}{iss}"));
    let inside = |content: &str| jwt("", content);

    row("the policy of a link", right(), "healthy");
    row("no statement", String::new(), "open");
    row("a check in a comment", format!("<!-- {} -->", right()), "open");
    row("twice the same", format!("{0}{0}", right()), "healthy");
    row("the configuration names the issuer", inside(&own), "healthy");
    row("no audience is required", inside(&format!("{own}{iss}")), "healthy");
    row("header names have no case", right().replace("X-MS-AUTH-TOKEN", "x-ms-auth-token"), "healthy");
    row("a label of the statement", with(" id=\"check\""), "healthy");

    // Attributes.
    row(
        "what is the default anyway",
        with(" require-signed-tokens=\"true\" require-expiration-time=\"True\""),
        "healthy",
    );
    row("unsigned tokens", with(" require-signed-tokens=\"false\""), "open");
    row("everlasting tokens", with(" require-expiration-time=\"false\""), "open");
    row("clocks differ by as much as a token is valid", with(" clock-skew=\"300\""), "healthy");
    row("a token of yesterday", with(" clock-skew=\"86400\""), "open");
    row("a skew that is no number", with(" clock-skew=\"5 minutes\""), "undetermined");
    row("a computed skew", with(" clock-skew=\"{{skew}}\""), "undetermined");
    row("a word that is neither", with(" require-signed-tokens=\"maybe\""), "undetermined");
    row("a named value", with(" require-signed-tokens=\"{{signed}}\""), "undetermined");
    row("the service ignores the scheme beside another header", with(" require-scheme=\"Basic\""), "healthy");
    row("where the token is kept afterwards", with(" output-token-variable-name=\"jwt\""), "healthy");
    row(
        "how a refusal looks",
        with(" failed-validation-httpcode=\"403\" failed-validation-error-message=\"@(context.RequestId)\""),
        "healthy",
    );
    row("an attribute that is not known", with(" allow-anonymous=\"true\""), "undetermined");
    row("the token in two places", with(" query-parameter-name=\"t\""), "undetermined");
    row("the token is computed", with(" token-value=\"@(x)\""), "undetermined");
    row("another header", right().replace("X-MS-AUTH-TOKEN", "Authorization"), "closed");
    row(
        "a query parameter",
        right().replace("header-name=\"X-MS-AUTH-TOKEN\"", "query-parameter-name=\"t\""),
        "closed",
    );
    row("a computed header", right().replace("X-MS-AUTH-TOKEN", "{{header}}"), "undetermined");
    row("no place", right().replace("header-name=\"X-MS-AUTH-TOKEN\"", ""), "undetermined");
    row("space in the header's name", right().replace("X-MS-AUTH-TOKEN", "X-MS-AUTH-TOKEN "), "undetermined");

    // Keys.
    row("no source of keys", inside(&iss), "closed");
    row("no source of keys, and nothing else", inside(""), "closed");
    row("an empty list of keys", inside(&format!("<issuer-signing-keys />{iss}")), "closed");
    row(
        "a secret beside the site's keys",
        inside(&format!("{own}{iss}<issuer-signing-keys><key>c2VjcmV0</key></issuer-signing-keys>")),
        "open",
    );
    row(
        "a secret alone",
        inside(&format!("{iss}<issuer-signing-keys><key id=\"a\">c2VjcmV0</key></issuer-signing-keys>")),
        "open",
    );
    row(
        "a secret in CDATA, behind a comment",
        inside(&format!(
            "{own}<issuer-signing-keys><key><!-- a --><![CDATA[c2VjcmV0]]></key></issuer-signing-keys>"
        )),
        "open",
    );
    row(
        "a named secret",
        inside(&format!("{own}{iss}<issuer-signing-keys><key>{{{{secret}}}}</key></issuer-signing-keys>")),
        "undetermined",
    );
    row(
        "a certificate",
        inside(&format!("{own}{iss}<issuer-signing-keys><key certificate-id=\"c\" /></issuer-signing-keys>")),
        "undetermined",
    );
    row(
        "a public key",
        inside(&format!(
            "{own}{iss}<issuer-signing-keys><key n=\"AQAB\" e=\"AQAB\" /></issuer-signing-keys>"
        )),
        "undetermined",
    );
    row(
        "a key that is none",
        inside(&format!("{own}{iss}<issuer-signing-keys><key>not base64!</key></issuer-signing-keys>")),
        "undetermined",
    );
    row(
        "keys to decrypt",
        inside(&format!("{own}{iss}<decryption-keys><key>c2VjcmV0</key></decryption-keys>")),
        "undetermined",
    );
    row("an empty list of keys to decrypt", inside(&format!("{own}{iss}<decryption-keys />")), "healthy");
    row(
        "keys elsewhere, nothing else",
        inside("<openid-config url=\"https://keys.example/c\" />"),
        "undetermined",
    );
    row(
        "keys elsewhere, the site's issuer",
        inside(&format!("<openid-config url=\"https://keys.example/c\" />{iss}")),
        "undetermined",
    );
    row(
        "another party's keys too",
        inside(&format!("{own}<openid-config url=\"https://keys.example/c\" />{iss}")),
        "open",
    );
    row(
        "another site's check",
        inside(&format!(
            "{}{}",
            openid("other.5.azurestaticapps.net"),
            issuers(&["https://other.5.azurestaticapps.net/.auth"])
        )),
        "open",
    );
    row(
        "a computed address",
        inside(&format!("<openid-config url=\"{{{{keys}}}}\" />{iss}")),
        "undetermined",
    );
    row("no address", inside(&format!("<openid-config />{iss}")), "undetermined");

    // Addresses.
    let keys = |url: &str| inside(&format!("<openid-config url=\"{url}\" />{iss}"));
    let path = "/.auth/.well-known/openid-configuration";
    row("letters' case", keys(&format!("HTTPS://{}{path}", SITE.to_uppercase())), "healthy");
    row("the usual port", keys(&format!("https://{SITE}:443{path}")), "healthy");
    row("another port", keys(&format!("https://{SITE}:8443{path}")), "undetermined");
    row("a user", keys(&format!("https://u@{SITE}{path}")), "undetermined");
    row("a trailing dot", keys(&format!("https://{SITE}.{path}")), "undetermined");
    row("without encryption", keys(&format!("http://{SITE}{path}")), "undetermined");
    row("what a site deploys", keys(&format!("https://{SITE}/keys.json")), "undetermined");
    row("a query", keys(&format!("https://{SITE}{path}?x=1")), "undetermined");
    row("a backslash", keys(&format!("https://{SITE}\\@evil.example{path}")), "undetermined");
    row(
        "percent",
        keys(&format!("https://calm%2Dsea-0a1b2c3d4.5.azurestaticapps.net{path}")),
        "undetermined",
    );
    row("a homograph", keys(&format!("https://{}{path}", SITE.replace('a', "\u{430}"))), "undetermined");
    row("a sub-domain", keys(&format!("https://x.{SITE}{path}")), "undetermined");
    row("the host as a prefix", keys(&format!("https://{SITE}.evil.example{path}")), "undetermined");

    // Issuers.
    let from = |list: &[&str]| inside(&format!("{own}{}", issuers(list)));
    row("a partner", from(&[&own_issuer(), "https://partner.example/"]), "open");
    row("a partner alone: the configuration adds the site", from(&["https://partner.example/"]), "open");
    row("a partner in CDATA", from(&[&own_issuer(), "<![CDATA[https://partner.example/]]>"]), "open");
    row("a partner in two pieces", from(&[&own_issuer(), "https://part<!-- x -->ner.example/"]), "open");
    row("the site's issuer in two pieces", from(&[&format!("https://<!-- x -->{SITE}/.auth")]), "healthy");
    row("a name that is not a URL", from(&["partner"]), "open");
    row("a homograph", from(&[&own_issuer().replace('a', "\u{430}")]), "open");
    row("a user and another host", from(&[&format!("https://{SITE}:x@evil.example/.auth")]), "open");
    row("the site in capitals is not another party", from(&[&own_issuer().to_uppercase()]), "healthy");
    row("a slash more is not another party", from(&[&format!("{}/", own_issuer())]), "healthy");
    row("the usual port is not another party", from(&[&format!("https://{SITE}:443/.auth")]), "healthy");
    for near in [
        format!("https://{SITE}"),
        format!("https://{SITE}/"),
        format!("https://{SITE}/.authx"),
        format!("https://{SITE}/.auth/login"),
        format!("https://{SITE}//.auth"),
        format!("https://{SITE}/.auth?a=b"),
        format!("https://{SITE}/.auth#a"),
        format!("http://{SITE}/.auth"),
    ] {
        row("another issuer at the site's host", from(&[&near]), "undetermined");
        row(
            "another issuer at the site's host, beside the site's",
            from(&[&own_issuer(), &near]),
            "undetermined",
        );
    }
    row("a host without a scheme", from(&[SITE]), "undetermined");
    row("parsers disagree", from(&[&format!("https://evil.example\\@{SITE}/.auth")]), "undetermined");
    row("a computed issuer", from(&["@(context.Deployment.Region)"]), "undetermined");
    row("an empty issuer", from(&[""]), "undetermined");
    row("an empty list", inside(&format!("{own}<issuers />")), "undetermined");
    row("an element within", from(&["<b>https://partner.example/</b>"]), "undetermined");
    row("two lists", inside(&format!("{own}{iss}{iss}")), "undetermined");

    // Audiences.
    let for_whom = |list: &[&str]| inside(&format!("{own}{}{iss}", audiences(list)));
    row("one of several", for_whom(&["https://other.example", &format!("https://{GATEWAY}")]), "healthy");
    row("another gateway", for_whom(&["https://other.azure-api.net"]), "closed");
    row("not a URL", for_whom(&["api"]), "closed");
    row("a sub-domain of the gateway", for_whom(&[&format!("https://x.{GATEWAY}")]), "closed");
    row("the gateway with a slash", for_whom(&[&format!("https://{GATEWAY}/")]), "undetermined");
    row(
        "the gateway in capitals",
        for_whom(&[&format!("https://{}", GATEWAY.to_uppercase())]),
        "undetermined",
    );
    row("the gateway without a scheme", for_whom(&[GATEWAY]), "undetermined");
    row("a named value", for_whom(&["{{audience}}"]), "undetermined");
    row("an empty list", inside(&format!("{own}<audiences></audiences>{iss}")), "undetermined");

    // Claims.
    let claims = |claims: &str| inside(&format!("{own}{iss}<required-claims>{claims}</required-claims>"));
    row(
        "the issuer as a claim",
        claims(&format!("<claim name=\"iss\"><value>{}</value></claim>", own_issuer())),
        "healthy",
    );
    row("another issuer as a claim", claims("<claim name=\"iss\"><value>x</value></claim>"), "closed");
    row(
        "one of two issuers",
        claims(&format!(
            "<claim name=\"iss\" match=\"any\"><value>x</value><value>{}</value></claim>",
            own_issuer()
        )),
        "healthy",
    );
    row(
        "two issuers at once",
        claims(&format!(
            "<claim name=\"iss\" match=\"all\"><value>x</value><value>{}</value></claim>",
            own_issuer()
        )),
        "closed",
    );
    row("another audience as a claim", claims("<claim name=\"aud\"><value>x</value></claim>"), "closed");
    row(
        "a claim that the site may not have",
        claims("<claim name=\"roles\" match=\"any\"><value>admin</value></claim>"),
        "undetermined",
    );
    row(
        "parts of a claim",
        claims("<claim name=\"iss\" separator=\"/\"><value>https:</value></claim>"),
        "undetermined",
    );
    row(
        "another way to match",
        claims("<claim name=\"iss\" match=\"none\"><value>x</value></claim>"),
        "undetermined",
    );
    row("no claim", claims(""), "healthy");

    // Statements around the check.
    for neutral in [
        "<rate-limit calls=\"{{calls}}\" renewal-period=\"60\" />",
        "<cors><allowed-origins><origin>*</origin></allowed-origins></cors>",
        "<set-header name=\"x-tenant\" exists-action=\"override\"><value>@(context.RequestId)</value></set-header>",
        "<set-variable name=\"a\" value=\"@(1 &lt; 2)\" />",
        "<rewrite-uri template=\"/x\" />",
        "<set-backend-service base-url=\"https://b.example\" />",
        "<send-request mode=\"new\" response-variable-name=\"r\"><set-url>https://x.example</set-url><set-header name=\"X-MS-AUTH-TOKEN\"><value>x</value></set-header></send-request>",
        "<trace source=\"a\"><message>m</message></trace>",
        "<choose><when condition=\"@(true)\"><set-variable name=\"a\" value=\"b\" /></when></choose>",
        "<limit-concurrency key=\"a\" max-count=\"3\"><set-method>GET</set-method></limit-concurrency>",
        "<?keep this?><!-- and this -->",
    ] {
        row("a neutral statement before", format!("{neutral}{}", right()), "healthy");
        row("a neutral statement behind", format!("{}{neutral}", right()), "healthy");
        row("a neutral statement alone", neutral.to_owned(), "open");
    }
    for unknown in [
        "<include-fragment fragment-id=\"f\" />",
        "<ip-filter action=\"allow\"><address>10.0.0.1</address></ip-filter>",
        "<check-header name=\"X\" failed-check-httpcode=\"401\" />",
        "<validate-azure-ad-token tenant-id=\"t\" />",
        "<validate-client-certificate />",
        "<validate-content unspecified-content-type-action=\"prevent\" />",
        "<something-new />",
        "<x:validate-jwt xmlns:x=\"urn:x\" />",
        "some text",
        "<choose><when condition=\"@(a)\"><return-response /></when></choose>",
        "<retry condition=\"@(a)\" count=\"1\" interval=\"1\"><include-fragment fragment-id=\"f\" /></retry>",
    ] {
        row("something else before", format!("{unknown}{}", right()), "undetermined");
        row("something else behind", format!("{}{unknown}", right()), "undetermined");
        row(
            "something else alone",
            unknown.to_owned(),
            if unknown.contains("return-response") { "open" } else { "undetermined" },
        );
    }
    rows.retain(|(why, inbound, _)| *why != "something else alone" || !inbound.contains("return-response"));
    let mut row = |why, inbound: String, verdict| rows.push((why, inbound, verdict));
    let token =
        "<set-header name=\"x-ms-auth-token\" exists-action=\"override\"><value>@(x)</value></set-header>";
    row("the token is set before it is checked", format!("{token}{}", right()), "undetermined");
    row(
        "the token is removed behind the check",
        format!("{}{}", right(), token.replace("override", "delete")),
        "healthy",
    );
    row(
        "any header may be set",
        format!("{}{}", token.replace("x-ms-auth-token", "{{h}}"), right()),
        "undetermined",
    );
    row(
        "a kept answer before the check",
        format!("<cache-lookup vary-by-developer=\"false\" />{}", right()),
        "undetermined",
    );
    row(
        "a kept answer behind the check",
        format!("{}<cache-lookup vary-by-developer=\"false\" />", right()),
        "healthy",
    );
    row("every request is answered before", format!("<return-response />{}", right()), "closed");
    row("every request is answered behind", format!("{}<return-response />", right()), "closed");
    row("every request is answered", "<mock-response status-code=\"200\" />".to_owned(), "closed");
    row(
        "a strict check and a lax one",
        format!("{}{}", with(" require-signed-tokens=\"false\""), right()),
        "healthy",
    );
    row("two lax checks of one kind", with(" require-signed-tokens=\"false\"").repeat(2), "open");
    row(
        "a right check and a closed one",
        format!("{}{}", right(), for_whom(&["https://x.example"])),
        "closed",
    );
    row(
        "a visitor's own token too",
        format!(
            "<validate-jwt header-name=\"Authorization\"><openid-config url=\"https://login.example/c\" /></validate-jwt>{}",
            right()
        ),
        "undetermined",
    );
    row(
        "the wrong audience, then a fragment",
        format!("{}<include-fragment fragment-id=\"f\" />", for_whom(&["https://x.example"])),
        "closed",
    );

    // Alternatives.
    let choose = |when: &str, otherwise: &str| {
        format!("<choose><when condition=\"@(x)\">{when}</when>{otherwise}</choose>")
    };
    let otherwise = |content: &str| format!("<otherwise>{content}</otherwise>");
    let lax = with(" require-signed-tokens=\"false\"");
    row("some requests are checked", choose(&right(), ""), "undetermined");
    row("some are, and others too", choose(&right(), &otherwise("")), "undetermined");
    row("each alternative checks", choose(&right(), &otherwise(&right())), "healthy");
    row("one alternative is lax", choose(&right(), &otherwise(&lax)), "undetermined");
    row("each alternative is lax", choose(&lax, &otherwise(&lax)), "open");
    row("each alternative is closed", choose(&inside(&iss), &otherwise(&inside(&iss))), "closed");
    row("an alternative and a check", format!("{}{}", choose(&lax, ""), right()), "healthy");
    row("an alternative that sets the token", format!("{}{}", choose(token, ""), right()), "undetermined");
    rows
}

#[test]
fn each_kind_of_policy_has_its_verdict() {
    let rows = rows();
    assert!(rows.len() > 150, "{}", rows.len());
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(why, inbound, verdict)| {
            let found = judged(&policy(inbound));
            (found.as_str() != *verdict).then(|| format!("{why}: {verdict}, not {found:?}\n  {inbound}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn text_that_is_not_a_policy_document_has_a_verdict() {
    for text in [
        "",
        "text",
        "<format>xml</format>",
        "<policies>",
        "<policies><inbound></policies>",
        "{}",
        "<p:policies xmlns:p=\"u\"><inbound /></p:policies>",
        "<fragment><base /></fragment>",
        "<policies><inbound /><inbound /></policies>",
        "<policies><before /></policies>",
        "<policies version=\"2\"><inbound /></policies>",
        "<!DOCTYPE p><policies />",
    ] {
        assert_eq!(judged(text).as_str(), "undetermined", "{text}");
    }
}

#[test]
fn a_check_outside_of_inbound_does_not_protect() {
    for text in [
        "<policies />".to_owned(),
        "<policies><inbound /></policies>".to_owned(),
        format!("<policies><inbound /><outbound>{0}</outbound><backend>{0}</backend></policies>", right()),
    ] {
        assert_eq!(judged(&text).as_str(), "open", "{text}");
    }
}

#[test]
fn how_a_policy_is_laid_out_does_not_matter() {
    let text = policy(&right()).replace('>', ">\r\n\t").replace("<issuer>", "<issuer>\r\n\t\t");
    for stored in
        [text.clone(), format!("\u{feff}{text}"), format!("<!--\r\n IMPORTANT: <inbound> -->\r\n{text}")]
    {
        assert_eq!(judged(&stored).as_str(), "healthy", "{stored}");
    }
}

#[test]
fn a_custom_domain_of_the_gateway_as_audience_is_not_decided() {
    let all = [GATEWAY.to_owned(), "api.contoso.com".to_owned()];
    let gateway = GatewayHosts { host: Some(GATEWAY), all: &all };
    let verdict = |accepted: &[&str]| {
        let text = policy(&jwt("", &format!("{}{}", openid(SITE), audiences(accepted))));
        stored(&text, "xml").verdict(&site(), gateway).as_str()
    };
    let own = format!("https://{GATEWAY}");
    assert_eq!(verdict(&["https://api.contoso.com"]), "undetermined");
    assert_eq!(verdict(&["https://API.contoso.com/"]), "undetermined");
    assert_eq!(verdict(&["https://api.contoso.com", &own]), "healthy");
    assert_eq!(verdict(&["https://other.example"]), "closed");
    assert_eq!(verdict(&["https://api.contoso.com.example"]), "closed");
    let claim = |value: &str| {
        let claims =
            format!("<required-claims><claim name=\"aud\"><value>{value}</value></claim></required-claims>");
        let text = policy(&jwt("", &format!("{}{claims}", openid(SITE))));
        stored(&text, "xml").verdict(&site(), gateway).as_str()
    };
    assert_eq!(claim("https://api.contoso.com"), "undetermined");
    assert_eq!(claim("https://other.example"), "closed");
}

#[test]
fn without_the_gateways_host_an_audience_is_not_decided() {
    let text = policy(&right());
    assert_eq!(stored(&text, "xml").verdict(&site(), None).as_str(), "undetermined");
    assert_eq!(stored(&policy(&jwt("", &openid(SITE))), "xml").verdict(&site(), None).as_str(), "healthy");
}

#[test]
fn no_verdict_shows_a_secret() {
    let secret = "dmVyeS1zZWNyZXQta2V5";
    let key = format!("{}<issuer-signing-keys><key>{secret}</key></issuer-signing-keys>", openid(SITE));
    let text = policy(&jwt("", &key));
    assert!(
        !format!("{:?} {:?} {:?}", judged(&text), stored(&text, "xml"), stored(&text, "xml").token_checks())
            .contains(secret)
    );
}
