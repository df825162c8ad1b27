//! What a command works with: settings, control planes, the terminal.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use clap::ArgMatches;

use super::{
    args::{self, GlobalArgs},
    interrupt::Interrupt,
    invocation::Outside,
    journal::Journal,
};
pub(crate) use crate::diagnosis::quoted;
use crate::{
    ambient::{self, Ambient},
    config::{
        Cloud, ConfigError, EnvSettings, Overrides, ProviderKind, Provisioning, Settings, Source, Sourced,
        sample_model,
    },
    diagnosis::{Diagnose, Diagnosis, ExitCode},
    files::{follow, is_standard_output, one_of},
    model::ResourceId,
    output::Ui,
    provider::{
        arm::{ArmControlPlane, ArmOptions, Budget, Endpoint, Wait},
        json::{JsonControlPlane, files_of_model},
    },
    workflow::plane::{Place, Plane, subscription_of},
};

/// A command line that cannot be carried out as it stands.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct UsageError {
    message: String,
    hint: Option<String>,
    exit: ExitCode,
}

impl UsageError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, exit: ExitCode::Usage }
    }

    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self { exit: ExitCode::Refused, ..Self::new(message) }
    }

    /// Not what was hoped for, and perhaps later.
    pub(crate) fn not_yet(message: impl Into<String>) -> Self {
        Self { exit: ExitCode::Unavailable, ..Self::new(message) }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl Diagnose for UsageError {
    fn diagnosis(&self) -> Diagnosis {
        Diagnosis { exit: self.exit, hint: self.hint.clone() }
    }
}

/// What a command works with.
pub(crate) struct Context {
    pub(crate) ui: Ui,
    pub(crate) settings: Settings,
    pub(crate) ambient: Arc<dyn Ambient>,
    pub(crate) folder: PathBuf,
    pub(crate) yes: bool,
    /// What the command has changed so far.
    pub(crate) journal: Journal,
    /// The request to end.
    #[cfg_attr(not(feature = "emulator"), expect(dead_code, reason = "only a server ends by itself"))]
    pub(crate) interrupt: Interrupt,
    outside: Outside,
    overrides: Overrides,
    timeout: Option<Duration>,
    limit: Cell<Duration>,
    /// Flags of this command line that are about Azure alone.
    azure_flags: Vec<&'static str>,
    /// How much the command may read from Azure.
    budget: Budget,
    wait: Cell<Wait>,
    models: RefCell<BTreeMap<PathBuf, Arc<JsonControlPlane>>>,
    /// By address and by Azure subscription: a token of one tenant is not good for a subscription of another.
    azure: RefCell<BTreeMap<AzurePlace, Arc<ArmControlPlane>>>,
    /// What was listed to find things by name: by control plane, which each has an address of its own, and kind.
    pub(crate) known_ids: RefCell<KnownIds>,
}

/// An endpoint, and the Azure subscription that a credential may need to know.
type AzurePlace = (String, Option<String>);
/// The ids of a kind on a control plane.
type KnownIds = BTreeMap<(usize, &'static str), Rc<[ResourceId]>>;

/// How long others may hold the lock of a model, unless somebody says otherwise.
const LOCK_WAIT: Duration = Duration::from_secs(30);
/// How long a command may take over HTTP, unless somebody says otherwise.
const WHOLE_COMMAND: Duration = Duration::from_secs(10 * 60);

/// How many waits of the grace a plan has at most.
const WAITS: u32 = 6;

impl Context {
    pub(crate) fn new(
        global: &GlobalArgs,
        matches: &ArgMatches,
        journal: Journal,
        interrupt: Interrupt,
        outside: Outside,
    ) -> anyhow::Result<Self> {
        let folder = env::current_dir().context("could not find the working directory")?;
        anyhow::ensure!(ambient::has_chance(), "the operating system provides no random numbers");
        let overrides = global.overrides(matches);
        let settings = Settings::load(overrides.clone(), &folder)?;
        let ui = global.ui().writing_to(outside.streams.clone());
        let context = Self {
            ui,
            settings,
            ambient: Arc::clone(&outside.ambient),
            outside,
            folder,
            yes: global.yes,
            journal,
            interrupt,
            overrides,
            timeout: global.timeout,
            limit: Cell::new(global.timeout.unwrap_or(WHOLE_COMMAND)),
            azure_flags: args::azure_flags(matches),
            budget: Budget::default(),
            wait: Cell::new(Wait::UntilDone),
            models: RefCell::default(),
            azure: RefCell::default(),
            known_ids: RefCell::default(),
        };
        context.check_pipeline(global)?;
        Ok(context)
    }

    fn check_pipeline(&self, global: &GlobalArgs) -> Result<(), UsageError> {
        if global.events_file().is_some_and(is_standard_output) {
            let message = "`--output-file` names standard output, where the result is printed";
            return Err(UsageError::new(message).hint("name a file"));
        }
        global.pipeline_files().try_for_each(|file| self.check_result_file(file))?;
        self.ui.check_pipeline().map_err(|(file, error)| {
            UsageError::new(format!("could not write `{}`: {error}", file.display()))
                .hint("it is where a pipeline wants to read what happened: name a file that you may write to")
        })
    }

    /// Refuses to write a result over a file of a model that is in use, or over the configuration file, by whatever
    /// name.
    pub(crate) fn check_result_file(&self, path: &Path) -> Result<(), UsageError> {
        let model = self.settings.model().value;
        let is_used = self.settings.provider().value == ProviderKind::Json || model.exists();
        let open: Vec<PathBuf> = self.models.borrow().keys().cloned().collect();
        let models = open.into_iter().chain(Some(model).filter(|_| is_used));
        let models = models.map(|model| follow(&model).unwrap_or(model));
        let of_models: Vec<PathBuf> = models.flat_map(|model| files_of_model(&model)).collect();
        let configuration: Vec<PathBuf> = self.settings.file.iter().cloned().collect();
        let kept = one_of(path, &of_models).map(|kept| (kept, "a file of the model"));
        let kept = kept.or_else(|| one_of(path, &configuration).map(|kept| (kept, "the configuration file")));
        let Some((kept, what)) = kept else { return Ok(()) };
        let message =
            format!("`{}` is {what} `{}`, and would be written over", path.display(), kept.display());
        Err(UsageError::new(message).hint("name another file; nothing was written"))
    }

    /// Says which flags have had no effect, where the command was about models alone.
    pub(crate) fn note_azure_flags(&self) {
        for flag in &self.azure_flags {
            self.ui.say(&format!("note: `{flag}` has no effect on a model"));
        }
    }

    /// The command that applies a plan which was saved to a file.
    pub(crate) fn apply_command(&self, file: &Path, place: &Place) -> String {
        let mut words = vec!["swa-apim apply".to_owned(), quoted(&file.display().to_string())];
        let config = self.overrides.config.as_ref().map(|it| (it.value.display().to_string(), &it.source));
        let endpoint = self.overrides.endpoint.as_ref().map(|it| (it.value.clone(), &it.source));
        for (flag, given) in [("--config", config), ("--endpoint", endpoint)] {
            // A plan names the file of its model, and a token goes to no address because a plan says so.
            if let (Some((value, Source::Flag(_))), Place::Azure(_)) = (given, place) {
                words.push(format!("{flag} {}", quoted(&value)));
            }
        }
        words.join(" ")
    }

    /// The envs that a command is for: all of the file, or the one that is chosen.
    pub(crate) fn envs(&self, all: bool) -> anyhow::Result<Vec<EnvSettings>> {
        if !all {
            return Ok(vec![self.settings.env()?]);
        }
        let given = &self.overrides;
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

    /// How long the user is willing to wait, if that was said.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Gives the command the time that its own waits take, unless the user has limited it.
    pub(crate) fn allow_for(&self, grace: Duration) {
        if self.timeout.is_none() {
            self.limit.set(WHOLE_COMMAND.saturating_add(grace.saturating_mul(WAITS)));
        }
    }

    /// Lets the command go on over HTTP for so long. What is open already keeps its limit.
    pub(crate) fn go_on_for(&self, limit: Duration) {
        self.limit.set(limit);
    }

    /// Makes every model be read anew, and lets as much be read from Azure as at first.
    pub(crate) fn refresh(&self) {
        self.budget.renew();
        self.models.borrow().values().for_each(|model| model.refresh());
    }

    /// The control plane that an env is on.
    pub(crate) fn plane_of(&self, env: &EnvSettings) -> anyhow::Result<Plane> {
        if env.provider.value == ProviderKind::Arm {
            self.refuse_flag("--model", self.overrides.model.as_ref().map(|it| &it.source), &env.provider)?;
            let endpoint = self.endpoint(env.cloud.value, env.endpoint.as_ref())?;
            return Ok(Plane::Azure(self.azure(endpoint, subscription_of(env))?));
        }
        let given = self.overrides.endpoint.as_ref().map(|it| &it.source);
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
                let given = self.overrides.endpoint.as_ref().map(|it| &it.source);
                self.refuse_flag("--endpoint", given, &provider)?;
                Ok(Plane::Model(self.model(&self.settings.model().value)?))
            }
            ProviderKind::Arm => {
                let given = self.overrides.model.as_ref().map(|it| &it.source);
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
        let subscription = self.overrides.subscription.as_ref().map(|given| given.value.clone());
        self.azure(endpoint, subscription)
    }

    /// The control plane of a place that a plan was saved for. A token goes to no address because a file
    /// says so: what is configured has to say the same.
    pub(crate) fn plane_at(&self, place: &Place) -> anyhow::Result<Plane> {
        match place {
            Place::Model(path) => Ok(Plane::Model(self.model(path)?)),
            Place::Azure(_) => {
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
            variables: self.outside.variables,
            ambient: Arc::clone(&self.ambient),
            limit: self.limit.get(),
            budget: self.budget.clone(),
            wait: self.wait.get(),
            subscription,
            transport: self.outside.transport.clone(),
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
            JsonControlPlane::open(model, self.lock_wait(), Arc::clone(&self.ambient))?
        };
        let plane = Arc::new(plane);
        self.models.borrow_mut().insert(model.to_owned(), Arc::clone(&plane));
        Ok(plane)
    }

    /// Opens a model, or makes it from `initial` if there is none.
    pub(crate) fn create(&self, model: &Path, initial: &str) -> anyhow::Result<JsonControlPlane> {
        Ok(JsonControlPlane::create(model, initial, self.lock_wait(), Arc::clone(&self.ambient))?)
    }

    pub(crate) fn lock_wait(&self) -> Duration {
        self.timeout.unwrap_or(LOCK_WAIT)
    }

    pub(crate) fn is_sample(&self) -> bool {
        self.overrides.sample
    }

    pub(crate) fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    /// How an env is named on the command line, with the flags of this command line that belong to it.
    pub(crate) fn selector(&self, env: &EnvSettings) -> String {
        self.selector_without(env, &[])
    }

    /// The same, for a command on a model instead of Azure.
    pub(crate) fn selector_for_model(&self, env: &EnvSettings) -> String {
        self.selector_without(env, &["--provider", "--endpoint", "--provisioning", "--model"])
    }

    fn selector_without(&self, env: &EnvSettings, left_out: &[&str]) -> String {
        let mut words = Vec::new();
        if matches!(env.at, Source::File { .. } | Source::Sample) {
            words.push(format!("--env {}", quoted(&env.name)));
        }
        if self.is_sample() {
            words.push("--sample".to_owned());
        }
        let path = |path: &PathBuf| path.display().to_string();
        let given = &self.overrides;
        let texts = [
            ("--config", given.config.as_ref().map(|it| (path(&it.value), &it.source))),
            ("--static-web-app", given.static_web_app.as_ref().map(|it| (it.value.clone(), &it.source))),
            ("--apim", given.apim.as_ref().map(|it| (it.value.clone(), &it.source))),
            ("--resource-group", given.resource_group.as_ref().map(|it| (it.value.clone(), &it.source))),
            ("--subscription", given.subscription.as_ref().map(|it| (it.value.clone(), &it.source))),
            ("--site-environment", given.site_environment.as_ref().map(|it| (it.value.clone(), &it.source))),
            ("--provider", given.provider.as_ref().map(|it| (it.value.to_string(), &it.source))),
            ("--endpoint", given.endpoint.as_ref().map(|it| (it.value.clone(), &it.source))),
            ("--provisioning", given.provisioning.as_ref().map(|it| (it.value.to_string(), &it.source))),
            ("--model", given.model.as_ref().map(|it| (path(&it.value), &it.source))),
        ];
        for (flag, given) in texts.into_iter().filter(|(flag, _)| !left_out.contains(flag)) {
            if let Some((value, Source::Flag(_))) = given {
                words.push(format!("{flag} {}", quoted(&value)));
            }
        }
        words.join(" ")
    }
}
