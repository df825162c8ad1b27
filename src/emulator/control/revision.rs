//! Revisions of APIs: an API named `orders;rev=2` is the second one of `orders`.

use serde_json::{Value, json};

use super::{
    call::Call,
    merge::{merged, set_default},
    page::{self, Style},
    read::find,
    refused::refused,
};
use crate::{
    emulator::reply::Reply,
    model::{ArmType, Resource, ResourceId},
    provider::{Expected, Versioned, Writes as _, json::JsonControlPlane},
};

/// Splits a name into the API's own name and the revision number, if there is one.
fn split(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once(";rev=") {
        Some((api, number)) if !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit()) => {
            (api, Some(number))
        }
        _ => (name, None),
    }
}

/// Copies from the source API that the body names all properties that the body does not set.
pub(super) fn take_over(plane: &JsonControlPlane, api: &mut Resource) -> Result<(), Reply> {
    let Some(source) = api.text("properties.sourceApiId").ok().flatten() else { return Ok(()) };
    let service = api.id().parent().ok_or_else(Reply::internal_error)?;
    let source =
        source.strip_prefix("/apis/").map_or(source.to_owned(), |name| format!("{service}/apis/{name}"));
    let source = ResourceId::parse(&source).map_err(|error| refused(&error_of(&error)))?;
    let Some(source) = find(plane, &source)? else {
        return Err(Reply::apim_not_found(ArmType::Api));
    };
    let mut source = source.value;
    for name in ["isCurrent", "apiRevision", "apiRevisionDescription"] {
        drop(source.remove_property(name));
    }
    let given = api.body().get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    // An empty object counts as not set.
    let given = given.into_iter().filter(|(_, value)| value.as_object().is_none_or(|it| !it.is_empty()));
    let of_source = source.field("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let all = of_source.into_iter().chain(given).collect::<serde_json::Map<_, _>>();
    *api = merged(&api.id().clone(), None, [("properties".to_owned(), all.into())].into_iter().collect())?;
    Ok(())
}

fn error_of(error: &crate::model::InvalidId) -> crate::provider::ProviderError {
    crate::provider::ProviderError::Malformed(error.clone().into())
}

/// Sets an API's revision number and whether it is the current revision.
pub(super) fn settle(api: &mut Resource, old: Option<&Resource>) {
    let name = api.id().name().to_owned();
    let kept = |field: &str| old.and_then(|old| old.field(&format!("properties.{field}")).cloned());
    if let Some(number) = split(&name).1 {
        api.set_property("apiRevision", number);
        api.set_property("isCurrent", kept("isCurrent").unwrap_or(false.into()));
        return;
    }
    let given = api.text("properties.apiRevision").ok().flatten().map(str::to_owned);
    let digits: String = given.unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    let number = if digits.is_empty() { kept("apiRevision").unwrap_or("1".into()) } else { digits.into() };
    api.set_property("apiRevision", number);
    set_default(api, "isCurrent", true);
}

/// Returns all revisions of an API, newest first.
fn all(plane: &JsonControlPlane, api: &ResourceId) -> Result<Vec<Versioned<Resource>>, Reply> {
    let service = api.parent().ok_or_else(Reply::internal_error)?;
    let mut found = plane.children(&service, ArmType::Api.collection()).map_err(|error| refused(&error))?;
    let name = split(api.name()).0;
    found.retain(|found| split(found.value.id().name()).0.eq_ignore_ascii_case(name));
    found.sort_by_key(|found| std::cmp::Reverse(number(&found.value).parse::<u64>().unwrap_or_default()));
    Ok(found)
}

fn number(api: &Resource) -> String {
    api.text("properties.apiRevision").ok().flatten().unwrap_or("1").to_owned()
}

/// The answer to a GET of an API's revisions.
pub(super) fn list(call: &Call, plane: &JsonControlPlane, api: &ResourceId) -> Result<Reply, Reply> {
    let found = all(plane, api)?;
    let name = split(api.name()).0;
    let values = found.iter().map(|found| {
        let (number, revision) = (number(&found.value), &found.value);
        let is_current = revision.flag("properties.isCurrent").ok().flatten().unwrap_or(true);
        let path = revision.text("properties.path").ok().flatten().unwrap_or_default();
        let private = if is_current { format!("/{path}") } else { format!("/{path};rev={number}") };
        let description = revision.field("properties.apiRevisionDescription").cloned();
        json!({"apiId": format!("/apis/{name};rev={number}"), "apiRevision": number, "createdDateTime": null,
            "updatedDateTime": null, "description": description, "privateUrl": private, "isOnline": true,
            "isCurrent": is_current})
    });
    let mut page = page::page(call, values.collect(), Style::ApiManagement)?;
    let mut body = page.body().cloned().unwrap_or_default();
    if body.get("nextLink").is_none() {
        body["nextLink"] = Value::Null;
    }
    page = page.with_body(body);
    Ok(page.indented())
}

/// Deletes all revisions of an API except the one that the id names.
pub(super) async fn delete_others(plane: &JsonControlPlane, api: &ResourceId) -> Result<(), Reply> {
    for other in all(plane, api)?.iter().filter(|other| other.value.id() != api) {
        plane.delete(other.value.id(), Expected::Anything).await.map_err(|error| refused(&error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_which_revision_it_is_of() {
        assert_eq!(split("orders;rev=2"), ("orders", Some("2")));
        for name in ["orders", "orders;rev=", "orders;rev=x", "a;b"] {
            assert_eq!(split(name), (name, None));
        }
    }
}
