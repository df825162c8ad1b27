//! Writes a configuration: asks what the Azure portal asks, and keeps every flag that was given.

mod asker;
mod choose;
mod ignore;
mod start;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

pub use self::asker::{Answer, Asker, Choices};
use self::start::Start;
use super::{
    error::{Explain as _, Result, UsageError},
    plane::Plane,
    result_file::write_result,
    workspace::Workspace,
};
use crate::{
    config::{
        ConfigError, FILE_NAME, MODEL_NAME, NewEnv, ProviderKind, SAMPLE_ENV, Sourced, add_env,
        sample_config, sample_model,
    },
    files::folder_of,
    provider::arm::Endpoint,
};

/// The result of `init`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Initialized {
    /// A line of text for each file that was written.
    pub lines: Vec<String>,
    /// The env that was written.
    pub env: String,
    /// Whether the next command finds the file only if it names it with `--config`.
    pub needs_config: Option<PathBuf>,
}

/// Writes an env to the configuration file, or the files of the sample. Questions are asked in the order of the Azure
/// portal, except for those that flags answer.
///
/// # Errors
///
/// If a question is not answered, flags are missing and nothing can be asked, or a file cannot be written. A file that
/// was not written completely is unchanged.
pub async fn init(work: &Workspace, apis: Vec<String>, asker: &dyn Asker) -> Result<Initialized> {
    if work.is_sample() {
        return sample(work).await;
    }
    let given = work.overrides().config.as_ref();
    let file = given.map_or_else(|| work.folder.join(FILE_NAME), |it| work.folder.join(&it.value));
    let existing = read_if_there(&file)?;
    let start = start::find(work, &apis, asker)?;
    let new = match &start {
        Start::Sample => return sample(work).await,
        Start::Azure => {
            let plane =
                asker.refusal().is_none().then(|| work.plane_on(&Sourced::default(ProviderKind::Arm)));
            new_env(work, plane.transpose()?.as_ref(), apis, asker, &file).await?
        }
        Start::Model(path) => {
            let model = asker.refusal().is_none().then(|| work.model(path));
            let plane = model.transpose()?.map(Plane::Model);
            new_env(work, plane.as_ref(), apis, asker, &file).await?
        }
    };
    check_endpoint(work)?;
    let new = NewEnv { provider: provider_of(work, &start), ..with_plane(work, &start, &file, new) };
    let text = add_env(&file, existing.as_deref(), &new)?;
    // The keys are protected first, and a second run finds no env if the first one ends here.
    let ignored = match &start {
        Start::Model(model) => keep_out_of_version_control(&file, model).await?,
        Start::Azure | Start::Sample => None,
    };
    write_result(&file, &text).await?;
    let written = match existing {
        Some(_) => format!("added env `{}` to {}", new.name, file.display()),
        None => format!("wrote {}", file.display()),
    };
    let lines = [written].into_iter().chain(ignored).collect();
    let needs_config = (given.is_some() || sends_tokens_elsewhere(&new))
        .then(|| given.map_or_else(|| PathBuf::from(FILE_NAME), |it| it.value.clone()));
    Ok(Initialized { lines, env: new.name, needs_config })
}

/// The answers of flags and, if a control plane is given and questions can be asked, of the user.
async fn new_env(
    work: &Workspace,
    plane: Option<&Plane>,
    apis: Vec<String>,
    asker: &dyn Asker,
    file: &Path,
) -> Result<NewEnv> {
    let given = work.overrides();
    let text = |it: &Option<Sourced<String>>| it.as_ref().map(|it| it.value.clone());
    let mut new = NewEnv {
        name: text(&given.env).unwrap_or_else(|| SAMPLE_ENV.to_owned()),
        static_web_app: text(&given.static_web_app).unwrap_or_default(),
        apim: text(&given.apim).unwrap_or_default(),
        resource_group: text(&given.resource_group),
        azure_subscription: text(&given.azure_subscription),
        site_environment: text(&given.site_environment),
        provisioning: given.provisioning.as_ref().map(|it| it.value),
        apis,
        ..NewEnv::default()
    };
    let Some(plane) = plane.filter(|_| asker.refusal().is_none()) else { return Ok(new) };
    let chosen = choose::resources(work, plane, std::mem::take(&mut new.apis), asker).await?;
    new.static_web_app = chosen.site;
    new.site_environment = chosen.environment;
    new.apim = chosen.apim;
    new.apis = chosen.apis;
    if given.env.is_none() {
        new.name = asker.text("Name of the env", &proposed_name(work, file, &new), "`--env NAME`")?;
    }
    Ok(new)
}

/// The name of a new env: `prod`, or else the name of the site.
fn proposed_name(work: &Workspace, file: &Path, new: &NewEnv) -> String {
    let is_its_file = work.settings.file.as_deref() == Some(file);
    let is_taken = is_its_file && work.settings.env_names().contains(&SAMPLE_ENV);
    let site = new.static_web_app.rsplit('/').next().unwrap_or_default();
    if is_taken { site.to_owned() } else { SAMPLE_ENV.to_owned() }
}

/// The provider to write: that of Azure, and one that was given.
fn provider_of(work: &Workspace, start: &Start) -> Option<ProviderKind> {
    match start {
        Start::Azure => Some(ProviderKind::Arm),
        Start::Model(_) | Start::Sample => work.overrides().provider.as_ref().map(|it| it.value),
    }
}

/// Adds the file of the model, or the address of Azure Resource Manager.
fn with_plane(work: &Workspace, start: &Start, file: &Path, new: NewEnv) -> NewEnv {
    match start {
        Start::Azure => {
            let endpoint = work.overrides().endpoint.as_ref().map(|it| it.value.clone());
            NewEnv { endpoint, ..new }
        }
        Start::Model(path) => NewEnv { model: Some(relative(path, file)), ..new },
        Start::Sample => new,
    }
}

/// The path of a model as the configuration file names it: relative if the model is in its directory or below.
fn relative(model: &Path, file: &Path) -> PathBuf {
    let directory = folder_of(file);
    let relative = model.strip_prefix(directory).unwrap_or(model);
    if relative.as_os_str().is_empty() { model.to_owned() } else { relative.to_owned() }
}

/// Checks the address before it is written.
fn check_endpoint(work: &Workspace) -> Result<()> {
    let Some(endpoint) = &work.overrides().endpoint else { return Ok(()) };
    let at = Endpoint::public().at(&endpoint.value);
    at.explain_with(|| format!("`endpoint` (from {}) cannot be used", endpoint.source)).map(drop)
}

/// Whether tokens go to an address that a file found by walking up from the working directory must not name.
fn sends_tokens_elsewhere(new: &NewEnv) -> bool {
    let endpoint = new.endpoint.as_deref().and_then(|address| Endpoint::public().at(address).ok());
    endpoint.is_some_and(|endpoint| !endpoint.is_azure() && !endpoint.is_loopback())
}

/// Adds a model to `.gitignore` beside the configuration file, and returns a line about it.
async fn keep_out_of_version_control(file: &Path, model: &Path) -> Result<Option<String>> {
    let (directory, relative) = (folder_of(file), relative(model, file));
    let by_hand = |why: &str| {
        Some(format!("note: {} contains keys; keep it out of version control{why}", model.display()))
    };
    if relative.is_absolute() {
        return Ok(by_hand(""));
    }
    let ignore = ignore::path(directory);
    match ignore::text(directory, &relative) {
        Ok(None) => Ok(None),
        Ok(Some(text)) => {
            write_result(&ignore, &text).await?;
            Ok(Some(format!("added {} to .gitignore", relative.display())))
        }
        Err(error) => Ok(by_hand(&format!(" (could not read {}: {error})", ignore.display()))),
    }
}

/// Writes the sample as files of the user's own, to change and to damage.
async fn sample(work: &Workspace) -> Result<Initialized> {
    let (config, model) = (work.folder.join(FILE_NAME), work.folder.join(MODEL_NAME));
    let existing = read_if_there(&config)?;
    if existing.as_deref().is_some_and(|text| text != sample_config()) {
        let error =
            UsageError::refused(format!("`{}` exists already, and is not the sample", config.display()));
        return Err(error.hint("run this in an empty directory, or move the file away first").into());
    }
    let had_both = existing.is_some() && model.exists();
    let ignored = keep_out_of_version_control(&config, &model).await?;
    drop(work.create(&model, sample_model())?);
    if existing.is_none() {
        write_result(&config, sample_config()).await?;
    }
    let done = if had_both { "already exist" } else { "have been created" };
    let lines = [format!("{FILE_NAME} and {MODEL_NAME} {done}")].into_iter().chain(ignored).collect();
    Ok(Initialized { lines, env: SAMPLE_ENV.to_owned(), needs_config: None })
}

fn read_if_there(file: &Path) -> Result<Option<String>> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(ConfigError::Unreadable { path: file.to_owned(), cause }.into()),
    }
}
