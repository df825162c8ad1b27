//! The page in a real browser.

use crate::{
    webdriver::{Browser, Look},
    world::Served,
};

pub(crate) const USUAL: Look = Look { width: 1100, height: 800, dark: false };

#[tokio::test]
async fn a_link_is_made_rotated_and_deleted_by_clicking() {
    let served = Served::with_sites(2);
    let Some(window) = Browser::open(&served, USUAL).await else { return };
    window.says("e0").await;
    window.follow("e0").await;
    window.says("e0: unlinked").await;
    window.follow("Link…").await;
    window.says("put-product").await;
    window.click("form.apply button").await;
    window.says("Applied.").await;
    window.follow("See what there is now").await;
    window.says("e0: linked").await;
    let before = served.sandbox.model()["secrets"].clone();
    window.follow("Relink…").await;
    window.click("form.apply button").await;
    window.says("Applied.").await;
    assert_ne!(served.sandbox.model()["secrets"], before);

    window.go("/links/e0/purge").await;
    assert!(!window.is_enabled("form.apply button").await);
    window.click("#name").await;
    window.press("site-0").await;
    assert!(window.is_enabled("form.apply button").await);
    window.click("form.apply button").await;
    window.says("Applied.").await;
    assert_eq!(served.sandbox.status()["links"][0]["state"], "unlinked");
}

#[tokio::test]
async fn changes_by_the_command_line_appear_in_open_windows() {
    let served = Served::with_sites(1);
    let Some(window) = Browser::open(&served, USUAL).await else { return };
    window.says("unlinked").await;
    let (first, second) = window.new_tab().await;
    window.switch_to(&second).await;
    window.go("/links/e0").await;
    window.says("e0: unlinked").await;
    served.sandbox.succeed(&["link", "--env", "e0"]);
    window.says("e0: linked").await;
    window.switch_to(&first).await;
    window.says("e0 linked").await;
}

#[tokio::test]
async fn the_list_is_filtered_while_typing_and_walked_by_keys() {
    let served = Served::with_sites(200);
    let Some(window) = Browser::open(&served, USUAL).await else { return };
    window.says("e199").await;
    window.press("/").await;
    window.press("site-15").await;
    let shown =
        "return [...document.querySelectorAll('#links tbody tr')].filter((row) => !row.hidden).length";
    assert_eq!(window.run(shown).await, 11);
    window.run("document.activeElement.blur()").await;
    window.press("j").await;
    window.press("j").await;
    let focused = window.run("return document.activeElement.innerText").await;
    assert!(focused.as_str().unwrap().starts_with("e15"), "{focused}");
    window.press("\u{e007}").await;
    window.says("Parts").await;
    window.back().await;
    window.says("Links").await;
    window.run("document.activeElement.blur()").await;
    window.press("g").await;
    window.press("s").await;
    window.says("Services").await;
}
