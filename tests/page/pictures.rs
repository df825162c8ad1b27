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
/// The file that has the text of each page that was drawn.
const TEXTS: &str = "pages.txt";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images")
}

#[tokio::test]
async fn pictures_show_the_pages_as_they_are() {
    let served = Served::of(scene(), &[]);
    let visitor = served.visitor().await;
    let style = visitor.get("/assets/app.css").await.text;
    let mut texts = format!("stylesheet: {}\n", short_digest(&style));
    for (name, path, _) in PAGES {
        let page = visitor.get(path).await;
        texts.extend(["\n", name, "\n", &lasting(&page.plain()), "\n"]);
    }
    drop(served);
    let is_asked = swa_apim::ambient::variable("PICTURES").is_some_and(|value| value == "overwrite");
    if is_asked {
        draw().await;
        File::create(folder().join(TEXTS)).unwrap().write_all(texts.as_bytes()).unwrap();
    }
    let drawn = fs::read_to_string(folder().join(TEXTS)).unwrap_or_default();
    assert!(
        drawn == texts,
        "the pages look different from their pictures: run `PICTURES=overwrite cargo test --test page pictures`, \
         and look at the pictures\nnow:\n{texts}\nwhen they were drawn:\n{drawn}"
    );
    for (page, ..) in PAGES {
        for (look, _) in LOOKS {
            let file = folder().join(format!("page-{page}-{look}.png"));
            assert!(file.exists(), "{} is missing", file.display());
        }
    }
}

/// Draws every page in every look.
async fn draw() {
    for (name, look) in LOOKS {
        let served = Served::of(scene(), &[]);
        let window = Browser::open(&served, look).await.expect("pictures are drawn by a browser");
        for (page, path, words) in PAGES {
            window.go(path).await;
            window.says(words).await;
            let picture = window.picture().await;
            let file = folder().join(format!("page-{page}-{name}.png"));
            File::create(file).unwrap().write_all(&picture).unwrap();
        }
    }
}

/// A text without what differs each time: fingerprints, times, and the folder of the model.
fn lasting(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, word) in [
        (r"\b[0-9a-f]{12}\b", "FINGERPRINT"),
        (r"\d{4}-\d{2}-\d{2}T[\d:.]+Z", "TIME"),
        (r"model \S+", "MODEL"),
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
