//! The simulation of a request through the statements of a policy.

use super::{
    doubt::Doubt,
    evaluate::Scene,
    request::{Outcome, Request, TOKEN_HEADER},
    statement::Statement,
    validate_jwt::{Part, TokenPlace},
    verdict::Closing,
};

/// The effects of earlier statements: tokens that may be replaced, and answers that may be given without a check.
#[derive(Clone, Default)]
struct Before {
    doubts: Vec<Doubt>,
    places: Vec<TokenPlace>,
    /// The element that removed the site's token.
    remover: Option<String>,
}

/// The maximum number of remembered effects, which limits the cost of each statement.
const MOST: usize = 64;

/// Returns the outcome for a request.
pub(super) fn outcome(statements: &[Statement], request: &Request, scene: &Scene<'_>) -> Outcome {
    through(statements, request, scene, Before::default())
}

fn through(statements: &[Statement], request: &Request, scene: &Scene<'_>, mut before: Before) -> Outcome {
    let mut outcomes = Vec::with_capacity(statements.len());
    for statement in statements {
        outcomes.push(step(statement, request, scene, &before));
        before.note(statement);
    }
    Outcome::all(outcomes.into_iter())
}

fn step(statement: &Statement, request: &Request, scene: &Scene<'_>, before: &Before) -> Outcome {
    match statement {
        Statement::Check(check) => {
            if let Some(element) =
                before.removes(&check.rule.token).filter(|_| check.doubts_about(&[Part::Whole]).is_empty())
            {
                return Outcome::Refused(vec![Closing::Answered(element.to_owned())]);
            }
            let doubts = before.doubts_at(&check.rule.token);
            if doubts.is_empty() { check.outcome(request, scene) } else { Outcome::Unknown(doubts) }
        }
        Statement::Answer(_) if !before.doubts.is_empty() => Outcome::Unknown(before.doubts.clone()),
        Statement::Answer(element) => Outcome::Refused(vec![Closing::Answered(element.clone())]),
        Statement::Alters { .. } | Statement::Removes(_) | Statement::Cache(_) | Statement::Later(_) => {
            Outcome::Passes
        }
        Statement::MayRefuse(doubt) | Statement::Unknown(doubt) => Outcome::Unknown(vec![doubt.clone()]),
        Statement::Choose { branches, exhaustive } => choose(branches, *exhaustive, request, scene, before),
    }
}

/// Returns the outcome of alternatives: determined if all of them have the same one.
fn choose(
    branches: &[Vec<Statement>],
    exhaustive: bool,
    request: &Request,
    scene: &Scene<'_>,
    before: &Before,
) -> Outcome {
    let each = branches.iter().map(|branch| through(branch, request, scene, before.clone()));
    let mut outcomes: Vec<Outcome> = each.collect();
    if !exhaustive {
        outcomes.push(Outcome::Passes);
    }
    if outcomes.iter().all(|it| *it == Outcome::Passes) {
        return Outcome::Passes;
    }
    let refusals = outcomes.iter().filter_map(|it| match it {
        Outcome::Refused(why) => Some(why.clone()),
        Outcome::Passes | Outcome::Unknown(_) => None,
    });
    let refusals: Vec<_> = refusals.collect();
    if refusals.len() == outcomes.len() {
        return Outcome::Refused(refusals.concat());
    }
    let mut doubts = vec![Doubt::Alternatives];
    for outcome in outcomes {
        if let Outcome::Unknown(why) = outcome {
            doubts.extend(why);
        }
    }
    Outcome::Unknown(doubts)
}

impl Before {
    /// Records a statement that a request has passed.
    fn note(&mut self, statement: &Statement) {
        match statement {
            Statement::Removes(element) => {
                self.places.retain(|place| !place.is_of_sites());
                self.remover = Some(element.clone());
            }
            Statement::Choose { branches, .. } => branches.iter().flatten().for_each(|it| self.may(it)),
            Statement::Alters { .. }
            | Statement::Cache(_)
            | Statement::Unknown(_)
            | Statement::Check(_)
            | Statement::Answer(_)
            | Statement::MayRefuse(_)
            | Statement::Later(_) => self.may(statement),
        }
    }

    /// Records a statement that a request may have passed.
    fn may(&mut self, statement: &Statement) {
        match statement {
            Statement::Alters { place: Some(place), element } => self.alters(place.clone(), element),
            Statement::Removes(element) => {
                self.alters(TokenPlace::Header(TOKEN_HEADER.to_owned()), element);
            }
            Statement::Alters { place: None, element } => self.doubts(Doubt::TokenChanged(element.clone())),
            Statement::Cache(element) => self.doubts(Doubt::Cached(element.clone())),
            Statement::Unknown(doubt) => self.doubts(doubt.clone()),
            Statement::Choose { branches, .. } => branches.iter().flatten().for_each(|it| self.may(it)),
            Statement::Check(_) | Statement::Answer(_) | Statement::MayRefuse(_) | Statement::Later(_) => {}
        }
    }

    fn alters(&mut self, place: TokenPlace, element: &str) {
        if self.places.len() >= MOST {
            self.doubts(Doubt::TokenChanged(element.to_owned()));
        } else if !self.places.contains(&place) {
            self.places.push(place);
        }
    }

    fn doubts(&mut self, doubt: Doubt) {
        if self.doubts.len() < MOST && !self.doubts.contains(&doubt) {
            self.doubts.push(doubt);
        }
    }

    /// Returns the element that removed the token at a place from every request, if no element can have set one there.
    fn removes(&self, place: &TokenPlace) -> Option<&str> {
        let may_be_back = !self.doubts.is_empty() || self.places.iter().any(TokenPlace::is_of_sites);
        self.remover.as_deref().filter(|_| place.is_of_sites() && !may_be_back)
    }

    /// Returns the reasons why the token that a check reads at a place may not be the token of the request.
    fn doubts_at(&self, place: &TokenPlace) -> Vec<Doubt> {
        let is_place = |altered: &TokenPlace| match (altered, place) {
            (TokenPlace::Header(one), TokenPlace::Header(other)) => one.eq_ignore_ascii_case(other),
            (TokenPlace::QueryParameter(one), TokenPlace::QueryParameter(other)) => {
                one.is_empty() || one == other
            }
            (TokenPlace::Header(_) | TokenPlace::QueryParameter(_), _) => false,
        };
        let mut doubts = self.doubts.clone();
        let is_removed = self.remover.is_some() && place.is_of_sites();
        if is_removed || self.places.iter().any(is_place) {
            let element = match place {
                TokenPlace::Header(_) => "set-header",
                TokenPlace::QueryParameter(_) => "set-query-parameter",
            };
            doubts.push(Doubt::TokenChanged(element.to_owned()));
        }
        doubts
    }
}

/// Whether it is proven that only requests with a valid token of the site pass, because of one check that reads the
/// token of the request.
pub(super) fn is_strict(statements: &[Statement], scene: &Scene<'_>) -> bool {
    strict(statements, scene, Before::default())
}

fn strict(statements: &[Statement], scene: &Scene<'_>, mut before: Before) -> bool {
    statements.iter().any(|statement| {
        let holds = match statement {
            Statement::Check(check) => {
                check.is_strict(scene.site) && before.doubts_at(&check.rule.token).is_empty()
            }
            Statement::Choose { branches, exhaustive } => {
                *exhaustive && branches.iter().all(|branch| strict(branch, scene, before.clone()))
            }
            Statement::Answer(_)
            | Statement::Alters { .. }
            | Statement::Cache(_)
            | Statement::Removes(_)
            | Statement::MayRefuse(_)
            | Statement::Unknown(_)
            | Statement::Later(_) => false,
        };
        before.note(statement);
        holds
    })
}

/// Returns the reasons why a check may not read the token of the request.
pub(super) fn changed_tokens(statements: &[Statement]) -> Vec<Doubt> {
    changed(statements, Before::default())
}

fn changed(statements: &[Statement], mut before: Before) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    for statement in statements {
        if let Some(check) = statement.check() {
            doubts.extend(before.doubts_at(&check.rule.token));
        }
        doubts.extend(statement.branches().iter().flat_map(|branch| changed(branch, before.clone())));
        before.note(statement);
    }
    doubts
}
