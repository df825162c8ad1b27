//! Route patterns: a path, a prefix of paths, or a prefix with file extensions.

use crate::emulator::data::path::below;

/// A pattern in lower case: for the site's `/api`, addresses that differ only in case are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    start: String,
    tail: Tail,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Tail {
    /// Nothing can follow.
    Nothing,
    /// Anything can follow.
    Anything,
    /// Anything can follow that ends with one of these extensions.
    Extensions(Vec<String>),
}

impl Pattern {
    /// Parses a pattern.
    ///
    /// # Errors
    ///
    /// The reason why the pattern is invalid.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let lower = text.to_lowercase();
        let lower = if lower.starts_with('/') { lower } else { format!("/{lower}") };
        let Some((start, rest)) = lower.split_once('*') else {
            return Ok(Self { start: lower, tail: Tail::Nothing });
        };
        let tail = match rest.strip_prefix('.') {
            None if rest.is_empty() => Tail::Anything,
            Some(extensions) => Tail::Extensions(extensions_of(extensions).ok_or_else(|| misplaced(text))?),
            None => return Err(misplaced(text)),
        };
        Ok(Self { start: start.to_owned(), tail })
    }

    /// Whether a path in lower case matches. The pattern of an index file also matches its directory. A pattern for all
    /// paths below a directory does not match the index of that directory.
    pub(super) fn fits(&self, path: &str) -> bool {
        self.covers(path)
            && !(self.tail == Tail::Anything
                && self.start.len() > 1
                && self.start.ends_with('/')
                && self.is_index(path))
    }

    /// Whether a path matches, where a pattern for all paths below a directory also matches its index.
    pub(super) fn covers(&self, path: &str) -> bool {
        match &self.tail {
            Tail::Nothing => {
                let (own, path) = (self.start.trim_end_matches('/'), path.trim_end_matches('/'));
                own == path || own.strip_suffix("/index.html") == Some(path)
            }
            Tail::Anything => path.starts_with(&self.start),
            Tail::Extensions(extensions) => {
                let file = path.rsplit('/').next().unwrap_or_default();
                let extension = file.rsplit_once('.').map(|(_, extension)| extension);
                path.starts_with(&self.start)
                    && extension.is_some_and(|found| extensions.iter().any(|known| known == found))
            }
        }
    }

    /// Whether the pattern begins with a path.
    pub(super) fn is_below(&self, folder: &str) -> bool {
        below(&self.start, folder).is_some()
    }

    fn is_index(&self, path: &str) -> bool {
        path.strip_prefix(&self.start) == Some("index.html")
    }
}

/// Parses `png` or `{png,jpg}`.
fn extensions_of(text: &str) -> Option<Vec<String>> {
    let listed = match text.strip_prefix('{') {
        Some(listed) => listed.strip_suffix('}')?,
        None => text,
    };
    let all: Vec<String> = listed.split(',').map(|extension| extension.trim().to_owned()).collect();
    let is_plain =
        |extension: &String| !extension.is_empty() && !extension.contains(['*', '/', '{', '}', '.']);
    all.iter().all(is_plain).then_some(all)
}

fn misplaced(text: &str) -> String {
    format!(
        "`{text}` has a wildcard that is not at the end and not before extensions such as `*.{{png,jpg}}`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_documented() {
        for (pattern, fitting, others) in [
            (
                "/profile/index.html",
                &["/profile/index.html", "/profile", "/profile/"][..],
                &["/profile/a"][..],
            ),
            ("/profile", &["/profile", "/profile/"], &["/profile/index.html", "/profiles"]),
            ("/calendar*", &["/calendar", "/calendar/", "/calendar/2020/1", "/calendars"], &["/cal"]),
            ("/calendar/*", &["/calendar/2020", "/calendar/"], &["/calendar", "/calendar/index.html"]),
            (
                "/articles/*.html",
                &["/articles/a.html", "/articles/b/c.html"],
                &["/articles/a.htm", "/a.html"],
            ),
            ("/i/*.{png, jpg}", &["/i/a.png", "/i/a.b.jpg"], &["/i/a.gif", "/i/png", "/i.png/a"]),
            ("/*", &["/", "/a", "/index.html"], &[]),
            ("Admin/*", &["/admin/x"], &["/admin"]),
            ("/index.html", &["/", "/index.html"], &["/a/index.html"]),
        ] {
            let read = Pattern::parse(pattern).unwrap();
            for path in fitting {
                assert!(read.fits(path), "{pattern} {path}");
            }
            for path in others {
                assert!(!read.fits(path), "{pattern} {path}");
            }
        }
        assert!(Pattern::parse("/admin/*").unwrap().covers("/admin/index.html"));
    }

    #[test]
    fn a_wildcard_elsewhere_is_refused() {
        for pattern in ["/*/admin", "/a*b", "/a/*.", "/a/*.{}", "/a/*.{png", "/a/**"] {
            assert!(Pattern::parse(pattern).unwrap_err().contains(pattern), "{pattern}");
        }
    }
}
