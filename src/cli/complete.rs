//! Completion candidates that are computed when the user presses Tab: envs, sites, services, APIs, codes.
#![warn(clippy::arithmetic_side_effects)]

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::Command;
use clap_complete::CompletionCandidate;

use super::topic::Topic;
use crate::{
    ambient::{self, System},
    config::{EnvSettings, Overrides, ParsedConfig, ProviderKind, Settings, Source, Sourced},
    diagnosis::ExitCode,
    engine::FindingCode,
    model::{Api, ApimServiceId, ResourceId},
    provider::{Collection, Reads as _, json::JsonControlPlane},
};

/// The command line as Tab completes it. Options are offered after a dash, or where nothing else can be typed.
pub(crate) fn command() -> Command {
    let mut command = super::command();
    if is_after_dash() {
        return command;
    }
    command.build();
    without_options(command)
}

/// Whether the word under the cursor begins with a dash. The shell passes the words after `--`.
fn is_after_dash() -> bool {
    let words: Vec<OsString> = env::args_os().skip_while(|word| word != "--").skip(1).collect();
    let at = ambient::variable("_CLAP_COMPLETE_INDEX").and_then(|index| index.parse().ok());
    let word = words.get(at.unwrap_or(words.len().saturating_sub(1)));
    word.is_some_and(|word| word.to_string_lossy().starts_with('-'))
}

/// Hides every option; the candidates that are hidden are offered only if there is no other candidate.
fn without_options(command: Command) -> Command {
    let hidden = command.mut_args(|arg| if arg.is_positional() { arg } else { arg.hide(true) });
    hidden.mut_subcommands(without_options)
}

/// The names of the envs of the configuration file.
pub(crate) fn envs() -> Vec<CompletionCandidate> {
    let Some(settings) = settings() else { return Vec::new() };
    settings.env_names().into_iter().map(CompletionCandidate::new).collect()
}

/// The codes of findings and the exit codes, each with its title.
pub(crate) fn codes() -> Vec<CompletionCandidate> {
    let one = |code: &FindingCode| CompletionCandidate::new(code.as_str()).help(Some(code.title().into()));
    let exit = |code: ExitCode| {
        CompletionCandidate::new(format!("exit-{}", code as u8)).help(Some(code.meaning().into()))
    };
    FindingCode::ALL.iter().map(one).chain(ExitCode::ALL.iter().copied().map(exit)).collect()
}

/// The topics of `help`, and the commands.
pub(crate) fn topics() -> Vec<CompletionCandidate> {
    let topics = Topic::ALL.iter().map(|topic| CompletionCandidate::new(topic.name()));
    commands().into_iter().chain(topics).collect()
}

/// The commands.
pub(crate) fn commands() -> Vec<CompletionCandidate> {
    super::command().get_subcommands().map(|command| CompletionCandidate::new(command.get_name())).collect()
}

/// The APIs of the service of the env on the command line.
pub(crate) fn apis() -> Vec<CompletionCandidate> {
    let found = settings().and_then(|settings| settings.env().ok()).and_then(|env| apis_of(&env));
    found.unwrap_or_default()
}

/// The static web apps of the model, each with its resource group.
pub(crate) fn sites() -> Vec<CompletionCandidate> {
    settings().map(|settings| named(&resources(&settings, &Collection::StaticSites))).unwrap_or_default()
}

/// The API Management services of the model, each with its resource group.
pub(crate) fn services() -> Vec<CompletionCandidate> {
    settings().map(|settings| named(&resources(&settings, &Collection::Services))).unwrap_or_default()
}

/// The names of the envs that a command line with these words can choose from.
pub(crate) fn env_names(words: &[String]) -> Vec<String> {
    let settings = settings_of(words);
    settings.iter().flat_map(Settings::env_names).map(str::to_owned).collect()
}

/// The names of the static web apps of the model that a command line with these words uses.
pub(crate) fn site_names(words: &[String]) -> Vec<String> {
    names(words, &Collection::StaticSites)
}

/// The names of the services of the model that a command line with these words uses.
pub(crate) fn service_names(words: &[String]) -> Vec<String> {
    names(words, &Collection::Services)
}

fn names(words: &[String], collection: &Collection) -> Vec<String> {
    let found = settings_of(words).map(|settings| resources(&settings, collection)).unwrap_or_default();
    found.iter().map(|id| id.name().to_owned()).collect()
}

/// Each resource by its name, or by its id if another one has the same name.
fn named(ids: &[ResourceId]) -> Vec<CompletionCandidate> {
    let is_only = |id: &ResourceId| {
        ids.iter().filter(|other| other.name().eq_ignore_ascii_case(id.name())).count() == 1
    };
    let candidate = |id: &ResourceId| {
        let text = if is_only(id) { id.name() } else { id.as_str() };
        CompletionCandidate::new(text).help(id.group().map(|group| format!("resource group {group}").into()))
    };
    ids.iter().map(candidate).collect()
}

/// The resources of the model, if the command is about a model.
fn resources(settings: &Settings, collection: &Collection) -> Vec<ResourceId> {
    let (provider, model) = match settings.env() {
        Ok(env) => (env.provider.value, env.model.value),
        Err(_) => (settings.provider().value, settings.model().value),
    };
    if provider != ProviderKind::Json {
        return Vec::new();
    }
    let found = with_model(&model, async |plane| plane.list(collection).await.ok());
    found.unwrap_or_default().iter().map(|found| found.value.id().clone()).collect()
}

fn apis_of(env: &EnvSettings) -> Option<Vec<CompletionCandidate>> {
    let wanted = &env.apim.value;
    with_model(&env.model.value, async |plane| {
        let services = plane.list(&Collection::Services).await.ok()?;
        let service = services
            .iter()
            .map(|found| found.value.id())
            .find(|id| id.as_str().eq_ignore_ascii_case(wanted) || id.name().eq_ignore_ascii_case(wanted))?;
        let service = ApimServiceId::try_from(service.clone()).ok()?;
        let apis = plane.list(&Collection::Apis(service)).await.ok()?;
        let apis = apis.iter().filter_map(|found| Api::read(&found.value).ok());
        let apis = apis.filter(|api| api.is_current);
        Some(apis.map(|api| CompletionCandidate::new(api.id.name()).help(Some(api.path.into()))).collect())
    })
}

/// Reads from a model without waiting for a process that locks it.
fn with_model<T>(model: &Path, read: impl AsyncFnOnce(JsonControlPlane) -> Option<T>) -> Option<T> {
    let plane = JsonControlPlane::open(model, Duration::ZERO, Arc::new(System)).ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().ok()?;
    runtime.block_on(read(plane))
}

/// The settings of the command line before the cursor. The shell passes its words after `--`.
fn settings() -> Option<Settings> {
    let words = env::args_os().skip_while(|word| word != "--").skip(1);
    settings_of(&words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>())
}

fn settings_of(words: &[String]) -> Option<Settings> {
    Settings::load(typed(words), &env::current_dir().ok()?, &ParsedConfig::default()).ok()
}

/// The target according to the words of a command line, which may not be complete.
fn typed(words: &[String]) -> Overrides {
    let value = |flag: &'static str, short: Option<&str>| {
        let mut values = words.iter().enumerate().filter_map(|(at, word)| {
            if word == flag || Some(word.as_str()) == short {
                return words.get(at.saturating_add(1)).cloned();
            }
            word.strip_prefix(flag)?.strip_prefix('=').map(str::to_owned)
        });
        values
            .next_back()
            .filter(|value| !value.is_empty())
            .map(|value| Sourced { value, source: Source::Flag(flag) })
    };
    Overrides {
        config: value("--config", None).map(|it| it.map(PathBuf::from)),
        env: value("--env", Some("-e")),
        apim: value("--apim", None),
        static_web_app: value("--static-web-app", Some("-n")),
        model: value("--model", None).map(|it| it.map(PathBuf::from)),
        sample: words.iter().any(|word| word == "--sample"),
        ..Overrides::default()
    }
}
