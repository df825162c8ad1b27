//! The settings of a use case, and the control planes that they name.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
};

use tokio::sync::OnceCell;

use super::{
    deadline::Deadline,
    error::{Explain as _, Result, UsageError, WorkflowError},
    options::{MissingSample, WorkspaceOptions},
    plane::{Plane, PlaneLocation, subscription_of},
};
use crate::{
    ambient::{self, Ambient},
    config::{
        Cloud, ConfigError, EnvSettings, Overrides, ProviderKind, Provisioning, Settings, Source, Sourced,
        sample_model,
    },
    diagnosis::Render,
    model::{ArmType, ResourceId},
    provider::{
        arm::{ArmControlPlane, ArmOptions, Budget, Endpoint, Wait},
        json::JsonControlPlane,
    },
};

/// The settings of a use case, and the control planes that they name, each opened once.
pub struct Workspace {
    /// The configuration.
    pub settings: Settings,
    /// The directory that relative paths start from.
    pub folder: PathBuf,
    options: WorkspaceOptions,
    deadline: Cell<Deadline>,
    /// How much the command may read from Azure.
    budget: Budget,
    wait: Cell<Wait>,
    models: RefCell<BTreeMap<PathBuf, Arc<JsonControlPlane>>>,
    /// By address and by Azure subscription: a token of one tenant is not valid for a subscription of another.
    azure: RefCell<BTreeMap<AzurePlace, Arc<ArmControlPlane>>>,
    /// The ids that were listed to find resources by name, by the address of the control plane in memory and by type.
    known_ids: RefCell<KnownIds>,
}

/// An endpoint, and the Azure subscription that a credential may need.
type AzurePlace = (String, Option<String>);
/// The ids of a type on a control plane. Concurrent callers wait for one answer.
type KnownIds = BTreeMap<(usize, ArmType), Rc<OnceCell<Rc<[ResourceId]>>>>;

impl fmt::Debug for Workspace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workspace").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Workspace {
    /// Reads the settings that apply in a directory.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if a configuration file cannot be used, or the operating system provides no random numbers.
    pub fn open(folder: &Path, options: WorkspaceOptions) -> Result<Self> {
        if !ambient::has_chance() {
            return Err(WorkflowError::Unexpected("the operating system provides no random numbers"));
        }
        Ok(Self {
            settings: Settings::load(options.overrides.clone(), folder, &options.configuration)?,
            folder: folder.to_owned(),
            deadline: Cell::new(options.deadline),
            options,
            budget: Budget::default(),
            wait: Cell::new(Wait::UntilDone),
            models: RefCell::default(),
            azure: RefCell::default(),
            known_ids: RefCell::default(),
        })
    }

    /// Writes the commands in reports.
    pub(crate) fn render(&self) -> Render {
        self.options.render
    }

    /// The time and random numbers.
    #[must_use]
    pub fn ambient(&self) -> &Arc<dyn Ambient> {
        &self.options.ambient
    }

    /// The options that the workspace was opened with.
    #[must_use]
    pub fn options(&self) -> &WorkspaceOptions {
        &self.options
    }

    /// When the command must end.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        self.deadline.get()
    }

    /// Replaces the deadline. A control plane that is already open keeps its own.
    pub fn set_deadline(&self, deadline: Deadline) {
        self.deadline.set(deadline);
    }

    /// The ids of a type on a control plane. Concurrent callers share one answer.
    pub(super) fn known_ids(&self, plane: usize, of: ArmType) -> Rc<OnceCell<Rc<[ResourceId]>>> {
        Rc::clone(self.known_ids.borrow_mut().entry((plane, of)).or_default())
    }

    /// The envs of a use case: all envs of the file, or the selected env.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if no env is selected or one is incomplete; [`UsageError`] if `all` is set and an env is
    /// selected.
    pub fn envs(&self, all: bool) -> Result<Vec<EnvSettings>> {
        if !all {
            return Ok(vec![self.settings.env()?]);
        }
        let given = &self.options.overrides;
        let of_one =
            [("--env", &given.env), ("--static-web-app", &given.static_web_app), ("--apim", &given.apim)];
        let flag =
            of_one.iter().find(|(_, given)| matches!(given, Some(Sourced { source: Source::Flag(_), .. })));
        if let Some((flag, _)) = flag {
            let error = UsageError::new(format!("`--all` and `{flag}` cannot be used together"));
            return Err(error.hint("remove one of them").into());
        }
        Ok(self.settings.all()?)
    }

    /// Sets whether the command waits until Azure has completed a change that it has accepted.
    pub(crate) fn wait(&self, wait: Wait) {
        self.wait.set(wait);
    }

    /// Makes the next access read every model again, and resets the limit of what the command may read from Azure.
    pub(crate) fn refresh(&self) {
        self.budget.renew();
        self.models.borrow().values().for_each(|model| model.refresh());
    }

    /// The control plane that an env is on.
    pub(crate) fn plane_of(&self, env: &EnvSettings) -> Result<Plane> {
        if env.provider.value == ProviderKind::Arm {
            self.refuse_flag(
                "--model",
                self.options.overrides.model.as_ref().map(|it| &it.source),
                env.provider.value,
            )?;
            let endpoint = self.endpoint(env.cloud.value, env.endpoint.as_ref())?;
            return Ok(Plane::Azure(self.azure(endpoint, subscription_of(env))?));
        }
        let given = self.options.overrides.endpoint.as_ref().map(|it| &it.source);
        self.refuse_flag("--endpoint", given, env.provider.value)?;
        if env.provisioning.value == Provisioning::Service {
            let message = format!(
                "the JSON model does not support provisioning by the service (from {})",
                env.provisioning.source
            );
            return Err(UsageError::new(message).hint("remove `provisioning`, or set it to `engine`").into());
        }
        Ok(Plane::Model(self.model(&env.model.value)?))
    }

    /// The control plane for commands that are not about an env.
    pub(crate) fn default_plane(&self) -> Result<Plane> {
        self.plane_on(&self.settings.provider())
    }

    /// The control plane of a kind, as configured outside of envs.
    pub(crate) fn plane_on(&self, provider: &Sourced<ProviderKind>) -> Result<Plane> {
        match provider.value {
            ProviderKind::Json => {
                let given = self.options.overrides.endpoint.as_ref().map(|it| &it.source);
                self.refuse_flag("--endpoint", given, ProviderKind::Json)?;
                Ok(Plane::Model(self.model(&self.settings.model().value)?))
            }
            ProviderKind::Arm => {
                let given = self.options.overrides.model.as_ref().map(|it| &it.source);
                self.refuse_flag("--model", given, ProviderKind::Arm)?;
                Ok(Plane::Azure(self.default_azure()?))
            }
        }
    }

    /// Refuses a flag that is for the other control plane.
    fn refuse_flag(&self, flag: &str, given: Option<&Source>, provider: ProviderKind) -> Result<()> {
        if !matches!(given, Some(Source::Flag(_))) {
            return Ok(());
        }
        let other = match provider {
            ProviderKind::Json => ProviderKind::Arm,
            ProviderKind::Arm => ProviderKind::Json,
        };
        let message =
            format!("`{flag}` applies only to the provider `{other}`, but this command uses `{provider}`");
        let hint = if self.is_sample() {
            "the sample is a model: remove one of the two flags".to_owned()
        } else {
            format!("add `--provider {other}`, or remove `{flag}`")
        };
        Err(UsageError::new(message).hint(hint).into())
    }

    pub(super) fn endpoint(&self, cloud: Cloud, address: Option<&Sourced<String>>) -> Result<Endpoint> {
        let endpoint = match cloud {
            Cloud::AzureCloud => Endpoint::public(),
            Cloud::AzureChinaCloud => Endpoint::china(),
            Cloud::AzureUSGovernment => Endpoint::us_government(),
        };
        let Some(address) = address else { return Ok(endpoint) };
        let at = endpoint.at(&address.value);
        let endpoint = at.explain_with(|| format!("`endpoint` (from {}) is not valid", address.source))?;
        let known = endpoint.is_azure() || endpoint.is_loopback();
        if !known && !self.settings.may_redirect_tokens(&address.source) {
            let shown = endpoint.base().as_str().trim_end_matches('/').to_owned();
            let at = address.source.clone();
            return Err(ConfigError::UntrustedEndpoint { address: shown, at }.into());
        }
        Ok(endpoint)
    }

    /// The model, for commands that work only with models.
    pub(crate) fn default_model(&self) -> Result<Arc<JsonControlPlane>> {
        self.refuse_azure()?;
        self.model(&self.settings.model().value)
    }

    /// Refuses a flag that selects Azure for a command that works only with models.
    pub(super) fn refuse_azure(&self) -> Result<()> {
        let Sourced { value: ProviderKind::Arm, source: Source::Flag(flag) } = self.settings.provider()
        else {
            return Ok(());
        };
        let message = format!("this command works on a model, but `{flag}` selects `arm`");
        Err(UsageError::new(message).hint(format!("remove `{flag}`")).into())
    }

    /// Azure, as configured outside of envs.
    pub(crate) fn default_azure(&self) -> Result<Arc<ArmControlPlane>> {
        let endpoint = self.endpoint(self.settings.cloud().value, self.settings.endpoint().as_ref())?;
        let azure_subscription =
            self.options.overrides.azure_subscription.as_ref().map(|given| given.value.clone());
        self.azure(endpoint, azure_subscription)
    }

    /// The control plane of a saved plan. A file must not redirect a token to another address, so the configuration
    /// must have the same address.
    pub(crate) fn plane_at(&self, place: &PlaneLocation) -> Result<Plane> {
        match place {
            PlaneLocation::Model(path) => Ok(Plane::Model(self.model(path)?)),
            PlaneLocation::Azure(_) => {
                let plane = Plane::Azure(self.default_azure()?);
                let here = plane.place();
                if here == *place {
                    return Ok(plane);
                }
                let message = format!("the plan is for {place}, but the configuration specifies {here}");
                let hint = format!("if {place} is correct, run the command again with `--endpoint {place}`");
                Err(UsageError::new(message).hint(hint).into())
            }
        }
    }

    fn azure(&self, endpoint: Endpoint, azure_subscription: Option<String>) -> Result<Arc<ArmControlPlane>> {
        let key =
            (endpoint.base().to_string(), azure_subscription.as_ref().map(|it| it.to_ascii_lowercase()));
        if let Some(open) = self.azure.borrow().get(&key) {
            return Ok(Arc::clone(open));
        }
        let plane = Arc::new(ArmControlPlane::new(ArmOptions {
            endpoint,
            variables: self.options.variables,
            ambient: Arc::clone(&self.options.ambient),
            limit: self.deadline.get().limit(),
            budget: self.budget.clone(),
            wait: self.wait.get(),
            azure_subscription,
            transport: self.options.transport.clone(),
            connections: self.options.connections.clone(),
        })?);
        self.azure.borrow_mut().insert(key, Arc::clone(&plane));
        Ok(plane)
    }

    /// Opens the model in a file. The sample is created if it is missing.
    pub(crate) fn model(&self, model: &Path) -> Result<Arc<JsonControlPlane>> {
        if let Some(open) = self.models.borrow().get(model) {
            return Ok(Arc::clone(open));
        }
        let ambient = Arc::clone(&self.options.ambient);
        let plane = match self.options.missing_sample {
            MissingSample::InMemory if self.is_sample() && !model.exists() => {
                JsonControlPlane::of_document(sample_model(), ambient)?
            }
            MissingSample::Create if self.is_sample() => self.create(model, sample_model())?,
            MissingSample::Create | MissingSample::InMemory => {
                let (wait, parsed) = (self.deadline.get().lock_wait(), &self.options.models);
                JsonControlPlane::open_again(model, wait, ambient, parsed)?
            }
        };
        let plane = Arc::new(plane);
        self.models.borrow_mut().insert(model.to_owned(), Arc::clone(&plane));
        Ok(plane)
    }

    /// Opens a model, or creates it from `initial` if it is missing.
    pub(crate) fn create(&self, model: &Path, initial: &str) -> Result<JsonControlPlane> {
        Ok(JsonControlPlane::create(
            model,
            initial,
            self.deadline.get().lock_wait(),
            Arc::clone(&self.options.ambient),
        )?)
    }

    pub(crate) fn is_sample(&self) -> bool {
        self.options.overrides.sample
    }

    pub(crate) fn overrides(&self) -> &Overrides {
        &self.options.overrides
    }

    /// The files of the open models.
    pub(super) fn open_models(&self) -> Vec<PathBuf> {
        self.models.borrow().keys().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::yield_now;

    use super::*;

    #[tokio::test]
    async fn a_question_that_is_being_answered_is_not_asked_again() {
        let folder = tempfile::tempdir().unwrap();
        let work = Workspace::open(folder.path(), WorkspaceOptions::new(crate::cli::command_line)).unwrap();
        let asked = Cell::new(0);
        let ask = async |of| {
            let answer = work.known_ids(1, of);
            let ids = answer.get_or_try_init(async || {
                asked.set(asked.get() + 1);
                yield_now().await;
                Ok::<_, WorkflowError>(Rc::from([]))
            });
            ids.await.map(|ids| ids.len()).unwrap()
        };
        tokio::join!(ask(ArmType::StaticSite), ask(ArmType::StaticSite), ask(ArmType::ApimService));
        assert_eq!(asked.get(), 2);
    }
}
