//! The activity log: a record of the changes that clients requested, as Azure Monitor serves it.

mod recorded;

use std::{
    cmp::Reverse,
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use hyper::{HeaderMap, Method, StatusCode, header::AUTHORIZATION};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{call::Call, route::Route};
use crate::{
    ambient::Ambient,
    emulator::reply::Reply,
    model::{ArmType, ResourceId},
    provider::json::JsonControlPlane,
};

/// How many operations are kept; older ones are forgotten.
const KEPT: usize = 10_000;
/// The number of events on a page.
const PAGE: usize = 200;

/// The operations that clients requested, oldest first.
#[derive(Debug, Default)]
pub(super) struct ActivityLog {
    operations: Mutex<VecDeque<Operation>>,
}

/// A requested change, and its result.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    started: Timestamp,
    ended: Timestamp,
    caller: String,
    name: String,
    resource: ResourceId,
    status: StatusCode,
    correlation_id: String,
    id: String,
}

/// A change that is about to be carried out.
pub(super) struct Begun {
    started: Timestamp,
    name: String,
    resource: ResourceId,
    caller: String,
    correlation_id: Option<String>,
}

impl Begun {
    /// Returns the record of a request, if it is one for a change of a resource.
    pub(super) fn of(route: &Route, call: &Call, headers: &HeaderMap, ambient: &dyn Ambient) -> Option<Self> {
        let verb = match call.method {
            Method::PUT | Method::PATCH => "write".to_owned(),
            Method::DELETE => "delete".to_owned(),
            Method::POST => format!("{}/action", call.path.rsplit('/').next().unwrap_or_default()),
            _ => return None,
        };
        let (Route::Resource(id, _)
        | Route::Action(id, ArmType::LinkedBackend | ArmType::ApimSubscription, _)) = route
        else {
            return None;
        };
        let resource = id.in_known_casing();
        let correlation = headers.get("x-ms-correlation-request-id").and_then(|id| id.to_str().ok());
        Some(Self {
            started: ambient.now(),
            name: format!("{}/{verb}", resource.resource_type()),
            resource,
            caller: caller(headers),
            correlation_id: correlation.map(str::to_owned),
        })
    }

    /// Records the result.
    pub(super) fn end(self, status: StatusCode, log: &ActivityLog, ambient: &dyn Ambient) {
        let Self { started, name, resource, caller, correlation_id } = self;
        let operation_id = ambient.unguessable().to_string();
        log.note(Operation {
            started,
            ended: ambient.now(),
            caller,
            name,
            resource,
            status,
            correlation_id: correlation_id.unwrap_or_else(|| operation_id.clone()),
            id: operation_id,
        });
    }
}

impl ActivityLog {
    fn note(&self, operation: Operation) {
        let mut operations = self.operations.lock().unwrap_or_else(PoisonError::into_inner);
        if operations.len() == KEPT {
            operations.pop_front();
        }
        operations.push_back(operation);
    }

    /// Returns the events until `recorded` that a filter admits, newest first: two for each operation, or one if it ended
    /// after that.
    fn events(
        &self,
        plane: &JsonControlPlane,
        azure_subscription: &str,
        filter: &Filter,
        recorded: Timestamp,
    ) -> Vec<Value> {
        let operations = self.operations.lock().unwrap_or_else(PoisonError::into_inner);
        let unrequested = recorded::unrequested(plane, &operations);
        let mut all: Vec<&Operation> = operations.iter().chain(&unrequested).collect();
        all.sort_by_key(|operation| Reverse(operation.ended));
        let of_subscription =
            |it: &&Operation| it.resource.azure_subscription().eq_ignore_ascii_case(azure_subscription);
        let admitted = all.into_iter().filter(of_subscription).filter(|it| filter.admits(it));
        admitted.flat_map(|operation| operation.events(recorded)).collect()
    }
}

impl Operation {
    fn events(&self, until: Timestamp) -> Vec<Value> {
        let result = if self.status.is_success() { "Succeeded" } else { "Failed" };
        let reason = self.status.canonical_reason().unwrap_or_default().replace(' ', "");
        let ended = || self.event("EndRequest", result, Some(&reason), self.ended);
        let started = || self.event("BeginRequest", "Started", None, self.started);
        let ended = (self.ended <= until).then(ended);
        ended.into_iter().chain((self.started <= until).then(started)).collect()
    }

    fn event(&self, name: &str, status: &str, sub_status: Option<&str>, time: Timestamp) -> Value {
        let (id, kind) = (self.resource.as_str(), self.resource.resource_type());
        let words = |text: &str| json!({"value": text, "localizedValue": text});
        json!({
            "authorization": {"action": self.name, "scope": id},
            "caller": self.caller,
            "claims": {},
            "correlationId": self.correlation_id,
            "eventDataId": format!("{}-{status}", self.id),
            "eventName": words(name),
            "category": words("Administrative"),
            "id": format!("{id}/events/{}-{status}", self.id),
            "level": if status == "Failed" { "Error" } else { "Informational" },
            "resourceGroupName": self.resource.group().unwrap_or_default(),
            "resourceProviderName": words(kind.split('/').next().unwrap_or_default()),
            "resourceId": id,
            "resourceType": words(&kind),
            "operationId": self.id,
            "operationName": words(&self.name),
            "properties": {"eventCategory": "Administrative", "entity": id, "message": self.name},
            "status": words(status),
            "subStatus": words(sub_status.unwrap_or_default()),
            "eventTimestamp": format!("{time:.7}"),
            "submissionTimestamp": format!("{time:.7}"),
            "subscriptionId": self.resource.azure_subscription(),
        })
    }
}

/// Returns the caller that a token names, as the log does: the user, or the application.
fn caller(headers: &HeaderMap) -> String {
    let claims = || {
        let token = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let payload = token.split('.').nth(1)?;
        serde_json::from_slice::<Value>(&BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
    };
    let named = claims().and_then(|claims| {
        let names = ["upn", "unique_name", "appid", "oid"];
        names.into_iter().find_map(|name| claims.get(name)?.as_str().map(str::to_owned))
    });
    named.unwrap_or_else(|| "emulator".to_owned())
}

/// The conditions that Azure allows: a span of time, and one more.
#[derive(Debug, Default, PartialEq, Eq)]
struct Filter {
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    /// The lower-case name of a field, and its lower-case value.
    field: Option<(String, String)>,
}

impl Filter {
    fn parse(text: &str) -> Result<Self, String> {
        let mut filter = Self::default();
        for condition in text.split(" and ").map(str::trim).filter(|text| !text.is_empty()) {
            let unknown = || format!("The filter '{condition}' is not supported.");
            let mut words = condition.splitn(3, ' ');
            let (field, operator, value) = (
                words.next().unwrap_or_default(),
                words.next().unwrap_or_default(),
                words.next().unwrap_or_default(),
            );
            let value =
                value.strip_prefix('\'').and_then(|value| value.strip_suffix('\'')).ok_or_else(unknown)?;
            let time = || value.parse::<Timestamp>().map_err(|_| unknown());
            match (field.to_ascii_lowercase().as_str(), operator) {
                ("eventtimestamp", "ge") => filter.since = Some(time()?),
                ("eventtimestamp", "le") => filter.until = Some(time()?),
                (
                    field @ ("resourcegroupname" | "resourceuri" | "resourceprovider" | "correlationid"),
                    "eq",
                ) if filter.field.is_none() => {
                    filter.field = Some((field.to_owned(), value.to_lowercase()));
                }
                _ => return Err(unknown()),
            }
        }
        if filter.since.is_none() {
            Err("The start time is missing in the filter.".to_owned())
        } else {
            Ok(filter)
        }
    }

    fn admits(&self, operation: &Operation) -> bool {
        let is_in_time = self.since.is_none_or(|since| operation.ended >= since)
            && self.until.is_none_or(|until| operation.started <= until);
        let Some((field, wanted)) = &self.field else { return is_in_time };
        let has = match field.as_str() {
            "resourcegroupname" => operation.resource.group().unwrap_or_default().to_lowercase(),
            "resourceuri" => operation.resource.lower_case().to_owned(),
            "correlationid" => operation.correlation_id.to_lowercase(),
            _ => operation.resource.resource_type().split('/').next().unwrap_or_default().to_lowercase(),
        };
        is_in_time && has == *wanted
    }
}

/// Answers with a page of the log.
pub(super) fn answer(
    log: &ActivityLog,
    plane: &JsonControlPlane,
    now: Timestamp,
    call: &Call,
    azure_subscription: &str,
) -> Result<Reply, Reply> {
    let refused = |problem: &str| Reply::arm(StatusCode::BAD_REQUEST, "BadRequest", problem);
    let filter = call.query.get("$filter").unwrap_or_default();
    let filter = Filter::parse(filter).map_err(|problem| refused(&problem))?;
    let skip = call.query.get("$skipToken").map_or(Ok(0), str::parse::<usize>);
    let skip = skip.map_err(|_| refused("The skip token is not valid."))?;
    let recorded = now.saturating_sub(call.log_delay).unwrap_or(Timestamp::MIN);
    let all = log.events(plane, azure_subscription, &filter, recorded);
    let end = skip.saturating_add(PAGE);
    let page: Vec<&Value> = all.iter().skip(skip).take(PAGE).collect();
    let mut body = json!({ "value": page });
    if end < all.len() {
        body["nextLink"] = call.address(&call.path, &call.query.with("$skipToken", &end.to_string())).into();
    }
    Ok(Reply::ok(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_a_span_of_time_and_one_more_condition() {
        let time = "eventTimestamp ge '2026-01-01T00:00:00Z' and eventTimestamp le '2026-01-02T00:00:00Z'";
        let filter = Filter::parse(&format!("{time} and resourceGroupName eq 'RG'")).unwrap();
        assert_eq!(filter.field, Some(("resourcegroupname".to_owned(), "rg".to_owned())));
        assert!(Filter::parse(time).is_ok());
        for text in [
            "",
            "resourceGroupName eq 'rg'",
            "eventTimestamp ge 'yesterday'",
            &format!("{time} and resourceGroupName eq 'a' and correlationId eq 'b'"),
            &format!("{time} and caller eq 'ann'"),
            &format!("{time} and resourceGroupName ne 'a'"),
        ] {
            assert!(Filter::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_caller_is_named_by_its_token() {
        let of = |claims: &Value| {
            let token = format!("Bearer e30.{}.x", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()));
            caller(&HeaderMap::from_iter([(AUTHORIZATION, token.parse().unwrap())]))
        };
        assert_eq!(of(&json!({"upn": "ann@contoso.com", "appid": "a"})), "ann@contoso.com");
        assert_eq!(of(&json!({"appid": "a", "oid": "o"})), "a");
        assert_eq!(of(&json!({})), "emulator");
        assert_eq!(caller(&HeaderMap::new()), "emulator");
    }
}
