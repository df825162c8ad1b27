//! Decides and applies what to do about a link: observe, plan, apply, verify. It depends on the trait of a control
//! plane and on none of its implementations.

mod apis;
mod apply;
mod assess;
mod audit;
mod doctor;
mod extent;
mod finding;
mod found;
mod gateway;
mod history;
mod key_age;
mod last_change;
mod observe;
mod observed;
mod plan;
mod prune;
mod refusal;
mod rehearse;
mod rights;
mod snapshot;
mod state;
mod step;
mod target;
mod undo;
mod verify;

pub use apis::with_schemes;
pub use apply::{Applied, ApplyError, Moved, Movement, StepListener, apply};
pub use assess::findings;
pub use audit::{
    ApiSeen, Audit, DanglingLink, Gap, HostSeen, Orphaned, ProductAudit, ServiceSeen, SideSeen, SiteKeys,
    SitesSeen, Standing, SubscriptionsSeen, Unread, audit, classify,
};
pub use doctor::{Condition, Examined, Hop, HopName, Probe, examine, hop_of_rights, hops_of_parts, probe};
pub use extent::{Extent, extent};
pub use finding::{AlsoBlocks, Effect, FindingCode, Part, Severity, UnknownCode};
pub use found::{Finding, LastChange};
pub use history::{LinkEvent, LinkResources, attribute, history};
pub use key_age::{KeyAge, Log, Ripeness};
pub use last_change::last_changes;
pub use observe::observe;
pub use observed::{Basis, EnvironmentSeen, KeyFingerprints, Observed, ProductOwnership, Seen, Unreadable};
pub use plan::{Plan, plan};
pub use prune::{Fate, GoneSites, Orphan, PrunePlan, Pruned, Spared, moved, prune, prune_basis};
pub use refusal::Refusal;
pub use rehearse::{Rehearsal, rehearse};
pub use rights::{Certainty, MissingRights, Need, Rights, RoleDefinition, Scope, Verb, check_rights};
pub use snapshot::snapshot;
pub use state::LinkState;
pub use step::{ChangeKind, FieldChange, PlannedStep, Step, StepAction};
pub use target::{Adoption, Existing, Grace, Intent, Leftovers, Previews, Propagation, Provisioner, Target};
pub use undo::Undo;
pub use verify::{Verdict, verify, verify_in_time};
