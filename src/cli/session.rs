//! The context of a command: settings and control planes, the terminal, and the changes so far.

use std::{env, path::Path};

use anyhow::Context as _;
use clap::ArgMatches;

use super::{
    args::{self, GlobalArgs, contradictions},
    error::{PipelineRefused, command_line},
    interrupt::Interrupt,
    invocation::Outside,
    journal::Journal,
};
use crate::{
    config::{ConfigUse, Overrides},
    files::is_standard_output,
    output::Ui,
    workflow::{self, Deadline, MissingSample, UsageError, Workspace, WorkspaceOptions},
};

/// The context of a command.
pub(crate) struct Session {
    pub(crate) ui: Ui,
    /// Settings and control planes.
    pub(crate) work: Workspace,
    /// Whether every question is confirmed automatically.
    pub(crate) yes: bool,
    /// The changes that the command has made so far.
    pub(crate) journal: Journal,
    /// Flags of this command line that only apply to Azure.
    azure_flags: Vec<&'static str>,
    /// The request to end the process.
    #[cfg_attr(
        not(any(feature = "emulator", feature = "ui")),
        expect(dead_code, reason = "only a server is run without an end")
    )]
    pub(crate) interrupt: Interrupt,
}

impl Session {
    pub(crate) fn new(
        global: &GlobalArgs,
        matches: &ArgMatches,
        journal: Journal,
        interrupt: Interrupt,
        outside: Outside,
        missing_sample: MissingSample,
    ) -> anyhow::Result<Self> {
        let folder = env::current_dir().context("could not determine the working directory")?;
        let options = WorkspaceOptions {
            overrides: Overrides {
                config_use: match matches.subcommand_name() {
                    Some("init") => ConfigUse::Create,
                    Some("show") => ConfigUse::Ignore,
                    _ => ConfigUse::Read,
                },
                ..global.overrides(matches)
            },
            deadline: Deadline::new(global.timeout),
            ambient: outside.ambient,
            variables: outside.variables,
            transport: outside.transport,
            ..WorkspaceOptions::new(command_line)
        };
        // An error is written to these files as well, so they are checked before anything can fail.
        check_files(global, |file| workflow::check_early(file, &folder, &options.overrides))
            .inspect_err(|_| journal.refuse_files())?;
        // The model in the user's data directory is the program's own.
        let missing_sample =
            if options.overrides.model.is_some() { missing_sample } else { MissingSample::Create };
        let work = Workspace::open(&folder, WorkspaceOptions { missing_sample, ..options })?;
        let ui = global.ui().writing_to(outside.streams);
        if let Some(note) = contradictions::note_of_all(matches) {
            ui.say(&note);
        }
        let azure_flags = args::azure_flags(matches);
        let session = Self { ui, work, yes: global.yes, journal, azure_flags, interrupt };
        session.check_pipeline(global).map_err(PipelineRefused)?;
        Ok(session)
    }

    fn check_pipeline(&self, global: &GlobalArgs) -> Result<(), UsageError> {
        check_files(global, |file| self.work.check_result_file(file))
            .inspect_err(|_| self.journal.refuse_files())?;
        self.ui.check_pipeline().map_err(|(file, error)| {
            UsageError::new(format!("could not write `{}`: {error}", file.display()))
                .hint("specify a file for which you have write permission; the pipeline reads events from it")
        })
    }

    /// Prints which flags have had no effect, if the command was only about models.
    pub(crate) fn note_azure_flags(&self) {
        for flag in &self.azure_flags {
            self.ui.say(&format!("note: `{flag}` has no effect on a model"));
        }
    }
}

/// Refuses files of a pipeline that `check` refuses, and standard output.
fn check_files(
    global: &GlobalArgs,
    check: impl Fn(&Path) -> Result<(), UsageError>,
) -> Result<(), UsageError> {
    if global.events_file().is_some_and(is_standard_output) {
        let message = "`--output-file` specifies standard output, which is used for the result";
        return Err(UsageError::new(message).hint("specify a file"));
    }
    global.pipeline_files().try_for_each(check)
}
