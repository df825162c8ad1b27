//! Answers to changes that the model rejects.

use hyper::StatusCode;

use super::served::noun;
use crate::{emulator::reply::Reply, model::ArmType, provider::ProviderError};

/// The answer to a change that the model rejects.
pub(super) fn refused(error: &ProviderError) -> Reply {
    match error {
        ProviderError::Conflict(_) => Reply::precondition_failed(),
        ProviderError::NotFound(id) => match ArmType::of_name(&id.resource_type()) {
            Some(kind) if kind.is_top_level() => Reply::resource_not_found(id),
            Some(kind) if kind.is_of_web() => Reply::web_not_found(noun(kind), id.name()),
            Some(kind) => Reply::apim_not_found(kind),
            None => Reply::resource_not_found(id),
        },
        ProviderError::Rejected { code, .. } if code == "59363" => Reply::web_second_backend(),
        ProviderError::Rejected { code, message, .. } => {
            let target = [("Product with", "name"), ("Subscription scope", "scope")];
            match target.iter().find(|(words, _)| message.starts_with(words)) {
                Some((_, target)) => Reply::apim_invalid(target, message),
                None => Reply::apim(StatusCode::BAD_REQUEST, code, message),
            }
        }
        ProviderError::Malformed(problem) => {
            Reply::apim(StatusCode::BAD_REQUEST, "ValidationError", &problem.to_string())
        }
        ProviderError::ConflictAfterLostAnswer(_)
        | ProviderError::NotAuthenticated(_)
        | ProviderError::NotAuthorized(_)
        | ProviderError::Throttled(_)
        | ProviderError::Unavailable(_)
        | ProviderError::Undetermined(_)
        | ProviderError::Unfinished(_)
        | ProviderError::Storage(_) => Reply::unavailable(error),
    }
}
