//! `swa-apim completions`

use clap::{Args, builder::PossibleValuesParser};
use clap_complete::env::Shells;

use crate::{diagnosis::ExitCode, output::Ui, workflow::UsageError};

/// The environment variable with which a shell requests completion candidates.
pub(crate) const VARIABLE: &str = "SWA_APIM_COMPLETE";

const SHELLS: [&str; 5] = ["bash", "zsh", "fish", "powershell", "elvish"];

/// Print the script that completes commands and names in a shell
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bash        source <(swa-apim completions bash)\n  zsh         source <(swa-apim completions zsh)\n  fish        swa-apim completions fish | source\n  powershell  swa-apim completions powershell | Out-String | Invoke-Expression\n  elvish      eval (swa-apim completions elvish | slurp)"
)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_parser = PossibleValuesParser::new(SHELLS))]
    shell: String,
}

pub(crate) fn run(args: &CompletionsArgs, ui: &Ui) -> anyhow::Result<ExitCode> {
    ui.print_text(&script(&args.shell)?)?;
    Ok(ExitCode::Success)
}

pub(crate) fn script(shell: &str) -> anyhow::Result<String> {
    let shells = Shells::builtins();
    let adapter = shells
        .completer(shell)
        .ok_or_else(|| UsageError::new(format!("the shell `{shell}` is not supported")))?;
    let mut script = Vec::new();
    adapter.write_registration(VARIABLE, "swa-apim", "swa-apim", "swa-apim", &mut script)?;
    let script = String::from_utf8(script)?;
    Ok(script.trim_start_matches('\n').to_owned())
}
