//! Where the new env begins: in Azure, in a model, or with the sample.

use std::path::PathBuf;

use super::asker::{Asker, Choices};
use crate::{
    config::{EnvSettings, MODEL_NAME, Overrides, ProviderKind},
    workflow::{
        error::{Result, UsageError},
        workspace::Workspace,
    },
};

/// Where the site and the service of the new env are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// In Azure.
    Azure,
    /// In the model in this file.
    Model(PathBuf),
    /// In the sample, whose files are written.
    Sample,
}

/// Determines the start from flags and variables, or asks. The sample is a choice only if no flag, and no API, says what
/// to write, since its files are always the same ones.
///
/// # Errors
///
/// If nothing can be asked and flags are missing, or the model does not exist.
pub(super) fn find(work: &Workspace, apis: &[String], asker: &dyn Asker) -> Result<Start> {
    let given = work.overrides();
    let known = known(work);
    let start = match asker.refusal() {
        Some(why) => {
            let missing = missing(given, known.is_some());
            if !missing.is_empty() {
                return Err(not_given(&missing, why).into());
            }
            known.ok_or_else(|| not_given(&missing, why))?
        }
        None => match known.filter(|_| is_given(given) || is_complete(given)) {
            Some(start) => start,
            None => ask(work, apis.is_empty() && !work.overrides().has_flag(), asker)?,
        },
    };
    if let Start::Model(path) = &start
        && !path.exists()
    {
        let message = format!("there is no model at `{}`, and an env in a model needs one", path.display());
        let hint = "for Azure, add `--provider arm`; name an existing model with `--model FILE`; `init --sample` \
                    creates one with a site and a service";
        return Err(UsageError::new(message).hint(hint).into());
    }
    Ok(start)
}

/// Whether flags or variables select the control plane.
fn is_given(given: &Overrides) -> bool {
    given.provider.is_some() || given.model.is_some() || given.endpoint.is_some()
}

fn is_complete(given: &Overrides) -> bool {
    given.static_web_app.is_some() && given.apim.is_some()
}

/// The start according to flags and variables, the other envs of the configuration, or a model in its default place.
fn known(work: &Workspace) -> Option<Start> {
    let given = work.overrides();
    let model = work.settings.model().value;
    match given.provider.as_ref().map(|it| it.value) {
        Some(ProviderKind::Arm) => return Some(Start::Azure),
        Some(ProviderKind::Json) => return Some(Start::Model(model)),
        None => {}
    }
    if given.endpoint.is_some() {
        return Some(Start::Azure);
    }
    if given.model.is_some() {
        return Some(Start::Model(model));
    }
    let envs = work.settings.written();
    let is = |kind| move |env: &EnvSettings| env.provider.value == kind;
    if !envs.is_empty() && envs.iter().all(is(ProviderKind::Arm)) {
        return Some(Start::Azure);
    }
    model.exists().then_some(Start::Model(model))
}

/// The flags that are missing, with their values. They are reported together.
fn missing(given: &Overrides, has_start: bool) -> Vec<&'static str> {
    let flags = [
        ("--static-web-app NAME", given.static_web_app.is_some()),
        ("--apim NAME", given.apim.is_some()),
        ("--provider arm", has_start),
    ];
    flags.into_iter().filter(|(_, is_given)| !is_given).map(|(flag, _)| flag).collect()
}

fn not_given(missing: &[&str], why: &str) -> UsageError {
    let names: Vec<String> =
        missing.iter().filter_map(|flag| flag.split(' ').next()).map(|flag| format!("`{flag}`")).collect();
    let is = if let [_] = names.as_slice() { "is" } else { "are" };
    let message = format!("{} {is} not specified, and {why}", names.join(", "));
    let other = if missing.contains(&"--provider arm") {
        "; in place of `--provider arm`, name a model with `--model FILE`"
    } else {
        ""
    };
    UsageError::new(message)
        .hint(format!("add `{}`{other}; `--sample` needs no other flag", missing.join(" ")))
}

/// Asks where the site and the service are. The model in its default place is proposed if it exists, otherwise Azure.
fn ask(work: &Workspace, offers_sample: bool, asker: &dyn Asker) -> Result<Start> {
    let model = work.settings.model().value;
    let name = model.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_else(|| MODEL_NAME.to_owned());
    let of_model =
        if model.exists() { format!("in the model {name}") } else { "in a model, in a file".to_owned() };
    let sample = offers_sample.then(|| "in neither: use the built-in sample".to_owned());
    let choices: Vec<String> = ["in Azure".to_owned(), of_model].into_iter().chain(sample).collect();
    let text = "Where are the static web app and the API Management service?";
    let proposed = usize::from(matches!(known(work), Some(Start::Model(_))));
    let flag = "`--provider arm`, `--model FILE` or `--sample`";
    match asker.choose(&Choices { text, choices: &choices, proposed, flag })? {
        0 => Ok(Start::Azure),
        1 if model.exists() => Ok(Start::Model(model)),
        1 => {
            let file = asker.text("File of the model", MODEL_NAME, "`--model FILE`")?;
            Ok(Start::Model(work.folder.join(file)))
        }
        _ => Ok(Start::Sample),
    }
}
