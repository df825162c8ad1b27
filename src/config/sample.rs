//! The built-in sample: one site, one service, two APIs, and an env for them.

use std::path::{Path, PathBuf};

use super::{
    MODEL_NAME, ProviderKind, SAMPLE_ENV, Source, Sourced,
    document::{ConfigDocument, EnvLayer},
    find,
};

const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";

/// The sample's model. It has no link and no key.
#[must_use]
pub fn sample_model() -> &'static str {
    include_str!("sample.json")
}

/// A `swa-apim.toml` for the sample's model in the same directory.
#[must_use]
pub fn sample_config() -> &'static str {
    include_str!("sample.toml")
}

/// The file in which the sample's model is kept between commands, if the user has a home directory.
#[must_use]
pub fn user_data_model() -> Option<PathBuf> {
    Some(find::directories()?.data_dir().join("sample").join(MODEL_NAME))
}

/// The configuration of the sample: its env, on the model in the file `model`.
pub(super) fn document(model: &Path) -> ConfigDocument {
    let text = |value: &str| Some(Sourced::new(value.to_owned(), Source::Sample));
    let mut env = EnvLayer::new(SAMPLE_ENV, Source::Sample);
    env.static_web_app = text("shop-web");
    env.apim = text("shop-apim");
    env.resource_group = text("rg-shop");
    env.azure_subscription = text(SUBSCRIPTION);
    env.provider = Some(Sourced::new(ProviderKind::Json, Source::Sample));
    env.apis = vec!["orders".to_owned()];
    let mut document = ConfigDocument { envs: vec![env], ..ConfigDocument::default() };
    document.providers.model = Some(Sourced::new(model.to_owned(), Source::Sample));
    document
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Value;

    use super::*;
    use crate::model::{Api, ApimService, ProvisioningState, Reach, Resource, ResourceId, StaticSite};

    fn resources() -> BTreeMap<String, Resource> {
        let model: Value = serde_json::from_str(sample_model()).unwrap();
        let list = model["resources"].as_array().unwrap();
        let read = list.iter().map(|value| Resource::from_value(value.clone()).unwrap());
        read.map(|resource| (resource.id().name().to_owned(), resource)).collect()
    }

    #[test]
    fn the_sample_is_a_site_and_a_service_that_can_be_linked() {
        let all = resources();
        assert_eq!(all.len(), 4);
        let site = StaticSite::read(&all["shop-web"]).unwrap();
        assert!(site.plan_allows_backends() && site.functions_apps.is_empty());
        let service = ApimService::read(&all["shop-apim"]).unwrap();
        assert_eq!(service.gateway_host(), Some("shop-apim.azure-api.net"));
        assert_eq!(service.provisioning, ProvisioningState::Succeeded);
        for name in ["orders", "catalog"] {
            let api = Api::read(&all[name]).unwrap();
            assert!(
                api.reach() == Reach::Reachable && api.subscription_required && api.takes_the_site_key(),
                "{name}"
            );
        }
    }

    #[test]
    fn the_sample_is_a_model_as_the_store_would_have_written_it() {
        let model: Value = serde_json::from_str(sample_model()).unwrap();
        let keys: Vec<&String> = model.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["schemaVersion", "lineage", "serial", "resources", "secrets"]);
        assert_eq!(model["secrets"], serde_json::json!({}));
        model["lineage"].as_str().unwrap().parse::<uuid::Uuid>().unwrap();
        let ids = model["resources"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap());
        let keys: Vec<String> =
            ids.map(|id| ResourceId::parse(id).unwrap().lower_case().to_owned()).collect();
        assert!(keys.is_sorted(), "{keys:?}");
        let lines: Vec<&str> = sample_model().lines().filter(|line| line.contains("\"id\"")).collect();
        assert_eq!(lines.len(), keys.len(), "one resource per line");
    }

    #[test]
    fn every_envelope_agrees_with_its_id() {
        for resource in resources().values() {
            assert_eq!(resource.text("name").unwrap(), Some(resource.id().name()));
            assert_eq!(resource.text("type").unwrap(), Some(resource.id().resource_type().as_str()));
        }
    }

    #[test]
    fn the_written_sample_says_what_the_built_in_one_says() {
        let written = ConfigDocument::parse(Path::new("swa-apim.toml"), sample_config().as_bytes()).unwrap();
        let mut env = written.envs[0].clone();
        let built_in = document(Path::new(MODEL_NAME)).envs[0].clone();
        env.at = Source::Sample;
        let fields =
            [&mut env.static_web_app, &mut env.apim, &mut env.resource_group, &mut env.azure_subscription];
        for field in fields {
            field.as_mut().unwrap().source = Source::Sample;
        }
        env.provider.as_mut().unwrap().source = Source::Sample;
        assert_eq!(env, built_in);
        assert_eq!(written.providers.model.unwrap().value, Path::new(MODEL_NAME));
    }
}
