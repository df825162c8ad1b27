//! The page by keys alone: everything is reached, seen to have the focus, and operated; news leave the focus where it is.

use crate::{
    manners::{ENTER, LOOKS, TAB, WIDE, outside, paths, scene, tab_to},
    reading::with_a_site_outside,
    support::Sandbox,
    webdriver::Browser,
    world::Served,
};

const SPACE: &str = " ";
const ESCAPE: &str = "\u{e00c}";

/// Notes each element that gets the focus: its place among those that can be operated, and whether the focus can be seen.
const NOTE: &str = "
    const operable = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]';
    const isThere = (it) => it.checkVisibility({ visibilityProperty: true }) && !it.disabled && it.tabIndex >= 0;
    const all = [...document.querySelectorAll(operable)].filter(isThere);
    const name = (it) => `${it.tagName} ${it.id || it.getAttribute('href') || it.name || it.textContent}`.slice(0, 60);
    window.reached = [];
    document.addEventListener('focusin', ({ target }) => {
        const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(target);
        const box = target.getBoundingClientRect();
        const isSeen = outlineStyle === 'solid' && parseFloat(outlineWidth) >= 2 && !outlineColor.endsWith(', 0)') && box.width > 0;
        window.reached.push(isSeen ? name(target) : `${name(target)} without a visible focus: ${outlineStyle} ${outlineWidth}`);
    });
    return all.map(name);";

/// Walks through the page by Tab: every element that can be operated is reached, in the order of the page.
async fn walk(window: &Browser, path: &str) {
    let all: Vec<String> = serde_json::from_value(window.run(NOTE).await).unwrap();
    assert!(all.len() > 5, "{path}: {all:?}");
    window.press(&TAB.repeat(all.len())).await;
    let reached: Vec<String> = serde_json::from_value(window.run("return window.reached").await).unwrap();
    assert_eq!(reached, all, "{path}");
}

#[tokio::test]
async fn everything_is_reached_by_tab_and_the_focus_is_visible() {
    let mut opened = None;
    for (_, look) in [LOOKS[0], LOOKS[3]] {
        let served = Served::of(scene(), &[]);
        let Some(window) = Browser::show(&mut opened, &served, look).await else { return };
        for path in paths() {
            window.go(&path).await;
            walk(window, &path).await;
        }
        window.go("/").await;
        window.press("?").await;
        window.says("next and previous row").await;
        walk(window, "the list of keys").await;
        window.press(ESCAPE).await;
        assert!(!window.text().await.contains("next and previous row"));
    }
}

#[cfg(feature = "emulator")]
#[tokio::test]
async fn everything_of_an_emulator_is_reached_by_tab() {
    use crate::{emulated::linked, emulated_browser::call};

    let (served, ready) = Served::beside_emulator(linked(), &["--throttle"]);
    let Some(window) = Browser::open(&served, WIDE).await else { return };
    for number in 0..3 {
        call(ready["dataPlane"].as_str().unwrap(), &format!("/api/orders/{number}")).await;
    }
    for path in ["/traffic", "/traffic/1", "/switches", "/try"] {
        window.go(path).await;
        walk(&window, path).await;
    }
}

#[cfg(feature = "emulator")]
#[tokio::test]
async fn everything_of_a_change_that_runs_is_reached_by_tab() {
    let Some((_scene, _served, window)) = crate::live::running(WIDE).await else { return };
    let mut all: Vec<String> = serde_json::from_value(window.run(NOTE).await).unwrap();
    for _ in &all {
        window.press(TAB).await;
    }
    let mut reached: Vec<String> = serde_json::from_value(window.run("return window.reached").await).unwrap();
    // News give the focus again to the element that has it.
    reached.dedup();
    all.dedup();
    assert_eq!(reached, all);
    assert!(window.text().await.contains("Running."), "the change was over before the last key");
    window.says("Applied.").await;
}

#[tokio::test]
async fn a_finding_is_read_and_repaired_by_keys() {
    let served = Served::of(scene(), &[]);
    let Some(window) = Browser::open(&served, WIDE).await else { return };
    window.go("/links/e0").await;
    window.says("e0: drifted").await;
    tab_to(&window, "What this means").await;
    let is_open = "return document.activeElement.parentElement.open";
    for (key, opened) in [(ENTER, true), (SPACE, false), (SPACE, true)] {
        window.press(key).await;
        assert_eq!(window.run(is_open).await, opened);
    }
    tab_to(&window, "Repair…").await;
    window.press(ENTER).await;
    window.says("subscriptionRequired: false → true").await;
    tab_to(&window, "Apply this plan").await;
    window.press(SPACE).await;
    window.says("Applied.").await;
    tab_to(&window, "See what there is now").await;
    window.press(ENTER).await;
    window.says("e0: linked").await;
}

#[tokio::test]
async fn leftovers_are_deleted_by_keys() {
    let served = Served::of(scene(), &[]);
    let Some(window) = Browser::open(&served, WIDE).await else { return };
    window.press("gs").await;
    window.says("left over").await;
    tab_to(&window, "Delete what is left over…").await;
    window.press(ENTER).await;
    window.says("They cannot be restored").await;
    tab_to(&window, "name").await;
    window.press("shop-api").await;
    window.press(ENTER).await;
    // The name is not complete, so nothing is sent.
    window.press("m").await;
    assert!(window.is_enabled("form.apply button").await);
    window.press(ENTER).await;
    window.says("delete-product site-3").await;
    tab_to(&window, "See what there is now").await;
}

#[tokio::test]
async fn a_site_outside_the_configuration_is_linked_by_keys() {
    let served = Served::of(with_a_site_outside(2), &[]);
    let Some(window) = Browser::open(&served, WIDE).await else { return };
    window.says("no env").await;
    tab_to(&window, "no env").await;
    window.press(ENTER).await;
    window.says("API Management service").await;
    tab_to(&window, "See the link").await;
    window.press(ENTER).await;
    window.says("This command adds one").await;
    tab_to(&window, "Link…").await;
    window.press(ENTER).await;
    tab_to(&window, "Cancel").await;
    window.press(ENTER).await;
    window.says("site-1: unlinked").await;
}

#[cfg(feature = "emulator")]
#[tokio::test]
async fn a_call_is_sent_and_the_switches_are_set_by_keys() {
    use crate::emulated::linked;

    let (served, _) = Served::beside_emulator(linked(), &[]);
    let Some(window) = Browser::open(&served, WIDE).await else { return };
    window.press("gy").await;
    window.says("Try it").await;
    tab_to(&window, "method").await;
    window.press("P").await;
    tab_to(&window, "path").await;
    window.press("\u{e010}orders/5").await;
    window.press(ENTER).await;
    window.says("POST /5").await;
    window.press("gt").await;
    window.says("POST /api/orders/5").await;
    window.press("j").await;
    window.press(ENTER).await;
    window.says("gateway passed").await;
    window.press("gw").await;
    window.says("Delays in milliseconds").await;
    tab_to(&window, "latency").await;
    window.press("\u{e010}2").await;
    tab_to(&window, "provisions").await;
    window.press(SPACE).await;
    // The first of the buttons.
    tab_to(&window, "button").await;
    window.press(ENTER).await;
    window.says("The switches are set.").await;
    let set = "const of = (name) => document.getElementById(name); return [of('latency').value, of('provisions').checked]";
    assert_eq!(window.run(set).await, serde_json::json!(["2", false]));
}

/// The place of the element that has the focus, among all that can have it.
const PLACE: &str = "
    const all = [...document.querySelectorAll('main a[href], main input, main summary, main [tabindex]')];
    const it = document.activeElement;
    return [all.length, all.indexOf(it), it.getAttribute('href') || it.id || it.textContent.slice(0, 40)];";

#[tokio::test]
async fn the_focus_is_not_lost_when_a_page_is_read_again() {
    let served = Served::of(scene(), &[]);
    let Some(window) = Browser::open(&served, WIDE).await else { return };
    let linked = format!("{}&environment=default&apim={}", outside(), crate::support::service_id());
    for path in ["/", "/links/e0", "/links/e1", "/services", "/picture", &linked] {
        window.go(path).await;
        let count = window.run(PLACE).await[0].as_u64().unwrap();
        assert!(count > 0, "{path}");
        for at in 0..count {
            let focus =
                "[...document.querySelectorAll('main a[href], main input, main summary, main [tabindex]')]";
            window.run(&format!("{focus}[{at}].focus()")).await;
            let before = window.run(PLACE).await;
            assert_eq!(before[1], at, "{path}: {before}");
            // The content counts as another one, as if something had changed that no reader sees.
            window.run_async("const [done] = arguments; last = ''; refresh().then(() => done(0))").await;
            assert_eq!(window.run(PLACE).await, before, "{path}");
        }
    }
}

#[tokio::test]
async fn a_user_who_types_a_filter_is_not_disturbed_by_news() {
    let served = Served::of(Sandbox::with_sites(20), &[]);
    let Some(window) = Browser::open(&served, WIDE).await else { return };
    window.says("e19").await;
    window.press("/").await;
    window.press("site-17").await;
    // The cursor goes to the left, between the digits.
    window.press("\u{e012}").await;
    served.sandbox.succeed(&["link", "--env", "e17"]);
    window.says("e17 linked").await;
    window.press("1").await;
    let typed = "const it = document.activeElement; return [it.id, it.value, it.selectionStart]";
    assert_eq!(window.run(typed).await, serde_json::json!(["filter", "site-117", 7]));
}
