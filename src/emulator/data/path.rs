//! Request paths, compared by whole segments.

/// Whether a path is proxied, ignoring case.
pub(super) fn is_api(path: &str) -> bool {
    below(path, "/api").is_some()
}

/// Returns the rest of a path that equals `prefix` or is below it.
pub(super) fn below<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = path.split_at_checked(prefix.len())?;
    (head.eq_ignore_ascii_case(prefix) && (rest.is_empty() || rest.starts_with('/'))).then_some(rest)
}

/// Whether a segment of a path is `.` or `..`, as such or percent-encoded.
pub(super) fn climbs(path: &str) -> bool {
    let is_dots = |segment: &str| {
        let dots = percent_encoding::percent_decode_str(segment);
        dots.clone().all(|byte| byte == b'.') && (1..=2).contains(&dots.count())
    };
    path.split('/').any(|segment| segment.starts_with(['.', '%']) && is_dots(segment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_segments_are_proxied() {
        for (path, proxied) in [
            ("/api/x", true),
            ("/API/x", true),
            ("/api", true),
            ("/apis", false),
            ("/", false),
            ("/aé", false),
        ] {
            assert_eq!(is_api(path), proxied, "{path}");
        }
    }
}
