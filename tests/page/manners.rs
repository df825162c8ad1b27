//! The manners of a page: keys, focus, hostile names, and what assistive technology needs.

use std::{fs, path::Path};

use crate::{
    reading::with_a_site_outside,
    skip::skipped,
    support::{Sandbox, site_id},
    webdriver::{Browser, Look},
    world::Served,
};

pub(crate) const TAB: &str = "\u{e004}";
pub(crate) const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";
pub(crate) const WIDE: Look = Look { width: 1100, height: 800, dark: false };
pub(crate) const NARROW: Look = Look { width: 500, ..WIDE };

/// Every look: light and dark, at two widths.
pub(crate) const LOOKS: [(&str, Look); 4] = [
    ("light", WIDE),
    ("dark", Look { dark: true, ..WIDE }),
    ("narrow-light", NARROW),
    ("narrow-dark", Look { dark: true, ..NARROW }),
];

/// Links in several states, and a site beside them.
pub(crate) fn scene() -> Sandbox {
    let sandbox = with_a_site_outside(5);
    for env in ["e0", "e1", "e3"] {
        sandbox.succeed(&["link", "--env", env]);
    }
    sandbox.succeed(&["unlink", "--env", "e3"]);
    drift(&sandbox);
    sandbox
}

/// The address of the site that no env names.
pub(crate) fn outside() -> String {
    let id: String = form_urlencoded::byte_serialize(site_id(4).as_bytes()).collect();
    format!("/site?id={id}")
}

/// Makes the product of the first link open without a key.
pub(crate) fn drift(sandbox: &Sandbox) {
    let mut model = sandbox.model();
    for resource in model["resources"].as_array_mut().unwrap() {
        if resource["id"].as_str().unwrap().ends_with("/products/site-0") {
            resource["properties"]["subscriptionRequired"] = false.into();
        }
    }
    sandbox.write("control-plane.json", &model.to_string());
}

#[tokio::test]
async fn a_link_is_made_and_deleted_with_the_keyboard_only_and_the_focus_is_visible() {
    let served = Served::with_sites(2);
    let Some(window) = Browser::open(&served, WIDE).await else { return };
    window.says("e0").await;
    window.press("/").await;
    window.press("site-0").await;
    window.press(ESCAPE).await;
    window.press("j").await;
    window.press(ENTER).await;
    window.says("e0: unlinked").await;
    tab_to(&window, "Link…").await;
    window.press(ENTER).await;
    window.says("Nothing has been changed yet").await;
    tab_to(&window, "Apply this plan").await;
    window.press(ENTER).await;
    window.says("Applied.").await;
    tab_to(&window, "See what there is now").await;
    window.press(ENTER).await;
    window.says("e0: linked").await;
    tab_to(&window, "Unlink and delete…").await;
    window.press(ENTER).await;
    window.says("They cannot be restored").await;
    tab_to(&window, "name").await;
    window.press("site-0").await;
    window.press(ENTER).await;
    window.says("Applied.").await;
    window.press("?").await;
    window.says("next and previous row").await;
    window.press("g").await;
    window.press("p").await;
    window.says("Picture").await;
    tab_to(&window, "site-0").await;
    window.press(ENTER).await;
    window.says("e0: unlinked").await;
}

/// Presses Tab until the focus is on the element with this text or this name. It has to be visible on the way.
pub(crate) async fn tab_to(window: &Browser, text: &str) {
    let script = "const it = document.activeElement, style = getComputedStyle(it); \
                  return [it === document.body ? '' : it.name || it.innerText || it.textContent || '', style.outlineStyle, style.outlineWidth]";
    let mut passed = Vec::new();
    for _ in 0..60 {
        window.press(TAB).await;
        let seen = window.run(script).await;
        let name = seen[0].as_str().unwrap().trim().to_owned();
        if !name.is_empty() {
            assert!(seen[1] != "none" && seen[2] != "0px", "the focus cannot be seen: {seen}");
        }
        if name == text || (text != "name" && name.starts_with(text)) {
            return;
        }
        passed.push(name);
    }
    panic!("Tab never comes to `{text}`: {passed:?}");
}

#[tokio::test]
async fn a_filter_is_part_of_the_address_and_a_page_that_is_read_again_keeps_focus_and_place() {
    let served = Served::with_sites(60);
    let Some(window) = Browser::open(&served, WIDE).await else { return };
    window.says("e59").await;
    window.press("/").await;
    window.press("site-5").await;
    assert_eq!(window.run("return location.search").await, "?q=site-5");
    served.sandbox.succeed(&["link", "--env", "e5"]);
    window.says("e5 linked").await;
    assert_eq!(window.run("return document.activeElement.id").await, "filter");
    assert_eq!(window.run("return document.activeElement.value").await, "site-5");
    window.press(ESCAPE).await;
    window.press("j").await;
    window.press("j").await;
    let focused = "return document.activeElement.getAttribute('href')";
    let before = window.run(focused).await;
    served.sandbox.succeed(&["link", "--env", "e50"]);
    window.says("e50 linked").await;
    assert_eq!(window.run(focused).await, before);
    window.follow("e50").await;
    window.says("e50: linked").await;
    window.back().await;
    window.says("e50 linked").await;
    assert!(!window.text().await.contains("e49"), "the filter is there again");
}

#[tokio::test]
async fn times_are_those_of_the_browser() {
    let served = Served::of(scene(), &[]);
    let Some(window) = Browser::open(&served, WIDE).await else { return };
    window.go("/links/e1").await;
    window.says("e1: linked").await;
    let script = "return [...document.querySelectorAll('time')].every((it) => it.textContent === \
                  new Date(it.dateTime).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' }))";
    assert_eq!(window.run(script).await, true);
    assert_ne!(window.run("return document.querySelectorAll('time').length").await, 0);
}

/// The pages of the [`scene`]: lists, links, plans, a site that no env names and its link, and pages of problems.
pub(crate) fn paths() -> Vec<String> {
    let outside = outside();
    let of_link = format!("{outside}&environment=default&apim={}", crate::support::service_id());
    let fixed = [
        "/",
        "/?q=nothing",
        "/links/e0",
        "/links/e1",
        "/links/e1/relink",
        "/links/e1/purge",
        "/links/missing",
        "/services",
        "/picture",
        "/nowhere",
    ];
    fixed.map(str::to_owned).into_iter().chain([outside, of_link]).collect()
}

#[tokio::test]
async fn no_page_has_a_problem_for_assistive_technology() {
    let engine = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../axe/node_modules/axe-core/axe.min.js");
    let Ok(engine) = fs::read_to_string(engine) else { return skipped("there is no axe-core") };
    let mut opened = None;
    for (name, look) in LOOKS {
        let served = Served::of(scene(), &[]);
        let Some(window) = Browser::show(&mut opened, &served, look).await else { return };
        for path in paths() {
            window.go(&path).await;
            assert_eq!(violations(window, &engine).await, Vec::<String>::new(), "{path}, {name}");
        }
        window.go("/services").await;
        window.follow("Delete what is left over…").await;
        window.says("They cannot be restored").await;
        assert_eq!(violations(window, &engine).await, Vec::<String>::new(), "a prune, {name}");
        window.go("/links/e2/link").await;
        window.click("form.apply button").await;
        window.says("Applied.").await;
        window.press("?").await;
        assert_eq!(violations(window, &engine).await, Vec::<String>::new(), "a job, {name}");
    }
}

/// The problems that the accessibility engine finds in the page.
pub(crate) async fn violations(window: &Browser, engine: &str) -> Vec<String> {
    window.run(engine).await;
    let script = "const [done] = arguments; axe.run({ resultTypes: ['violations'] }).then((found) => \
         done(found.violations.flatMap((it) => it.nodes.map((node) => `${it.id}: ${node.html.slice(0, 200)}`))))";
    serde_json::from_value(window.run_async(script).await).unwrap()
}
