//! Flags of one command line that contradict each other, or that say nothing where they stand. A variable is never
//! refused: it is set once for every command.

use std::path::PathBuf;

use clap::{ArgMatches, parser::ValueSource};

use crate::{files::is_standard_output, workflow::UsageError};

/// The ID of a flag, and the flag as the user types it.
type Flag = (&'static str, &'static str);

const QUIET: Flag = ("quiet", "--quiet");
const VERBOSE: Flag = ("verbose", "-v");
const SAMPLE: Flag = ("sample", "--sample");
const CONFIG: Flag = ("config", "--config");
const ENV: Flag = ("env", "--env");
const SITE: Flag = ("static_web_app", "--static-web-app");
const APIM: Flag = ("apim", "--apim");
const GROUP: Flag = ("resource_group", "--resource-group");
const SUBSCRIPTION: Flag = ("subscription", "--subscription");
const SITE_ENVIRONMENT: Flag = ("site_environment", "--site-environment");
const PROVIDER: Flag = ("provider", "--provider");
const MODEL: Flag = ("model", "--model");
const ENDPOINT: Flag = ("endpoint", "--endpoint");
const PROVISIONING: Flag = ("provisioning", "--provisioning");
const OUTPUT: Flag = ("output", "--output");
const QUERY: Flag = ("query", "--query");
const YES: Flag = ("yes", "--yes");
const NO_INPUT: Flag = ("no_input", "--no-input");
const TIMEOUT: Flag = ("timeout", "--timeout");
const OUTPUT_FILE: Flag = ("output_file", "--output-file");
const DRY_RUN: Flag = ("dry_run", "--dry-run");
const OUT: Flag = ("out", "--out");
const WATCH: Flag = ("watch", "--watch");
const WAIT_FOR: Flag = ("wait_for", "--wait-for");
const DETAILED: Flag = ("detailed_exitcode", "--detailed-exitcode");

const ALL: Flag = ("all", "--all");
const TLS: Flag = ("tls", "--tls");

/// Pairs of flags that cannot be used together.
const PAIRS: [(Flag, Flag); 8] = [
    (QUIET, VERBOSE),
    (SAMPLE, CONFIG),
    (MODEL, ENDPOINT),
    (DETAILED, WATCH),
    (DETAILED, WAIT_FOR),
    (("unlinked", "--unlinked"), APIM),
    (("no_wait", "--no-wait"), DRY_RUN),
    (("no_wait", "--no-wait"), OUT),
];

/// Flags that have an effect only with one of a few other flags, by the commands that have them.
const BESIDE: [(&[&str], &[Flag], &[Flag]); 4] = [
    (&["status"], &[("interval", "--interval")], &[WATCH, WAIT_FOR]),
    (&["link", "relink", "unlink", "api add", "api remove", "prune"], &[DETAILED], &[DRY_RUN, OUT]),
    (&["emulate"], &OF_LINK, &[("ui", "--ui")]),
    (&["emulate"], &[("tls_cert", "--tls-cert")], &[TLS, ("tls_key", "--tls-key")]),
];

/// Flags that have no effect beside another flag, by the commands that have them.
const USELESS_BESIDE: [(&[&str], Flag, &[Flag]); 2] = [
    (&["audit"], ("all_services", "--all-services"), &[GROUP, SUBSCRIPTION]),
    (&["ui"], ("read_only", "--read-only"), &[("grace", "--grace")]),
];

/// Commands that print only their plan if it is saved to standard output.
const PLANNING: [&str; 6] = ["link", "relink", "unlink", "api add", "api remove", "prune"];

/// Flags of every command that select one link.
const OF_LINK: [Flag; 6] = [ENV, SITE, APIM, GROUP, SUBSCRIPTION, SITE_ENVIRONMENT];

/// Those of them whose variables name a part of a link, with the variables.
const OF_ONE: [(Flag, &str); 5] = [
    (SITE, "SWA_APIM_STATIC_WEB_APP"),
    (APIM, "SWA_APIM_APIM"),
    (GROUP, "SWA_APIM_RESOURCE_GROUP"),
    (SUBSCRIPTION, "SWA_APIM_SUBSCRIPTION"),
    (SITE_ENVIRONMENT, "SWA_APIM_SITE_ENVIRONMENT"),
];

/// Flags of every command that choose a control plane, and who creates the parts of a link there.
const OF_PLANE: [Flag; 4] = [PROVIDER, MODEL, ENDPOINT, PROVISIONING];

/// Flags of every command that choose a configuration.
const OF_CONFIG: [Flag; 2] = [CONFIG, SAMPLE];

/// Commands that read nothing.
const FREE: [&str; 4] = ["explain", "completions", "man", "help"];

/// Flags of every command that have no effect on these.
const USELESS: [(&[&str], &[Flag]); 15] = [
    (&FREE, &OF_LINK),
    (&FREE, &OF_PLANE),
    (&FREE, &OF_CONFIG),
    (&FREE, &[YES, NO_INPUT, TIMEOUT, OUTPUT_FILE]),
    (&["completions", "man", "help"], &[OUTPUT, QUERY]),
    (&["show"], &OF_LINK),
    (&["show"], &OF_PLANE),
    (&["show"], &OF_CONFIG),
    (&["model import", "model export"], &OF_LINK),
    (&["model import", "model export"], &[PROVISIONING]),
    (&["graph", "export", "init", "ui"], &[OUTPUT, QUERY]),
    (&["list"], &[SITE_ENVIRONMENT, PROVISIONING]),
    (&["audit", "prune"], &[SITE, SITE_ENVIRONMENT, PROVISIONING]),
    (&["apply"], &[PROVISIONING]),
    (&["emulate"], &[PROVISIONING, ENDPOINT]),
];

/// Flags of `init`, besides those of every command, that say what to write. With `--sample` that is settled.
const OF_INIT: [Flag; 1] = [("apis", "--api")];

/// What to do instead, for commands and flags of `USELESS`.
const INSTEAD: [(&str, &[Flag], &str); 6] = [
    (
        "graph",
        &[OUTPUT, QUERY],
        "choose the picture with `--format`; the data is `swa-apim status --all -o json`",
    ),
    (
        "export",
        &[OUTPUT, QUERY],
        "choose the language with `--format`; the data is `swa-apim status -o json`",
    ),
    ("init", &[OUTPUT, QUERY], "it writes a file; `swa-apim list -o json` prints what the file can name"),
    (
        "ui",
        &[OUTPUT, QUERY],
        "it prints only the address of the page; the data is `swa-apim status --all -o json`",
    ),
    ("prune", &[SITE, SITE_ENVIRONMENT], "it deletes the leftovers of every site: see them with `--dry-run`"),
    ("audit", &[SITE, SITE_ENVIRONMENT], "it lists the products of every site; `--query` selects from them"),
];

/// Refuses the first flag that contradicts another one, or that says nothing where it stands.
///
/// # Errors
///
/// A usage error that names the flags.
pub(crate) fn check(matches: &ArgMatches) -> Result<(), UsageError> {
    let line = CommandLine::of(matches);
    if line.is_not_built() {
        return Ok(());
    }
    line.check_pairs()?;
    line.check_without()?;
    line.check_beside()?;
    line.check_useless()
}

/// The variables that name the parts of one link, if the command is about all of them: a note for each command line.
pub(crate) fn note_of_all(matches: &ArgMatches) -> Option<String> {
    let line = CommandLine::of(matches);
    let is_set = |(id, _): Flag| line.leaf.value_source(id) == Some(ValueSource::EnvVariable);
    let set: Vec<&str> = OF_ONE.into_iter().filter(|(flag, _)| is_set(*flag)).map(|(_, name)| name).collect();
    (line.gives(ALL) && !set.is_empty()).then(|| {
        let names = set.join(", ");
        format!(
            "note: with `--all`, these environment variables have no effect on an env that has its own value: \
             {names}"
        )
    })
}

/// A command, such as `api add`, and its arguments.
struct CommandLine<'a> {
    command: String,
    leaf: &'a ArgMatches,
}

impl<'a> CommandLine<'a> {
    fn of(matches: &'a ArgMatches) -> Self {
        let (mut names, mut leaf) = (Vec::new(), matches);
        while let Some((name, below)) = leaf.subcommand() {
            names.push(name);
            leaf = below;
        }
        Self { command: names.join(" "), leaf }
    }

    /// Whether this build lacks the command, which then says how to get it.
    fn is_not_built(&self) -> bool {
        !cfg!(feature = "emulator") && self.is_of(&["emulate"])
    }

    fn is_of(&self, commands: &[&str]) -> bool {
        commands.contains(&self.command.as_str())
    }

    /// Whether the user typed a flag.
    fn gives(&self, (id, _): Flag) -> bool {
        let leaf = self.leaf;
        leaf.ids().any(|known| known == id) && leaf.value_source(id) == Some(ValueSource::CommandLine)
    }

    fn first_of(&self, flags: &[Flag]) -> Option<&'static str> {
        flags.iter().find(|flag| self.gives(**flag)).map(|(_, flag)| *flag)
    }

    fn check_pairs(&self) -> Result<(), UsageError> {
        match PAIRS.iter().find(|(one, other)| self.gives(*one) && self.gives(*other)) {
            Some(((_, one), (_, other))) => {
                let message = format!("`{one}` and `{other}` cannot be used together");
                Err(UsageError::new(message).hint("remove one of them"))
            }
            None => Ok(()),
        }
    }

    /// Refuses a flag that has an effect only with another one.
    fn check_without(&self) -> Result<(), UsageError> {
        let of_command = BESIDE.iter().filter(|(commands, ..)| self.is_of(commands));
        for (_, flags, others) in of_command.filter(|(.., others)| self.first_of(others).is_none()) {
            let Some(flag) = self.first_of(flags) else { continue };
            let names: Vec<String> = others.iter().map(|(_, other)| format!("`{other}`")).collect();
            let (names, add) = (names.join(" or "), if names.len() == 1 { "it" } else { "one of them" });
            let message = format!("`{flag}` has no effect on `{}` without {names}", self.command);
            return Err(UsageError::new(message).hint(format!("add {add}, or remove `{flag}`")));
        }
        Ok(())
    }

    /// Refuses a flag that has no effect because of another one.
    fn check_beside(&self) -> Result<(), UsageError> {
        let command = &self.command;
        // A variable can ask for the sample, and a flag beside it would be as useless.
        let of_sample = self.is_of(&["init"]) && matches!(self.leaf.try_get_one(SAMPLE.0), Ok(Some(true)));
        let says_what =
            [&OF_LINK[..], &OF_PLANE, &OF_INIT].into_iter().find_map(|flags| self.first_of(flags));
        if let Some(flag) = says_what.filter(|_| of_sample) {
            let message = format!("`{flag}` has no effect on `init` with `--sample`");
            let hint = format!("leave `{flag}` out: the files of the sample are always the same ones");
            return Err(UsageError::new(message).hint(hint));
        }
        if let Some(flag) = self.first_of(self.other_forms()).filter(|_| self.prints_a_plan()) {
            let message = format!("`{flag}` has no effect on `{command}` with a plan on standard output");
            let hint = "leave it out, or save the plan to a file and print it with `swa-apim show FILE`";
            return Err(UsageError::new(message).hint(hint));
        }
        if self.is_of(&["model export"])
            && self.gives(OUT)
            && let Some(flag) = self.first_of(self.other_forms())
        {
            let message = format!("`{flag}` has no effect on `{command}` with `--out`, which writes JSON");
            return Err(UsageError::new(message).hint(format!("leave `{flag}` out")));
        }
        let beside = USELESS_BESIDE.iter().filter(|(commands, ..)| self.is_of(commands));
        for (_, (_, other), flags) in beside.filter(|(_, other, _)| self.gives(*other)) {
            if let Some(flag) = self.first_of(flags) {
                let message = format!("`{flag}` has no effect on `{command}` with `{other}`");
                return Err(UsageError::new(message).hint(format!("leave `{flag}` out")));
            }
        }
        Ok(())
    }

    /// The flags that ask for another form than JSON.
    fn other_forms(&self) -> &'static [Flag] {
        let asked = self.leaf.try_get_raw(OUTPUT.0).ok().flatten();
        let is_json = asked.is_some_and(|mut words| words.any(|word| word == "json"));
        if is_json { &[QUERY] } else { &[OUTPUT, QUERY] }
    }

    /// Whether the command prints only its plan, as the file of `--out`.
    fn prints_a_plan(&self) -> bool {
        let out = || self.leaf.try_get_one::<PathBuf>(OUT.0).ok().flatten();
        self.is_of(&PLANNING) && out().is_some_and(|file| is_standard_output(file))
    }

    fn check_useless(&self) -> Result<(), UsageError> {
        let command = &self.command;
        let mut useless = USELESS.iter().filter(|(commands, _)| self.is_of(commands));
        let found = useless.find_map(|(_, flags)| self.first_of(flags));
        let Some(flag) = found else { return Ok(()) };
        let is_it = |(known, flags, _): &&(&str, &[Flag], &str)| {
            known == command && flags.iter().any(|(_, it)| *it == flag)
        };
        let instead = INSTEAD.iter().find(is_it).map(|(.., hint)| (*hint).to_owned());
        let error = UsageError::new(format!("`{flag}` has no effect on `{command}`"));
        Err(error.hint(instead.unwrap_or_else(|| format!("leave `{flag}` out"))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::command;

    /// Every flag of a command line, by the command that has it.
    fn flags(command: &clap::Command, path: &str, into: &mut Vec<(String, String)>) {
        into.extend(command.get_arguments().map(|arg| (path.to_owned(), arg.get_id().to_string())));
        for below in command.get_subcommands() {
            let path = format!("{path} {}", below.get_name());
            flags(below, path.trim_start(), into);
        }
    }

    #[test]
    fn every_flag_and_command_of_the_tables_exists() {
        let mut known = Vec::new();
        flags(&command(), "", &mut known);
        let has =
            |path: &str, id: &str| known.iter().any(|(at, it)| (at == path || at.is_empty()) && it == id);
        // A build without the emulator has no flag of it.
        let has_servers = cfg!(all(feature = "emulator", feature = "ui"));
        let is_built = |command: &str| has_servers || !["emulate", "ui"].contains(&command);
        let beside = BESIDE.map(|(commands, flags, others)| (commands, [flags, others].concat()));
        let useless = USELESS_BESIDE.map(|(commands, other, flags)| (commands, [&[other], flags].concat()));
        for (commands, flags) in beside.into_iter().chain(useless) {
            for command in commands.iter().filter(|command| is_built(command)) {
                for (id, _) in &flags {
                    assert!(has(command, id), "{command} {id}");
                }
            }
        }
        for command in PLANNING {
            assert!(has(command, OUT.0), "{command}");
        }
        for (commands, flags) in USELESS {
            for (command, (id, _)) in commands.iter().flat_map(|it| flags.iter().map(move |flag| (it, flag)))
            {
                assert!(has(command, id), "{command} {id}");
            }
        }
        for (id, _) in [SAMPLE].iter().chain(&OF_LINK).chain(&OF_PLANE).chain(&OF_INIT) {
            assert!(has("init", id), "{id}");
        }
        for (command, flags, _) in INSTEAD {
            let is_useless = |flag: &Flag| {
                USELESS.iter().any(|(commands, flags)| commands.contains(&command) && flags.contains(flag))
            };
            assert!(flags.iter().all(is_useless), "{command}");
        }
        for (id, _) in PAIRS.iter().flat_map(|(one, other)| [one, other]) {
            assert!(known.iter().any(|(_, it)| it == id), "{id}");
        }
    }
}
