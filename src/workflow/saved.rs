//! Plans in files, for `--out` and `apply`. These files contain no keys.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    error::{Result, Stranger, UsageError},
    plane::PlaneLocation,
    result_file::write_beside,
    workspace::Workspace,
};
use crate::{
    config::{ProviderKind, Source, Sourced},
    diagnosis::{Cure, misfit_at},
    engine::{
        Basis, Existing, GoneSites, Intent, Leftovers, Plan, PlannedStep, Provisioner, PrunePlan, Target,
    },
    files::{is_standard_output, read_whole},
    model::without_mark,
    report::SCHEMA_VERSION,
};

/// The hint for a file that has no plan that can be applied.
const MAKE_ONE: &str = "save a plan with `--out FILE` of link, relink, unlink or prune";

/// A plan, and its control plane.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SavedPlan {
    /// The file of the model, if the control plane is a model.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<PathBuf>,
    /// The address of Azure Resource Manager, if the control plane is Azure.
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
    /// The plan.
    pub(crate) plan: Plan,
}

impl SavedPlan {
    /// A plan for a control plane.
    pub(crate) fn new(plan: Plan, place: PlaneLocation) -> Self {
        match place {
            PlaneLocation::Model(model) => Self { model: Some(model), endpoint: None, plan },
            PlaneLocation::Azure(endpoint) => Self { model: None, endpoint: Some(endpoint), plan },
        }
    }

    /// The command of the plan.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        self.plan.intent.verb()
    }

    /// The command that makes a new plan of the same kind and applies it, and the target of the plan.
    #[must_use]
    pub fn again(&self) -> (Cure, &Target) {
        let cure = match &self.plan.intent {
            Intent::Link { existing: Existing::Keep } => Cure::Link,
            Intent::Link { existing: Existing::Replace } => Cure::LinkReplacing,
            Intent::Relink => Cure::Relink,
            Intent::Unlink { leftovers: Leftovers::Keep } => Cure::Unlink,
            Intent::Unlink { leftovers: Leftovers::Purge } => Cure::Purge,
            Intent::AddApis { apis } => Cure::AddApis(apis.clone()),
            Intent::RemoveApis { apis } => Cure::RemoveApis(apis.clone()),
        };
        (cure, &self.plan.target)
    }

    /// The control plane of the plan.
    pub(crate) fn place(&self) -> Result<PlaneLocation, UsageError> {
        place(self.model.as_ref(), self.endpoint.as_ref())
    }
}

fn place(model: Option<&PathBuf>, endpoint: Option<&String>) -> Result<PlaneLocation, UsageError> {
    match (model, endpoint) {
        (Some(model), None) => Ok(PlaneLocation::Model(model.clone())),
        (None, Some(endpoint)) => Ok(PlaneLocation::Azure(endpoint.clone())),
        (Some(_), Some(_)) | (None, None) => {
            let message = "the plan must contain either `model` or `endpoint`";
            Err(UsageError::new(message).hint(MAKE_ONE))
        }
    }
}

/// A plan of a prune, and its control plane.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SavedPrune {
    /// The file of the model, if the control plane is a model.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<PathBuf>,
    /// The address of Azure Resource Manager, if the control plane is Azure.
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
    /// Whether products of sites that cannot be seen are deleted too.
    pub(crate) include_gone: bool,
    /// The versions of the resources to delete.
    pub(crate) basis: Basis,
    /// The plan.
    pub(crate) plan: PrunePlan,
}

impl SavedPrune {
    /// A plan for a control plane.
    pub(crate) fn new(plan: PrunePlan, gone: GoneSites, basis: Basis, place: PlaneLocation) -> Self {
        let include_gone = gone == GoneSites::Include;
        let (model, endpoint) = match place {
            PlaneLocation::Model(model) => (Some(model), None),
            PlaneLocation::Azure(endpoint) => (None, Some(endpoint)),
        };
        Self { model, endpoint, include_gone, basis, plan }
    }

    /// Whether products of sites that cannot be seen are deleted too.
    pub(super) fn gone(&self) -> GoneSites {
        if self.include_gone { GoneSites::Include } else { GoneSites::Keep }
    }

    /// The control plane of the plan.
    pub(crate) fn place(&self) -> Result<PlaneLocation, UsageError> {
        place(self.model.as_ref(), self.endpoint.as_ref())
    }
}

/// The content of a plan file.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Saved {
    /// Links to change.
    Plans(Vec<SavedPlan>),
    /// A service to prune.
    Prune(SavedPrune),
}

impl Saved {
    /// Checks the targets of a plan, and that no flag contradicts it.
    ///
    /// # Errors
    ///
    /// A usage error that names the invalid part of a target, or the contradicting flag.
    pub fn check(&self, work: &Workspace) -> Result<()> {
        let places = match self {
            Self::Plans(plans) => {
                plans.iter().try_for_each(|saved| check_target(&saved.plan.target, &saved.place()?))?;
                plans.iter().map(SavedPlan::place).collect::<Result<Vec<_>, _>>()?
            }
            Self::Prune(saved) => vec![saved.place()?],
        };
        for place in &places {
            check_model(work, place)?;
            check_provider(work, place)?;
        }
        let given = work.overrides();
        let names = [
            ("--env", &given.env),
            ("--static-web-app", &given.static_web_app),
            ("--apim", &given.apim),
            ("--site-environment", &given.site_environment),
            ("--resource-group", &given.resource_group),
            ("--subscription", &given.azure_subscription),
        ];
        let by_flag = |it: &&(&str, &Option<Sourced<String>>)| {
            it.1.as_ref().is_some_and(|given| matches!(given.source, Source::Flag(_)))
        };
        match names.iter().find(by_flag) {
            Some((flag, given)) if !self.is_for(flag, given.as_ref()) => {
                let message =
                    format!("`apply` uses the target of the plan, but `{flag}` specifies another one");
                Err(UsageError::new(message).hint(format!("remove `{flag}`, or save a plan with it")).into())
            }
            Some(_) | None => Ok(()),
        }
    }

    fn is_for(&self, flag: &str, given: Option<&Sourced<String>>) -> bool {
        let Self::Plans(plans) = self else { return false };
        flag == "--env" && plans.iter().all(|saved| given.is_some_and(|it| it.value == saved.plan.target.env))
    }
}

fn check_model(work: &Workspace, place: &PlaneLocation) -> Result<(), UsageError> {
    let sample = PlaneLocation::Model(work.settings.model().value);
    if work.overrides().sample_flag && *place != sample {
        let message = format!("the plan is for {place}, but `--sample` selects {sample}");
        return Err(UsageError::new(message).hint("remove `--sample`, or save a plan with it"));
    }
    let Some(Sourced { value, source: Source::Flag(flag) }) = &work.overrides().model else { return Ok(()) };
    let given = work.folder.join(value);
    let same = |known: &Path| fs::canonicalize(known).ok() == fs::canonicalize(&given).ok();
    match place {
        PlaneLocation::Model(model) if *model == given || same(model) => Ok(()),
        PlaneLocation::Model(_) | PlaneLocation::Azure(_) => {
            let message = format!("the plan is for {place}, but `{flag}` specifies `{}`", value.display());
            Err(UsageError::new(message).hint(format!("remove `{flag}`, or save a plan with it")))
        }
    }
}

/// Refuses a flag of the other control plane.
fn check_provider(work: &Workspace, place: &PlaneLocation) -> Result<(), UsageError> {
    let given = work.overrides();
    let kind = match place {
        PlaneLocation::Model(_) => ProviderKind::Json,
        PlaneLocation::Azure(_) => ProviderKind::Arm,
    };
    let invalid = |problem: String, flag: &str| {
        let message = format!("the plan is for {place}, but {problem}");
        Err(UsageError::new(message).hint(format!("remove `{flag}`")))
    };
    match (&given.provider, &given.endpoint) {
        (Some(Sourced { value, source: Source::Flag(flag) }), _) if *value != kind => {
            invalid(format!("`{flag}` selects `{value}`"), flag)
        }
        (_, Some(Sourced { source: Source::Flag(flag), .. })) if kind == ProviderKind::Json => {
            invalid(format!("`{flag}` applies only to Azure"), flag)
        }
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}

/// Refuses a target that no command of this program saves: it was written manually.
fn check_target(target: &Target, place: &PlaneLocation) -> Result<(), UsageError> {
    let invalid = |problem: String| {
        UsageError::new(format!("the target of the plan is not valid: {problem}")).hint(MAKE_ONE)
    };
    let waits = target.propagation.grace().is_some();
    let provisions = target.provisioner == Provisioner::Service;
    match place {
        PlaneLocation::Model(_) if waits || provisions => {
            return Err(invalid(
                "a plan for a model can neither wait nor have provisioning `service`".to_owned(),
            ));
        }
        PlaneLocation::Azure(_) if !waits => {
            return Err(invalid(
                "a plan for Azure must wait until changes take effect, but this one does not wait".to_owned(),
            ));
        }
        PlaneLocation::Model(_) | PlaneLocation::Azure(_) => {}
    }
    if target.env.trim().is_empty() {
        return Err(invalid("`env` is empty".to_owned()));
    }
    if target.apis.iter().any(|api| api.is_empty() || api.contains('/')) {
        return Err(invalid("`apis` contains a name that is not a valid name of an API".to_owned()));
    }
    Ok(())
}

/// The first difference between the steps of a saved plan and the steps that are planned now.
pub(crate) fn stranger(saved: &[PlannedStep], planned: &[PlannedStep]) -> Option<Stranger> {
    let name = |planned: &PlannedStep| format!("{} of `{}`", planned.step.action(), planned.step.target());
    let pairs = saved.iter().zip(planned).enumerate();
    let mut differing = pairs.filter(|(_, (saved, now))| (&saved.step, saved.kind) != (&now.step, now.kind));
    let text = if let Some((at, (saved, now))) = differing.next() {
        format!(
            "step {} of the plan is {}, but the planner would create {} instead",
            at + 1,
            name(saved),
            name(now)
        )
    } else if let Some(more) = saved.get(planned.len()) {
        format!(
            "step {} of the plan, {}, is not a step that the planner would create",
            planned.len() + 1,
            name(more)
        )
    } else if let Some(missing) = planned.get(saved.len()) {
        format!("the plan has no step {}, {}", saved.len() + 1, name(missing))
    } else {
        return None;
    };
    Some(Stranger(text))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlanFile<S> {
    schema_version: u32,
    #[serde(flatten)]
    saved: S,
}

/// The part of a plan file that is read first, to check its version.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    schema_version: u32,
}

/// The content of a plan file, as it is read. Without `flatten`, an error has a line and a column.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    plans: Option<Vec<SavedPlan>>,
    prune: Option<SavedPrune>,
}

/// Saves plans.
///
/// # Errors
///
/// A usage error with a hint, if the file cannot be written.
pub async fn write(work: &Workspace, file: &Path, saved: &Saved) -> Result<()> {
    let text = serde_json::to_string_pretty(&PlanFile { schema_version: SCHEMA_VERSION, saved })? + "\n";
    write_beside(work, file, &text).await
}

/// The message after a plan was saved: the command that applies it.
#[must_use]
pub fn next(work: &Workspace, file: &Path, place: &PlaneLocation) -> String {
    let shown = if is_standard_output(file) { "-".to_owned() } else { file.display().to_string() };
    let apply = work.render()(&Cure::Apply(shown), &work.selection_for_plan(place));
    if is_standard_output(file) {
        return format!("next: give the plan to {apply}");
    }
    format!("saved the plan to {}; next: {apply}", file.display())
}

/// Reads plans from a file or from standard input.
///
/// # Errors
///
/// A usage error, if the file cannot be read or has no plan.
pub async fn read(file: &Path) -> Result<Saved> {
    let shown = if file == Path::new("-") { "standard input".into() } else { file.to_string_lossy() };
    let bytes = read_whole(file).await.map_err(|error| {
        UsageError::new(format!("could not read the plan `{shown}`: {error}")).hint(MAKE_ONE)
    })?;
    Ok(parsed(&bytes, &shown)?)
}

/// Parses the bytes of a plan file, which messages call `shown`.
fn parsed(bytes: &[u8], shown: &str) -> Result<Saved, UsageError> {
    let text = without_mark(bytes);
    let invalid =
        |problem: &str| UsageError::new(format!("`{shown}` is not a plan: {problem}")).hint(MAKE_ONE);
    let unparsed = |error: serde_json::Error| invalid(&misfit_at(&error));
    let head: Head = serde_json::from_slice(text).map_err(unparsed)?;
    if head.schema_version != SCHEMA_VERSION {
        let message = format!("the plan `{shown}` has schema version {}", head.schema_version);
        let hint = format!("this version of swa-apim supports schema version {SCHEMA_VERSION}");
        return Err(UsageError::new(message).hint(hint));
    }
    let body: Body = serde_json::from_slice(text).map_err(unparsed)?;
    match (body.plans, body.prune) {
        (Some(plans), None) => Ok(Saved::Plans(plans)),
        (None, Some(prune)) => Ok(Saved::Prune(prune)),
        (None, None) => Err(invalid("`plans` or `prune` is missing")),
        (Some(_), Some(_)) => Err(invalid("it contains both `plans` and `prune`")),
    }
}

/// Parses any bytes as a plan. A plan that can be read has the same meaning after it is written and read again.
///
/// # Panics
///
/// If the meaning changes.
pub(crate) fn fuzz(bytes: &[u8]) {
    let Ok(saved) = parsed(bytes, "plan.json") else { return };
    if let Saved::Plans(plans) = &saved {
        for plan in plans {
            // Invalid values are returned as errors.
            let _ = plan.place().and_then(|place| check_target(&plan.plan.target, &place));
            let _ = stranger(&plan.plan.steps, &[]);
        }
    }
    let value = |saved: Saved| serde_json::to_value(PlanFile { schema_version: SCHEMA_VERSION, saved });
    let written = value(saved).expect("a plan can be written");
    let again = parsed(written.to_string().as_bytes(), "plan.json").expect("a written plan can be read");
    assert_eq!(value(again).expect("a plan can be written"), written);
}
