//! Reports of `audit` and `prune`: the products of services, who uses them, and the result for each unused product.

use schemars::JsonSchema;
use serde::Serialize;

use super::{ErrorReport, FindingReport, SCHEMA_VERSION, StepReport};
use crate::{
    diagnosis::{ExitCode, Render},
    engine::{
        Audit, DanglingLink, FindingCode, LastChange, Orphan, Orphaned, ProductAudit, Spared, Standing,
    },
    model::{ApiId, ApimServiceId, ApimSubscription, Hostname, ResourceId},
};

/// The document that `audit -o json` prints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditReport {
    /// The version of this document's schema.
    pub schema_version: u32,
    /// One entry for each audited service.
    pub services: Vec<ServiceAuditReport>,
    /// Sites that are linked to a deleted service.
    pub dangling_links: Vec<DanglingLinkReport>,
}

/// One service: its products, and who uses them.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceAuditReport {
    /// The ARM id of the service.
    pub id: String,
    /// The name of the service.
    pub name: String,
    /// Every product of the service, including those that no link created.
    pub products: Vec<ProductAuditReport>,
    /// The findings about the service as a whole.
    pub findings: Vec<FindingReport>,
    /// The activity log that was searched for the last change of each product; absent if the control plane keeps none,
    /// or if no link created a product of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity_log: Option<ActivityLogReport>,
    /// Why the service could not be read; absent if it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorReport>,
}

/// How much of an activity log was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActivityLogReport {
    /// The time of the oldest event that the log can have, in UTC.
    pub since: String,
    /// Why the log could not be read; absent if it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Whether a product is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProductStatus {
    /// A site or another consumer uses the product.
    InUse,
    /// A link created the product, and no consumer uses it.
    Orphan,
    /// A link created the product, and whether a consumer uses it could not be determined.
    Unknown,
    /// No link created the product.
    Foreign,
}

/// A product, and who uses it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductAuditReport {
    /// The ARM id of the product.
    pub id: String,
    /// The name of the product.
    pub name: String,
    /// The display name of the product.
    pub display_name: String,
    /// Whether the product is used.
    pub status: ProductStatus,
    /// Why the product is an orphan; `null` if it is not one.
    pub reason: Option<Orphaned>,
    /// The hostname of the site that the product was created for, from its display name.
    pub hostname: Option<String>,
    /// The ARM id of that site, if the site exists.
    #[schemars(with = "Option<String>")]
    pub static_site: Option<ResourceId>,
    /// The environment of that site; `default` for production.
    pub environment: Option<String>,
    /// The subscriptions whose keys grant access to the product.
    pub subscriptions: Vec<ProductSubscriptionReport>,
    /// The APIs in the product; `null` if they could not be read.
    pub apis: Option<Vec<String>>,
    /// The last change of the product, its policy, its APIs or its subscriptions; `null` if the activity log has none or
    /// was not read.
    pub last_change: Option<LastChange>,
    /// The problems and notes about the product.
    pub findings: Vec<FindingReport>,
}

/// A subscription whose keys grant access to a product.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductSubscriptionReport {
    /// The ARM id of the subscription.
    pub id: String,
    /// The name of the subscription.
    pub name: String,
    /// The display name of the subscription.
    pub display_name: Option<String>,
    /// The state of the subscription: `active`, or the reason why its keys are rejected.
    pub state: String,
    /// When the subscription was created, as the control plane writes it. Its keys may be newer.
    pub created_on: Option<String>,
    /// Whether the subscription belongs to the link, or is the administrator's own that was created with the product.
    pub of_link: bool,
}

/// A site that is linked to a deleted service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DanglingLinkReport {
    /// The ARM id of the site.
    pub static_site: String,
    /// The environment of the site; `default` for production.
    pub environment: String,
    /// The ARM id of the deleted service.
    pub backend_resource_id: String,
}

impl AuditReport {
    /// Returns a report of these services.
    #[must_use]
    pub fn new(services: Vec<ServiceAuditReport>, dangling_links: Vec<DanglingLinkReport>) -> Self {
        Self { schema_version: SCHEMA_VERSION, services, dangling_links }
    }

    /// Returns the number of products with this status.
    #[must_use]
    pub fn count(&self, status: ProductStatus) -> usize {
        self.services.iter().map(|service| service.count(status)).sum()
    }
}

impl ServiceAuditReport {
    /// Returns the report of an audit.
    #[must_use]
    pub fn of(audit: &Audit, render: Render) -> Self {
        let products = audit.products.iter().map(|product| ProductAuditReport::of(product, render));
        let findings = FindingReport::of_all(&audit.findings, render);
        Self { products: products.collect(), findings, ..Self::empty(&audit.service) }
    }

    /// Returns the report of a service that could not be read.
    #[must_use]
    pub fn unread(service: &ApimServiceId, error: ErrorReport) -> Self {
        Self { error: Some(error), ..Self::empty(service) }
    }

    fn empty(service: &ApimServiceId) -> Self {
        let (id, name) = (service.to_string(), service.name().to_owned());
        Self { id, name, products: Vec::new(), findings: Vec::new(), activity_log: None, error: None }
    }

    /// Returns the report with the activity log that was searched, and the last change of each product, in the order of
    /// the products.
    #[must_use]
    pub fn with_changes(
        mut self,
        activity_log: Option<ActivityLogReport>,
        changes: Vec<Option<LastChange>>,
    ) -> Self {
        self.activity_log = activity_log;
        for (product, change) in self.products.iter_mut().zip(changes) {
            product.last_change = change;
        }
        self
    }

    /// Returns the report, without the findings about dangling links if they are `known` from another service's report.
    #[must_use]
    pub fn without_dangling_links_if(mut self, known: bool) -> Self {
        self.findings.retain(|finding| !known || finding.code != FindingCode::Dangling);
        self
    }

    /// Returns the number of products with this status.
    #[must_use]
    pub fn count(&self, status: ProductStatus) -> usize {
        self.products.iter().filter(|product| product.status == status).count()
    }
}

impl ProductAuditReport {
    fn of(product: &ProductAudit, render: Render) -> Self {
        let (status, reason) = match product.standing {
            Standing::InUse => (ProductStatus::InUse, None),
            Standing::Orphan(reason) => (ProductStatus::Orphan, Some(reason)),
            Standing::Unknown(_) => (ProductStatus::Unknown, None),
            Standing::Foreign => (ProductStatus::Foreign, None),
        };
        let own = product.own.iter().map(|it| ProductSubscriptionReport::of(it, true));
        let others = product.others.iter().map(|(it, _)| ProductSubscriptionReport::of(it, false));
        let names = |apis: &Vec<ApiId>| apis.iter().map(|api| api.name().to_owned()).collect();
        Self {
            id: product.id.to_string(),
            name: product.id.name().to_owned(),
            display_name: product.display_name.clone(),
            status,
            reason,
            hostname: product.hostname.as_ref().map(Hostname::to_string),
            static_site: product.site.as_ref().map(|environment| (*environment.site()).clone()),
            environment: product.site.as_ref().map(|environment| environment.name().to_owned()),
            subscriptions: own.chain(others).collect(),
            apis: product.apis.as_ref().map(names),
            last_change: None,
            findings: FindingReport::of_all(&product.findings, render),
        }
    }
}

impl ProductSubscriptionReport {
    fn of(subscription: &ApimSubscription, of_link: bool) -> Self {
        Self {
            id: subscription.id.to_string(),
            name: subscription.id.name().to_owned(),
            display_name: subscription.display_name.clone(),
            state: subscription.state.as_str().to_owned(),
            created_on: subscription.created_on.clone(),
            of_link,
        }
    }
}

impl DanglingLinkReport {
    /// Returns the report of a dangling link that an audit found.
    #[must_use]
    pub fn of(link: &DanglingLink) -> Self {
        Self {
            static_site: link.environment.site().to_string(),
            environment: link.environment.name().to_owned(),
            backend_resource_id: link.service.to_string(),
        }
    }
}

/// The document that `prune -o json` prints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PruneReport {
    /// The version of this document's schema.
    pub schema_version: u32,
    /// The name of the command: `prune`.
    pub command: String,
    /// The ARM id of the service.
    pub service: String,
    /// The orphans, each with its result.
    pub products: Vec<PrunedReport>,
    /// Products that a link created and that are not deleted, although no site is known to use them.
    pub spared: Vec<SparedReport>,
    /// The summary of the command in the text format.
    #[serde(skip)]
    pub summary: String,
}

/// An orphan, and the result for it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrunedReport {
    /// The ARM id of the product.
    pub id: String,
    /// The name of the product.
    pub name: String,
    /// The hostname of the site that the product was created for.
    pub hostname: String,
    /// Why the product is unused.
    pub reason: Orphaned,
    /// The reason as text; for a product that was kept, why it was kept.
    pub message: String,
    /// The result for the product.
    pub outcome: PruneOutcome,
    /// The steps, in order.
    pub steps: Vec<StepReport>,
    /// Why the deletion failed; absent if it did not fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorReport>,
    /// The exit code that this orphan by itself would lead to.
    #[serde(skip)]
    pub exit: ExitCode,
}

/// The result for an orphan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PruneOutcome {
    /// The product would be deleted.
    Planned,
    /// The product was deleted.
    Deleted,
    /// The product had already been deleted, so nothing was done.
    Unchanged,
    /// The product was not deleted: a second read showed that it no longer matched the plan.
    Kept,
    /// The plan was refused before any product was deleted.
    Refused,
    /// A step failed.
    Failed,
    /// The deletion was not attempted, since an earlier one failed.
    NotTried,
}

/// A product that is not deleted.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SparedReport {
    /// The ARM id of the product.
    pub id: String,
    /// The name of the product.
    pub name: String,
    /// Why the product is not deleted.
    pub message: String,
    /// Whether the reason is that something could not be read.
    pub undetermined: bool,
}

impl PrunedReport {
    /// Returns the report of an orphan with its result.
    #[must_use]
    pub fn of(orphan: &Orphan, outcome: PruneOutcome, steps: Vec<StepReport>) -> Self {
        Self {
            id: orphan.product.to_string(),
            name: orphan.product.name().to_owned(),
            hostname: orphan.hostname.clone(),
            reason: orphan.reason,
            message: orphan.why.clone(),
            outcome,
            steps,
            error: None,
            exit: ExitCode::Success,
        }
    }
}

impl SparedReport {
    /// Returns the report of a product that a plan spares.
    #[must_use]
    pub fn of(spared: &Spared) -> Self {
        Self {
            id: spared.product.to_string(),
            name: spared.product.name().to_owned(),
            message: spared.why.clone(),
            undetermined: spared.undetermined,
        }
    }
}
