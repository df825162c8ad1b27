//! Whether the output has colours.

use anstream::ColorChoice;
use strum::{EnumString, VariantNames};

use super::stream::Stream;

/// When results and messages have colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, VariantNames)]
#[strum(serialize_all = "kebab-case", parse_err_ty = String, parse_err_fn = unknown)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set; also in the logs of GitHub Actions and Azure Pipelines, and always if
    /// `CLICOLOR_FORCE` or `FORCE_COLOR` is on.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Applies this choice to all later output of the process.
    pub fn choose(self, variable: impl Fn(&str) -> Option<String>) {
        let choice = match self {
            Self::Auto if is_forced(&variable) => ColorChoice::Always,
            Self::Auto if is_switched_off(&variable) => of_terminals(&variable),
            Self::Auto => ColorChoice::Auto,
            Self::Always => ColorChoice::Always,
            Self::Never => ColorChoice::Never,
        };
        choice.write_global();
    }
}

/// The variables of pipelines whose logs show colours.
const LOGS: [&str; 2] = ["GITHUB_ACTIONS", "TF_BUILD"];

fn is_on(value: &str) -> bool {
    !["0", "false", "off", "no"].contains(&value.to_lowercase().as_str())
}

/// Whether `CLICOLOR_FORCE` is set to off, which `anstream` would take for on.
fn is_switched_off(variable: impl Fn(&str) -> Option<String>) -> bool {
    variable("CLICOLOR_FORCE").is_some_and(|value| !is_on(&value))
}

/// The choice for terminals without regard to `CLICOLOR_FORCE`.
fn of_terminals(variable: impl Fn(&str) -> Option<String>) -> ColorChoice {
    let is_forbidden =
        variable("NO_COLOR").is_some() || variable("CLICOLOR").is_some_and(|value| value == "0");
    let shows_colors = cfg!(windows) || variable("TERM").is_some_and(|name| name != "dumb");
    let are_terminals = Stream::Out.is_terminal() && Stream::Err.is_terminal();
    if are_terminals && shows_colors && !is_forbidden { ColorChoice::Always } else { ColorChoice::Never }
}

/// Whether `FORCE_COLOR` requests colours, or a log shows them; `anstream` reads the other variables.
fn is_forced(variable: impl Fn(&str) -> Option<String>) -> bool {
    if variable("NO_COLOR").is_some() || variable("CLICOLOR").is_some_and(|value| value == "0") {
        return false;
    }
    match variable("FORCE_COLOR") {
        Some(value) => is_on(&value),
        None => LOGS.iter().any(|name| variable(name).is_some_and(|value| is_on(&value))),
    }
}

fn unknown(word: &str) -> String {
    format!("`{word}` is not one of auto, always and never")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clicolor_force_is_on_or_off() {
        for (value, is_off) in [("0", true), ("false", true), ("1", false), ("yes", false)] {
            assert_eq!(is_switched_off(|_| Some(value.to_owned())), is_off, "{value}");
        }
        assert!(!is_switched_off(|_| None));
    }

    #[test]
    fn a_variable_forces_colours_unless_another_forbids_them() {
        let forced = |set: &[(&str, &str)]| {
            is_forced(|name| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(forced(&[("FORCE_COLOR", "1")]) && forced(&[("FORCE_COLOR", "3")]));
        assert!(!forced(&[]) && !forced(&[("FORCE_COLOR", "0")]));
        assert!(!forced(&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
        for log in ["GITHUB_ACTIONS", "TF_BUILD"] {
            assert!(forced(&[(log, "true")]) && !forced(&[(log, "False")]));
            for off in [("NO_COLOR", "1"), ("FORCE_COLOR", "0"), ("CLICOLOR", "0")] {
                assert!(!forced(&[(log, "true"), off]), "{off:?}");
            }
        }
    }
}
