//! The caller's permissions, as a hop.

use super::{Hop, HopName};
use crate::{
    diagnosis::ExitCode,
    engine::{Certainty, Need, Rights, Target, Verb, rights::role_to_grant},
};

/// Compares the caller's permissions with those that each verb may need. Some of them are optional: links can be
/// created and repaired without them.
#[must_use]
pub fn hop_of_rights(target: &Target, rights: &Rights) -> Hop {
    let lacks = |verb: Verb, certainty: Certainty| {
        let missing = rights.lacks(Need::all_of_verb(verb, target)).into_iter();
        missing.filter(|need| need.certainty == certainty).collect::<Vec<_>>()
    };
    let is_lacking = |verb: &Verb| !lacks(*verb, Certainty::Known).is_empty();
    let (may, may_not): (Vec<Verb>, Vec<Verb>) =
        Verb::ALL.iter().copied().partition(|verb| !is_lacking(verb));
    let lacks_more = may_not.iter().any(|verb| *verb != Verb::History);
    let named = |verbs: &[Verb]| verbs.iter().map(|verb| verb.as_str()).collect::<Vec<_>>().join(", ");
    let hint = role_to_grant(target);
    let inferred = lacks(Verb::Link, Certainty::Inferred);
    let hop = if !may_not.iter().all(|verb| verb.is_extra()) {
        let saw = format!("not sufficient for {}", named(&may_not));
        Hop::failed(HopName::Rights, ExitCode::NotAuthorized, saw).hint(hint)
    } else if !inferred.is_empty() {
        let actions: Vec<&str> = inferred.iter().map(|need| need.action).collect();
        Hop::warning(HopName::Rights, format!("sufficient for {}", named(&may)))
            .also(format!("it is not documented whether connecting also requires {}", actions.join(", ")))
            .hint(hint)
    } else if !lacks_more {
        // A log that cannot be read prevents nothing: without it, changes have no author, and keys no age.
        Hop::ok(HopName::Rights, format!("sufficient for {}", named(&may)))
    } else {
        Hop::warning(HopName::Rights, format!("sufficient for {}", named(&may)))
    };
    let mut missing: Vec<Need> =
        Verb::ALL.iter().copied().flat_map(|verb| lacks(verb, Certainty::Known)).collect();
    missing.sort_unstable();
    missing.dedup();
    missing.iter().fold(hop, |hop, need| {
        hop.also(format!("`{}` on `{}` is missing", need.action, need.place(target).name()))
    })
}
