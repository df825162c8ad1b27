//! The site of the pages, as mdBook builds it: every link, picture and place in a page that a link names is there.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::place::{done, has, repository};

/// Every page below a folder.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let of = |path: PathBuf| if path.is_dir() { pages(&path) } else { vec![path] };
    entries.flat_map(of).filter(|path| path.extension() == Some("html".as_ref())).collect()
}

/// The values of an attribute in a page.
fn values(page: &str, attribute: &str) -> BTreeSet<String> {
    let marked = format!(" {attribute}=\"");
    page.split(&marked)
        .skip(1)
        .filter_map(|rest| rest.split_once('"'))
        .map(|(value, _)| value.to_owned())
        .collect()
}

/// Why a link of a page leads nowhere.
fn dead(page: &Path, link: &str) -> Option<String> {
    let is_elsewhere =
        ["http:", "https:", "mailto:", "javascript:"].iter().any(|scheme| link.starts_with(scheme));
    if is_elsewhere || link.is_empty() {
        return None;
    }
    let (path, place) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() { page.to_owned() } else { page.parent().unwrap().join(path) };
    if !target.exists() {
        return Some(format!("{} links {link}, which does not exist", page.display()));
    }
    let is_page = target.extension() == Some("html".as_ref());
    let known =
        place.is_empty() || !is_page || values(&fs::read_to_string(&target).unwrap(), "id").contains(place);
    (!known).then(|| format!("{} links {link}, and there is no such place in that page", page.display()))
}

#[test]
fn no_link_and_no_picture_of_the_site_is_dead_and_it_can_be_searched() {
    if !has("mdbook") {
        return;
    }
    let site = TempDir::new().unwrap();
    done(Command::new("mdbook").arg("build").arg("--dest-dir").arg(site.path()).current_dir(repository()));
    let pages = pages(site.path());
    assert!(pages.len() > 10, "{pages:?}");
    // Not the page for paths that do not exist: its links begin at the root of the site.
    let dead: Vec<String> = pages
        .iter()
        .filter(|page| page.file_name() != Some("404.html".as_ref()))
        .flat_map(|page| {
            let text = fs::read_to_string(page).unwrap();
            let links = ["href", "src", "srcset"].map(|attribute| values(&text, attribute));
            links.into_iter().flatten().filter_map(|link| dead(page, &link)).collect::<Vec<_>>()
        })
        .collect();
    assert!(dead.is_empty(), "{dead:#?}");
    let read = |name: &str| fs::read_to_string(site.path().join(name)).unwrap();
    let pictures = values(&read("print.html"), "src");
    assert!(
        pictures.iter().any(|picture| Path::new(picture).extension() == Some("svg".as_ref())),
        "{pictures:?}"
    );
    let commands = values(&read("cli-reference.html"), "id");
    assert!(commands.contains("swa-apim-relink"), "the command reference: {commands:?}");
    let mut found = fs::read_dir(site.path()).unwrap().map(|entry| entry.unwrap().path());
    let index = found.find(|path| path.file_name().unwrap().to_str().unwrap().starts_with("searchindex"));
    let index = fs::read_to_string(index.expect("the site can be searched")).unwrap();
    assert!(index.contains("SWAAPIM032") && index.contains("cli-reference.html"), "every page can be found");
}
