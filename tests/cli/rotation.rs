//! Rotation as a routine, over a model: the age of keys, the limit of an env, and sites that were unlinked on purpose.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use swa_apim::ambient::{Ambient as _, System};

use crate::support::{LABEL, Shop, site, subscription};

const DAY: i64 = 24 * 60 * 60;

/// So many seconds ago, as a model records a time.
fn ago(seconds: i64) -> String {
    let time: Timestamp = System.now().saturating_sub(SignedDuration::from_secs(seconds)).unwrap();
    format!("{time:.0}")
}

impl Shop {
    /// Gives the keys of the link this age, in seconds.
    fn age_keys(&self, primary: i64, secondary: i64) {
        self.edit(|model| {
            let keys = &mut model["secrets"][subscription()];
            keys["primaryKeyCreatedOn"] = ago(primary).into();
            keys["secondaryKeyCreatedOn"] = ago(secondary).into();
        });
    }

    /// Removes the times of the keys, as an older program does that writes the model.
    fn forget_ages(&self) {
        self.edit(|model| {
            let keys = model["secrets"][subscription()].as_object_mut().unwrap();
            keys.retain(|name, _| !name.ends_with("CreatedOn"));
        });
    }

    fn fingerprints(&self) -> Value {
        self.status()["subscription"]["keyFingerprints"].clone()
    }
}

/// The only result of a command.
fn result(shop: &Shop, line: &str) -> Value {
    shop.run(&format!("{line} -o json")).exits(0).json()["results"][0].clone()
}

#[test]
fn a_model_shows_the_age_of_keys_that_this_program_created() {
    let shop = Shop::linked();
    let age = || shop.status()["subscription"]["keyAge"].clone();
    assert_eq!(age()["created"], "at");
    shop.age_keys(5 * DAY, 70 * DAY);
    assert_eq!(age()["time"].as_str().unwrap()[..10], ago(70 * DAY)[..10], "the older key counts");
    let text = shop.run("status").exits(0).stdout.clone();
    assert!(text.contains(&format!("from {}", &ago(70 * DAY)[..10])), "{text}");
    shop.run("relink").exits(0);
    assert_eq!(age()["time"].as_str().unwrap()[..10], ago(0)[..10]);
    shop.forget_ages();
    assert_eq!(age(), Value::Null, "an older model does not know");
}

#[test]
fn keys_are_replaced_only_if_one_of_them_is_older_than_the_limit() {
    let shop = Shop::linked();
    shop.age_keys(60 * DAY - 600, 60 * DAY - 600);
    let before = shop.fingerprints();
    let kept = result(&shop, "relink --if-older-than 60d");
    assert_eq!(kept["outcome"], "unchanged");
    assert!(kept["note"].as_str().unwrap().contains("not older than 60 days"), "{kept}");
    assert_eq!(shop.fingerprints(), before);
    let text = shop.run("relink --if-older-than 60d").exits(0).stdout.clone();
    assert!(text.contains("not older than 60 days"), "{text}");

    shop.age_keys(DAY, 60 * DAY + 1);
    let replaced = result(&shop, "relink --if-older-than 60d");
    assert_eq!(replaced["outcome"], "applied");
    assert!(replaced["note"].as_str().unwrap().contains("older than 60 days"), "{replaced}");
    let after = shop.fingerprints();
    assert!(after["primary"] != before["primary"] && after["secondary"] != before["secondary"]);
    assert_eq!(result(&shop, "relink --if-older-than 60d")["outcome"], "unchanged", "both keys are new");
}

#[test]
fn keys_of_unknown_age_are_replaced_and_the_result_says_why() {
    let shop = Shop::linked();
    shop.forget_ages();
    let replaced = result(&shop, "relink --if-older-than 60d");
    assert_eq!(replaced["outcome"], "applied");
    let note = replaced["note"].as_str().unwrap();
    assert!(note.contains("of unknown age") && note.contains("is not known"), "{note}");
}

#[test]
fn relink_all_skips_sites_that_were_unlinked_on_purpose_and_names_them() {
    let shop = Shop::linked();
    let mut other = shop.model()["resources"].as_array().unwrap().clone();
    other.retain(|it| it["id"].as_str().unwrap().eq_ignore_ascii_case(&site()));
    let mut docs = other.remove(0);
    docs["id"] = site().replace("shop-web", "docs-web").into();
    docs["name"] = "docs-web".into();
    docs["properties"]["defaultHostname"] = "calm-sea-0a1b2c3d4.5.azurestaticapps.net".into();
    shop.add([docs]);
    shop.add_env("[env.docs]\nstatic-web-app = 'docs-web'\napim = 'shop-apim'\n");
    shop.run("link --env docs").exits(0);
    shop.run("unlink --env docs").exits(0);

    let run = shop.run("relink --all -o json");
    let results = run.exits(0).json()["results"].clone();
    let of = |env: &str| results.as_array().unwrap().iter().find(|it| it["env"] == env).unwrap().clone();
    assert_eq!(of("prod")["outcome"], "applied");
    assert_eq!((&of("docs")["outcome"], &of("docs")["state"]), (&"unchanged".into(), &"leftover".into()));
    let note = of("docs")["note"].as_str().unwrap().to_owned();
    assert!(note.contains("`docs-web` was unlinked") && note.contains("swa-apim link --env docs"), "{note}");
    let text = shop.run("relink --all").exits(0).stdout.clone();
    assert!(text.contains("docs") && text.contains("was unlinked"), "{text}");
    assert_eq!(
        shop.run("status --env docs -o json").exits(0).json()["links"][0]["state"],
        "leftover",
        "it is still unlinked"
    );
    shop.run("relink --env docs").exits(0);
    assert_eq!(
        shop.run("status --env docs -o json").exits(0).json()["links"][0]["state"],
        "linked",
        "a site that is named is linked"
    );
}

#[test]
fn keys_that_are_older_than_the_limit_of_the_env_are_a_finding_of_status_and_doctor() {
    let shop = Shop::linked();
    let line = shop.env_line();
    shop.configure(&line, &format!("{line}\nmax-key-age = \"90d\""));
    shop.age_keys(90 * DAY - 600, DAY);
    assert_eq!(shop.codes(), Vec::<String>::new());
    shop.age_keys(DAY, 90 * DAY + 1);
    assert_eq!(shop.codes(), ["SWAAPIM045"]);
    let finding = shop.status()["findings"][0].clone();
    assert_eq!(finding["severity"], "degraded", "{finding}");
    assert!(finding["message"].as_str().unwrap().contains("older than 90 days"), "{finding}");
    assert!(finding["hint"].as_str().unwrap().contains("swa-apim relink --env prod"), "{finding}");
    let text = shop.run("status").exits(0).stdout.clone();
    assert!(text.contains("SWAAPIM045 degraded") && text.contains(LABEL), "{text}");
    let doctor = shop.run("doctor");
    assert!(doctor.stdout.contains("SWAAPIM045"), "{}", doctor.stdout);
    shop.run("status --detailed-exitcode").exits(0);
    shop.run("relink").exits(0);
    assert_eq!(shop.codes(), Vec::<String>::new());
}
