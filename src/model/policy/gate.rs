//! The checks of a policy, for a gateway that implements them: all checks, or an error if one is unknown.

use super::{
    ApimPolicy, document, doubt::Doubt, flow, statement::Statement, validate_jwt::ValidateJwt,
    walk::changed_tokens,
};

/// A policy that a gateway cannot implement, so the gateway must reject every request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct UnfitPolicy(pub Vec<Doubt>);

impl ApimPolicy {
    /// Returns every token check that a request must pass, in the order of the policy.
    ///
    /// If there are alternatives without a way around them, a request must pass the checks of all of them: such a
    /// request is accepted whichever alternative applies.
    ///
    /// # Errors
    ///
    /// [`UnfitPolicy`] with every part that affects which requests are accepted and that is unknown.
    pub fn token_checks(&self) -> Result<Vec<ValidateJwt>, UnfitPolicy> {
        let document = document::parse(&self.xml);
        let document = document.map_err(|error| UnfitPolicy(vec![Doubt::Unread(error.to_string())]))?;
        let (mut checks, mut doubts) = (Vec::new(), Vec::new());
        let statements = flow::of(&document);
        collect(&statements, &mut checks, &mut doubts);
        doubts.extend(changed_tokens(&statements));
        if doubts.is_empty() { Ok(checks) } else { Err(UnfitPolicy(doubts)) }
    }

    /// Returns the reasons why a gateway that implements only `validate-jwt` rejects every request under this policy:
    /// one for each part that affects which requests are accepted and that is unknown. Empty if the gateway can
    /// implement the policy.
    #[must_use]
    pub fn access_checks_not_emulated(&self) -> Vec<String> {
        match self.token_checks() {
            Ok(_) => Vec::new(),
            Err(UnfitPolicy(doubts)) => doubts.iter().map(ToString::to_string).collect(),
        }
    }

    /// Returns the names of the elements in the sections of the policy, in order, without duplicates.
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
                doubts.extend(check.doubts.iter().map(|(_, doubt)| doubt.clone()));
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
