//! Prompts at the terminal, and the reasons why a prompt has no answer.

use std::io;

use dialoguer::{Confirm, Input, MultiSelect, Select, console::Term, theme::SimpleTheme};

use super::ui::Ui;
use crate::{
    diagnosis::{Diagnose, Diagnosis, ExitCode},
    report::one_line,
};

/// Why a prompt has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// No user can be prompted.
    #[error("input required, but {why}: {question}")]
    NoTerminal {
        /// Why no user can be prompted.
        why: &'static str,
        /// The text of the prompt.
        question: String,
        /// The command-line flag that answers the prompt.
        flag: String,
    },
    /// The answer did not confirm the command.
    #[error("not confirmed; nothing was changed")]
    Declined,
    /// The user pressed Ctrl-C.
    #[error("interrupted; nothing was changed")]
    Interrupted,
    /// Reading from or writing to the terminal failed.
    #[error("could not read from the terminal")]
    Terminal(#[source] io::Error),
}

impl Diagnose for AskError {
    fn diagnosis(&self) -> Diagnosis {
        match self {
            Self::NoTerminal { flag, .. } => {
                Diagnosis::new(ExitCode::Usage).hint(format!("run the command again with {flag}"))
            }
            Self::Declined => Diagnosis::new(ExitCode::Refused),
            Self::Interrupted => Diagnosis::new(ExitCode::Interrupted),
            Self::Terminal(_) => Diagnosis::new(ExitCode::Unexpected),
        }
    }
}

/// Returns the answer or the error; shows the cursor again, which an interrupted prompt leaves hidden.
fn answered<T>(answer: dialoguer::Result<T>) -> Result<T, AskError> {
    answer.map_err(|dialoguer::Error::IO(error)| {
        // The result is ignored: the terminal may be closed.
        let _ = Term::stderr().show_cursor();
        match error.kind() {
            io::ErrorKind::Interrupted => AskError::Interrupted,
            _ => AskError::Terminal(error),
        }
    })
}

impl Ui {
    /// Asks the user to confirm by typing `name`.
    ///
    /// # Errors
    ///
    /// [`AskError`] if no user can be prompted, or the user types something else.
    pub fn confirm_by_typing(&self, question: &str, name: &str, flag: &str) -> Result<(), AskError> {
        self.check_terminal(question, flag)?;
        let prompt = format!("{}\nType `{}` to continue", one_line(question), one_line(name));
        let typed: String =
            answered(Input::with_theme(&SimpleTheme).with_prompt(prompt).allow_empty(true).interact_text())?;
        if typed.trim() == name { Ok(()) } else { Err(AskError::Declined) }
    }

    /// Asks the user a question that is answered with yes or no; the default is yes.
    ///
    /// # Errors
    ///
    /// [`AskError`] if no user can be prompted, or the answer is no.
    pub fn confirm(&self, question: &str) -> Result<(), AskError> {
        self.check_terminal(question, "`--yes`")?;
        let prompt = Confirm::with_theme(&SimpleTheme).with_prompt(one_line(question)).default(true);
        if answered(prompt.interact())? { Ok(()) } else { Err(AskError::Declined) }
    }

    /// Asks the user to select one of several choices, of which the one at the index `proposed` is preselected.
    ///
    /// # Errors
    ///
    /// [`AskError`] if no user can be prompted.
    pub fn choose(
        &self,
        question: &str,
        choices: &[String],
        proposed: usize,
        flag: &str,
    ) -> Result<usize, AskError> {
        self.check_terminal(question, flag)?;
        let items = choices.iter().map(|choice| one_line(choice));
        let select = Select::with_theme(&SimpleTheme).with_prompt(question).items(items).default(proposed);
        answered(select.interact_opt())?.ok_or(AskError::Interrupted)
    }

    /// Asks the user to select any number of choices.
    ///
    /// # Errors
    ///
    /// [`AskError`] if no user can be prompted.
    pub fn choose_any(&self, question: &str, choices: &[String], flag: &str) -> Result<Vec<usize>, AskError> {
        self.check_terminal(question, flag)?;
        let items = choices.iter().map(|choice| one_line(choice));
        let select = MultiSelect::with_theme(&SimpleTheme).with_prompt(question).items(items);
        answered(select.interact_opt())?.ok_or(AskError::Interrupted)
    }

    /// Asks the user for a text, with `proposed` as the default.
    ///
    /// # Errors
    ///
    /// [`AskError`] if no user can be prompted.
    pub fn ask(&self, question: &str, proposed: &str, flag: &str) -> Result<String, AskError> {
        self.check_terminal(question, flag)?;
        let input = Input::with_theme(&SimpleTheme).with_prompt(question).default(proposed.to_owned());
        answered(input.interact_text())
    }

    /// Returns why no user can be prompted; `None` if a user can be.
    #[must_use]
    pub fn why_not_asked(&self) -> Option<&'static str> {
        let why = if self.options.no_input { "`--no-input` is set" } else { "there is no terminal" };
        (!self.can_ask).then_some(why)
    }

    /// Checks that a user can be prompted.
    ///
    /// # Errors
    ///
    /// [`AskError`] if no user can be prompted.
    pub fn check_terminal(&self, question: &str, flag: &str) -> Result<(), AskError> {
        let Some(why) = self.why_not_asked() else { return Ok(()) };
        let question = question.trim_end_matches('.').to_owned();
        Err(AskError::NoTerminal { why, question, flag: flag.to_owned() })
    }
}
