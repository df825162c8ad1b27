//! `status --watch` and `--wait-for`: looking again and again, and ending as it says.

use std::{
    fs::Permissions,
    io::{BufRead as _, BufReader, Read as _},
    os::unix::fs::PermissionsExt as _,
    process::{Child, ChildStdout, Stdio},
};

use crate::support::{CONFIG, MODEL, Shop, product};

/// A watch in a pipe.
struct Watch {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Watch {
    fn of(shop: &Shop, line: &str) -> Self {
        let mut command = shop.swa_apim(line);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line
    }

    /// Presses Ctrl-C, and returns what else was said and the exit code.
    #[cfg(unix)]
    fn interrupt(mut self) -> (String, i32) {
        let id = self.child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).unwrap();
        (rest, self.child.wait().unwrap().code().unwrap())
    }
}

/// Puts another text in the place of the model at once, as whoever is looking expects of a writer.
fn replace_model(shop: &Shop, text: &str) {
    shop.write("new.json", text);
    // It holds keys, so only its owner may read it.
    std::fs::set_permissions(shop.path("new.json"), Permissions::from_mode(0o600)).unwrap();
    std::fs::rename(shop.path("new.json"), shop.path(MODEL)).unwrap();
}

fn break_it(shop: &Shop) {
    let mut model = shop.model();
    let mut resources = model["resources"].as_array_mut().unwrap().iter_mut();
    let product = resources.find(|it| it["id"].as_str().unwrap() == product()).unwrap();
    product["properties"]["subscriptionRequired"] = false.into();
    replace_model(shop, &model.to_string());
}

#[cfg(unix)]
#[test]
fn in_a_pipe_there_is_a_line_for_each_change_until_it_is_interrupted() {
    let shop = Shop::linked();
    let mut watch = Watch::of(&shop, "status --env prod --watch --interval 50ms");
    let first = watch.line();
    assert!(first.ends_with(" prod: linked\n") && first.contains('T'), "{first}");
    break_it(&shop);
    assert!(watch.line().ends_with(" prod: drifted SWAAPIM032\n"));
    shop.run("relink --env prod").exits(0);
    assert!(watch.line().ends_with(" prod: linked\n"));
    assert_eq!(watch.interrupt(), (String::new(), 130), "nothing is said twice");
}

#[cfg(unix)]
#[test]
fn a_model_that_is_away_for_a_while_does_not_end_it() {
    let shop = Shop::linked();
    let mut watch = Watch::of(&shop, "status --env prod --watch --interval 50ms");
    watch.line();
    let model = shop.read(MODEL);
    replace_model(&shop, "{");
    assert!(watch.line().contains("unknown: "));
    replace_model(&shop, &model);
    assert!(watch.line().ends_with(" prod: linked\n"));
    assert_eq!(watch.interrupt().1, 130);
}

#[cfg(unix)]
#[test]
fn programs_get_one_line_of_json_for_each_change() {
    let shop = Shop::linked();
    let mut watch = Watch::of(&shop, "status --env prod --watch --interval 50ms -o json");
    let state = |line: &str| {
        let report: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(report["schemaVersion"], 1);
        report["links"][0]["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state(&watch.line()), "linked");
    break_it(&shop);
    assert_eq!(state(&watch.line()), "drifted");
    assert_eq!(watch.interrupt().1, 130);
}

#[test]
fn a_wait_for_the_current_state_ends_at_once() {
    let shop = Shop::linked();
    let run = shop.run("status --env prod --wait-for linked --timeout 20s");
    assert!(run.exits(0).stdout.starts_with("prod: linked\n"), "{}", run.stdout);
}

#[test]
fn a_state_that_comes_in_time_ends_the_wait() {
    let shop = Shop::sample();
    let line = "status --env prod --wait-for linked --timeout 60s --interval 50ms -o tsv";
    let mut command = shop.swa_apim(line);
    let mut waiting = command.stdout(Stdio::piped()).spawn().unwrap();
    shop.run("link --env prod").exits(0);
    let mut said = String::new();
    waiting.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(waiting.wait().unwrap().code(), Some(0), "{said}");
    assert!(said.starts_with("prod\tlinked\t"), "{said}");
}

#[test]
fn a_state_that_does_not_come_exits_with_5_and_says_which_it_is() {
    let shop = Shop::sample();
    let run = shop.run("status --env prod --wait-for linked --timeout 100ms --interval 50ms");
    run.exits(5);
    assert!(
        run.stderr.contains("after 100ms, the state of `prod` is unlinked, not linked"),
        "{}",
        run.stderr
    );
    assert!(run.stdout.starts_with("prod: unlinked\n"), "{}", run.stdout);
}

#[test]
fn all_links_are_waited_for() {
    let shop = Shop::linked();
    shop.add_env("[env.again]\nstatic-web-app = 'shop-web'\napim = 'nowhere'\nresource-group = 'rg-shop'\nsubscription = '00000000-0000-0000-0000-000000000000'\n");
    let run = shop.run("status --all --wait-for linked --timeout 100ms --interval 50ms");
    run.exits(5);
    assert!(run.stderr.contains("`again` is linked-elsewhere, not linked"), "{}", run.stderr);
}

#[test]
fn what_waiting_cannot_cure_is_not_waited_for() {
    let shop = Shop::linked();
    shop.run("status --env nope --wait-for linked --timeout 60s").exits(2);
    let both = shop.run("status --env prod --watch --wait-for linked");
    assert!(both.exits(2).stderr.contains("cannot be used with"), "{}", both.stderr);
    let state = shop.run("status --env prod --wait-for lnked");
    assert!(state.exits(2).stderr.contains("linked-elsewhere"), "{}", state.stderr);
}

#[test]
fn a_state_that_is_not_reached_yet_is_waited_for() {
    let shop = Shop::sample();
    std::fs::remove_file(shop.path(CONFIG)).unwrap();
    let line = "status --static-web-app nowhere --apim shop-apim --wait-for linked --timeout 100ms";
    let run = shop.run(line);
    run.exits(5);
    assert!(run.stderr.contains("the static web app `nowhere`"), "{}", run.stderr);
}
