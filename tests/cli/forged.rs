//! Saved plans that were edited, or that are out of date: a plan is a proposal, and nothing else is applied.

use serde_json::{Value, json};

use crate::support::{LABEL, MODEL, Shop, apim, product, site, subscription};

/// A saved plan of a line, changed, and what `apply` says to it as JSON.
fn forged(shop: &Shop, line: &str, change: impl FnOnce(&mut Value)) -> (i32, Value, String) {
    shop.run(&format!("{line} --out plan.json"));
    let mut plan: Value = serde_json::from_str(&shop.read("plan.json")).unwrap();
    change(&mut plan);
    shop.write("plan.json", plan.to_string());
    let before = shop.read(MODEL);
    let run = shop.run("apply plan.json -o json");
    assert_eq!(shop.read(MODEL), before, "{line}");
    let report = serde_json::from_str(&run.stdout).unwrap_or_default();
    (run.code(), report, run.stderr.clone())
}

fn refused(shop: &Shop, line: &str, change: impl FnOnce(&mut Value)) -> String {
    let (code, report, stderr) = forged(shop, line, change);
    assert_eq!(code, 4, "{stderr}");
    let result = &report["results"][0];
    assert_eq!(result["outcome"], "refused", "{report}");
    assert_eq!(result["error"]["exitCode"], 4, "{report}");
    for step in result["steps"].as_array().unwrap() {
        assert_eq!(step["status"], "pending", "{report}");
    }
    stderr
}

fn steps(plan: &mut Value) -> &mut Vec<Value> {
    plan["plans"][0]["plan"]["steps"].as_array_mut().unwrap()
}

fn delete_product() -> Value {
    json!({"action": "delete-product", "product": product(), "kind": "delete", "reason": "because"})
}

#[test]
fn a_step_that_the_planner_would_not_take_is_refused() {
    let shop = Shop::linked();
    let said = refused(&shop, "relink", |plan| steps(plan).push(delete_product()));
    assert!(said.contains("delete-product") && said.contains(&product()), "{said}");
    refused(&shop, "relink", |plan| steps(plan).insert(0, delete_product()));
    refused(&shop, "relink", |plan| *steps(plan) = vec![delete_product()]);
    refused(&shop, "relink", |plan| steps(plan).swap(0, 1));
    refused(&shop, "relink", |plan| drop(steps(plan).pop()));
    refused(&shop, "unlink", |plan| steps(plan)[0]["kind"] = "update".into());
    let other = site().replace("shop-web", "other");
    refused(&shop, "unlink", |plan| {
        steps(plan)[0]["backend"] = format!("{other}/builds/default/linkedBackends/x").into();
    });
}

#[test]
fn a_plan_whose_target_or_intent_was_edited_is_not_applied() {
    let shop = Shop::linked();
    refused(&shop, "unlink", |plan| {
        plan["plans"][0]["plan"]["target"]["service"] = apim().replace("shop-apim", "other").into();
    });
    refused(&shop, "unlink --purge", |plan| {
        plan["plans"][0]["plan"]["intent"] = json!({"verb": "unlink", "leftovers": "keep"});
    });
    for (key, value) in [
        ("provisioner", json!("service")),
        ("propagation", json!({"eventual": 0})),
        ("env", json!("")),
        ("apis", json!(["../x"])),
    ] {
        let (code, _, said) =
            forged(&shop, "unlink", |plan| plan["plans"][0]["plan"]["target"][key] = value.clone());
        assert_eq!(code, 2, "{key} {value}: {said}");
    }
}

/// Plans of earlier versions contain the options of the commands that hints named.
#[test]
fn the_options_in_a_plan_of_an_earlier_version_are_not_printed() {
    for selector in ["--env other", "--env prod; rm -rf /", "--env $(id)", "--yes --env prod"] {
        let shop = Shop::linked();
        shop.run("relink --out plan.json").exits(0);
        let mut plan: Value = serde_json::from_str(&shop.read("plan.json")).unwrap();
        let saved = &mut plan["plans"][0]["plan"];
        assert_eq!((&saved["target"]["selector"], &saved["undo"]), (&Value::Null, &Value::Null));
        saved["target"]["selector"] = selector.into();
        shop.write("plan.json", plan.to_string());
        let run = shop.run("apply plan.json");
        assert!(run.exits(0).stderr.contains("next: swa-apim status --env prod\n"), "{}", run.stderr);
        assert!(!run.stderr.contains(selector) && !run.stdout.contains(selector), "{selector}");
    }
}

#[test]
fn a_plan_that_is_out_of_date_says_what_moved_as_it_is_spelt() {
    let shop = Shop::linked();
    let before = |change: &dyn Fn(&Shop), words: &str| {
        let shop = Shop::linked();
        shop.run("relink --out plan.json").exits(0);
        change(&shop);
        let model = shop.read(MODEL);
        let run = shop.run("apply plan.json");
        run.exits(4);
        assert!(run.stdout.starts_with("prod: refused; nothing was changed\n"), "{}", run.stdout);
        assert!(run.stderr.contains(words), "{}", run.stderr);
        assert_eq!(shop.read(MODEL), model);
    };
    before(
        &|shop| shop.change(&subscription(), |it| it["properties"]["state"] = "suspended".into()),
        &format!("the subscription `{LABEL}` has changed since the plan was made"),
    );
    before(
        &|shop| shop.delete(&format!("{}/policies/policy", product())),
        &format!("the policy of the product `{LABEL}` was deleted since the plan was made"),
    );
    let policy = format!("{}/policies/policy", product());
    shop.delete(&policy);
    shop.run("relink --out plan.json").exits(0);
    shop.run("link").exits(0);
    let run = shop.run("apply plan.json");
    assert!(
        run.exits(4).stderr.contains(&format!("the policy of the product `{LABEL}` was created since")),
        "{}",
        run.stderr
    );
}

#[test]
fn of_several_plans_in_a_file_all_are_applied_or_none() {
    let shop = Shop::linked();
    shop.add_env("[env.again]\nstatic-web-app = 'shop-web'\napim = 'shop-apim'\n");
    shop.run("unlink --all --out plan.json").exits(0);
    let mut plan: Value = serde_json::from_str(&shop.read("plan.json")).unwrap();
    plan["plans"][1]["plan"]["steps"][0] = delete_product();
    shop.write("plan.json", plan.to_string());
    let before = shop.read(MODEL);
    let run = shop.run("apply plan.json -o json");
    run.exits(4);
    let outcomes: Vec<Value> =
        run.json()["results"].as_array().unwrap().iter().map(|it| it["outcome"].clone()).collect();
    assert_eq!(outcomes, ["refused", "refused"]);
    assert_eq!(shop.read(MODEL), before);
}

#[test]
fn a_byte_order_mark_before_a_plan_is_no_part_of_it() {
    let shop = Shop::linked();
    shop.run("relink --out plan.json").exits(0);
    shop.write("plan.json", format!("\u{feff}{}", shop.read("plan.json")));
    shop.run("apply plan.json").exits(0);
}

#[test]
fn flags_that_name_another_target_are_refused() {
    let shop = Shop::linked();
    shop.add_env("[env.staging]\nstatic-web-app = 'shop-web'\napim = 'shop-apim'\n");
    shop.run("relink --env prod --out plan.json").exits(0);
    let before = shop.read(MODEL);
    for flags in ["--env staging", "--apim other", "--static-web-app x", "--model other.json"] {
        let run = shop.run(&format!("apply plan.json {flags}"));
        let flag = flags.split(' ').next().unwrap();
        assert!(run.exits(2).stderr.contains(flag), "{flags}: {}", run.stderr);
    }
    assert_eq!(shop.read(MODEL), before);
    shop.run(&format!("apply plan.json --env prod --model {MODEL}")).exits(0);
}

/// A saved prune of the leftovers of one link, changed, and what `apply` says.
fn pruned(change: impl FnOnce(&Shop, &mut Value)) -> (i32, Value, String) {
    let shop = Shop::linked();
    shop.run("unlink").exits(0);
    shop.run("prune --apim shop-apim --out plan.json").exits(0);
    let mut plan: Value = serde_json::from_str(&shop.read("plan.json")).unwrap();
    change(&shop, &mut plan);
    shop.write("plan.json", plan.to_string());
    let before = shop.read(MODEL);
    let run = shop.run("apply plan.json -o json");
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(run.code() == 0, shop.read(MODEL) != before, "{}", run.stderr);
    (run.code(), report, run.stderr.clone())
}

#[test]
fn a_saved_prune_is_a_proposal_too() {
    let (code, report, said) = pruned(|_, _| {});
    assert_eq!((code, report["products"][0]["outcome"].as_str()), (0, Some("deleted")), "{said}");

    let is_refused = |change: &dyn Fn(&Shop, &mut Value), words: &str| {
        let (code, report, said) = pruned(change);
        assert_eq!(code, 4, "{said}");
        assert_eq!(report["products"][0]["outcome"], "refused", "{report}");
        assert!(said.contains(words), "{said}");
    };
    is_refused(&|shop, _| drop(shop.run("link --env prod")), LABEL);
    is_refused(
        &|shop, _| shop.change(&product(), |it| it["properties"]["description"] = "mine".into()),
        "has changed since the plan was made",
    );
    is_refused(
        &|_, plan| {
            let mut other = plan["prune"]["plan"]["orphans"][0].clone();
            other["product"] = product().replace(LABEL, "starter").into();
            plan["prune"]["plan"]["orphans"].as_array_mut().unwrap().push(other);
        },
        "",
    );
    is_refused(&|_, plan| plan["prune"]["plan"]["orphans"][0]["steps"] = json!([delete_product()]), LABEL);
}
