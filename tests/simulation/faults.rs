//! What can happen to one request.

use serde_json::{Value, json};

use crate::{
    azure::{Asked, Told},
    chance::Chance,
};

/// What happens to a request.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// There is no connection.
    NotSent,
    /// The connection ends before the request is carried out.
    LostBefore,
    /// The connection ends after the request was carried out.
    LostAfter,
    /// It is carried out, and the answer arrives after the client has given it up.
    Late,
    /// A proxy repeats it, and the answer is the first one's or the second one's.
    Twice { last: bool },
    /// Another answer, and it is not carried out.
    Instead(Told),
    /// It is carried out, and another answer arrives.
    After(Told),
    /// It is carried out, and the answer arrives in another form.
    Bent(Bend),
}

/// How an honest answer is changed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bend {
    Cut,
    HalfJson,
    EmptyObject,
    Null,
    List,
    Text,
    Page,
    Nothing,
    PropertiesNumber,
    PropertiesNull,
    WithoutId,
    ValueNull,
    OneKey,
    ForeignNext,
}

const BENDS: [Bend; 14] = [
    Bend::Cut,
    Bend::HalfJson,
    Bend::EmptyObject,
    Bend::Null,
    Bend::List,
    Bend::Text,
    Bend::Page,
    Bend::Nothing,
    Bend::PropertiesNumber,
    Bend::PropertiesNull,
    Bend::WithoutId,
    Bend::ValueNull,
    Bend::OneKey,
    Bend::ForeignNext,
];
const PAGE: &str = "<html><head><title>Not what you asked for</title></head></html>";
/// The longest `Retry-After` that is a number of 64 bits.
pub(crate) const LARGEST: &str = "18446744073709551615";
/// What `Retry-After` may say, from an honest second to what no clock can add.
const LATER: [&str; 12] = [
    "1",
    "0",
    "-1",
    "3.5",
    "7200",
    LARGEST,
    "99999999999999999999999",
    "1e308",
    "soon",
    "",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Thu, 01 Jan 1970 00:00:00 GMT",
];

impl Fault {
    /// This status and this body, and the request is not carried out.
    pub(crate) fn said(status: u16, body: &str) -> Self {
        Self::Instead(told(status, body))
    }

    /// A 404 that does not prove that the resource does not exist, and the request is not carried out.
    pub(crate) fn missing(chance: &mut Chance) -> Self {
        Self::Instead(missing(chance))
    }

    /// A redirection to another resource of the same host, which answers with a success; the request is not carried out.
    pub(crate) fn elsewhere() -> Self {
        let headers = vec![("location".to_owned(), "/subscriptions?api-version=2022-12-01".to_owned())];
        Self::Instead(Told { headers, ..told(307, "") })
    }

    /// This status, after the request was carried out.
    pub(crate) fn done_and(status: u16) -> Self {
        Self::After(told(status, ""))
    }

    /// 429, with this `Retry-After`.
    pub(crate) fn later(after: &str) -> Self {
        let headers = vec![("retry-after".to_owned(), after.to_owned())];
        Self::Instead(Told { headers, ..told(429, "") })
    }

    pub(crate) fn new(asked: &Asked, chance: &mut Chance) -> Self {
        match chance.below(12) {
            0 => Self::NotSent,
            1 => Self::LostBefore,
            2 | 3 => Self::LostAfter,
            4 => Self::Late,
            5 => Self::Twice { last: chance.hits(500) },
            6 => Self::After(failure(*chance.of(&[500, 502, 503, 504]), chance)),
            7 => Self::Instead(missing(chance)),
            8 => Self::Bent(*chance.of(&BENDS)),
            _ if asked.method == "GET" && chance.hits(300) => Self::Instead(missing(chance)),
            _ => {
                let status =
                    *chance.of(&[401, 403, 408, 409, 412, 429, 429, 500, 502, 503, 504, 400, 418, 307]);
                Self::Instead(failure(status, chance))
            }
        }
    }
}

fn told(status: u16, body: impl Into<Vec<u8>>) -> Told {
    Told { status, headers: Vec::new(), body: body.into() }
}

/// A failure in any of the forms that it has in Azure, or in that of a proxy.
fn failure(status: u16, chance: &mut Chance) -> Told {
    let codes: &[&str] = match status {
        401 => &["InvalidAuthenticationToken", "ExpiredAuthenticationToken", "Unauthorized"],
        403 => {
            &["AuthorizationFailed", "RequestDisallowedByPolicy", "ReadOnlyDisabledSubscription", "Forbidden"]
        }
        409 => &["Conflict", "ScopeLocked", "MissingSubscriptionRegistration", "AnotherOperationInProgress"],
        412 => &["PreconditionFailed"],
        429 => &["SubscriptionRequestsThrottled", "TooManyRequests"],
        400 => &["ValidationError", "BadRequest", "InvalidRequestContent"],
        _ => &["InternalServerError", "ServiceUnavailable", "ManagementApiRequestFailed", "GatewayTimeout"],
    };
    let (code, message) = (*chance.of(codes), "Something went wrong.");
    let body = match chance.below(6) {
        0 | 1 => json!({"error": {"code": code, "message": message}}).to_string(),
        2 => json!({"error": {"code": code, "message": message, "details": null}}).to_string(),
        3 => json!({"Code": code, "Message": message, "Target": null, "Details": [{"Message": message},
            {"Code": code}, {"ErrorEntity": {"Code": code, "Message": message}}], "Innererror": null})
        .to_string(),
        4 => PAGE.to_owned(),
        _ => String::new(),
    };
    let mut told = told(status, body);
    if chance.hits(400) {
        told.headers.push(("retry-after".to_owned(), (*chance.of(&LATER)).to_owned()));
    }
    if status == 307 {
        let to = *chance.of(&["https://elsewhere.example/x", "/subscriptions?api-version=2022-12-01", ""]);
        told.headers.push(("location".to_owned(), to.to_owned()));
    }
    told
}

/// A 404 that does not prove that the resource does not exist.
fn missing(chance: &mut Chance) -> Told {
    let error = |code: &str, message: &str| json!({"error": {"code": code, "message": message}}).to_string();
    let body = match chance.below(6) {
        0 => PAGE.to_owned(),
        1 => String::new(),
        2 => error(
            "SubscriptionNotFound",
            "The subscription '00000000-0000-0000-0000-000000000001' could not be found.",
        ),
        3 => "{}".to_owned(),
        4 => error("InvalidResourceType", "The resource type could not be found in the namespace."),
        _ => "null".to_owned(),
    };
    told(404, body)
}

impl Bend {
    /// The answer as it arrives, and whether its connection ends early.
    pub(crate) fn of(self, mut honest: Told) -> (Told, bool) {
        let mut body: Value = serde_json::from_slice(&honest.body).unwrap_or_default();
        let text = match self {
            Self::Cut => return (honest, true),
            Self::HalfJson => honest.body[..honest.body.len() / 2].to_vec(),
            Self::EmptyObject => b"{}".to_vec(),
            Self::Null => b"null".to_vec(),
            Self::List => b"[]".to_vec(),
            Self::Text => b"\"ok\"".to_vec(),
            Self::Page => PAGE.as_bytes().to_vec(),
            Self::Nothing => Vec::new(),
            Self::PropertiesNumber => {
                changed(&mut body, |object| drop(object.insert("properties".to_owned(), 7.into())))
            }
            Self::PropertiesNull => {
                changed(&mut body, |object| drop(object.insert("properties".to_owned(), Value::Null)))
            }
            Self::WithoutId => changed(&mut body, |object| drop(object.shift_remove("id"))),
            Self::ValueNull => changed(&mut body, |object| {
                if let Some(value) = object.get_mut("value") {
                    *value = Value::Null;
                }
            }),
            Self::OneKey => changed(&mut body, |object| drop(object.shift_remove("secondaryKey"))),
            Self::ForeignNext => changed(&mut body, |object| {
                if object.contains_key("value") {
                    object.insert("nextLink".to_owned(), "https://elsewhere.example/next".into());
                }
            }),
        };
        honest.body = text;
        (honest, false)
    }
}

/// The same, also in each of the values of a list.
fn changed(body: &mut Value, change: impl Fn(&mut serde_json::Map<String, Value>)) -> Vec<u8> {
    if let Some(values) = body.get_mut("value").and_then(Value::as_array_mut) {
        values.iter_mut().filter_map(Value::as_object_mut).for_each(&change);
    }
    if let Some(object) = body.as_object_mut() {
        change(object);
    }
    body.to_string().into_bytes()
}
