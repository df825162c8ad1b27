//! Policies in a model: read in both spellings, judged, and repaired without a loss.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Shop, product};

fn text_of(shop: &Shop) -> String {
    let model = shop.model();
    let resources = model["resources"].as_array().unwrap();
    let policy =
        resources.iter().find(|it| it["id"].as_str().unwrap().ends_with("/policies/policy")).unwrap();
    policy["properties"]["value"].as_str().unwrap().to_owned()
}

#[test]
fn an_import_takes_rawxml_and_keeps_xml() {
    let shop = Shop::linked();
    let id = format!("{}/policies/policy", product());
    let raw = r#"<policies><inbound><set-variable name="a" value="@(f<T>("x"))" /></inbound></policies>"#;
    let import = |format: &str, value: &str| {
        let resource = json!([{"id": id, "properties": {"format": format, "value": value}}]);
        shop.write("in.json", resource.to_string());
        shop.run("model import in.json")
    };
    import("rawxml", raw).exits(0);
    assert!(text_of(&shop).contains("f&lt;T&gt;(&quot;x&quot;)"), "{}", text_of(&shop));
    import("rawxml", raw).exits(0);
    import("xml", "<format>xml</format>").exits(0);
    assert_eq!(shop.status()["policy"], json!({"validateJwt": null, "verdict": "undetermined"}));
    for (format, value) in [("rawxml", "<a b=\"@(f(\"/>"), ("xml-link", "https://x.example/p"), ("yaml", "a")]
    {
        import(format, value).exits(2);
        assert_eq!(text_of(&shop), "<format>xml</format>");
    }
}

#[test]
fn every_trial_has_its_verdict_in_a_model_and_is_repaired_or_unchanged() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/trials/policies.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        crate::skip::skipped("`trials/policies.json` is not beside the repository");
        return;
    };
    let trials: Value = serde_json::from_str(&text).unwrap();
    let shop = Shop::linked();
    let seen = shop.status();
    let host = seen["staticSite"]["defaultHostname"].as_str().unwrap();
    let gateway = seen["apim"]["gatewayUrl"].as_str().unwrap();
    for (name, trial) in trials["policies"].as_object().unwrap() {
        let value = trial["value"].as_str().unwrap().replace(trials["hostname"].as_str().unwrap(), host);
        let value = value.replace(trials["gateway"].as_str().unwrap(), gateway);
        shop.change(&format!("{}/policies/policy", product()), |policy| {
            policy["properties"] = json!({"format": trial["format"], "value": value});
        });
        let seen = shop.status();
        assert_eq!(seen["policy"]["verdict"], trial["verdict"], "{name}: {seen}");
        shop.run("link --env prod").exits(0);
        let is_wrong = ["open", "closed"].contains(&trial["verdict"].as_str().unwrap());
        if is_wrong {
            assert_eq!(shop.status()["policy"]["verdict"], "healthy", "{name}");
        } else {
            assert_eq!(text_of(&shop), value, "{name}");
        }
    }
}

#[test]
fn a_dry_run_without_a_change_shows_what_the_real_run_finds() {
    let shop = Shop::linked();
    shop.change(&format!("{}/policies/policy", product()), |policy| {
        let value = policy["properties"]["value"].as_str().unwrap();
        policy["properties"]["value"] =
            value.replacen("</inbound>", "<return-response /></inbound>", 1).into();
    });
    let found = |line: &str| shop.run(line).json()["results"][0].clone();
    let (planned, real) = (found("link --env prod --dry-run -o json"), found("link --env prod -o json"));
    assert_eq!((&planned["outcome"], &real["outcome"]), (&json!("unchanged"), &json!("unchanged")));
    assert_eq!((&planned["state"], &real["state"]), (&json!("drifted"), &json!("drifted")));
    assert_eq!(real["findings"][0]["code"], "SWAAPIM059");
    assert_eq!(planned["findings"], real["findings"]);
}
