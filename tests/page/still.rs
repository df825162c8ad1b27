//! Nothing that is shown moves by itself: neither while a page is opened nor when news arrive.

#[cfg(feature = "emulator")]
use crate::live::running;
use crate::{
    manners::{LOOKS, WIDE, drift, outside, scene},
    webdriver::{Browser, Look},
    world::Served,
};

/// Notes each movement of the content that no input has caused (<https://wicg.github.io/layout-instability/>).
const NOTE: &str = "
    window.moved = [];
    new PerformanceObserver((list) => {
        for (const one of list.getEntries()) {
            const what = one.sources.map((source) => (source.node?.outerHTML || source.node?.data || '').slice(0, 80));
            if (!one.hadRecentInput) window.moved.push(`${one.value}: ${what.join(' | ')}`);
        }
    }).observe({ type: 'layout-shift', buffered: true });";

/// What has moved so far, once what is there has been painted.
async fn moved(window: &Browser) -> Vec<String> {
    let script = "const [done] = arguments; \
                  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(window.moved), 50)))";
    serde_json::from_value(window.run_async(script).await).unwrap()
}

#[tokio::test]
async fn what_moves_is_noted() {
    let served = Served::with_sites(1);
    let Some(window) = Browser::open(&served, WIDE).await else { return };
    window.says("e0").await;
    window.run(NOTE).await;
    assert_eq!(moved(&window).await, Vec::<String>::new());
    window.run("const it = document.createElement('div'); it.append('new'); document.body.prepend(it)").await;
    assert_ne!(moved(&window).await, Vec::<String>::new());
}

#[tokio::test]
async fn nothing_moves_while_a_page_is_opened() {
    let mut opened = None;
    for (name, look) in LOOKS {
        let served = Served::of(scene(), &[]);
        let Some(window) = Browser::show(&mut opened, &served, look).await else { return };
        let outside = outside();
        let pages = [
            ("/", "e3"),
            ("/?q=e1", "e1"),
            ("/links/e0", "e0: drifted"),
            ("/links/e1/relink", "Nothing has been changed yet"),
            ("/links/e1/purge", "They cannot be restored"),
            ("/services", "in use"),
            ("/picture", "site-0"),
            ("/nowhere", "no page"),
            (&outside, "site-4"),
        ];
        for (path, words) in pages {
            window.go(path).await;
            window.run(NOTE).await;
            window.says(words).await;
            assert_eq!(moved(window).await, Vec::<String>::new(), "{path}, {name}");
        }
    }
}

/// Opens pages in each look, and changes what they show.
async fn news_move_nothing(looks: &[(&str, Look)]) {
    let mut opened = None;
    for &(name, look) in looks {
        let served = Served::of(scene(), &[]);
        let Some(window) = Browser::show(&mut opened, &served, look).await else { return };
        for (path, before, after) in [
            ("/", "e2 unlinked", "e2 linked"),
            ("/links/e2", "e2: unlinked", "e2: linked"),
            ("/services", "in use", "site-2"),
            ("/picture", "site-2", "linked"),
        ] {
            window.go(path).await;
            window.says(before).await;
            window.run(NOTE).await;
            let seen = window.run("return document.body.dataset.seen").await;
            served.sandbox.succeed(&["link", "--env", "e2"]);
            window.becomes("return document.body.dataset.seen", &seen).await;
            window.says(after).await;
            assert_eq!(moved(window).await, Vec::<String>::new(), "{path}, {name}");
            served.sandbox.succeed(&["unlink", "--env", "e2", "--purge", "--yes"]);
        }
        // A change that runs: its steps appear, and its result.
        window.go("/links/e2/link").await;
        window.says("Nothing has been changed yet").await;
        window.run("document.querySelector('form.apply').requestSubmit()").await;
        window.says("Applied.").await;
        window.run(NOTE).await;
        assert_eq!(moved(window).await, Vec::<String>::new(), "a change, {name}");
        drift(&served.sandbox);
    }
}

/// It mostly waits for the news, so two windows are open.
#[tokio::test]
async fn nothing_moves_when_news_arrive() {
    let (wide, narrow) = LOOKS.split_at(2);
    tokio::join!(news_move_nothing(wide), news_move_nothing(narrow));
}

#[cfg(feature = "emulator")]
#[tokio::test]
async fn nothing_moves_while_a_change_runs() {
    let change = async |(name, look): (&str, Look)| {
        let Some((_scene, _served, window)) = running(look).await else { return };
        window.run(NOTE).await;
        window.says("Applied.").await;
        assert_eq!(moved(&window).await, Vec::<String>::new(), "{name}");
    };
    tokio::join!(change(LOOKS[0]), change(LOOKS[3]));
}

#[cfg(feature = "emulator")]
#[tokio::test]
async fn nothing_moves_in_the_pages_of_an_emulator() {
    use crate::{emulated::linked, emulated_browser::call};

    let mut opened = None;
    for (name, look) in LOOKS {
        let (served, ready) = Served::beside_emulator(linked(), &["--throttle"]);
        let data_plane = ready["dataPlane"].as_str().unwrap();
        let Some(window) = Browser::show(&mut opened, &served, look).await else { return };
        for path in ["/switches", "/try", "/traffic"] {
            window.go(path).await;
            window.run(NOTE).await;
            assert_eq!(moved(window).await, Vec::<String>::new(), "{path}, {name}");
        }
        for number in 0..4 {
            call(data_plane, &format!("/api/orders/{number}")).await;
            window.says(&format!("GET /api/orders/{number}")).await;
            assert_eq!(moved(window).await, Vec::<String>::new(), "traffic, {name}");
        }
        window.go("/traffic/1").await;
        window.run(NOTE).await;
        assert_eq!(moved(window).await, Vec::<String>::new(), "a request, {name}");
    }
}
