//! Models and resources that are not what they should be, with keys where they are not.

use serde_json::{Value, json};

use crate::{
    support::{MODEL, service_id, site_id, told},
    watch::{KEYS, Watch},
};

const COMMANDS: [&[&str]; 9] = [
    &["status", "--all"],
    &["link", "--all"],
    &["relink", "--all"],
    &["unlink", "--all", "--purge", "--yes"],
    &["api", "list", "--env", "e0"],
    &["model", "export"],
    &["model", "import", "resources.json"],
    &["link", "--env", "e2", "--out", "plan.json"],
    &["init", "--static-web-app", "site-0", "--apim", "shop-apim", "--env", "new", "--no-input"],
];

/// Runs every command on a model that may be anything, loudly, and looks for keys.
fn try_all_on(model: &str) {
    let mut watch = Watch::new();
    for format in ["table", "json"] {
        for command in COMMANDS {
            watch.sandbox.write(MODEL, model);
            let args = [command, &["-vvv", "-o", format]].concat();
            let output = watch.run(&args);
            assert!(!matches!(output.status.code(), None | Some(101)), "{args:?}: {}", told(&output));
        }
    }
    watch.look_into_files();
    watch.assert_no_leak();
}

#[test]
fn a_model_that_is_cut_off_anywhere_among_its_keys_shows_none_of_them() {
    let watch = Watch::new();
    let model = String::from_utf8(watch.sandbox.read(MODEL)).unwrap();
    let first = model.find(KEYS[0]).unwrap();
    for cut in [first - 1, first, first + 1, first + 20, first + 32, first + 33, model.len() - 2] {
        try_all_on(&model[..cut]);
    }
    // and with something else in the place of a character
    for (at, other) in [(first - 1, "7"), (first + 5, "\u{1}"), (first + 5, "\\x"), (first + 32, " ")] {
        try_all_on(&format!("{}{other}{}", &model[..at], &model[at + 1..]));
    }
}

#[test]
fn keys_of_the_wrong_shape_are_complained_of_without_being_shown() {
    let watch = Watch::new();
    let subscription = format!("{}/subscriptions/site-0", service_id());
    let long = KEYS[0].repeat(20);
    for secrets in [
        json!(KEYS[0]),
        json!([KEYS[0], KEYS[1]]),
        json!({&subscription: KEYS[0]}),
        json!({&subscription: [KEYS[0], KEYS[1]]}),
        json!({&subscription: {"primaryKey": [KEYS[0]], "secondaryKey": KEYS[1]}}),
        json!({&subscription: {"primaryKey": {KEYS[0]: KEYS[1]}}}),
        json!({&subscription: {"primaryKey": KEYS[0]}}),
        json!({&subscription: {"primaryKey": long, "secondaryKey": KEYS[1]}}),
        json!({&subscription: {"primaryKey": KEYS[0], KEYS[1]: KEYS[2]}}),
        json!({KEYS[0]: KEYS[1]}),
    ] {
        let mut model = watch.sandbox.model();
        model["secrets"] = secrets;
        try_all_on(&model.to_string());
    }
    let twice = format!("{{\"primaryKey\":\"{0}\",\"primaryKey\":\"{0}\"}}", KEYS[0]);
    let mut model = watch.sandbox.model();
    model["secrets"] = json!({&subscription: "TWICE"});
    try_all_on(&model.to_string().replace("\"TWICE\"", &twice));
}

#[test]
fn keys_in_the_place_of_something_else_are_not_shown() {
    let watch = Watch::new();
    for member in ["schemaVersion", "lineage", "serial", "resources", "keys"] {
        let mut model = watch.sandbox.model();
        model[member] = json!(KEYS[0]);
        try_all_on(&model.to_string());
    }
    // as Azure never returns them, and as somebody may have written them; what is no property at all is
    // nothing that an export would know for a key
    let of_subscription = |resource: &Value| resource["type"].as_str().unwrap().ends_with("/subscriptions");
    for (place, value) in [
        ("/properties/primaryKey", json!(KEYS[0])),
        ("/properties/primaryKey", json!([KEYS[0]])),
        ("/properties/secondaryKey", json!({"is": KEYS[0]})),
    ] {
        let mut model = watch.sandbox.model();
        let found =
            model["resources"].as_array_mut().unwrap().iter_mut().find(|it| of_subscription(it)).unwrap();
        set(found, place, value);
        try_all_on(&model.to_string());
    }
}

#[test]
fn keys_in_accepted_and_refused_imports_are_not_shown() {
    let id = format!("{}/subscriptions/partner", service_id());
    let good = json!({
        "id": id, "name": "partner", "type": "Microsoft.ApiManagement/service/subscriptions",
        "properties": {
            "scope": format!("{}/apis", service_id()), "displayName": "Partner", "state": "active",
            "primaryKey": KEYS[0], "secondaryKey": KEYS[1],
        },
    });
    let with = |place: &str, value: Value| {
        let mut resource = good.clone();
        set(&mut resource, place, value);
        json!([resource]).to_string()
    };
    let good_text = json!([good]).to_string();
    let cut = good_text.find(KEYS[0]).unwrap() + 10;
    let texts = [
        with("/properties", json!(KEYS[0])),
        with("/properties/scope", json!({"is": KEYS[0]})),
        with("/properties/state", json!([KEYS[0]])),
        with("/properties/primaryKey", json!([KEYS[0]])),
        with("/properties/primaryKey", json!(KEYS[0].repeat(20))),
        with("/properties/primaryKey", json!("")),
        with("/id", json!(format!("{}/products/none/subscriptions/x", service_id()))),
        with("/id", json!(format!("{}/builds/default/linkedBackends/x", site_id(0)))),
        with("/type", json!("Microsoft.Web/staticSites")),
        good_text[..cut].to_owned(),
        good_text.replace(&format!("\"{}\"", KEYS[0]), KEYS[0]),
        json!({"primaryKey": KEYS[0], "secondaryKey": KEYS[1]}).to_string(),
        json!({"value": {"primaryKey": KEYS[0]}}).to_string(),
        json!([KEYS[0]]).to_string(),
        json!(KEYS[0]).to_string(),
        KEYS[0].to_owned(),
    ];
    let (status, export) = (["status", "--all"], ["model", "export"]);
    for text in texts {
        import_and_run(&text, &[&status, &export]);
    }
}

/// Imports what may be anything, runs commands after it, and looks for keys.
fn import_and_run(text: &str, commands: &[&[&str]]) {
    for format in ["table", "json"] {
        let mut watch = Watch::new();
        let loudly = ["-vvv", "-o", format];
        watch.sandbox.write("import.json", text);
        let output = watch.run(&[&["model", "import", "import.json"][..], &loudly].concat());
        assert!(!matches!(output.status.code(), None | Some(1 | 101)), "{}", told(&output));
        std::fs::remove_file(watch.sandbox.path("import.json")).unwrap();
        for command in commands {
            watch.run(&[command, &loudly[..]].concat());
        }
        watch.look_into_files();
        watch.assert_no_leak();
    }
}

/// Puts a value where a JSON pointer leads, whether or not something is there.
fn set(resource: &mut Value, place: &str, value: Value) {
    let (parent, name) = place.rsplit_once('/').unwrap();
    resource.pointer_mut(parent).unwrap()[name] = value;
}
