//! How the commands of hints select the target: by the options of this command line.

use std::path::{Path, PathBuf};

use super::{plane::PlaneLocation, workspace::Workspace};
use crate::{
    config::{EnvSettings, Source, Sourced},
    diagnosis::Selection,
    engine::Target,
    model::ResourceId,
};

/// The flags that select a target and its control plane, in the order in which they are written.
const FLAGS: [&str; 10] = [
    "--config",
    "--static-web-app",
    "--apim",
    "--resource-group",
    "--subscription",
    "--site-environment",
    "--provider",
    "--endpoint",
    "--provisioning",
    "--model",
];

impl Workspace {
    /// How a command that applies a saved plan selects the control plane of the plan.
    pub(super) fn selection_for_plan(&self, place: &PlaneLocation) -> Selection {
        // A plan names the file of its model. Its endpoint is not trusted, so that a plan cannot redirect a token.
        match place {
            PlaneLocation::Azure(_) => self.with_flags(Selection::default(), &["--config", "--endpoint"]),
            PlaneLocation::Model(_) => Selection::default(),
        }
    }

    /// How a command selects the control plane of this one.
    pub(super) fn selection_of_place(&self) -> Selection {
        let sample = Selection::default();
        let place = if self.is_sample() { sample.with_switch("--sample") } else { sample };
        self.with_flags(place, &["--config", "--provider", "--endpoint", "--model"])
    }

    /// How an env is selected, with the flags of this command line that apply to it.
    pub(crate) fn selection(&self, env: &EnvSettings) -> Selection {
        self.with_flags(self.by_name(env), &FLAGS)
    }

    /// Like [`Self::selection`], on the model in a file instead of Azure.
    pub(crate) fn selection_on_model(&self, env: &EnvSettings, model: &Path) -> Selection {
        // The flags after the first six select the control plane.
        self.with_flags(self.by_name(env), &FLAGS[..6])
            .with("--provider", "json")
            .with("--model", model.display().to_string())
    }

    /// How the target of a saved plan is selected: as an env of the configuration, if that is the same target there, and
    /// by its ids otherwise.
    pub(super) fn selection_of_saved(&self, target: &Target, place: &PlaneLocation) -> Selection {
        let env = self.settings.all().into_iter().flatten().find(|env| names(env, target));
        if let Some(env) = env {
            return self.selection(&env);
        }
        let site = target.site_environment.site();
        let by_ids = Selection::of_link(site.as_str(), target.service.as_str());
        let by_ids = if target.site_environment.is_production() {
            by_ids
        } else {
            by_ids.with("--site-environment", target.site_environment.name())
        };
        match place {
            PlaneLocation::Model(model) => {
                by_ids.with("--provider", "json").with("--model", model.display().to_string())
            }
            PlaneLocation::Azure(_) => {
                self.with_flags(by_ids.with("--provider", "arm"), &["--config", "--endpoint"])
            }
        }
    }

    fn by_name(&self, env: &EnvSettings) -> Selection {
        let named = match env.at {
            Source::File { .. } | Source::Sample => Selection::default().with("--env", &env.name),
            Source::Flag(_) | Source::Variable(_) | Source::Default => Selection::default(),
        };
        if self.is_sample() { named.with_switch("--sample") } else { named }
    }

    /// Adds those of the flags that this command line has.
    fn with_flags(&self, selection: Selection, flags: &[&'static str]) -> Selection {
        flags.iter().fold(selection, |selection, flag| match self.given(flag) {
            Some(value) => selection.with(flag, value),
            None => selection,
        })
    }

    /// The value of a flag of this command line.
    fn given(&self, flag: &str) -> Option<String> {
        fn by_flag<T>(given: Option<&Sourced<T>>, text: impl Fn(&T) -> String) -> Option<String> {
            given.filter(|given| matches!(given.source, Source::Flag(_))).map(|given| text(&given.value))
        }
        let (given, path) = (self.overrides(), |path: &PathBuf| path.display().to_string());
        match flag {
            "--config" => by_flag(given.config.as_ref(), path),
            "--static-web-app" => by_flag(given.static_web_app.as_ref(), String::clone),
            "--apim" => by_flag(given.apim.as_ref(), String::clone),
            "--resource-group" => by_flag(given.resource_group.as_ref(), String::clone),
            "--subscription" => by_flag(given.azure_subscription.as_ref(), String::clone),
            "--site-environment" => by_flag(given.site_environment.as_ref(), String::clone),
            "--provider" => by_flag(given.provider.as_ref(), ToString::to_string),
            "--endpoint" => by_flag(given.endpoint.as_ref(), String::clone),
            "--provisioning" => by_flag(given.provisioning.as_ref(), ToString::to_string),
            // `--sample` would drop a model of a variable.
            "--model" if self.is_sample() => given.model.as_ref().map(|model| path(&model.value)),
            "--model" => by_flag(given.model.as_ref(), path),
            _ => None,
        }
    }
}

/// Whether an env of the configuration names a target, by the names or the ids of its ends.
fn names(env: &EnvSettings, target: &Target) -> bool {
    let is = |given: &str, id: &ResourceId| {
        given.eq_ignore_ascii_case(id.name()) || given.eq_ignore_ascii_case(id.as_str())
    };
    env.name == target.env
        && is(&env.static_web_app.value, &target.site_environment.site())
        && is(&env.apim.value, &target.service)
        && env.site_environment.value.eq_ignore_ascii_case(target.site_environment.name())
}
