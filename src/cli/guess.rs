//! Finds what a user meant with a command line that cannot be parsed.
//!
//! A guess is a whole command line. It is shown only if this program would accept it.

use std::{error::Error as _, ffi::OsString};

use clap::{
    Arg, ArgMatches, Command,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::complete;
use crate::{
    ambient,
    diagnosis::{nearest, quoted},
    model::may_have_user,
    workflow::UsageError,
};

/// Words that users of other tools type as a command, and the words that this program has for it.
const COMMANDS: [(&str, &str); 33] = [
    ("add", "api add"),
    ("apis", "api list"),
    ("check", "doctor"),
    ("clean", "prune"),
    ("cleanup", "prune"),
    ("completion", "completions"),
    ("config", "init"),
    ("configure", "init"),
    ("connect", "link"),
    ("create", "link"),
    ("delete", "unlink"),
    ("describe", "status"),
    ("destroy", "unlink --purge"),
    ("diff", "link --dry-run"),
    ("disconnect", "unlink"),
    ("get", "status"),
    ("import", "model import"),
    ("info", "status"),
    ("ls", "list"),
    ("plan", "link --dry-run"),
    ("preview", "link --dry-run"),
    ("remove", "unlink"),
    ("repair", "relink"),
    ("rm", "unlink"),
    ("rotate", "relink"),
    ("rotate-keys", "relink"),
    ("serve", "emulate"),
    ("sites", "list"),
    ("snapshot", "model snapshot"),
    ("start", "emulate"),
    ("test", "doctor"),
    ("validate", "doctor"),
    ("version", "--version"),
];

/// Commands of `api` and `model` as other tools call them.
const SUBCOMMANDS: [(&str, &str); 6] = [
    ("ls", "list"),
    ("show", "list"),
    ("create", "add"),
    ("delete", "remove"),
    ("rm", "remove"),
    ("dump", "export"),
];

/// Commands that another program has, with that program's command line.
const ELSEWHERE: [(&str, &str); 4] = [
    ("login", "az login"),
    ("logout", "az logout"),
    ("account", "az account show"),
    ("upgrade", "cargo install swa-apim"),
];

/// Flags that users of other tools type, and the flags that this program has for it. Of several, the first that the
/// command accepts is meant.
const FLAGS: [(&str, &str); 33] = [
    ("--app", "--static-web-app"),
    ("--api-management", "--apim"),
    ("--assume-yes", "--yes"),
    ("--auto-approve", "--yes"),
    ("--backend-resource-id", "--apim"),
    ("--check", "--dry-run"),
    ("--debug", "-vv"),
    ("--dryrun", "--dry-run"),
    ("--environment", "--env"),
    ("--environment-name", "--site-environment"),
    ("--everything", "--all"),
    ("--file", "--config"),
    ("--force", "--replace"),
    ("--force", "--yes"),
    ("--format", "--output"),
    ("-f", "--yes"),
    ("--json", "--output json"),
    ("--jmespath", "--query"),
    ("--name", "--static-web-app"),
    ("--non-interactive", "--no-input"),
    ("--no-prompt", "--no-input"),
    ("--only-show-errors", "--quiet"),
    ("--production", "--env prod"),
    ("--rg", "--resource-group"),
    ("--service", "--apim"),
    ("--service-name", "--apim"),
    ("--silent", "--quiet"),
    ("--site", "--static-web-app"),
    ("--subscription-id", "--subscription"),
    ("--swa", "--static-web-app"),
    ("--tsv", "--output tsv"),
    ("--what-if", "--dry-run"),
    ("--yaml", "--output yaml"),
];

/// How many mistakes of one line are corrected.
const MISTAKES: usize = 3;

/// Finds what a user meant with the words after the name of the program, which clap refuses with `error`.
pub(super) fn meant(command: &Command, words: &[OsString], error: &clap::Error) -> Option<UsageError> {
    let words: Vec<String> =
        words.iter().map(|word| word.to_str().map(str::to_owned)).collect::<Option<_>>()?;
    let mut command = command.clone();
    command.build();
    let line = Line { command: &command, words };
    match error.kind() {
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => line.of_variable(error),
        ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand => line.other_words(error),
        ErrorKind::InvalidUtf8 => line.of_unreadable_variable(),
        _ => None,
    }
}

/// A command line, without the name of the program.
struct Line<'a> {
    command: &'a Command,
    words: Vec<String>,
}

impl Line<'_> {
    fn parse(&self) -> Result<ArgMatches, clap::Error> {
        let words = ["swa-apim"].into_iter().chain(self.words.iter().map(String::as_str));
        self.command.clone().try_get_matches_from(words)
    }

    /// The error for words that clap does not know, with the line that was meant.
    fn other_words(&self, error: &clap::Error) -> Option<UsageError> {
        let (kind, what) = match error.kind() {
            ErrorKind::InvalidSubcommand => (ContextKind::InvalidSubcommand, "command"),
            _ => (ContextKind::InvalidArg, "argument"),
        };
        let word = text(error, kind)?;
        let path = self.path();
        let message = match path.as_str() {
            "" => format!("`swa-apim` has no {what} `{word}`"),
            path => format!("`swa-apim {path}` has no {what} `{word}`"),
        };
        let error_of =
            |meant: String| UsageError::new(message.clone()).hint(format!("did you mean `{meant}`?"));
        if let Some((_, meant)) = ELSEWHERE.iter().find(|(typed, _)| path.is_empty() && *typed == word) {
            return Some(error_of((*meant).to_owned()));
        }
        if let Some(meant) = self.corrected(error, MISTAKES) {
            return Some(error_of(meant.shown()?));
        }
        let envs = self.is_bare(word).then(|| complete::env_names(&self.words))?;
        let hint = match (envs.as_slice(), error.kind()) {
            ([], ErrorKind::UnknownArgument) => {
                "an env is named with `--env`, and no env is configured: `swa-apim init` writes one"
                    .to_owned()
            }
            ([], _) => return None,
            (envs, _) => format!("an env is named with `--env`; the envs are: {}", envs.join(", ")),
        };
        Some(UsageError::new(message).hint(hint))
    }

    /// The line with its mistakes corrected, if it can be parsed then.
    fn corrected(&self, error: &clap::Error, mistakes: usize) -> Option<Self> {
        self.candidates(error).into_iter().find_map(|words| {
            let line = Self { command: self.command, words };
            match line.parse() {
                Ok(_) => Some(line),
                Err(error) if error.exit_code() == 0 => Some(line),
                Err(error) => mistakes.checked_sub(1).and_then(|left| line.corrected(&error, left)),
            }
        })
    }

    /// Lines in which the word that `error` is about is replaced, the most likely first.
    fn candidates(&self, error: &clap::Error) -> Vec<Vec<String>> {
        let meant = match error.kind() {
            ErrorKind::InvalidSubcommand => {
                text(error, ContextKind::InvalidSubcommand).map(|word| (word, self.commands_like(word)))
            }
            ErrorKind::UnknownArgument => {
                text(error, ContextKind::InvalidArg).map(|word| (word, self.arguments_like(word)))
            }
            _ => None,
        };
        let Some((word, meant)) = meant else { return Vec::new() };
        meant.into_iter().filter_map(|meant| self.replaced(word, meant)).collect()
    }

    /// What may be meant by a word where a command is expected.
    fn commands_like(&self, word: &str) -> Vec<Vec<String>> {
        let (table, reader) =
            if self.path().is_empty() { (&COMMANDS[..], "status") } else { (&SUBCOMMANDS[..], "list") };
        let named = self.named(word).into_iter();
        let mut found = looked_up(word, table);
        found.extend(named.map(|flag| [vec![reader.to_owned()], flag].concat()));
        found
    }

    /// What may be meant by a word that the command does not take.
    fn arguments_like(&self, word: &str) -> Vec<Vec<String>> {
        if word.starts_with('-') {
            return looked_up(word, &FLAGS);
        }
        if self.is_bare(word) { self.named(word) } else { Vec::new() }
    }

    /// The flags that name what `word` names: an env, a static web app or a service, or an env with a similar name.
    fn named(&self, word: &str) -> Vec<Vec<String>> {
        let flag = |flag: &str, value: &str| vec![flag.to_owned(), value.to_owned()];
        let envs = complete::env_names(&self.words);
        let is_one_of = |names: Vec<String>| names.iter().any(|name| name == word);
        if envs.iter().any(|env| env == word) {
            vec![flag("--env", word)]
        } else if word == "all" {
            vec![vec!["--all".to_owned()]]
        } else if is_one_of(complete::site_names(&self.words)) {
            vec![flag("--static-web-app", word)]
        } else if is_one_of(complete::service_names(&self.words)) {
            vec![flag("--apim", word)]
        } else {
            let near = nearest(word, envs.iter().map(String::as_str));
            near.map(|near| flag("--env", near)).into_iter().collect()
        }
    }

    /// Whether a word can only be the value of a flag that is missing, because the command takes no words.
    fn is_bare(&self, word: &str) -> bool {
        !word.starts_with('-') && self.leaf().get_positionals().next().is_none()
    }

    /// The words with the first `typed`, or `typed=VALUE`, replaced by `meant`.
    fn replaced(&self, typed: &str, meant: Vec<String>) -> Option<Vec<String>> {
        let with_value = format!("{typed}=");
        let at = self.words.iter().position(|word| word == typed || word.starts_with(&with_value))?;
        let value = self.words[at].strip_prefix(&with_value).map(str::to_owned);
        let meant = meant.into_iter().chain(value);
        let (before, after) = (self.words[..at].iter().cloned(), self.words[at + 1..].iter().cloned());
        Some(before.chain(meant).chain(after).collect())
    }

    /// The command that the line names, such as `api add`, and empty if it names none.
    fn path(&self) -> String {
        let names = self.commands().skip(1).map(Command::get_name);
        names.collect::<Vec<_>>().join(" ")
    }

    fn leaf(&self) -> &Command {
        self.commands().last().unwrap_or(self.command)
    }

    /// The program, and each command that the line names.
    fn commands(&self) -> impl Iterator<Item = &Command> {
        let mut command = self.command;
        let named = self.words.iter().filter_map(move |word| {
            command = command.find_subcommand(word)?;
            Some(command)
        });
        [self.command].into_iter().chain(named)
    }

    /// The line as it is typed, unless a word of it may be a secret.
    fn shown(&self) -> Option<String> {
        let is_secret = |word: &String| word.starts_with("--token") || may_have_user(word);
        let words = ["swa-apim".to_owned()].into_iter().chain(self.words.iter().map(|word| quoted(word)));
        (!self.words.iter().any(is_secret)).then(|| words.collect::<Vec<_>>().join(" "))
    }

    /// The error for a value that comes from an environment variable.
    fn of_variable(&self, error: &clap::Error) -> Option<UsageError> {
        let shown = text(error, ContextKind::InvalidArg)?;
        let arg = self.find(shown)?;
        let variable = arg.get_env()?.to_str()?;
        let value = text(error, ContextKind::InvalidValue).unwrap_or_default();
        if value.is_empty() && self.has(arg) {
            return None;
        }
        if value.is_empty() {
            let error = UsageError::new(format!("the environment variable {variable} is empty"));
            return Some(error.hint("specify a value, or unset it"));
        }
        if ambient::variable(variable)? != value {
            return None;
        }
        let why = match (error.source(), error.get(ContextKind::ValidValue)) {
            (Some(cause), _) => cause.to_string(),
            (None, Some(ContextValue::Strings(known))) => format!("it is one of {}", known.join(", ")),
            (None, _) => return None,
        };
        let value = value.escape_debug();
        let error =
            UsageError::new(format!("the environment variable {variable} cannot be `{value}`: {why}"));
        Some(error.hint(format!("correct it, or unset it: `unset {variable}`")))
    }

    /// The error for a variable whose value is not UTF-8 text. It does not repeat the value.
    fn of_unreadable_variable(&self) -> Option<UsageError> {
        let mut variables = self.commands().flat_map(Command::get_arguments).filter_map(Arg::get_env);
        let name = variables.find_map(|name| name.to_str().filter(|name| ambient::is_not_text(name)))?;
        let error = UsageError::new(format!("the environment variable {name} is not UTF-8 text"));
        Some(error.hint(format!("set it again, or unset it: `unset {name}`")))
    }

    /// The argument that clap writes as `shown`.
    fn find(&self, shown: &str) -> Option<&Arg> {
        self.commands().flat_map(Command::get_arguments).find(|arg| arg.to_string() == shown)
    }

    /// Whether the line has an argument.
    fn has(&self, arg: &Arg) -> bool {
        let long = arg.get_long().map(|long| format!("--{long}"));
        let is_long = |word: &str| {
            long.as_deref().is_some_and(|long| {
                word.strip_prefix(long).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
            })
        };
        let is_short = |word: &str| {
            !word.starts_with("--")
                && word.starts_with('-')
                && arg.get_short().is_some_and(|short| word.contains(short))
        };
        self.words.iter().any(|word| is_long(word) || is_short(word))
    }
}

/// The words that a table has for a word.
fn looked_up(word: &str, table: &[(&str, &str)]) -> Vec<Vec<String>> {
    let found = table.iter().filter(|(typed, _)| *typed == word);
    found.map(|(_, meant)| meant.split(' ').map(str::to_owned).collect()).collect()
}

/// The text that clap has put into its error.
fn text(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
