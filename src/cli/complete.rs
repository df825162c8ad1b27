//! Completion candidates that are computed when the user presses Tab: envs, APIs, codes.

use std::{env, ffi::OsString, path::PathBuf, sync::Arc, time::Duration};

use clap_complete::CompletionCandidate;

use crate::{
    ambient::System,
    config::{EnvSettings, Overrides, Settings, Source, Sourced},
    diagnosis::ExitCode,
    engine::FindingCode,
    model::{Api, ApimServiceId},
    provider::{Collection, Reads as _, json::JsonControlPlane},
};

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
    FindingCode::ALL.iter().map(one).chain(ExitCode::ALL.map(exit)).collect()
}

/// The topics of `help`: the commands and `exit-codes`.
pub(crate) fn topics() -> Vec<CompletionCandidate> {
    commands().into_iter().chain([CompletionCandidate::new("exit-codes")]).collect()
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

fn apis_of(env: &EnvSettings) -> Option<Vec<CompletionCandidate>> {
    let plane = JsonControlPlane::open(&env.model.value, Duration::ZERO, Arc::new(System)).ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().ok()?;
    runtime.block_on(async {
        let services = plane.list(&Collection::Services).await.ok()?;
        let wanted = &env.apim.value;
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

fn settings() -> Option<Settings> {
    Settings::load(typed(), &env::current_dir().ok()?).ok()
}

/// The target according to the words before the cursor. The shell passes them after `--`.
fn typed() -> Overrides {
    let words: Vec<OsString> = env::args_os().skip_while(|word| word != "--").skip(1).collect();
    let value = |flag: &'static str| {
        let mut values = words.iter().enumerate().filter_map(|(at, word)| {
            let word = word.to_str()?;
            match word.strip_prefix(flag)?.strip_prefix('=') {
                Some(value) => Some(value.to_owned()),
                None if word == flag => words.get(at + 1)?.to_str().map(str::to_owned),
                None => None,
            }
        });
        values
            .next_back()
            .filter(|value| !value.is_empty())
            .map(|value| Sourced { value, source: Source::Flag(flag) })
    };
    Overrides {
        config: value("--config").map(|it| it.map(PathBuf::from)),
        env: value("--env"),
        apim: value("--apim"),
        static_web_app: value("--static-web-app"),
        model: value("--model").map(|it| it.map(PathBuf::from)),
        sample: words.iter().any(|word| word == "--sample"),
        ..Overrides::default()
    }
}
