//! What can be wrong with the configuration, and the way out.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{FILE_NAME, Fault, SAMPLE_ENV, Source};
use crate::diagnosis::{Diagnose, Diagnosis, ExitCode, nearest, quoted};

/// How many names a hint lists.
const LISTED: usize = 12;

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file that was named is not there.
    #[error("there is no file `{}`, which {asked} names", .path.display())]
    NoSuchFile {
        /// The file as it was named.
        path: PathBuf,
        /// Who named it.
        asked: Source,
    },
    /// The file is there and cannot be read.
    #[error("could not read `{}`", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        cause: io::Error,
    },
    /// A file that was found by walking up, and belongs to another user.
    #[error(
        "`{}` belongs to another user (uid {owner}), and was found by walking up from the working directory",
        .path.display()
    )]
    ForeignFile {
        /// The file.
        path: PathBuf,
        /// The user that it belongs to.
        owner: u32,
    },
    /// An address of a file that was found by walking up, to which no token is sent.
    #[error(
        "`endpoint` ({at}) is {address}, which is neither an address of Azure nor this machine, and the file was \
         found by walking up from the working directory"
    )]
    UntrustedEndpoint {
        /// The address, without anything that may be secret.
        address: String,
        /// Where it is from.
        at: Source,
    },
    /// The file says something that it cannot say.
    #[error(transparent)]
    Invalid(Box<Fault>),
    /// A flag or a variable without a value.
    #[error("{0} is empty")]
    Empty(Source),
    /// An env that is not there.
    #[error("there is no env `{}` {}", .name.escape_debug(), .searched.phrase())]
    UnknownEnv {
        /// The env as it was named.
        name: String,
        /// Where it was looked for.
        searched: Searched,
        /// The envs that are there.
        known: Vec<String>,
    },
    /// Several envs, and no word about which.
    #[error("`{}` has {} envs, and none of them was chosen", .path.display(), .known.len())]
    NoEnvChosen {
        /// The file.
        path: PathBuf,
        /// The envs that there are.
        known: Vec<String>,
    },
    /// No env at all.
    #[error("{}", no_env(.0.as_deref()))]
    NoEnvs(Option<PathBuf>),
    /// No env, and no flags that would do instead.
    #[error("{}, and {} not given", no_env(.path.as_deref()), not_given(.missing))]
    NoTarget {
        /// The file, if there is one.
        path: Option<PathBuf>,
        /// The flags that would have been needed.
        missing: Vec<&'static str>,
    },
    /// An env without something that it needs.
    #[error("env `{}` has no `{key}` ({at})", .env.escape_debug())]
    Missing {
        /// The env.
        env: String,
        /// What is missing; the flag is named alike.
        key: &'static str,
        /// Where the env is.
        at: Source,
    },
    /// An env that is to be added and is there already.
    #[error("`{}` already has an env `{}`", .path.display(), .name.escape_debug())]
    EnvExists {
        /// The file.
        path: PathBuf,
        /// The env.
        name: String,
    },
    /// A file whose envs are written such that none can be appended.
    #[error("env `{}` cannot be appended to `{}`, whose envs are not written as tables", .name.escape_debug(), .path.display())]
    NotAppendable {
        /// The file.
        path: PathBuf,
        /// The env.
        name: String,
    },
    /// An env that would have no name, or no site, or no service.
    #[error("a new env needs {0}, and it is empty")]
    Incomplete(&'static str),
    /// No directory for the sample.
    #[error("there is no home directory to keep the sample in")]
    NoDataDirectory,
    /// The sample over another control plane.
    #[error("the sample is a JSON model, and {0} asks for `arm`")]
    SampleOverArm(Source),
}

/// Where an env was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Searched {
    /// In this file.
    File(PathBuf),
    /// Nowhere, for lack of a file.
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
        Some(path) => format!("`{}` has no env", path.display()),
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

/// The names, and how many more there are where there are many.
fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(LISTED).map(|name| name.escape_debug().to_string()).collect();
    match names.len().saturating_sub(LISTED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn env_hint(name: &str, searched: &Searched, known: &[String]) -> String {
    match (searched, nearest(name, known.iter().map(String::as_str))) {
        (Searched::Sample, _) => format!("its only env is `{SAMPLE_ENV}`: leave `--env` out"),
        (Searched::NoFile, _) => {
            "`swa-apim init` writes one, and `--config FILE` names one; `--static-web-app` and `--apim` do without \
             `--env`"
                .to_owned()
        },
        (Searched::File(_), _) if known.is_empty() => "add a table `[env.NAME]` to it, or run `swa-apim init`".to_owned(),
        (Searched::File(_), Some(near)) => {
            format!("did you mean `{}`? the envs are: {}", near.escape_debug(), listed(known))
        }
        (Searched::File(_), None) => format!("the envs are: {}", listed(known)),
    }
}

impl ConfigError {
    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Unreadable { .. } | Self::Incomplete(_) => return None,
            Self::Invalid(fault) => return fault.hint(),
            Self::ForeignFile { path, .. } => {
                let path = quoted(&path.display().to_string());
                format!("if you trust what is in it, name the file: `--config {path}`")
            }
            Self::UntrustedEndpoint { address, .. } => {
                let address = quoted(address);
                format!(
                    "the access token would be sent there: if that is right, repeat the command with `--endpoint \
                     {address}`, or name the file with `--config`"
                )
            }
            Self::Empty(_) => "give it a value, or leave it out".to_owned(),
            Self::UnknownEnv { name, searched, known } => env_hint(name, searched, known),
            Self::NoEnvChosen { known, .. } => format!("add `--env NAME`; the envs are: {}", listed(known)),
            Self::NoSuchFile { .. } | Self::NoEnvs(_) => "`swa-apim init` writes one".to_owned(),
            Self::NoTarget { .. } => {
                "`swa-apim init` writes an env, the flags do without one, and `--sample` tries it all out"
                    .to_owned()
            }
            Self::Missing { key, .. } => format!("add `{key} = \"NAME\"` to the env, or pass `--{key}`"),
            Self::EnvExists { .. } => "choose another name, or edit the file".to_owned(),
            Self::NotAppendable { .. } => "write each env as a table `[env.NAME]` first".to_owned(),
            Self::NoDataDirectory => "name a file for it with `--model FILE`".to_owned(),
            Self::SampleOverArm(_) => "leave one of the two out".to_owned(),
        };
        Some(text)
    }
}

impl From<Fault> for ConfigError {
    fn from(fault: Fault) -> Self {
        Self::Invalid(Box::new(fault))
    }
}

impl Diagnose for ConfigError {
    fn diagnosis(&self) -> Diagnosis {
        let failed_to_read = matches!(self, Self::Unreadable { .. });
        let exit = if failed_to_read { ExitCode::Unexpected } else { ExitCode::Usage };
        Diagnosis { exit, hint: self.hint() }
    }
}
