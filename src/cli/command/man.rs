//! `swa-apim man`

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueHint};
use clap_complete::ArgValueCandidates;

use crate::{
    cli::complete,
    diagnosis::{ExitCode, nearest},
    files,
    output::Ui,
    workflow::UsageError,
};

/// Print a manual page, or write all of them to a directory
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim man link | man -l -\n  swa-apim man --out ~/.local/share/man/man1"
)]
pub(crate) struct ManArgs {
    /// The command, such as `api add`; the default is the page of swa-apim
    #[arg(add = ArgValueCandidates::new(complete::commands))]
    command: Vec<String>,
    /// Write all manual pages to this directory
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "command")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &ManArgs, ui: &Ui) -> anyhow::Result<ExitCode> {
    let pages = pages()?;
    if let Some(folder) = &args.out {
        fs::create_dir_all(folder)
            .with_context(|| format!("could not create the directory `{}`", folder.display()))?;
        for (name, text) in &pages {
            let file = folder.join(name);
            files::write_blocking(&file, text)
                .with_context(|| format!("could not write `{}`", file.display()))?;
        }
        ui.say(&format!("wrote {} pages to {}", pages.len(), folder.display()));
        return Ok(ExitCode::Success);
    }
    let mut wanted = vec!["swa-apim".to_owned()];
    wanted.extend(args.command.iter().cloned());
    let file = wanted.join("-") + ".1";
    let page = pages.iter().find(|(name, _)| *name == file).ok_or_else(|| {
        let wanted = args.command.join(" ");
        let error = UsageError::new(format!("there is no command `{wanted}`"));
        let names = pages.iter().filter_map(|(name, _)| name.strip_prefix("swa-apim-")?.strip_suffix(".1"));
        let names: Vec<String> = names.map(|name| name.replace('-', " ")).collect();
        match nearest(&wanted, names.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint("`swa-apim help` lists the commands"),
        }
    })?;
    ui.print_text(&page.1)?;
    Ok(ExitCode::Success)
}

/// Every page: the name of its file, and its text.
pub(crate) fn pages() -> anyhow::Result<Vec<(String, String)>> {
    let mut command = crate::cli::command().disable_help_flag(true);
    command.build();
    let mut pages = Vec::new();
    collect(&command, "swa-apim", &mut pages)?;
    Ok(pages)
}

fn collect(command: &clap::Command, name: &str, pages: &mut Vec<(String, String)>) -> anyhow::Result<()> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone().name(name.to_owned())).render(&mut page)?;
    pages.push((format!("{name}.1"), String::from_utf8(page)?));
    for sub in command.get_subcommands() {
        collect(sub, &format!("{name}-{}", sub.get_name()), pages)?;
    }
    Ok(())
}
