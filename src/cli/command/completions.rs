//! `swa-apim completions`

use clap::Args;

use crate::{
    cli::{
        args::typed::word,
        shell::{self, Installation, Shell},
    },
    diagnosis::ExitCode,
    output::Ui,
};

/// Print the script that completes commands and names in a shell
///
/// With --install, writes it to the directory in which the shell looks for completions, or prints the line that
/// makes the shell load it.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bash        source <(swa-apim completions bash)\n  zsh         source <(swa-apim completions zsh)\n  fish        swa-apim completions fish | source\n  powershell  swa-apim completions powershell | Out-String | Invoke-Expression\n  elvish      eval (swa-apim completions elvish | slurp)\n  bash        swa-apim completions bash --install\n  zsh         swa-apim completions zsh --install\n  fish        swa-apim completions fish --install"
)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_parser = word::<Shell>())]
    shell: Shell,
    /// Write the script to where the shell looks for it
    #[arg(long)]
    install: bool,
}

pub(crate) fn run(args: &CompletionsArgs, ui: &Ui) -> anyhow::Result<ExitCode> {
    let script = args.shell.script()?;
    if !args.install {
        ui.print_text(&script)?;
        return Ok(ExitCode::Success);
    }
    match args.shell.installation()? {
        Installation::File { path, next } => {
            shell::write(&path, &script)?;
            ui.say(&format!("wrote {}\nnext: {next}", path.display()));
        }
        Installation::Line { startup, line } => {
            ui.say(&format!("{} has no directory for completions; nothing was written", args.shell));
            ui.say(&format!("next: add this line to {startup}: {line}"));
        }
    }
    Ok(ExitCode::Success)
}
