//! Who answers the questions of `init`.

use crate::workflow::error::Unanswered;

/// The answer to a question, or why there is none.
pub type Answer<T> = Result<T, Unanswered>;

/// A question, and the answers to choose from.
#[derive(Debug)]
pub struct Choices<'a> {
    /// The text of the question.
    pub text: &'a str,
    /// The answers.
    pub choices: &'a [String],
    /// The index of the proposed answer.
    pub proposed: usize,
    /// The command-line flag that answers the question.
    pub flag: &'a str,
}

/// Answers questions.
pub trait Asker {
    /// Returns why no question can be asked; `None` if questions can be asked.
    fn refusal(&self) -> Option<&'static str>;

    /// Returns the index of the selected answer.
    ///
    /// # Errors
    ///
    /// If the question is not answered.
    fn choose(&self, question: &Choices<'_>) -> Answer<usize>;

    /// Returns the indexes of any number of answers.
    ///
    /// # Errors
    ///
    /// If the question is not answered.
    fn choose_any(&self, question: &Choices<'_>) -> Answer<Vec<usize>>;

    /// Returns a text.
    ///
    /// # Errors
    ///
    /// If the question is not answered.
    fn text(&self, question: &str, proposed: &str, flag: &str) -> Answer<String>;

    /// Prints a line about the answer to the last question.
    fn say(&self, line: &str);
}
