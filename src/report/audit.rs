//! What the products of services are, and what became of those that nobody used.

use schemars::JsonSchema;
use serde::Serialize;

use super::{ErrorReport, SCHEMA_VERSION, StepReport};
use crate::{
    diagnosis::ExitCode,
    engine::{Audit, DanglingLink, Finding, FindingCode, Orphan, Orphaned, ProductAudit, Spared, Standing},
    model::{ApiId, ApimServiceId, ApimSubscription, Hostname, ResourceId},
};

/// What `audit -o json` prints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditReport {
    /// The version of this document's shape.
    pub schema_version: u32,
    /// One entry for each service that was asked about.
    pub services: Vec<ServiceAuditReport>,
    /// Sites that are linked to a service that is gone.
    pub dangling_links: Vec<DanglingLinkReport>,
}

/// One service: its products, and who uses them.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceAuditReport {
    /// Its ARM id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Every product, also those that no link made.
    pub products: Vec<ProductAuditReport>,
    /// What is to be said about the service as a whole.
    pub findings: Vec<Finding>,
    /// Why it could not be looked at, if it could not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorReport>,
}

/// Whether a product is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProductStatus {
    /// A site uses it, or somebody else does.
    InUse,
    /// A link made it, and nobody uses it.
    Orphan,
    /// A link made it, and whether somebody uses it could not be determined.
    Unknown,
    /// Linking did not make it.
    Foreign,
}

/// A product, and who uses it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductAuditReport {
    /// Its ARM id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its display name.
    pub display_name: String,
    /// Whether it is used.
    pub status: ProductStatus,
    /// Why it is an orphan, if it is one.
    pub reason: Option<Orphaned>,
    /// The hostname of the site that it says it was made for.
    pub hostname: Option<String>,
    /// The ARM id of that site, if it exists.
    #[schemars(with = "Option<String>")]
    pub static_site: Option<ResourceId>,
    /// The environment of that site; production is `default`.
    pub environment: Option<String>,
    /// The subscriptions whose keys open it.
    pub subscriptions: Vec<ProductSubscriptionReport>,
    /// The APIs in it; `null` if they could not be read.
    pub apis: Option<Vec<String>>,
    /// What is not as it should be, or worth knowing.
    pub findings: Vec<Finding>,
}

/// A subscription whose keys open a product.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductSubscriptionReport {
    /// Its ARM id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its display name.
    pub display_name: Option<String>,
    /// `active`, or why its keys are refused.
    pub state: String,
    /// When it was made, as the control plane writes it. Its keys may be younger.
    pub created_on: Option<String>,
    /// Whether it is the link's, or the administrator's own that came with the product.
    pub of_link: bool,
}

/// A site that is linked to a service that is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DanglingLinkReport {
    /// The ARM id of the site.
    pub static_site: String,
    /// Its environment; production is `default`.
    pub environment: String,
    /// The ARM id of the service that is gone.
    pub backend_resource_id: String,
}

impl AuditReport {
    /// A report of these services.
    #[must_use]
    pub fn new(services: Vec<ServiceAuditReport>, dangling_links: Vec<DanglingLinkReport>) -> Self {
        Self { schema_version: SCHEMA_VERSION, services, dangling_links }
    }

    /// How many products are of this status.
    #[must_use]
    pub fn count(&self, status: ProductStatus) -> usize {
        self.services.iter().map(|service| service.count(status)).sum()
    }
}

impl ServiceAuditReport {
    /// What an audit found.
    #[must_use]
    pub fn of(audit: &Audit) -> Self {
        let products = audit.products.iter().map(ProductAuditReport::of).collect();
        Self { products, findings: audit.findings.clone(), ..Self::empty(&audit.service) }
    }

    /// A service that could not be looked at.
    #[must_use]
    pub fn unread(service: &ApimServiceId, error: ErrorReport) -> Self {
        Self { error: Some(error), ..Self::empty(service) }
    }

    fn empty(service: &ApimServiceId) -> Self {
        let (id, name) = (service.to_string(), service.name().to_owned());
        Self { id, name, products: Vec::new(), findings: Vec::new(), error: None }
    }

    /// The same, without what was said of links to nothing with a service before it.
    #[must_use]
    pub fn without_dangling_links_if(mut self, known: bool) -> Self {
        self.findings.retain(|finding| !known || finding.code != FindingCode::Dangling);
        self
    }

    /// How many products are of this status.
    #[must_use]
    pub fn count(&self, status: ProductStatus) -> usize {
        self.products.iter().filter(|product| product.status == status).count()
    }
}

impl ProductAuditReport {
    fn of(product: &ProductAudit) -> Self {
        let (status, reason) = match product.standing {
            Standing::InUse => (ProductStatus::InUse, None),
            Standing::Orphan(reason) => (ProductStatus::Orphan, Some(reason)),
            Standing::Unknown(_) => (ProductStatus::Unknown, None),
            Standing::Foreign => (ProductStatus::Foreign, None),
        };
        let own = product.own.iter().map(|it| ProductSubscriptionReport::of(it, true));
        let others = product.others.iter().map(|it| ProductSubscriptionReport::of(it, false));
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
            findings: product.findings.clone(),
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
    /// What an audit found.
    #[must_use]
    pub fn of(link: &DanglingLink) -> Self {
        Self {
            static_site: link.environment.site().to_string(),
            environment: link.environment.name().to_owned(),
            backend_resource_id: link.service.to_string(),
        }
    }
}

/// What `prune -o json` prints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PruneReport {
    /// The version of this document's shape.
    pub schema_version: u32,
    /// The command: `prune`.
    pub command: String,
    /// The ARM id of the service.
    pub service: String,
    /// The orphans, and what became of each.
    pub products: Vec<PrunedReport>,
    /// What links made and what stays, although no site is known to use it.
    pub spared: Vec<SparedReport>,
    /// How the command says it, for people.
    #[serde(skip)]
    pub summary: String,
}

/// An orphan, and what became of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrunedReport {
    /// The product's ARM id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The hostname of the site that it was made for.
    pub hostname: String,
    /// Why nobody uses it.
    pub reason: Orphaned,
    /// The same, for people; of one that was kept, why.
    pub message: String,
    /// What became of it.
    pub outcome: PruneOutcome,
    /// The steps, in order.
    pub steps: Vec<StepReport>,
    /// Why it failed, if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorReport>,
    /// What its exit code would be if it were alone.
    #[serde(skip)]
    pub exit: ExitCode,
}

/// What became of an orphan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PruneOutcome {
    /// It would be deleted.
    Planned,
    /// It is deleted.
    Deleted,
    /// It was left alone: when it was looked at again, it was no longer what was planned to be deleted.
    Kept,
    /// The plan was refused before anything was deleted.
    Refused,
    /// A step failed.
    Failed,
    /// It was not tried, since something failed before it.
    NotTried,
}

/// A product that stays.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SparedReport {
    /// The product's ARM id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Why it stays.
    pub message: String,
    /// Whether that is because something could not be read.
    pub undetermined: bool,
}

impl PrunedReport {
    /// An orphan with what became of it.
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
    /// What a plan spares.
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
