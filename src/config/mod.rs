//! Settings, in layers: defaults, then `swa-apim.toml`, then environment variables, then flags. Each value has the
//! layer that it is from.

mod age;
mod choice;
mod document;
mod edit;
mod env_settings;
mod error;
mod fault;
mod find;
#[doc(hidden)]
pub mod fuzzing;
mod inline;
mod lines;
mod overrides;
mod parsed;
mod place;
mod quoted;
mod sample;
mod settings;
mod source;

pub use age::age;
pub use choice::{Cloud, ProviderKind, Provisioning, UnknownWord};
pub use edit::{NewEnv, add_env, render_env};
pub use env_settings::EnvSettings;
pub use error::{ConfigError, Searched};
pub use fault::ConfigFault;
pub use overrides::{ConfigUse, Overrides};
pub use parsed::ParsedConfig;
pub use sample::{sample_config, sample_model, user_data_model};
pub use settings::Settings;
pub use source::{Source, Sourced};

/// The name of the configuration file.
pub const FILE_NAME: &str = "swa-apim.toml";

/// The name of the model file in the same directory.
pub const MODEL_NAME: &str = "control-plane.json";

/// The sample's only env.
pub const SAMPLE_ENV: &str = "prod";
