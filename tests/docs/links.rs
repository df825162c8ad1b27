//! Every link of a page leads somewhere: to a file that is there, and to a heading that is in it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::root;

/// A page as a reader of Markdown sees it.
struct Page {
    path: PathBuf,
    links: Vec<String>,
    /// Inline code.
    code: Vec<String>,
    anchors: BTreeSet<String>,
}

impl Page {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let mut page =
            Self { path: path.to_owned(), links: Vec::new(), code: Vec::new(), anchors: BTreeSet::new() };
        let mut heading = None;
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(dest_url.into_string());
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::Text(part) | Event::Code(part) if heading.is_some() => {
                    heading.as_mut().unwrap().push_str(&part);
                }
                Event::Code(part) => page.code.push(part.into_string()),
                Event::End(TagEnd::Heading(_)) => {
                    page.anchors.extend(heading.take().map(|heading| anchor(&heading)));
                }
                Event::Html(html) | Event::InlineHtml(html) => page.links.extend(sources(&html)),
                _ => {}
            }
        }
        page
    }
}

/// The pictures that HTML names.
fn sources(html: &str) -> Vec<String> {
    let after = ["src=\"", "srcset=\""].into_iter().flat_map(|attribute| html.split(attribute).skip(1));
    after.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
}

/// The anchor that a heading gets, as GitHub and mdBook make it.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

fn is_page(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "md")
}

/// Every page of a folder, and of those below it.
pub(crate) fn pages_in(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = paths.partition(|path| path.is_dir());
    let below = folders.iter().flat_map(|folder| pages_in(folder));
    files.into_iter().filter(|path| is_page(path)).chain(below).collect()
}

fn all() -> Vec<Page> {
    let mut paths = pages_in(&root().join("docs"));
    paths.extend(
        ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].map(|name| root().join(name)),
    );
    paths.iter().map(|path| Page::read(path)).collect()
}

#[test]
fn no_link_is_dead() {
    for page in all() {
        for link in page.links.iter().filter(|link| !link.contains("://") && !link.starts_with("mailto:")) {
            let shown = page.path.display();
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => page.path.clone(),
                file => page.path.parent().unwrap().join(file),
            };
            assert!(target.exists(), "{shown}: `{link}` leads nowhere");
            let has_heading = heading.is_empty() || Page::read(&target).anchors.contains(heading);
            assert!(has_heading, "{shown}: `{link}` leads to no heading");
        }
    }
}

/// The file of the sources that inline code names, as `src/main.rs` or, in short, `engine/undo.rs`.
fn source(code: &str) -> Option<PathBuf> {
    let path = code.split("::").next().unwrap_or_default();
    let is_path = path.contains('/')
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"./_-".contains(&byte));
    let first = path.split('/').next().unwrap_or_default();
    let is_top = ["src", "tests", "docs", "benches", "fuzz", ".github", ".ci"].contains(&first);
    let is_module = root().join("src").join(first).is_dir() && !first.is_empty() && !first.starts_with('.');
    match (is_path, is_top, is_module) {
        (true, true, _) => Some(root().join(path)),
        (true, false, true) => Some(root().join("src").join(path)),
        _ => None,
    }
}

#[test]
fn every_source_file_that_a_page_names_exists() {
    let named =
        all().into_iter().flat_map(|page| page.code.into_iter().map(move |code| (page.path.clone(), code)));
    let named: Vec<_> = named.filter_map(|(page, code)| Some((page, source(&code)?, code))).collect();
    assert!(named.len() > 50, "{}", named.len());
    let absent = named.iter().filter(|(_, file, _)| !file.exists());
    let absent: Vec<String> = absent.map(|(page, _, code)| format!("{}: {code}", page.display())).collect();
    assert!(absent.is_empty(), "{}", absent.join("\n"));
}

/// The site is made of what is in `docs`, so a link of a page to something else would be dead there.
#[test]
fn the_site_has_every_page_and_needs_no_other_file() {
    let docs = root().join("docs");
    let summary = Page::read(&docs.join("SUMMARY.md"));
    let listed: BTreeSet<PathBuf> = summary.links.iter().map(|link| docs.join(link)).collect();
    for path in pages_in(&docs) {
        let shown = path.display();
        assert!(path.ends_with("SUMMARY.md") || listed.contains(&path), "{shown} is not in the summary");
        for link in Page::read(&path).links.iter().filter(|link| !link.contains("://")) {
            let target = path.parent().unwrap().join(link.split('#').next().unwrap());
            let target = target.canonicalize().unwrap();
            assert!(target.starts_with(docs.canonicalize().unwrap()), "{shown}: `{link}` leaves the site");
        }
    }
}
