//! Programs with a fault, made by changing what the program reads: the oracle has to find each in the worlds of seeds.
//!
//! They stand for fixes that could be lost. `reverts/run` turns the fixes off in the program itself, one at a time, and
//! prints which worlds find each fault.

use serde_json::{Value, json};

use crate::{
    azure::{Asked, LABEL, Told},
    world,
};

/// What the program takes an answer for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// The program as it is.
    None,
    /// One that takes every 404 as proof that the resource does not exist.
    AnyNotFoundIsAbsence,
    /// One that takes the only subscription of the product for the link's, whoever has it.
    OnlySubscriptionIsTheLinks,
    /// One that computes the version of a linked backend from what it sent, in which there is no region.
    VersionIsOfWhatWasSent,
    /// One whose exit code after an applied step is 5.
    UnavailableAfterSteps,
    /// One that adds any `Retry-After` to the time.
    RetryAfterOverflows,
}

impl Mutant {
    /// The exit code of such a program.
    pub(crate) fn exit(self, code: i32) -> i32 {
        if self == Self::UnavailableAfterSteps && code == 7 { 5 } else { code }
    }

    /// The answer as such a program understands it.
    pub(crate) fn read(self, asked: &Asked, told: Told) -> Told {
        match self {
            Self::None => told,
            Self::AnyNotFoundIsAbsence if told.status == 404 && asked.key.is_none() => absent(asked, told),
            Self::OnlySubscriptionIsTheLinks if asked.method == "GET" => adopted(told),
            Self::VersionIsOfWhatWasSent if asked.method == "PUT" => without_region(told),
            Self::RetryAfterOverflows => {
                let asks = |(name, value): &(String, String)| name == "retry-after" && value.len() == 20;
                assert!(!told.headers.iter().any(asks), "overflow when adding duration to instant");
                told
            }
            Self::AnyNotFoundIsAbsence
            | Self::OnlySubscriptionIsTheLinks
            | Self::VersionIsOfWhatWasSent
            | Self::UnavailableAfterSteps => told,
        }
    }
}

/// The answer of Resource Manager about a resource that does not exist.
fn absent(asked: &Asked, told: Told) -> Told {
    let (scope, resource) = asked.path.rsplit_once("/providers/").unwrap_or_default();
    let group = scope.rsplit('/').next().unwrap_or_default();
    let message = format!("The Resource '{resource}' under resource group '{group}' was not found.");
    let mut headers = told.headers;
    headers.retain(|(name, _)| name != "x-ms-failure-cause");
    headers.push(("x-ms-failure-cause".to_owned(), "gateway".to_owned()));
    let body = json!({"error": {"code": "ResourceNotFound", "message": message}}).to_string().into_bytes();
    Told { status: 404, headers, body }
}

/// The partner's subscription with the name and the owner of the link's, if no other has the link's name.
fn adopted(told: Told) -> Told {
    let Ok(mut body) = serde_json::from_slice::<Value>(&told.body) else { return told };
    if let Some(values) = body.get_mut("value").and_then(Value::as_array_mut) {
        if values.iter().any(|it| it["properties"]["displayName"] == world::display_name()) {
            return told;
        }
        values.iter_mut().for_each(adopt);
    } else {
        adopt(&mut body);
    }
    Told { body: body.to_string().into_bytes(), ..told }
}

/// The answer without the region of a linked backend.
fn without_region(told: Told) -> Told {
    let Ok(mut body) = serde_json::from_slice::<Value>(&told.body) else { return told };
    if body["properties"]["region"].is_string() {
        body["properties"]["region"] = Value::Null;
    }
    Told { body: body.to_string().into_bytes(), ..told }
}

fn adopt(value: &mut Value) {
    let of_product = value["properties"]["scope"].as_str().is_some_and(|it| it.ends_with(LABEL));
    if value["name"] == "partner" && of_product {
        value["properties"]["displayName"] = world::display_name().into();
        value["properties"]["ownerId"] = Value::Null;
    }
}
