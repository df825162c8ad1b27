//! Small policies whose verdicts are agreed on, over both spellings.

use std::{fs, path::Path};

use serde_json::{Value, json};
use swa_apim::model::{ApimPolicy, Hostname, LinkNames, Resource, policy_from_raw, policy_to_raw};

use crate::world::stored;

fn trials() -> Option<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/trials/policies.json");
    let Ok(text) = fs::read_to_string(path) else {
        crate::skip::skipped("`trials/policies.json` is not beside the repository");
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

#[test]
fn every_trial_has_its_verdict_in_each_spelling_and_is_repaired_where_that_is_proven() {
    let Some(trials) = trials() else { return };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let hostname = Hostname::parse(&text(&trials["hostname"])).unwrap();
    let gateway = text(&trials["gateway"]);
    let gateway = gateway.strip_prefix("https://").unwrap();
    for (name, trial) in trials["policies"].as_object().unwrap() {
        let (format, value, expected) =
            (text(&trial["format"]), text(&trial["value"]), text(&trial["verdict"]));
        let policy = stored(&value, &format);
        let verdict = policy.verdict(&hostname, Some(gateway));
        assert_eq!(verdict.as_str(), expected, "{name}: {verdict:?}");
        let raw = policy_to_raw(policy.xml());
        assert_eq!(policy_from_raw(&raw).unwrap(), policy.xml(), "{name}");
        assert_eq!(stored(&raw, "rawxml").verdict(&hostname, Some(gateway)), verdict, "{name} as rawxml");
        if verdict.is_repairable() {
            let repaired: Resource = policy.repaired(&LinkNames::of(hostname.clone()), Some(gateway));
            let after = ApimPolicy::read(&repaired).unwrap().verdict(&hostname, Some(gateway));
            assert_eq!(after.as_str(), "healthy", "{name}: {}", json!(repaired.body()));
        }
    }
}
