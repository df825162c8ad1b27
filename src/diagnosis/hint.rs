//! What a user can do next: text with commands in it.

use super::{Cure, Selection};

/// Renders a command of this program on the resources that a selection names, such as `swa-apim status --env prod`.
pub type Render = fn(&Cure, &Selection) -> String;

/// The next action of the user: text, with commands of this program in it as values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hint(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Command(Cure, Selection),
}

impl Piece {
    fn placed(self, place: &Selection) -> Self {
        match self {
            Self::Text(text) => Self::Text(text),
            Self::Command(cure, on) => Self::Command(cure, on.and(place)),
        }
    }
}

impl Hint {
    /// Returns a hint that consists of a command, in backticks.
    #[must_use]
    pub fn command(cure: Cure, on: Selection) -> Self {
        Self::from("`").then(Self::bare(cure, on)).then("`")
    }

    /// Returns a hint that consists of a command without backticks, to be a part of a longer command.
    #[must_use]
    pub fn bare(cure: Cure, on: Selection) -> Self {
        Self(vec![Piece::Command(cure, on)])
    }

    /// Returns the hint to run a command.
    #[must_use]
    pub fn run(cure: Cure, on: Selection) -> Self {
        Self::from("run ").then(Self::command(cure, on))
    }

    /// Adds text or another hint at the end.
    #[must_use]
    pub fn then(mut self, rest: impl Into<Self>) -> Self {
        self.0.extend(rest.into().0);
        self
    }

    /// Returns hints as one, with this text between each two.
    #[must_use]
    pub fn joined(hints: impl IntoIterator<Item = Self>, between: &str) -> Self {
        let all = hints.into_iter().reduce(|all, hint| all.then(between).then(hint));
        all.unwrap_or_default()
    }

    /// Adds the options of `place` to each command that lacks them, so that it is about the same control plane.
    #[must_use]
    pub fn placed(self, place: &Selection) -> Self {
        Self(self.0.into_iter().map(|piece| piece.placed(place)).collect())
    }

    /// Whether the hint says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|piece| matches!(piece, Piece::Text(text) if text.is_empty()))
    }

    /// Returns the hint as text, with its commands as `render` writes them.
    #[must_use]
    pub fn text(&self, render: Render) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Command(cure, on) => render(cure, on),
        };
        self.0.iter().map(piece).collect()
    }
}

impl From<String> for Hint {
    fn from(text: String) -> Self {
        Self(vec![Piece::Text(text)])
    }
}

impl From<&str> for Hint {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(cure: &Cure, on: &Selection) -> String {
        format!("{cure:?} {:?}", on.options().collect::<Vec<_>>())
    }

    #[test]
    fn a_hint_is_its_text_with_its_commands_in_order() {
        let on = Selection::default().with("--env", "prod");
        let hint = Hint::run(Cure::Relink, on).then("; then look again").then(Hint::from("."));
        assert_eq!(hint.text(render), "run `Relink [(\"--env\", Some(\"prod\"))]`; then look again.");
        let hints = ["a", "b"].map(Hint::from);
        assert_eq!(Hint::joined(hints, "; ").text(render), "a; b");
        assert!(Hint::joined([], "; ").is_empty() && Hint::from("").is_empty());
    }
}
