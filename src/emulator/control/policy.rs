//! How the service writes a policy that it was given: with tabs, and with line ends of its own.

/// A policy's text as the service gives it back: recorded are tabs for eight spaces, and `\r\n` for `\n`.
/// What a level is indented by, whatever that is, becomes a tab.
pub(super) fn reformatted(xml: &str) -> String {
    let lines: Vec<&str> = xml.trim_start_matches('\u{feff}').lines().collect();
    let depth = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let level = lines.iter().map(|line| depth(line)).filter(|depth| *depth > 0).min().unwrap_or(1);
    let written = lines.iter().map(|line| {
        let depth = depth(line);
        format!("{}{}", "\t".repeat(depth / level), &line[depth - depth % level..])
    });
    written.collect::<Vec<_>>().join("\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_comes_back_as_it_was_recorded() {
        let given = "<policies>\n        <inbound></inbound>\n        <backend>\n                <!-- test -->\n        </backend>\n        <outbound />\n        <on-error />\n</policies>";
        let recorded = "<policies>\r\n\t<inbound></inbound>\r\n\t<backend>\r\n\t\t<!-- test -->\r\n\t</backend>\r\n\t<outbound />\r\n\t<on-error />\r\n</policies>";
        assert_eq!(reformatted(given), recorded);
        assert_eq!(reformatted(recorded), recorded, "and stays so");
        assert_eq!(reformatted(&given.replace("        ", "    ")), recorded);
    }

    #[test]
    fn nothing_but_space_before_a_line_is_changed() {
        assert_eq!(
            reformatted("<a>\n   <b c=\"    x\" />\n     <d/>\n</a>"),
            "<a>\r\n\t<b c=\"    x\" />\r\n\t  <d/>\r\n</a>"
        );
    }
}
