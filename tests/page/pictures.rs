//! The pictures of the pages in the documentation: drawn by a browser, and compared by the text of the pages.
//!
//! `PICTURES=overwrite cargo test --test page pictures` draws them again.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
};

use regex::Regex;
use sha2::{Digest as _, Sha256};

use crate::{
    manners::{LOOKS, scene},
    webdriver::Browser,
    world::Served,
};

/// The pages that have pictures, each with the words that it shows when it is complete.
const PAGES: [(&str, &str, &str); 5] = [
    ("links", "/", "e3"),
    ("link", "/links/e0", "e0: drifted"),
    ("plan", "/links/e1/purge", "They cannot be restored"),
    ("services", "/services", "in use"),
    ("picture", "/picture", "site-0"),
];
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images")
}

#[tokio::test]
async fn pictures_show_the_pages_as_they_are() {
    let served = Served::of(scene(), &[]);
    let pages = PAGES.map(|(name, path, _)| (name, path));
    let texts = texts_of(&served, &pages).await;
    drop(served);
    if is_asked() {
        for (name, look) in LOOKS {
            let served = Served::of(scene(), &[]);
            let window = Browser::open(&served, look).await.expect("pictures are drawn by a browser");
            for (page, path, words) in PAGES {
                window.go(path).await;
                window.says(words).await;
                draw(&window, page, name).await;
            }
        }
    }
    assert_drawn("pages.txt", &texts, &pages);
}

#[cfg(feature = "emulator")]
#[tokio::test]
async fn pictures_show_the_pages_of_an_emulator_as_they_are() {
    use crate::{
        emulated::linked,
        emulated_browser::{PAGES, call_some},
    };

    let (served, ready) = Served::beside_emulator(linked(), &[]);
    call_some(ready["dataPlane"].as_str().unwrap()).await;
    let texts = texts_of(&served, &PAGES).await;
    drop(served);
    if is_asked() {
        for (name, look) in LOOKS {
            let (served, ready) = Served::beside_emulator(linked(), &[]);
            let window = Browser::open(&served, look).await.expect("pictures are drawn by a browser");
            call_some(ready["dataPlane"].as_str().unwrap()).await;
            for (page, path) in PAGES {
                window.go(path).await;
                if page == "try" {
                    window.click("#path").await;
                    window.press("orders/7").await;
                    window.click("form.fields button").await;
                    window.says("Answer").await;
                }
                draw(&window, page, name).await;
            }
        }
    }
    assert_drawn("pages-of-an-emulator.txt", &texts, &PAGES);
}

fn is_asked() -> bool {
    swa_apim::ambient::variable("PICTURES").is_some_and(|value| value == "overwrite")
}

/// The texts of pages, and of the stylesheet that all pages have in common.
async fn texts_of(served: &Served, pages: &[(&str, &str)]) -> String {
    let visitor = served.visitor().await;
    let style = visitor.get("/assets/app.css").await.text;
    let mut texts = format!("stylesheet: {}\n", short_digest(&style));
    for (name, path) in pages {
        let page = visitor.get(path).await;
        texts.extend(["\n", name, "\n", &lasting(&page.plain()), "\n"]);
    }
    texts
}

async fn draw(window: &Browser, page: &str, look: &str) {
    let picture = window.picture().await;
    let file = folder().join(format!("page-{page}-{look}.png"));
    File::create(file).unwrap().write_all(&picture).unwrap();
}

/// Compares the texts of pages with those of the pages that were drawn, which a file has.
fn assert_drawn(file: &str, texts: &str, pages: &[(&str, &str)]) {
    let file = folder().join(file);
    if is_asked() {
        File::create(&file).unwrap().write_all(texts.as_bytes()).unwrap();
    }
    let drawn = fs::read_to_string(file).unwrap_or_default();
    assert!(
        drawn == texts,
        "the pages look different from their pictures: run `PICTURES=overwrite cargo test --test page pictures`, \
         and look at the pictures\nnow:\n{texts}\nwhen they were drawn:\n{drawn}"
    );
    for (page, _) in pages {
        for (look, _) in LOOKS {
            let file = folder().join(format!("page-{page}-{look}.png"));
            assert!(file.exists(), "{} is missing", file.display());
        }
    }
}

/// A text without what differs each time: fingerprints, ids, times, and the folder of the model.
fn lasting(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, word) in [
        (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "ID"),
        (r"\b[0-9a-f]{12}\b", "FINGERPRINT"),
        (r"\d{4}-\d{2}-\d{2}T[\d:.]+Z", "TIME"),
        (r"model \S+", "MODEL"),
        (r"127\.0\.0\.1:\d+", "ADDRESS"),
        (r"\b\d+(\.\d+)? m?s\b", "DURATION"),
        (r"(at most|less than|over)? ?\d+ days?", "AGE"),
    ] {
        text = Regex::new(pattern).unwrap().replace_all(&text, word).into_owned();
    }
    text
}

fn short_digest(text: &str) -> String {
    let digest = Sha256::digest(text);
    let first: [u8; 8] = digest[..8].try_into().unwrap();
    format!("{:016x}", u64::from_be_bytes(first))
}
