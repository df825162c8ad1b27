//! `rawxml`: expressions as C# has them, which XML does not.

use swa_apim::model::{policy_from_raw, policy_to_raw};

use crate::world::{GATEWAY, policy, right, site, stored};

/// (`rawxml`, the same as `xml`)
const PAIRS: [(&str, &str); 16] = [
    (r#"<a b="@(f("x","y"))" />"#, r#"<a b="@(f(&quot;x&quot;,&quot;y&quot;))" />"#),
    (r#"<a b='@(f("x") + 'c')' />"#, r#"<a b='@(f("x") + &apos;c&apos;)' />"#),
    (
        r#"<a b="@(g.As<List<T>>(true).Count < 3 && h > 1)" c="d"/>"#,
        r#"<a b="@(g.As&lt;List&lt;T&gt;&gt;(true).Count &lt; 3 &amp;&amp; h &gt; 1)" c="d"/>"#,
    ),
    ("<a>@(x < y)</a>", "<a>@(x &lt; y)</a>"),
    (
        "<a>\r\n\t@{ return a<b>(\"</a>\"); }\r\n</a>",
        "<a>\r\n\t@{ return a&lt;b&gt;(\"&lt;/a&gt;\"); }\r\n</a>",
    ),
    (
        r#"<a b="@($"{x["k"]:N2} )" + @"\"")" + "\")")"/>"#,
        r#"<a b="@($&quot;{x[&quot;k&quot;]:N2} )&quot; + @&quot;\&quot;&quot;)&quot; + &quot;\&quot;)&quot;)"/>"#,
    ),
    (
        "<a b=\"@{ // it's )}\r\n return '\"'; /* \" */ }\"/>",
        "<a b=\"@{ // it's )}&#xA; return '&quot;'; /* &quot; */ }\"/>",
    ),
    ("<a b=\" @(1) \"> @(2) <c/> @(\"<\") </a>", "<a b=\" @(1) \"> @(2) <c/> @(\"&lt;\") </a>"),
    // What is XML already stays as it is.
    (
        r#"<a b="@(f(&quot;)&quot;))">&amp; @ ( x@example.org</a>"#,
        r#"<a b="@(f(&quot;)&quot;))">&amp; @ ( x@example.org</a>"#,
    ),
    ("<a>@(x &lt; y &amp;&amp; z)</a>", "<a>@(x &lt; y &amp;&amp; z)</a>"),
    (
        "<!-- @( \" --><a><![CDATA[@( <b> ]]></a><?p @( ?>",
        "<!-- @( \" --><a><![CDATA[@( <b> ]]></a><?p @( ?>",
    ),
    ("<a b='{{named}}' c=\"@ \">{{named}}</a>", "<a b='{{named}}' c=\"@ \">{{named}}</a>"),
    ("<a b=\"\" c=''></a>", "<a b=\"\" c=''></a>"),
    ("<a b=\"x > y / z\" />", "<a b=\"x > y / z\" />"),
    (
        r#"<a b="@(s.Replace("&lt;", "<"))"/>"#,
        r#"<a b="@(s.Replace(&quot;&amp;lt;&quot;, &quot;&lt;&quot;))"/>"#,
    ),
    (r#"<a b="@("{" + (char)0x7b + '}')"/>"#, r#"<a b="@(&quot;{&quot; + (char)0x7b + '}')"/>"#),
];

#[test]
fn raw_becomes_xml_without_a_change_of_meaning() {
    for (raw, xml) in PAIRS {
        assert_eq!(policy_from_raw(raw).as_deref(), Ok(xml), "{raw}");
        // A reference within a text of C# is that text, and one anywhere else is XML.
        let is_xml = !xml.contains(r#"@("&lt;")"#);
        assert_eq!(policy_from_raw(xml).as_deref() == Ok(xml), is_xml, "{xml}");
    }
}

#[test]
fn a_reference_within_a_text_of_csharp_is_that_text() {
    for raw in [
        r#"<a>@(s.Replace("&amp;","x"))</a>"#,
        r#"<a>@("&lt;b&gt;")</a>"#,
        r#"<a>@{ return $"{x}&nbsp;&#10;" + @"&quot;"; /* &amp; */ }</a>"#,
        r#"<a b='@(s.Replace("&amp;","x"))' />"#,
        r#"<a b="@(s.Replace("&amp;","x"))" />"#,
        r#"<a>@(s.Replace("a", "&amp;amp;"))</a>"#,
        r#"<a>@(s.Replace("&lt;", "<") + (x < y && z))</a>"#,
    ] {
        let xml = policy_from_raw(raw).unwrap();
        assert_eq!(policy_to_raw(&xml), raw, "{xml}");
    }
}

#[test]
fn xml_becomes_raw_and_back() {
    for (_, xml) in PAIRS {
        let raw = policy_to_raw(xml);
        let again = policy_from_raw(&raw).unwrap();
        assert_eq!(policy_to_raw(&again), raw, "{xml}");
        // Decoded, both are the same; `>` and quotes need no reference everywhere.
        let plain = |text: &str| text.replace("&gt;", ">").replace("&#xA;", "\n");
        assert_eq!(plain(&again), plain(xml), "{raw}");
    }
    let shown = policy_to_raw(r#"<a b="@(f(&quot;x&quot;) &lt; 3)">@(x &amp;&amp; y) </a>"#);
    assert_eq!(shown, r#"<a b="@(f("x") < 3)">@(x && y) </a>"#);
    let ambiguous = "<a>@(x &amp;lt; y)</a>";
    assert_eq!(
        policy_to_raw(ambiguous),
        ambiguous,
        "without its references it would read as another expression"
    );
}

#[test]
fn an_expression_that_is_not_csharp_is_kept_as_it_is() {
    for (raw, xml) in [
        (r#"<a b="@{ x["y=""/{z}";}" c="d"/>"#, r#"<a b="@{ x[&quot;y=&quot;&quot;/{z}&quot;;}" c="d"/>"#),
        ("<a>@(f(\")\n</a>", "<a>@(f(\")\n</a>"),
    ] {
        assert_eq!(policy_from_raw(raw).as_deref(), Ok(xml));
    }
}

#[test]
fn text_that_is_neither_form_is_refused_with_its_position() {
    for raw in [
        "<a b=\"@(f(\"/>",
        "<a>@(x",
        "<a b=\"@(x) + 1\"/>",
        "<a>x < y</a>",
        "<a b=\"1\" \"2\"/>",
        "<!DOCTYPE a><a/>",
        "<a><!-- </a>",
        "<a",
        "<",
    ] {
        let refused = policy_from_raw(raw).unwrap_err().to_string();
        assert!(refused.contains("Line 1, position "), "{raw}: {refused}");
    }
    let refused = policy_from_raw("<a>\n  <b c=\"@(\" /></a>").unwrap_err().to_string();
    assert!(refused.ends_with("Line 2, position 9."), "{refused}");
}

/// Statements of the kinds that published policies have, in `rawxml`.
const STATEMENTS: [&str; 12] = [
    r#"<set-variable name="user" value="@(context.Request.Headers.GetValueOrDefault("Authorization","").AsJwt()?.Subject ?? "none")" />"#,
    r#"<set-variable name="body" value="@(context.Request.Body?.As<JObject>(preserveContent: true))" />"#,
    r#"<choose><when condition="@(context.Variables.GetValueOrDefault<int>("n") > 0 && context.Request.Method != "GET")"><set-method>POST</set-method></when><otherwise><set-variable name="a" value="@{ return "b"; }" /></otherwise></choose>"#,
    "<set-body>@{\n  var list = new Dictionary<string, List<int>>();\n  foreach (var it in list) { if (it.Key != \"<x>\" && it.Value.Count < 2) { /* \"} */ return '}'.ToString(); } }\n  return null; // it's done }\n}</set-body>",
    r#"<rate-limit-by-key calls="5" renewal-period="@((int)60)" counter-key="@($"{context.Subscription?.Id}-{(context.Api.Id == "a" ? "b" : "c")}")" increment-condition="@(context.Response.StatusCode >= 200 && context.Response.StatusCode < 300)" />"#,
    r#"<set-header name="x-sig" exists-action="override"><value>@{ using (var h = new HMACSHA256(Convert.FromBase64String("{{key}}"))) { return $"{{\"a\": \"{Convert.ToBase64String(h.Key)}\"}}"; } }</value></set-header>"#,
    r#"<log-to-eventhub logger-id="l" partition-id="0">@(string.Join("<>", new[] { "a", @"c:\""b""\", $@"{1}\" }))</log-to-eventhub>"#,
    "<send-request mode=\"new\" response-variable-name=\"r\" timeout=\"@(5 * 2)\"><set-url>@($\"https://x.example/{Uri.EscapeDataString(\"a&b\")}?q=1&w=2\")</set-url></send-request>",
    "<set-variable name=\"re\" value=\"@(System.Text.RegularExpressions.Regex.IsMatch(\"x\", @\"^[^\"\"()]+\\)$\"))\" />",
    "<trace source=\"@(context.RequestId.ToString(\"N\"))\"><message>@{\r\n\t\treturn String.Format(\"{0}, {1}\", 'a', '\\'');\r\n\t}</message></trace>",
    "<set-body template=\"liquid\">{ \"a\": {{body.a}}, {% if body.b %}\"c\": 1{% endif %} }</set-body>",
    "<set-query-parameter name=\"q\" exists-action=\"override\"><!-- \"quoted\" @( --><value>@(1 < 2 ? \"a\" : \"b\")</value></set-query-parameter>",
];

#[test]
fn a_raw_policy_is_the_same_policy() {
    for statement in STATEMENTS {
        let raw = policy(&format!("{}{statement}", right()));
        let stored = stored(&raw, "rawxml");
        assert_eq!(stored.verdict(&site(), Some(GATEWAY)).as_str(), "healthy", "{statement}");
        assert_eq!(policy_from_raw(&policy_to_raw(stored.xml())).unwrap(), stored.xml(), "{statement}");
    }
}

/// Published policies, where they were put to be tried: `POLICIES=<folder> cargo test --test policy published`.
#[test]
fn published_policies_are_read() {
    let Ok(folder) = std::env::var("POLICIES") else {
        crate::skip::skipped("POLICIES names no folder of published policies");
        return;
    };
    let (mut refused, mut read) = (Vec::new(), 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let result = policy_from_raw(&text).map_err(|error| error.to_string());
        let result = result.and_then(|xml| stored(&xml, "xml").check().map_err(|error| error.to_string()));
        match result {
            Ok(()) => read += 1,
            Err(error) => refused.push(format!("{}: {error}", path.display())),
        }
    }
    assert!(refused.is_empty(), "{read} read\n{}", refused.join("\n"));
}
