//! The role with the fewest permissions that are sufficient.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Need, Verb};
use crate::{engine::Target, model::ResourceId};

/// A custom role, in the format of `az role definition create --role-definition @FILE`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct RoleDefinition {
    /// The name, unique within a tenant.
    pub name: String,
    /// Whether the role is a custom role and not one of Azure's.
    pub is_custom: bool,
    /// The purpose.
    pub description: String,
    /// The actions that the role allows.
    pub actions: Vec<String>,
    /// The actions that are excluded from `Actions`.
    pub not_actions: Vec<String>,
    /// The scopes in which the role can be assigned: resource groups, since a role cannot be assigned in a scope below
    /// those listed here.
    pub assignable_scopes: Vec<String>,
}

impl RoleDefinition {
    /// Returns the role with the fewest permissions that lets a caller read, link, relink and unlink. It includes the
    /// actions that Azure may require in addition, no deletion that cannot be undone, and not the activity log.
    #[must_use]
    pub fn least(target: &Target) -> Self {
        let site = target.site_environment.site();
        let verbs = Verb::ALL.iter().copied().filter(|verb| !matches!(verb, Verb::Purge | Verb::History));
        let needs = verbs.flat_map(|verb| Need::all_of_verb(verb, target));
        let actions: BTreeSet<&str> = needs.map(|need| need.action).collect();
        let scopes: BTreeSet<String> = [&*site, &*target.service].map(group_of).into();
        Self {
            name: format!("swa-apim {} to {}", site.name(), target.service.name()),
            is_custom: true,
            description: format!(
                "Links the static web app {} to the API Management service {}, relinks and unlinks them.",
                site.name(),
                target.service.name()
            ),
            actions: actions.into_iter().map(str::to_owned).collect(),
            not_actions: Vec::new(),
            assignable_scopes: scopes.into_iter().collect(),
        }
    }
}

fn group_of(id: &ResourceId) -> String {
    let azure_subscription = id.azure_subscription();
    match id.group() {
        Some(group) => format!("/subscriptions/{azure_subscription}/resourceGroups/{group}"),
        None => format!("/subscriptions/{azure_subscription}"),
    }
}
