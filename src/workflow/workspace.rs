//! What a use case works with: settings, and the control planes that they name.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
};

use anyhow::Context as _;
use tokio::sync::OnceCell;

use super::{
    deadline::Deadline,
    error::UsageError,
    plane::{Plane, PlaneLocation, subscription_of},
};
use crate::{
    ambient::{self, Ambient, System},
    config::{
        Cloud, ConfigError, EnvSettings, Overrides, ProviderKind, Provisioning, Settings, Source, Sourced,
        sample_model,
    },
    model::ResourceId,
    provider::{
        arm::{ArmControlPlane, ArmOptions, Budget, Endpoint, Transport, Wait},
        json::JsonControlPlane,
    },
};

/// What a workspace is opened with.
#[derive(Clone)]
pub struct WorkspaceOptions {
    /// What flags and variables say, which wins over files.
    pub overrides: Overrides,
    /// When the command has to be done.
    pub deadline: Deadline,
    /// The time and random numbers.
    pub ambient: Arc<dyn Ambient>,
    /// The environment, in which credentials are configured.
    pub variables: fn(&str) -> Option<String>,
    /// What carries requests to Azure, if not the network.
    pub transport: Option<Arc<dyn Transport>>,
}

impl fmt::Debug for WorkspaceOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkspaceOptions").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

impl Default for WorkspaceOptions {
    /// What files say, the time that commands have, the operating system and the network.
    fn default() -> Self {
        Self {
            overrides: Overrides::default(),
            deadline: Deadline::new(None),
            ambient: Arc::new(System),
            variables: ambient::variable,
            transport: None,
        }
    }
}

/// What a use case works with: settings, and the control planes that they name, each opened once.
pub struct Workspace {
    /// What is configured.
    pub settings: Settings,
    /// The folder that relative paths start from.
    pub folder: PathBuf,
    options: WorkspaceOptions,
    deadline: Cell<Deadline>,
    /// How much the command may read from Azure.
    budget: Budget,
    wait: Cell<Wait>,
    models: RefCell<BTreeMap<PathBuf, Arc<JsonControlPlane>>>,
    /// By address and by Azure subscription: a token of one tenant is not good for a subscription of another.
    azure: RefCell<BTreeMap<AzurePlace, Arc<ArmControlPlane>>>,
    /// What was listed to find resources by name: by control plane, each of which has an address of its own, and type.
    known_ids: RefCell<KnownIds>,
}

/// An endpoint, and the Azure subscription that a credential may need to know.
type AzurePlace = (String, Option<String>);
/// The ids of a type on a control plane. Those who ask at the same time wait for one answer.
type KnownIds = BTreeMap<(usize, &'static str), Rc<OnceCell<Rc<[ResourceId]>>>>;

impl fmt::Debug for Workspace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workspace").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Workspace {
    /// Reads the settings that hold in a folder.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if a configuration file cannot be used, or the operating system provides no random numbers.
    pub fn open(folder: &Path, options: WorkspaceOptions) -> anyhow::Result<Self> {
        anyhow::ensure!(ambient::has_chance(), "the operating system provides no random numbers");
        Ok(Self {
            settings: Settings::load(options.overrides.clone(), folder)?,
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

    /// The time and random numbers.
    #[must_use]
    pub fn ambient(&self) -> &Arc<dyn Ambient> {
        &self.options.ambient
    }

    /// When the command has to be done.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        self.deadline.get()
    }

    /// Replaces the deadline. A control plane that is open already keeps its own.
    pub fn set_deadline(&self, deadline: Deadline) {
        self.deadline.set(deadline);
    }

    /// The answer to a question about all ids of a type on a control plane; those who ask at once share it.
    pub(super) fn known_ids(&self, plane: usize, of: &'static str) -> Rc<OnceCell<Rc<[ResourceId]>>> {
        Rc::clone(self.known_ids.borrow_mut().entry((plane, of)).or_default())
    }

    /// The envs that a use case is for: all of the file, or the one that is chosen.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if none is chosen or one is not complete; [`UsageError`] if one is named beside all.
    pub fn envs(&self, all: bool) -> anyhow::Result<Vec<EnvSettings>> {
        if !all {
            return Ok(vec![self.settings.env()?]);
        }
        let given = &self.options.overrides;
        let of_one =
            [("--env", &given.env), ("--static-web-app", &given.static_web_app), ("--apim", &given.apim)];
        let flag =
            of_one.iter().find(|(_, given)| matches!(given, Some(Sourced { source: Source::Flag(_), .. })));
        if let Some((flag, _)) = flag {
            let error = UsageError::new(format!("`--all` and `{flag}` contradict each other"));
            return Err(error.hint("leave one of them out").into());
        }
        Ok(self.settings.all()?)
    }

    /// Whether what Azure has only begun is waited for.
    pub(crate) fn wait(&self, wait: Wait) {
        self.wait.set(wait);
    }

    /// Makes every model be read anew, and lets as much be read from Azure as at first.
    pub(crate) fn refresh(&self) {
        self.budget.renew();
        self.models.borrow().values().for_each(|model| model.refresh());
    }

    /// The control plane that an env is on.
    pub(crate) fn plane_of(&self, env: &EnvSettings) -> anyhow::Result<Plane> {
        if env.provider.value == ProviderKind::Arm {
            self.refuse_flag(
                "--model",
                self.options.overrides.model.as_ref().map(|it| &it.source),
                &env.provider,
            )?;
            let endpoint = self.endpoint(env.cloud.value, env.endpoint.as_ref())?;
            return Ok(Plane::Azure(self.azure(endpoint, subscription_of(env))?));
        }
        let given = self.options.overrides.endpoint.as_ref().map(|it| &it.source);
        self.refuse_flag("--endpoint", given, &env.provider)?;
        if env.provisioning.value == Provisioning::Service {
            let message =
                format!("the JSON model cannot provision by itself (from {})", env.provisioning.source);
            return Err(UsageError::new(message)
                .hint("leave `provisioning` out, or set it to `engine`")
                .into());
        }
        Ok(Plane::Model(self.model(&env.model.value)?))
    }

    /// The control plane for commands that are not about an env.
    pub(crate) fn default_plane(&self) -> anyhow::Result<Plane> {
        let provider = self.settings.provider();
        match provider.value {
            ProviderKind::Json => {
                let given = self.options.overrides.endpoint.as_ref().map(|it| &it.source);
                self.refuse_flag("--endpoint", given, &provider)?;
                Ok(Plane::Model(self.model(&self.settings.model().value)?))
            }
            ProviderKind::Arm => {
                let given = self.options.overrides.model.as_ref().map(|it| &it.source);
                self.refuse_flag("--model", given, &provider)?;
                Ok(Plane::Azure(self.default_azure()?))
            }
        }
    }

    /// Refuses a flag about the other control plane, unless a variable chose this one for every command.
    fn refuse_flag(
        &self,
        flag: &str,
        given: Option<&Source>,
        provider: &Sourced<ProviderKind>,
    ) -> anyhow::Result<()> {
        let by_variable = matches!(provider.source, Source::Variable(_));
        if by_variable || !matches!(given, Some(Source::Flag(_))) {
            return Ok(());
        }
        let provider = provider.value;
        let other = match provider {
            ProviderKind::Json => ProviderKind::Arm,
            ProviderKind::Arm => ProviderKind::Json,
        };
        let message = format!("`{flag}` is about the provider `{other}`, and this command uses `{provider}`");
        let hint = if self.is_sample() {
            "the sample is a model: leave one of the two out".to_owned()
        } else {
            format!("add `--provider {other}`, or leave `{flag}` out")
        };
        Err(UsageError::new(message).hint(hint).into())
    }

    fn endpoint(&self, cloud: Cloud, address: Option<&Sourced<String>>) -> anyhow::Result<Endpoint> {
        let endpoint = match cloud {
            Cloud::AzureCloud => Endpoint::public(),
            Cloud::AzureChinaCloud => Endpoint::china(),
            Cloud::AzureUSGovernment => Endpoint::us_government(),
        };
        let Some(address) = address else { return Ok(endpoint) };
        let at = endpoint.at(&address.value);
        let endpoint = at.with_context(|| format!("`endpoint` (from {}) cannot be used", address.source))?;
        let known = endpoint.is_azure() || endpoint.is_loopback();
        if !known && !self.settings.may_redirect_tokens(&address.source) {
            let shown = endpoint.base().as_str().trim_end_matches('/').to_owned();
            let at = address.source.clone();
            return Err(ConfigError::UntrustedEndpoint { address: shown, at }.into());
        }
        Ok(endpoint)
    }

    /// The model, for commands that are about nothing else.
    pub(crate) fn default_model(&self) -> anyhow::Result<Arc<JsonControlPlane>> {
        let provider = self.settings.provider();
        if provider.value == ProviderKind::Arm && matches!(provider.source, Source::Flag(_)) {
            let error = UsageError::new("this command is about a model, and `--provider` asks for `arm`");
            return Err(error.hint("leave `--provider` out").into());
        }
        self.model(&self.settings.model().value)
    }

    /// Azure, as the settings that belong to no env have it.
    pub(crate) fn default_azure(&self) -> anyhow::Result<Arc<ArmControlPlane>> {
        let endpoint = self.endpoint(self.settings.cloud().value, self.settings.endpoint().as_ref())?;
        let subscription = self.options.overrides.subscription.as_ref().map(|given| given.value.clone());
        self.azure(endpoint, subscription)
    }

    /// The control plane of a place that a plan was saved for. A token goes to no address because a file
    /// says so: what is configured has to say the same.
    pub(crate) fn plane_at(&self, place: &PlaneLocation) -> anyhow::Result<Plane> {
        match place {
            PlaneLocation::Model(path) => Ok(Plane::Model(self.model(path)?)),
            PlaneLocation::Azure(_) => {
                let plane = Plane::Azure(self.default_azure()?);
                let here = plane.place();
                if here == *place {
                    return Ok(plane);
                }
                let message = format!("the plan is for {place}, and what is configured is {here}");
                let hint = format!("if that is right, repeat the command with `--endpoint {place}`");
                Err(UsageError::new(message).hint(hint).into())
            }
        }
    }

    fn azure(
        &self,
        endpoint: Endpoint,
        subscription: Option<String>,
    ) -> anyhow::Result<Arc<ArmControlPlane>> {
        let key = (endpoint.base().to_string(), subscription.as_ref().map(|it| it.to_ascii_lowercase()));
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
            subscription,
            transport: self.options.transport.clone(),
        })?);
        self.azure.borrow_mut().insert(key, Arc::clone(&plane));
        Ok(plane)
    }

    /// The model of a file. The sample is made where it is missing.
    pub(crate) fn model(&self, model: &Path) -> anyhow::Result<Arc<JsonControlPlane>> {
        if let Some(open) = self.models.borrow().get(model) {
            return Ok(Arc::clone(open));
        }
        let plane = if self.is_sample() {
            self.create(model, sample_model())?
        } else {
            JsonControlPlane::open(model, self.deadline.get().lock_wait(), Arc::clone(&self.options.ambient))?
        };
        let plane = Arc::new(plane);
        self.models.borrow_mut().insert(model.to_owned(), Arc::clone(&plane));
        Ok(plane)
    }

    /// Opens a model, or makes it from `initial` if there is none.
    pub(crate) fn create(&self, model: &Path, initial: &str) -> anyhow::Result<JsonControlPlane> {
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

    /// The files of the models that are open.
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
        let work = Workspace::open(folder.path(), WorkspaceOptions::default()).unwrap();
        let asked = Cell::new(0);
        let ask = async |of| {
            let answer = work.known_ids(1, of);
            let ids = answer.get_or_try_init(async || {
                asked.set(asked.get() + 1);
                yield_now().await;
                anyhow::Ok(Rc::from([]))
            });
            ids.await.map(|ids| ids.len()).unwrap()
        };
        tokio::join!(ask("staticSites"), ask("staticSites"), ask("service"));
        assert_eq!(asked.get(), 2);
    }
}
