//! Errors of the configuration, with hints.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{ConfigFault, FILE_NAME, SAMPLE_ENV, Source};
use crate::diagnosis::{Diagnose, Diagnosis, ExitCode, Hint, nearest, quoted};

/// How many names a hint lists.
const LISTED: usize = 12;

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The specified file does not exist.
    #[error("the file `{}` (from {asked}) does not exist", .path.display())]
    NoSuchFile {
        /// The file as it was specified.
        path: PathBuf,
        /// Where the file was specified.
        asked: Source,
    },
    /// The file exists and cannot be read.
    #[error("could not read `{}`", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        cause: io::Error,
    },
    /// The file was found by searching upward from the working directory, and belongs to another user.
    #[error(
        "`{}` was found in a parent directory of the working directory and belongs to another user (uid \
         {owner})",
        .path.display()
    )]
    ForeignFile {
        /// The file.
        path: PathBuf,
        /// The user id of the owner.
        owner: u32,
    },
    /// The address is from a file that was found by searching upward from the working directory, so no token is sent to
    /// it.
    #[error(
        "`endpoint` ({at}) is {address}, which is neither an address of Azure nor of this machine, and the \
         file was found in the working directory or one of its parent directories"
    )]
    UntrustedEndpoint {
        /// The address, without parts that may be secret.
        address: String,
        /// Where the address is configured.
        at: Source,
    },
    /// The content of the file is not valid.
    #[error(transparent)]
    Invalid(Box<ConfigFault>),
    /// A flag or a variable has no value.
    #[error("{0} is empty")]
    Empty(Source),
    /// The env does not exist.
    #[error("the env `{}` does not exist {}", .name.escape_debug(), .searched.phrase())]
    UnknownEnv {
        /// The env as it was specified.
        name: String,
        /// Where the env was searched.
        searched: Searched,
        /// The names of the existing envs.
        known: Vec<String>,
    },
    /// There are several envs, and none is selected.
    #[error("`{}` has {} envs, and none was selected", .path.display(), .known.len())]
    NoEnvChosen {
        /// The file.
        path: PathBuf,
        /// The names of the existing envs.
        known: Vec<String>,
    },
    /// There are no envs.
    #[error("{}", no_env(.0.as_deref()))]
    NoEnvs(Option<PathBuf>),
    /// There is no env, and the flags that would replace it are incomplete.
    #[error("{}, and {} not specified", no_env(.path.as_deref()), not_given(.missing))]
    NoTarget {
        /// The file, if there is one.
        path: Option<PathBuf>,
        /// The missing flags.
        missing: Vec<&'static str>,
    },
    /// The env lacks a required setting.
    #[error("the env `{}` has no `{key}` ({at})", .env.escape_debug())]
    Missing {
        /// The env.
        env: String,
        /// The missing key; the flag has the same name.
        key: &'static str,
        /// Where the env is configured.
        at: Source,
    },
    /// The env to add already exists.
    #[error("`{}` already contains an env `{}`", .path.display(), .name.escape_debug())]
    EnvExists {
        /// The file.
        path: PathBuf,
        /// The env.
        name: String,
    },
    /// The envs of the file are written in a form to which no env can be added.
    #[error("the env `{}` cannot be added to `{}`, because the envs in it are not written as tables", .name.escape_debug(), .path.display())]
    NotAddable {
        /// The file.
        path: PathBuf,
        /// The env.
        name: String,
    },
    /// The envs of the file are in another model, or at another address.
    #[error("the envs of `{}` have the {key} {known}, and {given} was given", .path.display())]
    OtherPlane {
        /// The file.
        path: PathBuf,
        /// The setting.
        key: &'static str,
        /// Its value in the file.
        known: String,
        /// The value for the new env.
        given: String,
    },
    /// The new env has no name, no site or no service.
    #[error("{0} is required for a new env, but the value is empty")]
    Incomplete(&'static str),
    /// There is no directory for the sample.
    #[error("the sample cannot be stored, because the home directory is not known")]
    NoDataDirectory,
    /// The sample contradicts the selected control plane.
    #[error("the sample is a JSON model, but {0} selects `arm`")]
    SampleOverArm(Source),
}

/// Where an env was searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Searched {
    /// In this file.
    File(PathBuf),
    /// There is no file.
    NoFile,
    /// In the sample.
    Sample,
}

impl Searched {
    fn phrase(&self) -> String {
        match self {
            Self::File(path) => format!("in `{}`", path.display()),
            Self::NoFile => format!("because no `{FILE_NAME}` was found"),
            Self::Sample => "in the sample".to_owned(),
        }
    }
}

fn no_env(path: Option<&Path>) -> String {
    match path {
        Some(path) => format!("`{}` contains no env", path.display()),
        None => format!("no `{FILE_NAME}` was found"),
    }
}

fn not_given(flags: &[&str]) -> String {
    match flags {
        [one] => format!("`{one}` is"),
        _ => {
            format!("{} are", flags.iter().map(|flag| format!("`{flag}`")).collect::<Vec<_>>().join(" and "))
        }
    }
}

/// The ways to continue without a configuration.
fn ways() -> String {
    "`swa-apim init` writes a configuration; `--static-web-app NAME --apim NAME --provider arm` works in Azure without \
     one, where `swa-apim list` shows the names; `--sample` uses the built-in sample"
        .to_owned()
}

/// The names, up to 12 of them, followed by the number of the rest.
fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(LISTED).map(|name| name.escape_debug().to_string()).collect();
    match names.len().saturating_sub(LISTED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn env_hint(name: &str, searched: &Searched, known: &[String]) -> String {
    match (searched, nearest(name, known.iter().map(String::as_str))) {
        (Searched::Sample, _) => format!("the only env of the sample is `{SAMPLE_ENV}`: remove `--env`"),
        (Searched::NoFile, _) => ways(),

        (Searched::File(_), _) if known.is_empty() => {
            "add a table `[env.NAME]` to the file, or run `swa-apim init`".to_owned()
        }
        (Searched::File(_), Some(near)) => {
            format!("did you mean `{}`? the envs are: {}", near.escape_debug(), listed(known))
        }
        (Searched::File(_), None) => format!("the envs are: {}", listed(known)),
    }
}

impl ConfigError {
    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Incomplete(_) => return None,
            Self::Unreadable { .. } => {
                "check that it is a file that you may read, or specify another one with `--config FILE`"
                    .to_owned()
            }
            Self::Invalid(fault) => return fault.hint(),
            Self::ForeignFile { path, .. } => {
                let path = quoted(&path.display().to_string());
                format!("if you trust its content, specify the file: `--config {path}`")
            }
            Self::UntrustedEndpoint { address, .. } => {
                let address = quoted(address);
                format!(
                    "the access token would be sent to this address; if the address is correct, run the \
                     command again with `--endpoint {address}`, or specify the file with `--config`"
                )
            }
            Self::Empty(_) => "specify a value, or remove it".to_owned(),
            Self::UnknownEnv { name, searched, known } => env_hint(name, searched, known),
            Self::NoEnvChosen { known, .. } => format!("add `--env NAME`; the envs are: {}", listed(known)),
            Self::NoSuchFile { .. } => "`swa-apim init` creates a configuration".to_owned(),
            Self::NoEnvs(_) | Self::NoTarget { .. } => ways(),
            Self::Missing { key, .. } => format!("add `{key} = \"NAME\"` to the env, or specify `--{key}`"),
            Self::OtherPlane { .. } => {
                "write the env to a file of its own, which `--config FILE` names".to_owned()
            }
            Self::EnvExists { .. } => "choose another name, or edit the file".to_owned(),
            Self::NotAddable { .. } => {
                "write each env as a table `[env.NAME]`, then run the command again".to_owned()
            }
            Self::NoDataDirectory => "specify a model with `--model FILE`".to_owned(),
            Self::SampleOverArm(_) => "remove one of the two".to_owned(),
        };
        Some(text)
    }
}

impl From<ConfigFault> for ConfigError {
    fn from(fault: ConfigFault) -> Self {
        Self::Invalid(Box::new(fault))
    }
}

impl Diagnose for ConfigError {
    fn diagnosis(&self) -> Diagnosis {
        Diagnosis { exit: ExitCode::Usage, hint: self.hint().map(Hint::from) }
    }
}
