//! A local folder, served as the content of a site.

use std::{
    io,
    path::{Component, Path, PathBuf},
};

use http_body_util::BodyExt;
use hyper::{Request, Response, StatusCode};
use percent_encoding::percent_decode_str;
use tokio::fs;
use tower_http::services::ServeDir;

use super::{
    page,
    rules::{self, ConfigurationError, Rules},
};
use crate::emulator::{
    body::Body,
    data::{limits::Limit, table::Site},
};

/// The folders of sites, by the name of the site or its hostname.
pub(in crate::emulator) struct Folders(Vec<(String, Folder)>);

struct Folder {
    root: PathBuf,
    files: ServeDir,
    rules: Option<Rules>,
}

impl Folders {
    /// Reads what is beside the content: the rules of each site.
    pub(in crate::emulator) fn load(content: Vec<(String, PathBuf)>) -> Result<Self, ConfigurationError> {
        let folder = |(site, root): (String, PathBuf)| {
            let rules = Rules::of_folder(&root)?;
            Ok((site, Folder { files: ServeDir::new(&root), root, rules }))
        };
        content.into_iter().map(folder).collect::<Result<_, _>>().map(Self)
    }

    /// What is not carried out of the rules of all sites.
    pub(in crate::emulator::data) fn limits(&self) -> Vec<Limit> {
        let rules = self.0.iter().filter_map(|(_, folder)| folder.rules.as_ref());
        rules.flat_map(|rules| &rules.limits).cloned().collect()
    }

    /// The rules of a site.
    pub(super) fn rules(&self, site: &Site) -> Option<&Rules> {
        self.of(site)?.rules.as_ref()
    }

    /// Answers with a file of the site, or a page that there is none.
    pub(super) async fn answer(&self, site: &Site, request: Request<()>) -> Response<Body> {
        if self.of(site).is_none() {
            return no_content();
        }
        self.file(site, request).await.unwrap_or_else(page::not_found)
    }

    /// Answers with a file of the site; `None` where there is none.
    pub(super) async fn file(&self, site: &Site, request: Request<()>) -> Option<Response<Body>> {
        let folder = self.of(site)?;
        if !folder.holds(request.uri().path()).await {
            return None;
        }
        match folder.files.clone().try_call(request).await {
            Ok(answer) if answer.status() == StatusCode::NOT_FOUND => None,
            Ok(answer) => Some(answer.map(BodyExt::boxed_unsync)),
            Err(error) => Some(unreadable(&error)),
        }
    }

    fn of(&self, site: &Site) -> Option<&Folder> {
        let is_of = |name: &str| {
            let own = site.name.as_deref();
            own.is_some_and(|own| own.eq_ignore_ascii_case(name))
                || site.hostname.as_str().eq_ignore_ascii_case(name)
        };
        self.0.iter().find(|(name, _)| is_of(name)).map(|(_, folder)| folder)
    }
}

impl Folder {
    /// Whether what a path names is within the folder, wherever links lead; of a folder, its index. The rules are
    /// not part of the content.
    async fn holds(&self, path: &str) -> bool {
        let Some(relative) = relative(path) else { return false };
        if relative.components().as_path().as_os_str().eq_ignore_ascii_case(rules::FILE) {
            return false;
        }
        let Ok(root) = fs::canonicalize(&self.root).await else { return false };
        let named = root.join(relative);
        let is_folder = fs::metadata(&named).await.is_ok_and(|found| found.is_dir());
        let file = if is_folder { named.join("index.html") } else { named };
        fs::canonicalize(file).await.is_ok_and(|file| file.starts_with(&root))
    }
}

/// A path below the folder; `None` if it climbs, or names another root.
fn relative(path: &str) -> Option<PathBuf> {
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    let decoded = decoded.trim_start_matches('/');
    let is_plain = |component: Component<'_>| matches!(component, Component::Normal(_));
    let fits = !decoded.contains(['\\', '\0']) && Path::new(decoded).components().all(is_plain);
    fits.then(|| PathBuf::from(decoded))
}

fn no_content() -> Response<Body> {
    let text =
        "<p>This site has no content here: begin the emulator with <code>--content NAME=FOLDER</code>.</p>";
    page::html(StatusCode::NOT_FOUND, "404: Not Found", text)
}

fn unreadable(error: &io::Error) -> Response<Body> {
    tracing::warn!(%error, "a file of a site's content cannot be read");
    page::html(StatusCode::INTERNAL_SERVER_ERROR, "500: Server Error", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_leaves_the_folder_is_none() {
        for path in ["/../a", "/a/%2e%2e/b", "/a/..%2fb", "/%2e%2e%5cb", "/a%00", "/a\\b", "/%ff"] {
            assert_eq!(relative(path), None, "{path}");
        }
        assert_eq!(relative("//etc/passwd"), Some(PathBuf::from("etc/passwd")), "below the folder");
        assert_eq!(relative("/a%20b/c.js"), Some(PathBuf::from("a b/c.js")));
    }
}
