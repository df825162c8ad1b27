//! The checks of a policy, for a gateway that carries them out: all of them, or none where one is not known.

use super::{
    ApimPolicy, document,
    doubt::Doubt,
    flow::{self, Statement},
    validate_jwt::ValidateJwt,
    walk::changed_tokens,
};

/// A policy that a gateway cannot carry out, so that it must not let anything in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct UnfitPolicy(pub Vec<Doubt>);

impl ApimPolicy {
    /// Every check of tokens that a request has to pass, in the order in which they are made.
    ///
    /// Of alternatives that leave no other way, a request has to pass all: one that passes each is let in
    /// whichever applies.
    ///
    /// # Errors
    ///
    /// [`UnfitPolicy`] with everything in it that decides who is let in and that is not known here.
    pub fn token_checks(&self) -> Result<Vec<ValidateJwt>, UnfitPolicy> {
        let document = document::parse(&self.xml);
        let document = document.map_err(|error| UnfitPolicy(vec![Doubt::Unread(error.to_string())]))?;
        let (mut checks, mut doubts) = (Vec::new(), Vec::new());
        let statements = flow::of(&document);
        collect(&statements, &mut checks, &mut doubts);
        doubts.extend(changed_tokens(&statements));
        if doubts.is_empty() { Ok(checks) } else { Err(UnfitPolicy(doubts)) }
    }

    /// Why a gateway that carries out `validate-jwt` alone refuses every request under this policy: one reason
    /// for each part of it that decides who is let in and that is not known. Empty where it refuses none.
    #[must_use]
    pub fn access_checks_not_emulated(&self) -> Vec<String> {
        match self.token_checks() {
            Ok(_) => Vec::new(),
            Err(UnfitPolicy(doubts)) => doubts.iter().map(ToString::to_string).collect(),
        }
    }

    /// The names of the elements in the sections of the policy, in order, each once.
    #[must_use]
    pub fn elements(&self) -> Vec<String> {
        let Ok(document) = document::parse(&self.xml) else { return Vec::new() };
        let mut names: Vec<String> = Vec::new();
        let sections = document.root_element().children().filter(roxmltree::Node::is_element);
        for statement in sections.flat_map(|section| section.children()).filter(roxmltree::Node::is_element) {
            let name = statement.tag_name().name();
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        names
    }
}

fn collect(statements: &[Statement], checks: &mut Vec<ValidateJwt>, doubts: &mut Vec<Doubt>) {
    for statement in statements {
        match statement {
            Statement::Check(check) => {
                checks.push(check.rule.clone());
                doubts.extend(check.doubts.iter().cloned());
            }
            Statement::Choose { branches, exhaustive } => {
                if !flow::checks(std::slice::from_ref(statement)).is_empty() && !exhaustive {
                    doubts.push(Doubt::Alternatives);
                }
                for branch in branches {
                    collect(branch, checks, doubts);
                }
            }
            Statement::Answer(element) => doubts.push(Doubt::MayAnswer(element.clone())),
            Statement::Unknown(doubt) | Statement::MayRefuse(doubt) => doubts.push(doubt.clone()),
            Statement::Alters { .. } | Statement::Removes(_) | Statement::Cache(_) | Statement::Later(_) => {}
        }
    }
}
