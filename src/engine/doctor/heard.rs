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
        Heard::KeyMissing => Hop::ok(name, "requires a key, as expected"),
        Heard::TokenMissing | Heard::TokenRefused => {
            Hop::warning(name, "requires a token but no key").hint(OPEN)
        }
        Heard::Api | Heard::ApiFailed => {
            Hop::warning(name, format!("accepts a call without a key and without a token ({status})"))
                .hint(OPEN)
        }
        Heard::NoOperation => Hop::warning(name, "has no operation at that address (404)")
            .hint("compare the path of the API and of its operations with the address that was called"),
        Heard::KeyRefused
        | Heard::TooMany
        | Heard::BackendCallFailure
        | Heard::SignIn
        | Heard::NothingThere
        | Heard::Fault => {
            Hop::warning(name, format!("sent an answer that is not one of a gateway ({status})")).hint(
                "check for a proxy or a firewall between this machine and the gateway URL of the service",
            )
        }
    }
}

const OPEN: &str =
    "require a subscription for the API and remove it from open products, unless it is meant to be public";

/// Interprets the site's answer to a browser.
pub(super) fn from_site(answer: &Answered, target: &Target) -> Hop {
    let (name, status) = (HopName::Site, answer.status);
    let relink = format!("run {}", target.command("relink"));
    match heard(answer) {
        Heard::Api => Hop::ok(name, format!("the API answered with {status}")),
        Heard::KeyMissing => {
            Hop::broken(name, "the call reached the gateway without the site's key (401)").hint(relink)
        }
        Heard::KeyRefused => Hop::broken(name, "the gateway rejects the key that the site sends (401)").hint(
            format!("{relink}; if the site was linked within the last minutes, wait and run `doctor` again"),
        ),
        Heard::TokenMissing => {
            Hop::broken(name, "the call reached the gateway without the site's token (401)").hint(relink)
        }
        Heard::TokenRefused => {
            Hop::broken(name, "the gateway rejects the token that the site sends (401)").hint(relink)
        }
        Heard::NoOperation => Hop::broken(
            name,
            "the call reached the gateway, which has no operation at that address (404)",
        )
        .hint("compare the path of the API, which must begin with `api`, with the address that was called"),
        Heard::TooMany => Hop::warning(
            name,
            format!("the gateway rejects the call because a rate limit or a quota is used up ({status})"),
        )
        .hint("wait and run `doctor` again, or raise the limit in the policies of the API"),
        Heard::ApiFailed => Hop::warning(
            name,
            format!("the call reached the gateway, but the gateway or the API behind it failed ({status})"),
        )
        .hint("check the backend of the API and the policies of the API"),
        Heard::BackendCallFailure => Hop::broken(
            name,
            format!("the site could not reach the gateway: backend call failure ({status})"),
        )
        .hint("check that the gateway can be reached from the internet and answers within 45 s"),
        Heard::SignIn => Hop::warning(name, format!("the site requires the caller to sign in ({status})"))
            .hint(
                "sign in with a browser: a route of `staticwebapp.config.json` allows this address only to \
                 some roles",
            ),
        Heard::NothingThere => Hop::broken(name, "the site has no page at that address (404)").hint(
            "deploy an app, because the site serves `/api` only then; if the site has just been linked, wait \
             a minute and run `doctor` again",
        ),
        Heard::Fault => Hop::warning(
            name,
            format!(
                "the call failed, and the answer does not show which component caused the failure ({status})"
            ),
        )
        .hint("run `doctor` again in a minute; if the failure persists, read the logs of the gateway"),
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
    fn the_gateways_message_shows_the_reason_of_its_refusal() {
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
    fn answers_of_other_servers_are_not_attributed_to_the_gateway() {
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
