//! Serves a local directory as the content of a site.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

use hyper::{
    Request, Response, StatusCode, Uri,
    header::{HeaderValue, LOCATION},
};
use percent_encoding::percent_decode_str;
use tokio::task::spawn_blocking;

use super::{
    file::{self, Opened},
    page,
    rules::{self, ConfigurationError, Rules},
};
use crate::emulator::{
    data::{limit::Limit, routing::Site},
    reply::Body,
};

/// The directories of sites, by the name of the site or its hostname.
pub(in crate::emulator) struct Folders(Vec<(String, Folder)>);

struct Folder {
    root: PathBuf,
    rules: Option<Rules>,
}

/// The target of a path.
enum Found {
    /// A regular file.
    File(Opened),
    /// A directory with an index file, where the path lacks the trailing slash.
    Folder,
}

impl Folders {
    /// Loads the directories and the rules of each site.
    pub(in crate::emulator) fn load(content: Vec<(String, PathBuf)>) -> Result<Self, ConfigurationError> {
        let folder = |(site, root): (String, PathBuf)| {
            let rules = Rules::of_folder(&root)?;
            Ok((site, Folder { root, rules }))
        };
        content.into_iter().map(folder).collect::<Result<_, _>>().map(Self)
    }

    /// Returns the limits of all sites' rules: the parts that are not carried out.
    pub(in crate::emulator::data) fn limits(&self) -> Vec<Limit> {
        let rules = self.0.iter().filter_map(|(_, folder)| folder.rules.as_ref());
        rules.flat_map(|rules| &rules.limits).cloned().collect()
    }

    /// Returns the rules of a site.
    pub(super) fn rules(&self, site: &Site) -> Option<&Rules> {
        self.of(site)?.rules.as_ref()
    }

    /// Answers with a file of the site, or with the 404 page.
    pub(super) async fn answer(&self, site: &Site, request: Request<()>) -> Response<Body> {
        if self.of(site).is_none() {
            return no_content();
        }
        self.file(site, request).await.unwrap_or_else(page::not_found)
    }

    /// Answers with a file of the site; `None` if there is none.
    pub(super) async fn file(&self, site: &Site, request: Request<()>) -> Option<Response<Body>> {
        let (root, path) = (self.of(site)?.root.clone(), request.uri().path().to_owned());
        let relative = relative(&path)?;
        let answered = spawn_blocking(move || {
            let answer = match find(&root, &relative, path.ends_with('/'))? {
                Some(Found::File(opened)) => {
                    let name = if path.ends_with('/') { Path::new(INDEX) } else { relative.as_path() };
                    Some(file::answer(opened, name, &request)?)
                }
                Some(Found::Folder) => Some(with_slash(request.uri())),
                None => None,
            };
            Ok(answer)
        });
        match answered.await.unwrap_or_else(|error| Err(io::Error::other(error))) {
            Ok(answer) => answer,
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

/// The file that is served at the path of its directory.
const INDEX: &str = "index.html";

/// Finds the target of a path below a directory. Links are followed only to targets below the directory. The rules file
/// is not part of the content.
fn find(root: &Path, relative: &Path, wants_index: bool) -> io::Result<Option<Found>> {
    let root = fs::canonicalize(root)?;
    let Some(opened) = open(&root, relative)? else { return Ok(None) };
    if opened.metadata.is_file() {
        return Ok(Some(Found::File(opened)));
    }
    let index = open(&root, &relative.join(INDEX))?.filter(|index| index.metadata.is_file());
    Ok(index.map(|index| if wants_index { Found::File(index) } else { Found::Folder }))
}

/// Opens a regular file or a directory after resolving the links below `root`. The resolved path is opened without
/// following links, so that a link that replaces a directory meanwhile is not followed.
fn open(root: &Path, relative: &Path) -> io::Result<Option<Opened>> {
    let opened = (|| {
        let target = fs::canonicalize(root.join(relative))?;
        let Ok(below) = target.strip_prefix(root) else { return Ok(None) };
        let is_served = |metadata: &fs::Metadata| metadata.is_file() || metadata.is_dir();
        if below.as_os_str().eq_ignore_ascii_case(rules::FILE) || !is_served(&fs::symlink_metadata(&target)?)
        {
            return Ok(None);
        }
        let file = open_below(root, below)?;
        let metadata = file.metadata()?;
        Ok(is_served(&metadata).then_some(Opened { file, metadata }))
    })();
    match opened {
        Err(error) if is_absence(&error) => Ok(None),
        opened => opened,
    }
}

/// Whether an error means that no servable file has the name. Running out of file descriptors is a different error.
fn is_absence(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound, PermissionDenied};

    #[cfg(unix)]
    let is_link = error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
    #[cfg(not(unix))]
    let is_link = false;
    is_link
        || matches!(
            error.kind(),
            NotFound | NotADirectory | PermissionDenied | InvalidInput | InvalidFilename
        )
}

/// Opens a path below a directory, one name at a time, without following links or waiting for another process.
#[cfg(unix)]
fn open_below(root: &Path, below: &Path) -> io::Result<fs::File> {
    use rustix::fs::{Mode, OFlags, open, openat};

    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let mut opened = open(root, flags | OFlags::DIRECTORY, Mode::empty())?;
    for name in below.components() {
        opened = openat(&opened, name.as_os_str(), flags | OFlags::NOFOLLOW, Mode::empty())?;
    }
    Ok(opened.into())
}

#[cfg(not(unix))]
fn open_below(root: &Path, below: &Path) -> io::Result<fs::File> {
    fs::File::open(root.join(below))
}

/// Redirects to the same path with a trailing slash. Several leading slashes become one, because two would name another
/// host.
fn with_slash(asked: &Uri) -> Response<Body> {
    let path = asked.path().trim_start_matches('/');
    let query = asked.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut sent = file::status(StatusCode::TEMPORARY_REDIRECT);
    if let Ok(target) = HeaderValue::try_from(format!("/{path}/{query}")) {
        sent.headers_mut().insert(LOCATION, target);
    }
    sent
}

/// Returns a path relative to the directory; `None` if it contains `..` or names another root.
fn relative(path: &str) -> Option<PathBuf> {
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    let decoded = decoded.trim_start_matches('/');
    let is_plain = |component: Component<'_>| matches!(component, Component::Normal(_));
    let fits = !decoded.contains(['\\', '\0']) && Path::new(decoded).components().all(is_plain);
    fits.then(|| PathBuf::from(decoded))
}

fn no_content() -> Response<Body> {
    let text =
        "<p>This site has no content. Start the emulator with <code>--content NAME=DIRECTORY</code>.</p>";
    page::html(StatusCode::NOT_FOUND, "404: Not Found", text)
}

fn unreadable(error: &io::Error) -> Response<Body> {
    tracing::warn!(%error, "a file of the site's content could not be read");
    page::html(StatusCode::INTERNAL_SERVER_ERROR, "500: Server Error", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_leaves_the_directory_is_refused() {
        for path in ["/../a", "/a/%2e%2e/b", "/a/..%2fb", "/%2e%2e%5cb", "/a%00", "/a\\b", "/%ff"] {
            assert_eq!(relative(path), None, "{path}");
        }
        assert_eq!(relative("//etc/passwd"), Some(PathBuf::from("etc/passwd")), "below the folder");
        assert_eq!(relative("/a%20b/c.js"), Some(PathBuf::from("a b/c.js")));
    }
}
