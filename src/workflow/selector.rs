//! How envs and saved plans are specified on a command line, for hints.

use std::path::{Path, PathBuf};

use super::{plane::PlaneLocation, workspace::Workspace};
use crate::{
    config::{EnvSettings, Source},
    diagnosis::quoted,
};

impl Workspace {
    /// The command line that applies a plan that was saved to a file.
    pub(crate) fn apply_command(&self, file: &Path, place: &PlaneLocation) -> String {
        let mut words = vec!["swa-apim apply".to_owned(), quoted(&file.display().to_string())];
        let config = self.overrides().config.as_ref().map(|it| (it.value.display().to_string(), &it.source));
        let endpoint = self.overrides().endpoint.as_ref().map(|it| (it.value.clone(), &it.source));
        for (flag, given) in [("--config", config), ("--endpoint", endpoint)] {
            // A plan names the file of its model. Its endpoint is not trusted, so that a plan cannot redirect a token.
            if let (Some((value, Source::Flag(_))), PlaneLocation::Azure(_)) = (given, place) {
                words.push(format!("{flag} {}", quoted(&value)));
            }
        }
        words.join(" ")
    }

    /// How an env is specified on the command line, with the flags of this command line that apply to it.
    pub(crate) fn selector(&self, env: &EnvSettings) -> String {
        self.selector_without(env, &[])
    }

    /// Like [`Self::selector`], for a command on a model instead of Azure.
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
        let given = self.overrides();
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
