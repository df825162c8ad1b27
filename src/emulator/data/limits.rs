//! The features that the data plane does not carry out: those that the current model uses, and those of Azure as a
//! whole.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
};

use serde_json::{Map, Value, json};

use super::{
    gateway::{REFUSED, SKIPPED, not_carried_out, policies, service},
    limit::{Instead, Limit},
};
use crate::{
    model::{Api, Resource, Versioning},
    provider::json::Everything,
};

/// The features of the model that are not carried out. Each is reported once, when it first appears.
#[derive(Default)]
pub(super) struct Limits(Mutex<Noted>);

#[derive(Default)]
struct Noted {
    /// The limits of each policy, by the key of its id, with the text in which they were found.
    policies: HashMap<String, (Value, Vec<Limit>)>,
    apis: Vec<Limit>,
}

impl Limits {
    /// Records a generation of the model, and returns the limits that the previous generation did not have.
    pub(super) fn note(&self, view: &Everything) -> Vec<Limit> {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut new = Vec::new();
        let mut before = std::mem::take(&mut noted.policies);
        for policy in policies(view) {
            let (key, text) =
                (policy.id().lower_case(), policy.field("properties.value").cloned().unwrap_or_default());
            let known = before.remove(key);
            let kept = match known {
                Some((same, limits)) if same == text => (same, limits),
                other => {
                    let (limits, known) =
                        (of_policy(policy), other.map(|(_, limits)| limits).unwrap_or_default());
                    new.extend(limits.iter().filter(|limit| !known.contains(limit)).cloned());
                    (text, limits)
                }
            };
            noted.policies.insert(key.to_owned(), kept);
        }
        let apis: Vec<Limit> = service::apis(view).iter().flat_map(of_api).collect();
        new.extend(apis.iter().filter(|limit| !noted.apis.contains(limit)).cloned());
        noted.apis = apis;
        new
    }

    /// Returns all recorded limits, sorted by resource.
    pub(super) fn all(&self) -> Vec<Limit> {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_policies = noted.policies.values().flat_map(|(_, limits)| limits);
        let mut all: Vec<Limit> = of_policies.chain(&noted.apis).cloned().collect();
        all.sort_by(|a, b| a.resource.cmp(&b.resource));
        all
    }
}

/// Returns the report of the data plane: the policy elements and configuration rules that are not carried out,
/// including unknown ones that are in use, and the uses of each.
pub(super) fn report(in_use: &[Limit], rules: &[&str], files: &[Limit]) -> Map<String, Value> {
    let of_policies = in_use.iter().filter(|limit| limit.resource.ends_with("/policies/policy"));
    let elements = of_policies.map(|limit| limit.what.as_str()).chain(SKIPPED.iter().copied());
    let elements: BTreeSet<&str> = elements.chain(REFUSED.iter().copied()).collect();
    let rules: BTreeSet<&str> =
        files.iter().map(|limit| limit.what.as_str()).chain(rules.iter().copied()).collect();
    let in_use: Vec<&Limit> = in_use.iter().chain(files).collect();
    Map::from_iter([
        ("policyElements".to_owned(), json!(elements)),
        ("configuration".to_owned(), json!(rules)),
        ("inUse".to_owned(), json!(in_use)),
    ])
}

/// Prints the limits on stderr.
pub(super) fn warn(limits: &[Limit]) {
    for Limit { resource, what, instead } in limits {
        match instead {
            Instead::Skipped => {
                tracing::warn!("{resource}: the emulator does not implement `{what}` and ignores it");
            }
            Instead::Refused => {
                tracing::warn!(
                    "{resource}: the emulator does not implement `{what}` and rejects the requests that need \
                     it"
                );
            }
        }
    }
}

fn of_policy(policy: &Resource) -> Vec<Limit> {
    let resource = policy.id().as_str();
    let limit = |(what, instead)| Limit { resource: resource.to_owned(), what, instead };
    not_carried_out(policy).into_iter().map(limit).collect()
}

fn of_api(api: &Api) -> impl Iterator<Item = Limit> {
    let limit = |what: &str| Limit {
        resource: api.id.as_str().to_owned(),
        what: what.to_owned(),
        instead: Instead::Refused,
    };
    let has_url = api.service_url.as_deref().is_some_and(|url| !url.is_empty());
    let url = (!has_url).then(|| limit("an API without a serviceUrl"));
    let set = match api.versioning {
        Versioning::Undetermined { .. } => {
            Some(limit("a version without a version set that defines its scheme"))
        }
        Versioning::Unversioned
        | Versioning::Segment { .. }
        | Versioning::Query { .. }
        | Versioning::Header { .. } => None,
    };
    url.into_iter().chain(set)
}
