//! How help texts are arranged: `-h` fits on one screen, `--help` says everything.

use clap::{Args as _, Command};

use super::GlobalArgs;

/// Where `-h` says that the options of every command are explained.
const POINTER: &str = "Options of every command, such as --env and -o: swa-apim help options";

/// Leaves the options of every command out of `-h`, and says there where they are.
pub(crate) fn on_one_screen(command: Command) -> Command {
    let hidden = command.mut_args(|arg| if arg.is_global_set() { arg.hide_short_help(true) } else { arg });
    with_pointer(hidden)
}

fn with_pointer(command: Command) -> Command {
    let below = command.get_after_help().map(ToString::to_string);
    let command = match below {
        Some(below) => command.after_help(format!("{below}\n\n{POINTER}")).after_long_help(below),
        None => command.after_help(POINTER).after_long_help(""),
    };
    command.mut_subcommands(with_pointer)
}

/// The help of the options of every command.
pub(crate) fn of_global_options() -> String {
    let command = super::variables::hidden(GlobalArgs::augment_args(Command::new("swa-apim")));
    let command = command.disable_help_flag(true).help_template("{all-args}").max_term_width(super::WIDEST);
    format!("Options of every command\n\n{}", { command }.render_long_help())
}
