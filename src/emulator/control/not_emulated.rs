//! The resource types of Azure that the emulator does not implement, as `GET /_emulator/limits` lists them.

use std::collections::BTreeSet;

use crate::model::Resource;

/// Sorted; each entry includes all types below it.
const TYPES: &[&str] = &[
    "Microsoft.AAD",
    "Microsoft.AlertsManagement",
    "Microsoft.ApiCenter",
    "Microsoft.ApiManagement/checkNameAvailability",
    "Microsoft.ApiManagement/deletedServices",
    "Microsoft.ApiManagement/gateways",
    "Microsoft.ApiManagement/getDomainOwnershipIdentifier",
    "Microsoft.ApiManagement/operations",
    "Microsoft.ApiManagement/service/apis/diagnostics",
    "Microsoft.ApiManagement/service/apis/issues",
    "Microsoft.ApiManagement/service/apis/operations/policies",
    "Microsoft.ApiManagement/service/apis/operations/tags",
    "Microsoft.ApiManagement/service/apis/operationsByTags",
    "Microsoft.ApiManagement/service/apis/policies",
    "Microsoft.ApiManagement/service/apis/releases",
    "Microsoft.ApiManagement/service/apis/resolvers",
    "Microsoft.ApiManagement/service/apis/schemas",
    "Microsoft.ApiManagement/service/apis/tagDescriptions",
    "Microsoft.ApiManagement/service/apis/tags",
    "Microsoft.ApiManagement/service/apis/tools",
    "Microsoft.ApiManagement/service/apis/wikis",
    "Microsoft.ApiManagement/service/apisByTags",
    "Microsoft.ApiManagement/service/applynetworkconfigurationupdates",
    "Microsoft.ApiManagement/service/authorizationProviders",
    "Microsoft.ApiManagement/service/authorizationServers",
    "Microsoft.ApiManagement/service/backends",
    "Microsoft.ApiManagement/service/backup",
    "Microsoft.ApiManagement/service/caches",
    "Microsoft.ApiManagement/service/certificates",
    "Microsoft.ApiManagement/service/contentTypes",
    "Microsoft.ApiManagement/service/diagnostics",
    "Microsoft.ApiManagement/service/documentations",
    "Microsoft.ApiManagement/service/gateways",
    "Microsoft.ApiManagement/service/getssotoken",
    "Microsoft.ApiManagement/service/groups",
    "Microsoft.ApiManagement/service/identityProviders",
    "Microsoft.ApiManagement/service/issues",
    "Microsoft.ApiManagement/service/loggers",
    "Microsoft.ApiManagement/service/migrateToStv2",
    "Microsoft.ApiManagement/service/namedValues",
    "Microsoft.ApiManagement/service/networkstatus",
    "Microsoft.ApiManagement/service/notifications",
    "Microsoft.ApiManagement/service/openidConnectProviders",
    "Microsoft.ApiManagement/service/outboundNetworkDependenciesEndpoints",
    "Microsoft.ApiManagement/service/policies",
    "Microsoft.ApiManagement/service/policyDescriptions",
    "Microsoft.ApiManagement/service/policyFragments",
    "Microsoft.ApiManagement/service/policyRestrictions",
    "Microsoft.ApiManagement/service/portalRevisions",
    "Microsoft.ApiManagement/service/portalconfigs",
    "Microsoft.ApiManagement/service/portalsettings",
    "Microsoft.ApiManagement/service/privateEndpointConnections",
    "Microsoft.ApiManagement/service/privateLinkResources",
    "Microsoft.ApiManagement/service/products/apiLinks",
    "Microsoft.ApiManagement/service/products/groupLinks",
    "Microsoft.ApiManagement/service/products/groups",
    "Microsoft.ApiManagement/service/products/tags",
    "Microsoft.ApiManagement/service/products/wikis",
    "Microsoft.ApiManagement/service/productsByTags",
    "Microsoft.ApiManagement/service/quotas",
    "Microsoft.ApiManagement/service/regions",
    "Microsoft.ApiManagement/service/reports",
    "Microsoft.ApiManagement/service/restore",
    "Microsoft.ApiManagement/service/schemas",
    "Microsoft.ApiManagement/service/settings",
    "Microsoft.ApiManagement/service/skus",
    "Microsoft.ApiManagement/service/tagResources",
    "Microsoft.ApiManagement/service/tags",
    "Microsoft.ApiManagement/service/templates",
    "Microsoft.ApiManagement/service/tenant",
    "Microsoft.ApiManagement/service/users",
    "Microsoft.ApiManagement/service/workspaces",
    "Microsoft.ApiManagement/skus",
    "Microsoft.App",
    "Microsoft.AppConfiguration",
    "Microsoft.Authorization/locks",
    "Microsoft.Authorization/policyAssignments",
    "Microsoft.Authorization/roleAssignments",
    "Microsoft.Authorization/roleDefinitions",
    "Microsoft.Automation",
    "Microsoft.AzureActiveDirectory",
    "Microsoft.Batch",
    "Microsoft.BotService",
    "Microsoft.Cache",
    "Microsoft.Cdn",
    "Microsoft.CertificateRegistration",
    "Microsoft.ClassicCompute",
    "Microsoft.ClassicStorage",
    "Microsoft.CognitiveServices",
    "Microsoft.Compute",
    "Microsoft.Consumption",
    "Microsoft.ContainerInstance",
    "Microsoft.ContainerRegistry",
    "Microsoft.ContainerService",
    "Microsoft.CostManagement",
    "Microsoft.DBforMySQL",
    "Microsoft.DBforPostgreSQL",
    "Microsoft.DataFactory",
    "Microsoft.Databricks",
    "Microsoft.DevCenter",
    "Microsoft.Devices",
    "Microsoft.DocumentDB",
    "Microsoft.DomainRegistration",
    "Microsoft.EventGrid",
    "Microsoft.EventHub",
    "Microsoft.Features",
    "Microsoft.HDInsight",
    "Microsoft.Insights",
    "Microsoft.KeyVault",
    "Microsoft.Kubernetes",
    "Microsoft.Kusto",
    "Microsoft.LoadTestService",
    "Microsoft.Logic",
    "Microsoft.MachineLearningServices",
    "Microsoft.ManagedIdentity",
    "Microsoft.Management",
    "Microsoft.Maps",
    "Microsoft.Media",
    "Microsoft.Monitor",
    "Microsoft.Network",
    "Microsoft.NotificationHubs",
    "Microsoft.OperationalInsights",
    "Microsoft.PolicyInsights",
    "Microsoft.Portal",
    "Microsoft.RecoveryServices",
    "Microsoft.Relay",
    "Microsoft.ResourceHealth",
    "Microsoft.Resources/deployments",
    "Microsoft.Resources/tags",
    "Microsoft.Search",
    "Microsoft.Security",
    "Microsoft.ServiceBus",
    "Microsoft.SignalRService",
    "Microsoft.Sql",
    "Microsoft.Storage",
    "Microsoft.StreamAnalytics",
    "Microsoft.Subscription",
    "Microsoft.Synapse",
    "Microsoft.Web/certificates",
    "Microsoft.Web/checkNameAvailability",
    "Microsoft.Web/connections",
    "Microsoft.Web/containerApps",
    "Microsoft.Web/customApis",
    "Microsoft.Web/customhostnameSites",
    "Microsoft.Web/hostingEnvironments",
    "Microsoft.Web/kubeEnvironments",
    "Microsoft.Web/previewStaticSiteWorkflowFile",
    "Microsoft.Web/serverFarms",
    "Microsoft.Web/sites",
    "Microsoft.Web/sourceControls",
    "Microsoft.Web/staticSites/authproviders",
    "Microsoft.Web/staticSites/basicAuth",
    "Microsoft.Web/staticSites/builds/basicAuth",
    "Microsoft.Web/staticSites/builds/config",
    "Microsoft.Web/staticSites/builds/databaseConnections",
    "Microsoft.Web/staticSites/builds/functions",
    "Microsoft.Web/staticSites/builds/listAppSettings",
    "Microsoft.Web/staticSites/builds/listFunctionAppSettings",
    "Microsoft.Web/staticSites/builds/showDatabaseConnections",
    "Microsoft.Web/staticSites/builds/userProvidedFunctionApps",
    "Microsoft.Web/staticSites/builds/zipdeploy",
    "Microsoft.Web/staticSites/config",
    "Microsoft.Web/staticSites/createUserInvitation",
    "Microsoft.Web/staticSites/customDomains",
    "Microsoft.Web/staticSites/databaseConnections",
    "Microsoft.Web/staticSites/detach",
    "Microsoft.Web/staticSites/functions",
    "Microsoft.Web/staticSites/listAppSettings",
    "Microsoft.Web/staticSites/listConfiguredRoles",
    "Microsoft.Web/staticSites/listFunctionAppSettings",
    "Microsoft.Web/staticSites/listSecrets",
    "Microsoft.Web/staticSites/privateEndpointConnections",
    "Microsoft.Web/staticSites/privateLinkResources",
    "Microsoft.Web/staticSites/resetapikey",
    "Microsoft.Web/staticSites/showDatabaseConnections",
    "Microsoft.Web/staticSites/snippets",
    "Microsoft.Web/staticSites/userProvidedFunctionApps",
    "Microsoft.Web/staticSites/users",
    "Microsoft.Web/staticSites/zipdeploy",
];

/// Returns every resource type, action and namespace of Azure that the emulator knows by name but does not implement.
pub(in crate::emulator) fn resource_types() -> &'static [&'static str] {
    TYPES
}

/// Returns the entry of [`resource_types`] that equals a type or is its parent, ignoring case.
pub(super) fn not_emulated(resource_type: &str) -> Option<&'static str> {
    let lower = resource_type.to_ascii_lowercase();
    let holds = |entry: &&&str| {
        let entry = entry.to_ascii_lowercase();
        lower.strip_prefix(&entry).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    resource_types().iter().filter(holds).max_by_key(|entry| entry.len()).copied()
}

/// Returns the types of the model's resources that are not emulated.
pub(in crate::emulator) fn types_not_emulated(resources: &[Resource]) -> BTreeSet<&'static str> {
    let types = resources.iter().map(|resource| resource.id().resource_type());
    types.filter_map(|resource_type| not_emulated(&resource_type)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_found_by_its_own_name_or_by_that_of_its_parent() {
        for (asked, entry) in [
            ("microsoft.apimanagement/SERVICE/namedvalues", "Microsoft.ApiManagement/service/namedValues"),
            ("Microsoft.ApiManagement/service/users/subscriptions", "Microsoft.ApiManagement/service/users"),
            ("Microsoft.Web/staticSites/config", "Microsoft.Web/staticSites/config"),
            ("Microsoft.Web/sites/slots", "Microsoft.Web/sites"),
            ("Microsoft.Compute/disks", "Microsoft.Compute"),
        ] {
            assert_eq!(not_emulated(asked), Some(entry), "{asked}");
        }
        for unknown in ["Microsoft.Web/siteses", "Microsoft.Computers/disks", "Microsoft.Web/staticSites/x"] {
            assert_eq!(not_emulated(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn every_entry_is_named_once() {
        let all = resource_types();
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
