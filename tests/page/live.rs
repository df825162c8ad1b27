//! Changes in a real browser, while others change the same and requests are served.

use std::time::Duration;

use crate::{
    azure::{Fault, Kind},
    in_azure,
    manners::drift,
    scene::{Scene, Slow},
    storm::Storm,
    support::Sandbox,
    webdriver::{Browser, Look},
    world::Served,
};

const USUAL: Look = Look { width: 1100, height: 800, dark: false };

#[tokio::test]
async fn a_link_that_has_drifted_is_repaired_by_the_button_of_its_finding() {
    let sandbox = Sandbox::with_sites(1);
    sandbox.succeed(&["link", "--all"]);
    let served = Served::of(sandbox, &[]);
    let Some(window) = Browser::open(&served, USUAL).await else { return };
    window.go("/links/e0").await;
    window.says("e0: linked").await;
    drift(&served.sandbox);
    window.says("e0: drifted").await;
    window.follow("Repair…").await;
    window.says("subscriptionRequired: false → true").await;
    window.click("form.apply button").await;
    window.says("Applied.").await;
    window.follow("See what there is now").await;
    window.says("e0: linked").await;
}

#[tokio::test]
async fn leftovers_are_deleted_once_the_name_of_the_service_is_typed() {
    let sandbox = Sandbox::with_sites(2);
    sandbox.succeed(&["link", "--all"]);
    sandbox.succeed(&["unlink", "--env", "e0"]);
    let served = Served::of(sandbox, &[]);
    let Some(window) = Browser::open(&served, USUAL).await else { return };
    window.go("/services").await;
    window.says("left over").await;
    window.follow("Delete what is left over…").await;
    window.says("They cannot be restored").await;
    assert!(!window.is_enabled("form.apply button").await);
    window.click("#name").await;
    window.press("shop-apim").await;
    window.click("form.apply button").await;
    window.says("delete-product site-0").await;
    window.follow("See what there is now").await;
    window.says("in use").await;
    assert!(!window.text().await.contains("left over"));
}

#[tokio::test]
async fn a_plan_that_is_out_of_date_is_refused_and_a_second_window_learns_of_it() {
    let served = Served::with_sites(1);
    let Some(window) = Browser::open(&served, USUAL).await else { return };
    window.go("/links/e0/link").await;
    window.says("Nothing has been changed yet").await;
    let (first, second) = window.new_tab().await;
    window.switch_to(&second).await;
    window.go("/links/e0/link").await;
    window.click("form.apply button").await;
    window.says("Applied.").await;
    let before = served.sandbox.read("control-plane.json");
    window.switch_to(&first).await;
    window.click("form.apply button").await;
    window.says("Refused; nothing was changed").await;
    assert_eq!(served.sandbox.read("control-plane.json"), before);
    window.follow("See what there is now").await;
    window.says("e0: linked").await;
    window.back().await;
    window.says("Refused; nothing was changed").await;
}

#[tokio::test]
async fn ten_windows_of_one_browser_stay_up_to_date() {
    let served = Served::with_sites(1);
    let Some(window) = Browser::open(&served, USUAL).await else { return };
    let mut tabs = Vec::new();
    for path in ["/", "/links/e0", "/services", "/picture"].iter().cycle().take(10) {
        let (_, tab) = window.new_tab().await;
        window.switch_to(&tab).await;
        window.go(path).await;
        tabs.push((tab, *path));
    }
    served.sandbox.succeed(&["link", "--env", "e0"]);
    for (tab, path) in &tabs {
        window.switch_to(tab).await;
        let words = match *path {
            "/" => "e0 linked",
            "/links/e0" => "e0: linked",
            "/services" => "in use",
            _ => "site-0",
        };
        window.says(words).await;
    }
}

#[tokio::test]
async fn a_page_recovers_by_itself_when_the_credential_is_valid_again() {
    let azure = in_azure::scene();
    let expired = Kind::Error(401, "ExpiredAuthenticationToken", "The access token expiry is in the past.");
    azure.fault(Fault::always("GET", "", expired.clone()));
    azure.fault(Fault::always("POST", "", expired));
    let served = in_azure::served(&azure, &in_azure::one_env());
    let Some(window) = Browser::open(&served, USUAL).await else { return };
    window.says("The access token expiry is in the past").await;
    azure.mend();
    window.says("prod unlinked").await;
}

#[tokio::test]
async fn a_stopped_page_says_so() {
    let mut served = Served::with_sites(1);
    let Some(window) = Browser::open(&served, USUAL).await else { return };
    window.says("unlinked").await;
    served.stop();
    window.says("swa-apim does not answer").await;
}

/// A window with the plan of a relink that takes some seconds.
pub(crate) async fn planned(look: Look) -> Option<(Scene, Served, Browser)> {
    let scene = Scene::linked(Slow::by(Duration::from_millis(700)));
    let served = Served::start(Sandbox::empty(), scene.command("ui --grace 1"));
    let window = Browser::open(&served, look).await?;
    // The site is in no configuration.
    window.says("no env").await;
    window.click("#links tbody a").await;
    window.says("shop: linked").await;
    window.follow("Relink…").await;
    window.says("swap-keys").await;
    Some((scene, served, window))
}

/// A window in which such a relink runs.
pub(crate) async fn running(look: Look) -> Option<(Scene, Served, Browser)> {
    let (scene, served, window) = planned(look).await?;
    window.click("form.apply button").await;
    window.says("Running.").await;
    Some((scene, served, window))
}

#[tokio::test]
async fn a_relink_by_the_page_loses_no_request() {
    let Some((scene, _served, window)) = planned(USUAL).await else { return };
    let storm = Storm::over(&scene, 8);
    window.click("form.apply button").await;
    window.says("Applied.").await;
    storm.wait_for(1_000);
    let told = storm.end();
    assert_eq!(told.refused, Vec::<String>::new(), "of {} requests", told.answered);
}
