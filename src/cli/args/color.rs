//! Colours of the messages that clap writes: help, usage and errors, with the palette of all other output.

use std::ffi::OsString;

use clap::builder::styling::{Style, Styles};

use crate::output::{Color, Tone};

/// The environment variable of `--color`.
const VARIABLE: &str = "SWA_APIM_COLOR";

/// The styles of help, usage and errors.
pub(crate) fn styles() -> Styles {
    let bold = Style::new().bold();
    Styles::plain()
        .header(bold)
        .usage(bold)
        .literal(bold)
        .error(Tone::Broken.style())
        .invalid(Tone::Broken.style())
        .valid(Tone::Noted.style())
}

/// Returns the choice in a command line that may not be valid, so that its error has the colours that were asked for.
/// `words` are those after the name of the program.
pub(crate) fn chosen(words: &[OsString], variable: impl Fn(&str) -> Option<String>) -> Color {
    let words = words.iter().map(|word| word.to_str().unwrap_or_default());
    let mut words = words.take_while(|word| *word != "--").peekable();
    let mut flag = None;
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--color") {
            Some("") => words.peek().copied(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        flag = value.and_then(|value| value.parse().ok()).or(flag);
    }
    flag.or_else(|| variable(VARIABLE)?.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_is_found_anywhere_in_the_line_and_then_in_the_environment() {
        let of = |line: &str, value: Option<&str>| {
            let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            chosen(&words, |name| value.filter(|_| name == VARIABLE).map(str::to_owned))
        };
        assert_eq!(of("status --al --color never", None), Color::Never);
        assert_eq!(of("--color=always status --al", None), Color::Always);
        assert_eq!(of("status --al", Some("never")), Color::Never);
        assert_eq!(of("status --color always --al", Some("never")), Color::Always);
        assert_eq!(of("status --colour never", None), Color::Auto);
        assert_eq!(of("status --color purple", Some("always")), Color::Always);
        assert_eq!(of("status --color", None), Color::Auto);
        assert_eq!(of("explain -- --color never", None), Color::Auto);
    }
}
