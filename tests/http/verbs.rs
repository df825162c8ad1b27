//! The four verbs, from one end to the other.

use crate::{
    azure::{FakeAzure, Fault, Kind, Options, SERVICE},
    program::{Run, command, run, side_by_side},
};

fn scene() -> FakeAzure {
    FakeAzure::with_scene(Options::default())
}

#[test]
fn a_site_is_linked_by_connecting_it_and_a_second_time_nothing_is_written() {
    let azure = scene();
    let first = run(&azure, "link");
    assert_eq!(first.code, Some(0), "{first:?}");
    assert!(first.stdout.contains("linked `shop` to `gate`"), "{first:?}");
    azure.take_seen();
    let second = run(&azure, "link");
    assert_eq!(second.code, Some(0), "{second:?}");
    assert!(second.stdout.contains("nothing to do"), "{second:?}");
    let written = azure.take_seen().into_iter().filter(|seen| !["GET", "HEAD"].contains(&&*seen.method));
    let written: Vec<String> =
        written.map(|seen| seen.path).filter(|path| !path.ends_with("listSecrets")).collect();
    assert_eq!(written, Vec::<String>::new());
    let status = run(&azure, "status -o json").json();
    assert_eq!(status["links"][0]["state"], "linked");
}

#[test]
fn a_relink_replaces_both_keys_and_says_so() {
    let azure = scene();
    assert_eq!(run(&azure, "link").code, Some(0));
    assert_eq!(run(&azure, "api add orders").code, Some(0));
    let before = azure.state().link_keys().unwrap();
    let relink = run(&azure, "relink -o json");
    assert_eq!(relink.code, Some(0), "{relink:?}");
    let after = azure.state().link_keys().unwrap();
    assert!(![&before.0, &before.1].contains(&&after.0) && ![&before.0, &before.1].contains(&&after.1));
    assert_eq!(azure.state().site_key(), Some(after.0));
    assert_eq!(azure.state().violations(), Vec::<String>::new());
    let report = relink.json();
    let keys = &report["results"][0]["keys"];
    assert_ne!(keys["before"]["primary"], keys["after"]["primary"]);
    let steps = report["results"][0]["steps"].as_array().unwrap();
    let actions: Vec<&str> = steps.iter().map(|step| step["action"].as_str().unwrap()).collect();
    let expected =
        ["prove-key", "connect", "settle", "swap-keys", "prove-key", "connect", "settle", "retire-secondary"];
    assert_eq!(actions, expected);
    assert!(steps.iter().all(|step| step["seconds"].is_number()));
}

#[test]
fn an_unlink_leaves_product_and_subscription_and_a_purge_takes_them() {
    let azure = scene();
    assert_eq!(run(&azure, "link").code, Some(0));
    let unlink = run(&azure, "unlink");
    assert_eq!(unlink.code, Some(0), "{unlink:?}");
    assert_eq!(run(&azure, "status -o json").json()["links"][0]["state"], "leftover");
    let purge = run(&azure, "unlink --purge --yes");
    assert_eq!(purge.code, Some(0), "{purge:?}");
    assert_eq!(run(&azure, "status -o json").json()["links"][0]["state"], "unlinked");
    assert!(azure.state().get(&format!("{SERVICE}/apis/orders")).is_some(), "APIs stay");
    assert_eq!(run(&azure, "unlink").code, Some(0), "unlinking what is not linked is fine");
}

#[test]
fn a_leftover_product_in_azure_is_judged_as_in_a_live_link() {
    let azure = scene();
    assert_eq!(run(&azure, "link").code, Some(0));
    {
        let mut state = azure.state();
        let is_links = |id: &String| {
            id.contains("/products/")
                && state.get(id).unwrap()["properties"]["displayName"]
                    .as_str()
                    .is_some_and(|name| name.ends_with("(Linked)"))
        };
        let id = state.ids().into_iter().find(is_links).unwrap();
        let mut product = state.get(&id).unwrap().clone();
        product["properties"]["subscriptionRequired"] = false.into();
        state.set(product);
    }
    assert_eq!(run(&azure, "unlink").code, Some(0));
    let link = run(&azure, "status -o json").json()["links"][0].clone();
    let findings = link["findings"].as_array().unwrap().iter();
    let told: Vec<_> =
        findings.map(|it| (it["code"].as_str().unwrap(), it["severity"].as_str().unwrap())).collect();
    assert_eq!(link["state"], "leftover");
    assert!(told.contains(&("SWAAPIM032", "broken")), "{told:?}");
}

#[test]
fn a_dry_run_asks_azure_too_and_changes_nothing() {
    let azure = scene();
    let before = azure.state().shape();
    let dry = run(&azure, "link --dry-run");
    assert_eq!(dry.code, Some(0), "{dry:?}");
    assert!(azure.take_seen().iter().any(|seen| seen.path.ends_with("/linkedBackends/gate/validate")));
    azure.fault(Fault::always(
        "POST",
        "/validate",
        Kind::Error(400, "BadRequest", "this site is not to be linked"),
    ));
    let refused = run(&azure, "link --dry-run");
    assert_eq!(refused.code, Some(4), "{refused:?}");
    let told = ["Azure would reject the link", "this site is not to be linked"];
    assert!(told.iter().all(|text| refused.stderr.contains(text)), "{refused:?}");
    assert_eq!(azure.state().shape(), before);
}

#[test]
fn a_dry_run_shows_the_plan_if_azure_does_not_say_whether_it_would_accept_it() {
    let no_build = r#"{"Code":"NotFound","Message":"Cannot find StaticSiteBuild with name default."}"#;
    let kinds = [
        Kind::Later(429, "9999".to_owned()),
        Kind::Error(403, "AuthorizationFailed", "The client does not have authorization."),
        Kind::Error(405, "MethodNotAllowed", "no"),
        Kind::Status(501),
        Kind::Page(404),
        Kind::Says(404, no_build),
    ];
    side_by_side(kinds, |kind| {
        let azure = scene();
        azure.fault(Fault::always("POST", "/validate", kind.clone()));
        let dry = run(&azure, "link --dry-run");
        assert_eq!(dry.code, Some(0), "{kind:?}: {dry:?}");
        let told = format!("{}{}", dry.stdout, dry.stderr);
        assert!(told.contains("Azure did not say whether it would accept the link"), "{kind:?}: {dry:?}");
        assert!(told.contains("linked backend"), "{kind:?}: {dry:?}");
        let json = run(&azure, "link --dry-run -o json").json();
        assert_eq!(json["results"][0]["outcome"], "planned", "{kind:?}: {json}");
    });
}

#[test]
fn a_version_that_an_answer_lacks_is_no_reason_to_change_without_a_condition() {
    let azure = scene();
    assert_eq!(run(&azure, "link").code, Some(0));
    azure.take_seen();
    azure.fault(Fault::always("*", "/", Kind::Header("etag", String::new())));
    for verb in ["relink --yes", "unlink --purge --yes"] {
        let change = run(&azure, verb);
        assert!([Some(5), Some(7)].contains(&change.code), "{verb}: {change:?}");
        assert!(change.stderr.contains("without an entity tag"), "{verb}: {change:?}");
        let seen = azure.take_seen().into_iter();
        let mut changes = seen.filter(|seen| ["PATCH", "DELETE"].contains(&&*seen.method));
        assert!(changes.all(|seen| seen.path.contains("/linkedBackends/")), "{verb}");
    }
}

#[test]
fn every_request_accepts_only_json() {
    let azure = scene();
    assert_eq!(run(&azure, "link").code, Some(0));
    let of = |seen: &crate::azure::Seen| seen.headers.iter().find(|(name, _)| name == "accept").cloned();
    let requests = azure.take_seen().into_iter().filter(|seen| !seen.data_plane);
    let asked: std::collections::BTreeSet<_> =
        requests.map(|seen| of(&seen).map(|(_, value)| value)).collect();
    assert_eq!(Vec::from_iter(asked), [Some("application/json".to_owned())]);
}

#[test]
fn a_hint_repeats_the_flags_that_say_which_azure_is_meant() {
    let azure = scene();
    let mut command = command(&azure, &format!("link --provider arm --endpoint {}", azure.endpoint()));
    let link =
        Run::of(&command.env_remove("SWA_APIM_PROVIDER").env_remove("SWA_APIM_ENDPOINT").output().unwrap());
    assert_eq!(link.code, Some(0), "{link:?}");
    let next = format!("next: swa-apim status --provider arm --endpoint {}", azure.endpoint());
    assert!(link.stderr.contains(&next), "{link:?}");
}
