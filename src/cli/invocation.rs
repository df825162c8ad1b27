//! A command that another program runs, with the time, random numbers, network and streams that this program provides.

use std::{cell::OnceCell, ffi::OsString, fmt, sync::Arc};

use clap::{ArgMatches, FromArgMatches as _};

use super::{Cli, command, dispatch, error, interrupt::Interrupt, journal::Journal};
use crate::{
    ambient::{self, Ambient, System},
    diagnosis::ExitCode,
    output::Streams,
    provider::arm::Transport,
};

/// The inputs of a command that are neither on its command line nor in its files.
#[derive(Clone)]
pub struct Outside {
    /// The time and random numbers.
    pub ambient: Arc<dyn Ambient>,
    /// Reads environment variables, in which credentials are configured.
    pub variables: fn(&str) -> Option<String>,
    /// Sends requests to Azure, if not the network.
    pub transport: Option<Arc<dyn Transport>>,
    /// Where results and messages are written.
    pub streams: Streams,
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside").field("transport", &self.transport).finish_non_exhaustive()
    }
}

impl Default for Outside {
    /// The operating system, the network, and the streams of this process.
    fn default() -> Self {
        Self {
            ambient: Arc::new(System),
            variables: ambient::variable,
            transport: None,
            streams: Streams::Process,
        }
    }
}

/// A parsed command line. It can be run any number of times.
#[derive(Clone, Debug)]
pub struct Invocation(ArgMatches);

impl Invocation {
    /// Parses a command line, without the name of the program.
    ///
    /// # Errors
    ///
    /// The usage message, if the arguments are not valid.
    pub fn parse<T: Into<OsString>>(args: impl IntoIterator<Item = T>) -> Result<Self, clap::Error> {
        let args = args.into_iter().map(Into::into);
        let matches = command().try_get_matches_from([OsString::from("swa-apim")].into_iter().chain(args))?;
        Cli::from_arg_matches(&matches)?;
        Ok(Self(matches))
    }

    /// Runs the command once, and returns its exit code. Dropping the future is like a crash of the program: the
    /// request in progress may have been carried out.
    pub async fn run(&self, outside: &Outside) -> ExitCode {
        let cli = match Cli::from_arg_matches(&self.0) {
            Ok(cli) => cli,
            Err(error) => return error::usage(&error),
        };
        let ui = cli.global.ui().writing_to(outside.streams.clone());
        let (journal, kept) = (Journal::default(), OnceCell::new());
        let outcome = dispatch(cli, &self.0, &journal, &Interrupt::never(), outside, &kept).await;
        error::exit_code(outcome, &ui, &journal)
    }
}
