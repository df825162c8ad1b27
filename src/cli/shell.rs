//! The shells that can complete command lines, their scripts, and where they look for them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};
use strum::{Display, EnumString, VariantNames};

use crate::{ambient, diagnosis::quoted, files, workflow::UsageError};

/// The environment variable with which a shell requests completion candidates.
pub(crate) const VARIABLE: &str = "SWA_APIM_COMPLETE";

/// A shell that can complete the command lines of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumString, VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
    Elvish,
}

/// How a shell finds the script.
pub(crate) enum Installation {
    /// In this file, after the user has done the rest.
    File { path: PathBuf, next: String },
    /// By this line in the startup file of the shell.
    Line { startup: &'static str, line: &'static str },
}

impl Shell {
    fn adapter(self) -> &'static dyn EnvCompleter {
        match self {
            Self::Bash => &Bash,
            Self::Zsh => &Zsh,
            Self::Fish => &Fish,
            Self::Powershell => &Powershell,
            Self::Elvish => &Elvish,
        }
    }

    /// The script that makes the shell ask this program for candidates.
    pub(crate) fn script(self) -> anyhow::Result<String> {
        let mut script = Vec::new();
        self.adapter().write_registration(VARIABLE, "swa-apim", "swa-apim", "swa-apim", &mut script)?;
        let script = String::from_utf8(script)?;
        let script = script.trim_start_matches('\n').to_owned();
        // A file on zsh's `fpath` is the body of a function, which has to complete the first line by itself.
        let tail = "[[ ${funcstack[1]} = _swa-apim ]] && _clap_dynamic_completer_swa_apim \"$@\" || true\n";
        Ok(if self == Self::Zsh { script.trim_end().to_owned() + "\n\n" + tail } else { script })
    }

    /// Where the shell looks for completions.
    pub(crate) fn installation(self) -> Result<Installation, UsageError> {
        match self {
            Self::Bash => {
                let own = absolute("BASH_COMPLETION_USER_DIR");
                let folder = own.map_or_else(|| Ok(data()?.join("bash-completion")), Ok)?;
                let path = folder.join("completions/swa-apim");
                let next =
                    "start a new shell; bash reads the file if the package bash-completion is installed";
                Ok(Installation::File { path, next: next.to_owned() })
            }
            Self::Zsh => {
                let folder = data()?.join("zsh/site-functions");
                let shown = quoted(&folder.display().to_string());
                let next = format!("add this line to ~/.zshrc, above `compinit`: fpath=({shown} $fpath)");
                Ok(Installation::File { path: folder.join("_swa-apim"), next })
            }
            Self::Fish => {
                let folder = base("XDG_CONFIG_HOME", ".config")?.join("fish/completions");
                let next = "start a new shell".to_owned();
                Ok(Installation::File { path: folder.join("swa-apim.fish"), next })
            }
            Self::Powershell => Ok(Installation::Line {
                startup: "$PROFILE",
                line: "swa-apim completions powershell | Out-String | Invoke-Expression",
            }),
            Self::Elvish => Ok(Installation::Line {
                startup: "~/.config/elvish/rc.elv",
                line: "eval (swa-apim completions elvish | slurp)",
            }),
        }
    }
}

/// Writes a script, and creates its directory.
pub(crate) fn write(path: &Path, script: &str) -> anyhow::Result<()> {
    let folder = files::folder_of(path);
    fs::create_dir_all(folder)
        .with_context(|| format!("could not create the directory `{}`", folder.display()))?;
    files::write_blocking(path, script).with_context(|| format!("could not write `{}`", path.display()))
}

/// The directory of the user's data.
fn data() -> Result<PathBuf, UsageError> {
    base("XDG_DATA_HOME", ".local/share")
}

/// The directory that a variable names, or one below the user's home directory.
fn base(variable: &str, below_home: &str) -> Result<PathBuf, UsageError> {
    let home = || absolute("HOME").map(|home| home.join(below_home));
    absolute(variable).or_else(home).ok_or_else(|| {
        let error = UsageError::new(format!("neither {variable} nor HOME names a directory"));
        error.hint("set HOME, or write the script to a file: `swa-apim completions SHELL > FILE`")
    })
}

/// The directory that a variable names; shells ignore one that is not absolute.
fn absolute(variable: &str) -> Option<PathBuf> {
    ambient::directory(variable).filter(|path| path.is_absolute())
}

/// The script of the shell with this name.
pub(crate) fn script(shell: &str) -> anyhow::Result<String> {
    let found = shell.parse::<Shell>();
    found.map_err(|_| UsageError::new(format!("there is no shell `{shell}`")))?.script()
}
