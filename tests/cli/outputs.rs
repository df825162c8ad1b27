//! Where results are written: alone on standard output, and never over a file that the command works with.

use std::{fs, io::Write as _, process::Stdio};

use serde_json::Value;

use crate::support::{CONFIG, MODEL, Shop};

/// Runs a command with a text as its standard input.
fn given(shop: &Shop, line: &str, input: &str) -> (Option<i32>, String, String) {
    let mut command = shop.swa_apim(line);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn only_the_plan_is_printed_on_standard_output_and_it_is_applied_from_standard_input() {
    for (out, format) in [("-", ""), ("/dev/stdout", ""), ("-", " -q")] {
        let shop = Shop::sample();
        let run = shop.run(&format!("link --out {out}{format}"));
        let plan: Value = serde_json::from_str(&run.exits(0).stdout).unwrap();
        assert_eq!(plan["schemaVersion"], 1);
        assert!(plan["plans"][0]["plan"]["steps"].is_array(), "{plan}");
        if format != " -q" {
            assert!(run.stderr.contains("5 changes would link"), "{}", run.stderr);
            assert!(run.stderr.contains("next: give the plan to swa-apim apply -\n"), "{}", run.stderr);
        }
        let (code, stdout, stderr) = given(&shop, "apply -", &run.stdout);
        assert_eq!(code, Some(0), "{stdout}{stderr}");
        assert_eq!(shop.state(), "linked");
    }
}

#[test]
fn only_the_prune_plan_is_printed_on_standard_output() {
    let shop = Shop::linked();
    shop.run("unlink --env prod").exits(0);
    let run = shop.run("prune --apim shop-apim --out -");
    let plan: Value = serde_json::from_str(&run.exits(0).stdout).unwrap();
    assert!(plan["prune"]["plan"].is_object(), "{plan}");
    let (code, stdout, stderr) = given(&shop, "apply - --yes", &run.stdout);
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert_eq!(shop.state(), "unlinked");
}

#[test]
fn standard_input_without_a_plan_is_reported_as_such() {
    let (code, _, stderr) = given(&Shop::sample(), "apply -", "garbage");
    assert_eq!(code, Some(2));
    assert!(stderr.contains("`standard input` is not a plan") && stderr.contains("hint: "), "{stderr}");
}

#[test]
fn the_file_of_events_is_not_standard_output() {
    let shop = Shop::linked();
    for out in ["-", "/dev/stdout"] {
        let run = shop.run(&format!("status --output-file {out}"));
        assert!(run.exits(2).stderr.contains("`--output-file` specifies standard output"), "{}", run.stderr);
    }
    assert!(!shop.path("-").exists());
}

#[cfg(unix)]
#[test]
fn no_result_overwrites_a_file_in_use_under_any_of_its_names() {
    let shop = Shop::linked();
    shop.run("relink").exits(0);
    let previous = format!("{MODEL}.previous");
    for (name, target) in [("hard", MODEL), ("hard-previous", &previous), ("hard-config", CONFIG)] {
        fs::hard_link(shop.path(target), shop.path(name)).unwrap();
    }
    for (name, target) in [("soft", MODEL), ("soft-config", CONFIG), ("soft-next", "control-plane.json.next")]
    {
        std::os::unix::fs::symlink(target, shop.path(name)).unwrap();
    }
    let of_model =
        [MODEL, &previous, "control-plane.json.lock", "control-plane.json.next", "hard", "hard-previous"];
    let names = of_model.iter().chain(&["soft", "soft-next", CONFIG, "hard-config", "soft-config"]);
    let content = || [MODEL, &previous, CONFIG, "control-plane.json.lock"].map(|name| shop.read(name));
    let before = content();
    for name in names.map(|name| (*name).to_owned()) {
        for line in [
            "link --out",
            "unlink --out",
            "prune --apim shop-apim --out",
            "model export --out",
            "graph --format mermaid --out",
            "export --format arm --out",
            "status --output-file",
        ] {
            for name in [name.clone(), format!("./{name}"), shop.path(&name).display().to_string()] {
                let run = shop.run(&format!("{line} {name}"));
                assert!(run.exits(2).stderr.contains("would overwrite"), "{line} {name}: {}", run.stderr);
                assert!(
                    run.stderr.contains("hint: ") && run.stdout.is_empty(),
                    "{line} {name}: {}",
                    run.stderr
                );
            }
        }
    }
    assert_eq!(content(), before);
    assert!(!shop.path("control-plane.json.next").exists());
    shop.run("model export --out another.json").exits(0);
}

/// The settings cannot tell that this file is a model: they are damaged, or they name another one.
#[cfg(unix)]
#[test]
fn a_file_that_contains_a_model_is_not_written_over_under_any_name() {
    let shop = Shop::sample();
    fs::rename(shop.path(MODEL), shop.path("custom")).unwrap();
    fs::hard_link(shop.path("custom"), shop.path("hard-custom")).unwrap();
    std::os::unix::fs::symlink(shop.path("custom"), shop.path("soft-custom")).unwrap();
    let (config, before) = (shop.read(CONFIG), shop.read("custom"));
    for settings in [config.clone(), "[env".into()] {
        shop.write(CONFIG, settings);
        for name in ["custom", "hard-custom", "soft-custom"] {
            let run = shop.run(&format!("status --output-file {name}"));
            run.exits(2);
            assert!(run.stderr.contains("contains a model, and would be written over"), "{}", run.stderr);
        }
        assert_eq!(shop.read("custom"), before);
    }
    shop.write(CONFIG, config);
    shop.run("model export --out custom").exits(2);
    assert_eq!(shop.read("custom"), before);
}
