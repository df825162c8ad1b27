//! Questions at the terminal, and why one is not answered.

use std::io;

use dialoguer::{Input, MultiSelect, Select, console::Term, theme::SimpleTheme};

use super::ui::Ui;
use crate::{
    diagnosis::{Diagnose, Diagnosis, ExitCode},
    report::one_line,
};

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// There is nobody to ask.
    #[error("an answer is needed, and {why}: {question}")]
    Nobody {
        /// Why nobody can be asked.
        why: &'static str,
        /// What would have been asked.
        question: String,
        /// What answers it on the command line.
        flag: String,
    },
    /// The answer was not the one that goes on.
    #[error("not confirmed; nothing was changed")]
    Declined,
    /// Somebody pressed Ctrl-C.
    #[error("interrupted; nothing was changed")]
    Interrupted,
    /// The terminal failed.
    #[error("could not ask at the terminal")]
    Terminal(#[source] io::Error),
}

impl Diagnose for AskError {
    fn diagnosis(&self) -> Diagnosis {
        match self {
            Self::Nobody { flag, .. } => {
                Diagnosis::new(ExitCode::Usage).hint(format!("answer it on the command line with {flag}"))
            }
            Self::Declined => Diagnosis::new(ExitCode::Refused),
            Self::Interrupted => Diagnosis::new(ExitCode::Interrupted),
            Self::Terminal(_) => Diagnosis::new(ExitCode::Unexpected),
        }
    }
}

/// An answer, or why there is none; a question that was cut off has hidden the cursor.
fn answered<T>(answer: dialoguer::Result<T>) -> Result<T, AskError> {
    answer.map_err(|dialoguer::Error::IO(error)| {
        // Of a terminal that is gone, nothing more is wanted.
        let _ = Term::stderr().show_cursor();
        match error.kind() {
            io::ErrorKind::Interrupted => AskError::Interrupted,
            _ => AskError::Terminal(error),
        }
    })
}

impl Ui {
    /// Lets the user type `name` to go on.
    ///
    /// # Errors
    ///
    /// [`AskError`] if nobody can be asked, or something else is typed.
    pub fn confirm_by_typing(&self, question: &str, name: &str, flag: &str) -> Result<(), AskError> {
        self.check_terminal(question, flag)?;
        let prompt = format!("{}\nType `{}` to go on", one_line(question), one_line(name));
        let typed: String =
            answered(Input::with_theme(&SimpleTheme).with_prompt(prompt).allow_empty(true).interact_text())?;
        if typed.trim() == name { Ok(()) } else { Err(AskError::Declined) }
    }

    /// Lets the user choose one of several.
    ///
    /// # Errors
    ///
    /// [`AskError`] if nobody can be asked.
    pub fn choose(&self, question: &str, choices: &[String], flag: &str) -> Result<usize, AskError> {
        self.check_terminal(question, flag)?;
        let items = choices.iter().map(|choice| one_line(choice));
        let select = Select::with_theme(&SimpleTheme).with_prompt(question).items(items).default(0);
        answered(select.interact_opt())?.ok_or(AskError::Interrupted)
    }

    /// Lets the user choose any of several.
    ///
    /// # Errors
    ///
    /// [`AskError`] if nobody can be asked.
    pub fn choose_any(&self, question: &str, choices: &[String], flag: &str) -> Result<Vec<usize>, AskError> {
        self.check_terminal(question, flag)?;
        let items = choices.iter().map(|choice| one_line(choice));
        let select = MultiSelect::with_theme(&SimpleTheme).with_prompt(question).items(items);
        answered(select.interact_opt())?.ok_or(AskError::Interrupted)
    }

    /// Lets the user type a text, or take the one that is proposed.
    ///
    /// # Errors
    ///
    /// [`AskError`] if nobody can be asked.
    pub fn ask(&self, question: &str, proposed: &str, flag: &str) -> Result<String, AskError> {
        self.check_terminal(question, flag)?;
        let input = Input::with_theme(&SimpleTheme).with_prompt(question).default(proposed.to_owned());
        answered(input.interact_text())
    }

    /// Whether somebody can be asked at all.
    ///
    /// # Errors
    ///
    /// [`AskError`] if nobody can.
    pub fn check_terminal(&self, question: &str, flag: &str) -> Result<(), AskError> {
        if self.can_ask {
            return Ok(());
        }
        let why =
            if self.options.no_input { "`--no-input` is given" } else { "there is no terminal to ask at" };
        let mut rest = question.trim_end_matches('.').chars();
        let question = rest.next().map(|first| first.to_lowercase().chain(rest).collect());
        Err(AskError::Nobody { why, question: question.unwrap_or_default(), flag: flag.to_owned() })
    }
}
