//! The command line: parses the arguments and returns the exit code. One file per command.

mod args;
mod changing;
mod command;
mod complete;
mod error;
mod explanation;
#[doc(hidden)]
pub mod fuzzing;
mod guess;
mod interrupt;
mod invocation;
mod journal;
mod logging;
mod open;
mod pruning;
mod retries;
#[cfg(feature = "emulator")]
mod serving;
mod session;
mod shell;
mod shown;
mod topic;
mod version;
mod watching;

use std::{cell::OnceCell, env, ffi::OsString};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, error::ErrorKind};

pub use self::{
    args::variables::Variable,
    error::command_line,
    explanation::Trouble,
    invocation::{Invocation, Outside},
};
use self::{
    args::{GlobalArgs, color, contradictions, help as help_texts, variables},
    command::{
        api, apply, audit, completions, doctor, emulate, explain, export, graph, help, history, init, link,
        list, man, model, prune, relink, show, status, ui, unlink,
    },
    interrupt::Interrupt,
    journal::Journal,
    session::Session,
};
use crate::{ambient, diagnosis::ExitCode, workflow::MissingSample};

/// Link an Azure API Management service to an Azure Static Web App
///
/// A static web app that is linked to an API Management service proxies every request whose path starts with
/// /api/ to the gateway of the service. swa-apim creates, repairs, rotates, deletes and prints such links.
/// Every command can safely be repeated and interrupted.
///
/// Without an Azure account, all commands work on a model in a file. Try `swa-apim link --env prod --sample`.
#[derive(Debug, Parser)]
#[command(name = "swa-apim", version, disable_help_subcommand = true, max_term_width = args::WIDEST)]
#[command(styles = color::styles())]
#[command(
    after_help = "Examples:\n  swa-apim link --env prod\n  swa-apim status --env prod\n  swa-apim link --env prod --sample   (without an Azure account)\n\nExit codes: swa-apim help exit-codes; variables: swa-apim help environment"
)]
struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::InitArgs),
    Link(link::LinkArgs),
    Relink(relink::RelinkArgs),
    Unlink(unlink::UnlinkArgs),
    Status(status::StatusArgs),
    List(list::ListArgs),
    Doctor(doctor::DoctorArgs),
    Show(show::ShowArgs),
    Apply(apply::ApplyArgs),
    History(history::HistoryArgs),
    Api(api::ApiArgs),
    Audit(audit::AuditArgs),
    Prune(prune::PruneArgs),
    Graph(graph::GraphArgs),
    Export(export::ExportArgs),
    Model(model::ModelArgs),
    Emulate(Box<emulate::EmulateArgs>),
    Ui(ui::UiArgs),
    Explain(explain::ExplainArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
    Help(help::HelpArgs),
}

/// The definition of the command line, from which completions, man pages and the reference are generated.
#[must_use]
pub fn command() -> clap::Command {
    help_texts::on_one_screen(variables::hidden(Cli::command()))
}

/// Every environment variable that the program reads.
#[must_use]
pub fn environment() -> Vec<Variable> {
    variables::all(&command())
}

/// The script with which a shell completes the command lines of this program.
///
/// # Errors
///
/// If this shell is not supported.
pub fn completion_script(shell: &str) -> anyhow::Result<String> {
    shell::script(shell)
}

/// The manual pages: the name of each file, and its text.
///
/// # Errors
///
/// Does not fail in practice: the pages are written to memory.
pub fn man_pages() -> anyhow::Result<Vec<(String, String)>> {
    man::pages()
}

/// Runs the command that this process was started with, and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    clap_complete::CompleteEnv::with_factory(complete::command).var(shell::VARIABLE).complete();
    let words: Vec<OsString> = env::args_os().collect();
    let command = variables::heeded(command(), &words);
    color::chosen(words.get(1..).unwrap_or_default(), ambient::variable).choose(ambient::variable);
    let parsed = command.clone().try_get_matches_from(&words);
    let parsed = parsed.and_then(|matches| Cli::from_arg_matches(&matches).map(|cli| (cli, matches)));
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) if error.kind() == ErrorKind::DisplayVersion => return version::run(&command, &words),
        Err(error) => {
            let words = words.get(1..).unwrap_or_default();
            return match guess::meant(&command, words, &error) {
                Some(meant) => error::before_settings(&meant.into()),
                None => error::usage(&error),
            };
        }
    };
    cli.global.color.choose(ambient::variable);
    let journal = Journal::of_command(words.get(1..).unwrap_or_default());
    logging::start(cli.global.verbosity(), journal.retries().clone());
    let ui = cli.global.ui();
    variables::warn_of_unknown(&self::command(), &ui);
    error::exit_code(run(cli, &matches, &journal), &ui, &journal)
}

fn run(cli: Cli, matches: &clap::ArgMatches, journal: &Journal) -> anyhow::Result<ExitCode> {
    let interrupt = Interrupt::listen(journal.clone())?;
    if cli.command.changes() {
        journal.expect_changes();
    }
    let outside = Outside::default();
    // The process ends with the command, so freeing a fleet's model first would waste time.
    let kept = &*Box::leak(Box::<OnceCell<Session>>::default());
    if matches!(cli.command, Command::Emulate(_) | Command::Ui(_)) {
        // A server uses every processor, and ends by itself when it is asked to end.
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let outcome = runtime.block_on(dispatch(cli, matches, journal, &interrupt, &outside, kept));
        runtime.shutdown_background();
        return outcome;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        tokio::select! {
            biased;
            () = interrupt.asked() => Ok(ExitCode::Interrupted),
            outcome = dispatch(cli, matches, journal, &interrupt, &outside, kept) => outcome,
        }
    });
    // The process does not wait for a thread that waits for a file or a name server.
    runtime.shutdown_background();
    outcome
}

impl Command {
    /// Whether the command may change something.
    fn changes(&self) -> bool {
        match self {
            Self::Init(_)
            | Self::Link(_)
            | Self::Relink(_)
            | Self::Unlink(_)
            | Self::Apply(_)
            | Self::Prune(_) => true,
            Self::Api(api) => api.changes(),
            Self::Model(model) => model.changes(),
            Self::Status(_)
            | Self::List(_)
            | Self::Show(_)
            | Self::History(_)
            | Self::Doctor(_)
            | Self::Audit(_)
            | Self::Graph(_)
            | Self::Export(_)
            | Self::Emulate(_)
            | Self::Ui(_)
            | Self::Explain(_)
            | Self::Completions(_)
            | Self::Man(_)
            | Self::Help(_) => false,
        }
    }
}

async fn dispatch(
    cli: Cli,
    matches: &clap::ArgMatches,
    journal: &Journal,
    interrupt: &Interrupt,
    outside: &Outside,
    kept: &OnceCell<Session>,
) -> anyhow::Result<ExitCode> {
    contradictions::check(matches)?;
    let global = cli.global;
    // A server creates its model; a command that only reads does not.
    let creates = cli.command.changes() || matches!(cli.command, Command::Emulate(_) | Command::Ui(_));
    let missing_sample = if creates { MissingSample::Create } else { MissingSample::InMemory };
    let opened = || {
        let outside = outside.clone();
        Session::new(&global, matches, journal.clone(), interrupt.clone(), outside, missing_sample)
    };
    let context = || opened().map(|context| kept.get_or_init(|| context));
    match cli.command {
        Command::Init(args) => init::run(args, context()?).await,
        Command::Link(args) => Box::pin(link::run(args, context()?)).await,
        Command::Relink(args) => Box::pin(relink::run(args, context()?)).await,
        Command::Unlink(args) => Box::pin(unlink::run(args, context()?)).await,
        Command::Status(args) => status::run(args, context()?).await,
        Command::List(args) => list::run(args, context()?).await,
        Command::Doctor(args) => doctor::run(args, context()?).await,
        Command::Apply(args) => Box::pin(apply::run(args, context()?)).await,
        Command::Show(args) => show::run(args, context()?).await,
        Command::History(args) => history::run(args, context()?).await,
        Command::Api(args) => Box::pin(api::run(args, context()?)).await,
        Command::Audit(args) => audit::run(args, context()?).await,
        Command::Prune(args) => prune::run(args, context()?).await,
        Command::Graph(args) => graph::run(args, context()?).await,
        Command::Export(args) => export::run(args, context()?).await,
        Command::Model(args) => model::run(args, context()?).await,
        Command::Ui(args) => ui::run(args, Box::leak(Box::new(opened()?))).await,
        Command::Emulate(args) => emulate::run(*args, Box::leak(Box::new(opened()?))).await,
        Command::Explain(args) => explain::run(&args, &global.ui()),
        Command::Completions(args) => completions::run(&args, &global.ui()),
        Command::Man(args) => man::run(&args, &global.ui()),
        Command::Help(args) => help::run(&args, &global.ui()),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_well_defined() {
        super::command().debug_assert();
    }
}
