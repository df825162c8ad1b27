//! Which component sent an answer, and what the answer means.

use serde_json::Value;

use super::{Hop, HopName};
use crate::{engine::Target, model::without_mark, provider::Answered};

/// The component that sent an answer, and the answer's meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The gateway received no key.
    KeyMissing,
    /// The gateway rejects the key.
    KeyRefused,
    /// The gateway received no token.
    TokenMissing,
    /// The gateway rejects the token.
    TokenRefused,
    /// The gateway has no operation at this address.
    NoOperation,
    /// The call is rejected because of a rate limit or a quota.
    TooMany,
    /// The gateway received no answer from the API.
    ApiFailed,
    /// The site could not reach its backend.
    BackendCallFailure,
    /// A component in front of the gateway requires the caller to sign in.
    SignIn,
    /// A page that reports that the address does not exist.
    NothingThere,
    /// A server error of an unknown component.
    Fault,
    /// An answer of the API itself.
    Api,
}

/// Classifies an answer by its status and its body: only the gateway's own answers have the form that is parsed here.
pub(super) fn heard(answer: &Answered) -> Heard {
    match (gateway_message(answer), answer.status) {
        (Some(message), 401) if message.contains("missing subscription key") => Heard::KeyMissing,
        (Some(message), 401) if message.contains("subscription key") => Heard::KeyRefused,
        (Some(message), 401) if message.contains("jwt not present") => Heard::TokenMissing,
        (Some(_), 401) => Heard::TokenRefused,
        (Some(message), 404) if message.contains("resource not found") => Heard::NoOperation,
        (Some(message), 403) if message.contains("quota") => Heard::TooMany,
        (Some(_), 500..) => Heard::ApiFailed,
        (_, 429) => Heard::TooMany,
        (None, 500..) if is_backend_call_failure(answer) => Heard::BackendCallFailure,
        (None, 500..) => Heard::Fault,
        (None, 301 | 302 | 303 | 307 | 308 | 401 | 403) => Heard::SignIn,
        (None, 404) if answer.media_type != "application/json" => Heard::NothingThere,
        (_, _) => Heard::Api,
    }
}

/// Returns the message of `{"statusCode": …, "message": …}`, in lower case.
fn gateway_message(answer: &Answered) -> Option<String> {
    let body: Value = serde_json::from_slice(without_mark(&answer.body)).ok()?;
    let same_status = body.get("statusCode").and_then(Value::as_u64) == Some(answer.status.into());
    body.get("message").and_then(Value::as_str).filter(|_| same_status).map(str::to_lowercase)
}

fn is_backend_call_failure(answer: &Answered) -> bool {
    String::from_utf8_lossy(&answer.body).contains("Backend call failure")
}

/// Interprets the gateway's answer to a call without a key.
pub(super) fn without_key(answer: &Answered) -> Hop {
    let name = HopName::GatewayWithoutKey;
    let status = answer.status;
    match heard(answer) {
        Heard::KeyMissing => Hop::ok(name, "asks for a key, as it should"),
        Heard::TokenMissing | Heard::TokenRefused => {
            Hop::warning(name, "asks for no key, but for a token").hint(OPEN)
        }
        Heard::Api | Heard::ApiFailed => {
            Hop::warning(name, format!("lets in a call without a key and without a token ({status})"))
                .hint(OPEN)
        }
        Heard::NoOperation => Hop::warning(name, "serves nothing at that address (404)")
            .hint("compare the API's path and operations with what it is called by"),
        Heard::KeyRefused
        | Heard::TooMany
        | Heard::BackendCallFailure
        | Heard::SignIn
        | Heard::NothingThere
        | Heard::Fault => Hop::warning(name, format!("answered {status}, and not as a gateway does"))
            .hint("see what stands before the gateway at the service's gatewayUrl"),
    }
}

const OPEN: &str =
    "require a subscription on the API, and take it out of open products, unless it is meant to be public";

/// Interprets the site's answer to a browser.
pub(super) fn from_site(answer: &Answered, target: &Target) -> Hop {
    let (name, status) = (HopName::Site, answer.status);
    let relink = format!("run {}", target.command("relink"));
    match heard(answer) {
        Heard::Api => Hop::ok(name, format!("the API answered {status}")),
        Heard::KeyMissing => {
            Hop::broken(name, "the call reached the gateway without the site's key (401)").hint(relink)
        }
        Heard::KeyRefused => {
            Hop::broken(name, "the gateway refuses the key that the site sends (401)").hint(format!(
                "{relink}; if the link was made within the last minutes, first look again"
            ))
        }
        Heard::TokenMissing => {
            Hop::broken(name, "the call reached the gateway without the site's token (401)").hint(relink)
        }
        Heard::TokenRefused => {
            Hop::broken(name, "the gateway refuses the token that the site sends (401)").hint(relink)
        }
        Heard::NoOperation => Hop::broken(name, "the call reached the gateway, which serves nothing there (404)")
            .hint("compare the API's path, which has to begin with `api`, with what it is called by"),
        Heard::TooMany => Hop::warning(name, format!("the gateway has had enough calls for now ({status})"))
            .hint("look again later, or raise the limit in the API's policies"),
        Heard::ApiFailed => {
            Hop::warning(name, format!("the call got as far as the gateway, and failed there or behind it ({status})"))
                .hint("look at the API's own backend, and at the policies of the API")
        }
        Heard::BackendCallFailure => {
            Hop::broken(name, format!("the site could not reach the gateway: backend call failure ({status})"))
                .hint("see that the gateway can be reached from the internet, and that it answers within 45 s")
        }
        Heard::SignIn => Hop::warning(name, format!("the site wants to know who is calling ({status})"))
            .hint("sign in with a browser to see more: a route of `staticwebapp.config.json` allows this to some roles alone"),
        Heard::NothingThere => Hop::broken(name, "the site has nothing at that address (404)")
            .hint("deploy an app, since `/api` is not served before; right after linking, wait a minute and look again"),
        Heard::Fault => Hop::warning(name, format!("a fault on the way, which does not say whose it is ({status})"))
            .hint("look again in a minute; if it stays, look at the logs of the gateway"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, media_type: &str, body: &str) -> Answered {
        Answered { status, media_type: media_type.to_owned(), body: body.as_bytes().to_vec() }
    }

    fn of_gateway(status: u16, message: &str) -> Answered {
        answer(status, "application/json", &format!("{{\"statusCode\":{status},\"message\":\"{message}\"}}"))
    }

    #[test]
    fn the_gateways_own_words_tell_what_it_objects_to() {
        for (status, message, meaning) in [
            (
                401,
                "Access denied due to missing subscription key. Make sure to include it.",
                Heard::KeyMissing,
            ),
            (
                401,
                "Access denied due to invalid subscription key. Make sure to provide one.",
                Heard::KeyRefused,
            ),
            (401, "JWT not present.", Heard::TokenMissing),
            (401, "Invalid JWT.", Heard::TokenRefused),
            (404, "Resource not found", Heard::NoOperation),
            (403, "Out of call volume quota. Quota will be replenished in 00:10:00.", Heard::TooMany),
            (429, "Rate limit is exceeded. Try again in 5 seconds.", Heard::TooMany),
            (500, "Internal server error", Heard::ApiFailed),
        ] {
            assert_eq!(heard(&of_gateway(status, message)), meaning, "{message}");
        }
    }

    #[test]
    fn what_others_say_is_not_taken_for_the_gateways_word() {
        for (status, media_type, body, meaning) in [
            (200, "application/json", "{}", Heard::Api),
            (404, "application/json", "{\"error\":\"no order 0\"}", Heard::Api),
            (404, "text/html", "<html>404</html>", Heard::NothingThere),
            (401, "text/html", "<html>", Heard::SignIn),
            (302, "", "", Heard::SignIn),
            (500, "text/plain", "Backend call failure", Heard::BackendCallFailure),
            (502, "text/html", "", Heard::Fault),
            (400, "text/plain", "which order?", Heard::Api),
        ] {
            assert_eq!(heard(&answer(status, media_type, body)), meaning, "{status} {body}");
        }
        let other_status = "{\"statusCode\":200,\"message\":\"JWT not present.\"}";
        assert_eq!(heard(&answer(401, "application/json", other_status)), Heard::SignIn);
    }
}
