//! The pages about an emulator in a real browser.

use std::{fs, path::Path};

use crate::{
    browser::USUAL,
    emulated::linked,
    manners::{LOOKS, violations},
    skip::skipped,
    webdriver::{Browser, Look},
    world::{Served, client},
};

pub(crate) async fn call(data_plane: &str, path: &str) {
    let request = client().get(format!("{data_plane}{path}")).header("host", "site-0.localhost");
    request.send().await.unwrap();
}

#[tokio::test]
async fn requests_appear_by_themselves_and_are_opened_to_their_hops() {
    let (served, ready) = Served::beside_emulator(linked(), &[]);
    let data_plane = ready["dataPlane"].as_str().unwrap();
    let Some(window) = Browser::open(&served, USUAL).await else { return };
    window.go("/traffic").await;
    window.says("No request has arrived yet").await;
    call(data_plane, "/api/orders/1").await;
    window.says("GET /api/orders/1").await;
    call(data_plane, "/api/nothing").await;
    window.says("GET /api/nothing").await;
    window.press("/").await;
    window.press("404").await;
    let shown =
        "return [...document.querySelectorAll('#traffic tbody tr')].filter((row) => !row.hidden).length";
    assert_eq!(window.run(shown).await, 1);
    // The filter applies to rows that arrive later.
    call(data_plane, "/api/orders/2").await;
    let all = "return document.querySelectorAll('#traffic tbody tr').length";
    for _ in 0..600 {
        if window.run(all).await == 3 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(window.run(all).await, 3);
    assert_eq!(window.run(shown).await, 1);
    window.run("document.activeElement.blur()").await;
    window.press("j").await;
    window.press("\u{e007}").await;
    window.says("gateway refused").await;
    window.back().await;
    window.says("GET /api/nothing").await;
}

#[tokio::test]
async fn a_call_is_sent_and_a_switch_set_by_keys_and_clicks() {
    let (served, _) = Served::beside_emulator(linked(), &[]);
    let Some(window) = Browser::open(&served, USUAL).await else { return };
    window.press("g").await;
    window.press("y").await;
    window.says("Try it").await;
    window.click("#path").await;
    window.press("orders/7").await;
    window.click("form.fields button").await;
    window.says("API answered").await;
    window.says("GET /7").await;
    window.press("g").await;
    window.press("w").await;
    window.says("Delays in milliseconds").await;
    window.click("#faults").await;
    window.press("* /api 503 data").await;
    window.click("button[value=save]").await;
    window.says("The switches are set.").await;
    window.go("/try").await;
    window.click("form.fields button").await;
    window.says("it answers 503").await;
    window.go("/switches").await;
    window.click("button[value=reset]").await;
    window.says("The switches are set.").await;
    assert_eq!(window.run("return document.getElementById('faults').value").await, "");
}

/// The pages about an emulator that has served a request, each with its name.
pub(crate) const PAGES: [(&str, &str); 4] =
    [("traffic", "/traffic"), ("request", "/traffic/1"), ("switches", "/switches"), ("try", "/try")];

/// Sends requests that are accepted, refused, and not for the API.
pub(crate) async fn call_some(data_plane: &str) {
    for path in ["/api/orders/1", "/api/nothing", "/"] {
        call(data_plane, path).await;
    }
}

#[tokio::test]
async fn no_page_of_the_emulator_has_a_problem_for_assistive_technology() {
    let engine = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../axe/node_modules/axe-core/axe.min.js");
    let Ok(engine) = fs::read_to_string(engine) else { return skipped("there is no axe-core") };
    let mut opened = None;
    for (name, look) in LOOKS {
        let (served, ready) = Served::beside_emulator(linked(), &["--throttle"]);
        let Some(window) = Browser::show(&mut opened, &served, look).await else { return };
        window.go("/traffic").await;
        assert_eq!(violations(window, &engine).await, Vec::<String>::new(), "no traffic, {name}");
        call_some(ready["dataPlane"].as_str().unwrap()).await;
        for (_, path) in PAGES {
            window.go(path).await;
            assert_eq!(violations(window, &engine).await, Vec::<String>::new(), "{path}, {name}");
        }
        window.click("form.fields button").await;
        window.says("Answer").await;
        assert_eq!(violations(window, &engine).await, Vec::<String>::new(), "a call, {name}");
    }
}

#[tokio::test]
async fn the_pages_of_the_emulator_fit_a_narrow_window() {
    let (served, ready) = Served::beside_emulator(linked(), &["--throttle"]);
    let Some(window) = Browser::open(&served, Look { width: 500, ..USUAL }).await else { return };
    let data_plane = ready["dataPlane"].as_str().unwrap();
    call(data_plane, &format!("/api/orders/{}", "x".repeat(5000))).await;
    call_some(data_plane).await;
    for (_, path) in PAGES {
        window.go(path).await;
        let wide = window.run("return document.documentElement.scrollWidth - innerWidth").await;
        assert!(wide.as_i64().unwrap() <= 0, "{path} is {wide} px too wide");
    }
}
