//! Every error body that users quote: what it means, and what to do.

use swa_apim::{
    cli::command_line,
    diagnosis::{Diagnose as _, ExitCode},
    model::{Address, ApimServiceId, Key, KeySlot},
    provider::{GatewayAnswer, Gateways as _, Writes as _},
};

use crate::{library::errors, replay::Replay};

const SERVICE: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/gate";

/// What each error of Resource Manager comes to: exit code, a part of the message, a part of the hint.
const MEANINGS: [(&str, ExitCode, &str, &str); 13] = [
    ("backend not in the region given", ExitCode::Refused, "NotFound/51004", "the region of the backend"),
    ("under a second name", ExitCode::Refused, "BadRequest/59363", "link --replace"),
    ("without region", ExitCode::Unavailable, "An error has occurred", "the region of a backend"),
    ("GET a static site", ExitCode::Refused, "does not exist", "swa-apim status"),
    ("whose displayName another", ExitCode::Refused, "Product with the same name already exists", ""),
    ("with empty displayName", ExitCode::Refused, "should not be empty", ""),
    ("DELETE product that has subscriptions", ExitCode::Refused, "existing subscriptions", ""),
    ("with a wrong scope", ExitCode::Refused, "ValidationError, scope: Subscription scope should", ""),
    ("names an unknown named value", ExitCode::Refused, "func-ecs-generalutility-key", ""),
    ("GET an API", ExitCode::Refused, "does not exist", "swa-apim status"),
    ("GET a policy", ExitCode::Refused, "does not exist", "swa-apim status"),
    ("another operation on the same entity", ExitCode::Unavailable, "in progress", "wait until the"),
    ("cannot reach a VNet-injected", ExitCode::Unavailable, "ManagementApiRequestFailed", "wait until the"),
];

#[tokio::test]
async fn every_error_that_users_quote_has_its_exit_code_and_its_hint() {
    let (Some(web), Some(apim)) = (errors("web"), errors("apim")) else { return };
    let id = ApimServiceId::parse(SERVICE).unwrap().apim_subscription("s").unwrap();
    let mut met = 0;
    for (when, recorded) in web.into_iter().chain(apim) {
        // as many as are asked for again
        let replay = Replay::of(vec![recorded; 20]);
        let error = replay.plane().regenerate(&id, KeySlot::Primary).await.unwrap_err();
        let Some((_, exit, message, hint)) = MEANINGS.iter().find(|(part, ..)| when.contains(part)) else {
            assert!(when.contains("If-Match does not match"), "{when}: {error}");
            assert!(error.to_string().contains("another client has changed"), "{error}");
            continue;
        };
        met += 1;
        let diagnosis = error.diagnosis();
        assert_eq!(diagnosis.exit, *exit, "{when}: {error}");
        assert!(error.to_string().contains(message), "{when}: {error}");
        assert!(
            diagnosis.hint.clone().unwrap_or_default().text(command_line).contains(hint),
            "{when}: {diagnosis:?}"
        );
        assert_eq!(hint.is_empty(), diagnosis.hint.is_none(), "{when}: {diagnosis:?}");
    }
    assert_eq!(met, MEANINGS.len());
}

#[tokio::test]
async fn a_gateways_message_shows_whether_it_accepted_the_key() {
    let Some(all) = errors("gateway") else { return };
    let key = Key::new("a1d0c6e83f027db5a5f8eb05517cbe23").unwrap();
    for (when, recorded) in all {
        let replay = Replay::of([recorded]);
        let said = replay.plane().ask_gateway(&Address::of(replay.origin.as_str()), &key).await;
        let expected = match when.as_str() {
            "validate-jwt, no token (default message)" => GatewayAnswer::Accepted,
            "no API or operation matches" => GatewayAnswer::NothingThere,
            // An API that looks for the key in another header says this to every key.
            "no key" => {
                assert!(matches!(said, GatewayAnswer::Unclear(_)), "{said:?}");
                continue;
            }
            _ => GatewayAnswer::KeyRefused,
        };
        assert_eq!(said, expected, "{when}");
    }
}
