//! The page in a real browser.

use std::{fs, path::Path, time::Duration};

use crate::{
    skip::skipped,
    support::Sandbox,
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
    // The first look of an open window is what the next one is compared with.
    tokio::time::sleep(Duration::from_secs(3)).await;
    served.sandbox.succeed(&["link", "--env", "e0"]);
    window.says("e0: linked").await;
    window.switch_to(&first).await;
    window.says("e0\tlinked").await;
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

#[tokio::test]
async fn hostile_names_do_nothing_and_fit_the_window() {
    let sandbox = Sandbox::with_sites(1);
    let long = "x".repeat(10_000);
    let mut model = sandbox.model();
    for resource in model["resources"].as_array_mut().unwrap() {
        if resource["type"].as_str().unwrap().ends_with("/apis") {
            resource["properties"]["displayName"] = "<img src=x onerror=\"document.title='changed'\">".into();
            resource["properties"]["path"] = format!("api/{long}\u{202e}\u{7}").into();
        }
    }
    sandbox.write("control-plane.json", &model.to_string());
    sandbox.succeed(&["link", "--all"]);
    let served = Served::of(sandbox, &[]);
    let Some(window) = Browser::open(&served, Look { width: 500, ..USUAL }).await else { return };
    for path in ["/", "/links/e0", "/services", "/picture"] {
        window.go(path).await;
        window.says("site-0").await;
        let wide = window.run("return document.documentElement.scrollWidth - innerWidth").await;
        assert!(wide.as_i64().unwrap() <= 0, "{path} is {wide} px too wide");
        assert_eq!(window.run("return document.images.length").await, 0);
    }
}

#[tokio::test]
async fn no_page_has_a_problem_for_assistive_technology() {
    let engine = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../axe/node_modules/axe-core/axe.min.js");
    let Ok(engine) = fs::read_to_string(engine) else { return skipped("there is no axe-core") };
    for dark in [false, true] {
        let served = Served::of(scene(), &[]);
        let Some(window) = Browser::open(&served, Look { dark, ..USUAL }).await else { return };
        for path in ["/", "/links/e0", "/links/e1", "/links/e1/purge", "/services", "/picture", "/nowhere"] {
            window.go(path).await;
            assert_eq!(violations(&window, &engine).await, Vec::<String>::new(), "{path}, dark: {dark}");
        }
        window.go("/links/e2/link").await;
        window.click("form.apply button").await;
        window.says("Applied.").await;
        assert_eq!(violations(&window, &engine).await, Vec::<String>::new(), "a job, dark: {dark}");
    }
}

/// The problems that the accessibility engine finds in the page.
pub(crate) async fn violations(window: &Browser, engine: &str) -> Vec<String> {
    window.run(engine).await;
    let script = "const [done] = arguments; axe.run({ resultTypes: ['violations'] }).then((found) => \
         done(found.violations.flatMap((it) => it.nodes.map((node) => `${it.id}: ${node.html.slice(0, 200)}`))))";
    serde_json::from_value(window.run_async(script).await).unwrap()
}

/// Links in several states.
fn scene() -> Sandbox {
    let sandbox = Sandbox::with_sites(5);
    for env in ["e0", "e1", "e3"] {
        sandbox.succeed(&["link", "--env", env]);
    }
    sandbox.succeed(&["unlink", "--env", "e3"]);
    let mut model = sandbox.model();
    for resource in model["resources"].as_array_mut().unwrap() {
        if resource["id"].as_str().unwrap().ends_with("/products/site-0") {
            resource["properties"]["subscriptionRequired"] = false.into();
        }
    }
    sandbox.write("control-plane.json", &model.to_string());
    sandbox
}

/// Writes pictures of the pages to the folder that `PAGE_PICTURES` names.
#[tokio::test]
async fn pictures_of_the_pages_are_drawn_where_they_are_asked_for() {
    let Some(folder) = swa_apim::ambient::variable("PAGE_PICTURES") else { return };
    for (name, look) in [
        ("light", USUAL),
        ("dark", Look { dark: true, ..USUAL }),
        ("narrow", Look { width: 500, ..USUAL }),
        ("narrow-dark", Look { width: 500, dark: true, ..USUAL }),
    ] {
        let served = Served::of(scene(), &[]);
        let window = Browser::open(&served, look).await.unwrap();
        for (page, path) in [
            ("links", "/"),
            ("link", "/links/e0"),
            ("plan", "/links/e1/purge"),
            ("services", "/services"),
            ("picture", "/picture"),
        ] {
            window.go(path).await;
            let picture = window.picture().await;
            let file = Path::new(&folder).join(format!("{page}-{name}.png"));
            std::io::Write::write_all(&mut fs::File::create(file).unwrap(), &picture).unwrap();
        }
    }
}
