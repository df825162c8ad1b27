//! Keeps a model out of version control: it contains keys.

use std::{fs, io, path::Path};

/// The name of the file.
const FILE: &str = ".gitignore";

/// The patterns for a model and the files beside it, by the path of the model relative to the file.
fn patterns(model: &Path) -> [String; 2] {
    let path =
        model.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
    [format!("/{path}"), format!("/{path}.*")]
}

/// Returns the text of the file with the patterns that it lacks; `None` if it has all of them.
fn with_patterns(existing: &str, model: &Path) -> Option<String> {
    let has = |pattern: &String| {
        existing.lines().any(|line| [pattern, pattern.trim_start_matches('/')].contains(&line.trim()))
    };
    let missing: Vec<String> = patterns(model).into_iter().filter(|pattern| !has(pattern)).collect();
    if missing.is_empty() {
        return None;
    }
    let end = if existing.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = if existing.is_empty() || existing.ends_with('\n') { "" } else { end };
    let head = if existing.contains("swa-apim") { "" } else { "# The model of swa-apim contains keys." };
    let lines: Vec<&str> = [head]
        .into_iter()
        .chain(missing.iter().map(String::as_str))
        .filter(|line| !line.is_empty())
        .collect();
    Some(format!("{existing}{gap}{}{end}", lines.join(end)))
}

/// Returns the new text of `.gitignore` in a directory that contains a model; `None` if nothing is missing.
///
/// # Errors
///
/// If the existing file cannot be read.
pub(super) fn text(directory: &Path, model: &Path) -> io::Result<Option<String>> {
    let existing = match fs::read_to_string(directory.join(FILE)) {
        Ok(existing) => existing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    Ok(with_patterns(&existing, model))
}

/// The path of `.gitignore` in a directory.
pub(super) fn path(directory: &Path) -> std::path::PathBuf {
    directory.join(FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(existing: &str) -> Option<String> {
        with_patterns(existing, Path::new("models/plane.json"))
    }

    #[test]
    fn a_missing_pattern_is_appended_and_the_rest_is_kept() {
        let both = "# The model of swa-apim contains keys.\n/models/plane.json\n/models/plane.json.*\n";
        assert_eq!(with("").as_deref(), Some(both));
        assert_eq!(with("target").as_deref(), Some(format!("target\n{both}").as_str()));
        assert_eq!(with(both), None);
        assert_eq!(with("models/plane.json\r\n/models/plane.json.*\r\n"), None);
        let crlf = with("a\r\n/models/plane.json\r\n").unwrap();
        assert_eq!(
            crlf,
            "a\r\n/models/plane.json\r\n# The model of swa-apim contains keys.\r\n/models/plane.json.*\r\n"
        );
    }
}
