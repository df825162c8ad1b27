//! Events of an activity log, as Azure Monitor writes them.

use jiff::Timestamp;
use serde_json::Value;

use super::ResourceId;

/// One event of an activity log. An operation has several: when it starts, when it is accepted, and when it ends.
///
/// The fields are those of
/// [event data](https://learn.microsoft.com/rest/api/monitor/activity-logs/list), API version 2015-04-01.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityEvent {
    /// When the event occurred.
    pub time: Timestamp,
    /// The user's name, or the id of the application, as the log has it.
    pub caller: Option<String>,
    /// The operation, such as `Microsoft.ApiManagement/service/products/write`.
    pub operation: String,
    /// The resource that the operation is about.
    pub resource: ResourceId,
    /// The status, such as `Started` or `Succeeded`.
    pub status: String,
    /// The HTTP status in words, such as `Created`, if the log has one.
    pub sub_status: Option<String>,
    /// The id that all events of one request of a client have in common.
    pub correlation_id: Option<String>,
    /// The id that all events of one operation have in common.
    pub operation_id: Option<String>,
}

impl ActivityEvent {
    /// Reads an event; `None` if it has no time, no operation or no resource, as events of other categories.
    #[must_use]
    pub fn read(event: &Value) -> Option<Self> {
        let text =
            |field: &str| event.get(field)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        Some(Self {
            time: event.get("eventTimestamp")?.as_str()?.parse().ok()?,
            caller: text("caller").or_else(|| caller_of(event.get("claims")?)),
            operation: localizable(event, "operationName")?,
            resource: ResourceId::parse(event.get("resourceId")?.as_str()?).ok()?,
            status: localizable(event, "status").unwrap_or_default(),
            sub_status: localizable(event, "subStatus"),
            correlation_id: text("correlationId"),
            operation_id: text("operationId"),
        })
    }
}

/// Returns the invariant value of a field that has a translation, which some events have as a plain text.
fn localizable(event: &Value, field: &str) -> Option<String> {
    let field = event.get(field)?;
    let text = field.as_str().or_else(|| field.get("value")?.as_str())?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// Returns the name of a user, or the id of an application, from the claims of a token.
fn caller_of(claims: &Value) -> Option<String> {
    const SCHEMA: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/";
    let names = [&format!("{SCHEMA}upn"), "upn", &format!("{SCHEMA}name"), "name", "appid"];
    let found = names.into_iter().find_map(|name| claims.get(name)?.as_str());
    found.filter(|name| !name.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Azure/azure-rest-api-specs, `GetActivityLogsFiltered.json`, with other names.
    fn event() -> Value {
        json!({
            "authorization": {"action": "microsoft.apimanagement/service/products/write", "role": "Subscription Admin",
                "scope": "/subscriptions/s/resourcegroups/rg/providers/microsoft.apimanagement/service/a/products/p"},
            "caller": "admin@contoso.com",
            "claims": {"aud": "https://management.core.windows.net/", "appid": "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"},
            "correlationId": "1e121103-0ba6-4300-ac9d-952bb5d0c80f",
            "eventName": {"value": "EndRequest", "localizedValue": "End request"},
            "operationId": "1e121103-0ba6-4300-ac9d-952bb5d0c80f",
            "operationName": {"value": "microsoft.apimanagement/service/products/write", "localizedValue": "Write"},
            "resourceId": "/subscriptions/s/resourcegroups/rg/providers/microsoft.apimanagement/service/a/products/p",
            "status": {"value": "Succeeded", "localizedValue": "Succeeded"},
            "subStatus": {"value": "Created", "localizedValue": "Created (HTTP Status Code: 201)"},
            "eventTimestamp": "2015-01-21T22:14:26.9792776Z",
            "submissionTimestamp": "2015-01-21T22:14:39.9936304Z"
        })
    }

    #[test]
    fn an_event_of_the_published_example_is_read() {
        let read = ActivityEvent::read(&event()).unwrap();
        assert_eq!(read.time.to_string(), "2015-01-21T22:14:26.9792776Z");
        assert_eq!((read.caller.as_deref(), read.status.as_str()), (Some("admin@contoso.com"), "Succeeded"));
        assert_eq!(read.sub_status.as_deref(), Some("Created"));
        assert_eq!(read.resource.name(), "p");
    }

    #[test]
    fn a_caller_is_named_by_the_claims_where_the_event_does_not_name_one() {
        let mut event = event();
        event["caller"] = "".into();
        let caller = |event: &Value| ActivityEvent::read(event).unwrap().caller;
        assert_eq!(caller(&event).as_deref(), Some("c44b4083-3bb0-49c1-b47d-974e53cbdf3c"));
        event["claims"]["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"] =
            "ann@contoso.com".into();
        assert_eq!(caller(&event).as_deref(), Some("ann@contoso.com"));
        event["claims"] = Value::Null;
        assert_eq!(caller(&event), None);
    }

    #[test]
    fn an_event_without_a_time_an_operation_or_a_resource_is_left_out() {
        for field in ["eventTimestamp", "operationName", "resourceId"] {
            let mut event = event();
            event[field] = Value::Null;
            assert_eq!(ActivityEvent::read(&event), None, "{field}");
        }
    }
}
