//! Completion in the shells themselves, at a terminal: a line is typed, Tab is pressed, and what is then run is what
//! the shell has made of the line.

use std::{fs, path::Path, process::Stdio};

use rexpect::session::{PtySession, spawn_command};

use crate::support::Shop;

/// A shell, and how it is told to complete this program's lines.
struct Shell {
    name: &'static str,
    arguments: &'static [&'static str],
    setup: &'static str,
    /// Prints `ready-2`, which is not what is typed for it.
    ready: &'static str,
}

const BASH: Shell = Shell {
    name: "bash",
    arguments: &["--norc", "--noprofile", "-i"],
    setup: "source <(swa-apim completions bash)",
    ready: "echo ready-$((1 + 1))",
};

const ZSH: Shell = Shell {
    name: "zsh",
    arguments: &["-f", "-i"],
    setup: "autoload -U compinit && compinit -u && source <(swa-apim completions zsh)",
    ready: "echo ready-$((1 + 1))",
};

const FISH: Shell = Shell {
    name: "fish",
    arguments: &["--no-config", "-i"],
    setup: "swa-apim completions fish | source",
    ready: "echo ready-(math 1 + 1)",
};

/// What is typed, and what the line prints that was meant.
const LINES: [(&str, &str); 6] = [
    ("swa-apim rel<Tab> --dry-run -o json", "\"command\": \"relink\""),
    ("swa-apim status -o tsv --env pr<Tab>", "prod\tlinked"),
    ("swa-apim api add cat<Tab> --env prod -o json", "/apis/catalog"),
    ("swa-apim explain SWAAPIM09<Tab>", "SWAAPIM090: "),
    ("swa-apim graph --for<Tab> dot --env prod", "digraph"),
    ("swa-apim list -o tsv --apim shop-a<Tab>", "shop-web"),
];

impl Shell {
    /// The shell at a terminal in the shop's folder, or nothing where there is no such shell.
    fn start(&self, shop: &Shop) -> Option<PtySession> {
        let programs = Path::new(env!("CARGO_BIN_EXE_swa-apim")).parent().unwrap().display();
        let mut command = shop.command(self.name);
        command.args(self.arguments).env("PATH", format!("{programs}:/usr/bin:/bin")).env("TERM", "xterm");
        command.stdin(Stdio::inherit());
        if !Path::new("/usr/bin").join(self.name).exists() && !Path::new("/bin").join(self.name).exists() {
            crate::skip::skipped(&format!("there is no {}", self.name));
            return None;
        }
        let mut session = spawn_command(command, Some(20_000)).unwrap();
        session.send_line(self.setup).unwrap();
        session.send_line(self.ready).unwrap();
        session.exp_string("ready-2").unwrap_or_else(|error| panic!("{}: {error}", self.name));
        Some(session)
    }

    /// Types a line in which `<Tab>` is that key, and returns what the program prints then.
    fn completes(&self, line: &str) -> Option<String> {
        self.completes_in(&Shop::linked(), line)
    }

    fn completes_in(&self, shop: &Shop, line: &str) -> Option<String> {
        let mut session = self.start(shop)?;
        let keys = line.replace("<Tab>", "\t");
        session.send(&format!("{keys} > printed; {}", self.ready)).unwrap();
        session.send_line("").unwrap();
        session.exp_string("ready-2").unwrap_or_else(|error| panic!("{} {line}: {error}", self.name));
        leave(session);
        Some(fs::read_to_string(shop.path("printed")).unwrap_or_default())
    }

    /// Commands, names of envs, names of APIs, codes.
    fn completes_everything(&self) {
        for (line, printed) in LINES {
            let Some(found) = self.completes(line) else { return };
            assert!(found.contains(printed), "{} made of `{line}` what prints:\n{found}", self.name);
        }
    }
}

/// Ends an interactive shell, which does not heed the signal that ends other programs.
fn leave(mut session: PtySession) {
    session.send_line("exit").unwrap();
    session.exp_eof().unwrap();
}

/// What the lines of these tests would be worth if the program took what is typed for what is meant.
#[test]
fn without_the_script_of_the_program_no_line_is_completed() {
    let bare = Shell { setup: "true", ..BASH };
    for (line, printed) in LINES {
        let Some(found) = bare.completes(line) else { return };
        assert!(!found.contains(printed), "`{line}` prints without a completion:\n{found}");
    }
}

#[test]
fn bash_completes_at_a_terminal() {
    BASH.completes_everything();
}

#[test]
fn zsh_completes_at_a_terminal() {
    ZSH.completes_everything();
}

#[test]
fn fish_completes_at_a_terminal() {
    FISH.completes_everything();
}

/// The text that bash shows after keys at a terminal, up to the next prompt that is typed for it.
fn shown_in_bash(shop: &Shop, keys: &str) -> Option<String> {
    let mut session = BASH.start(shop)?;
    session.send(keys).unwrap();
    session.flush().unwrap();
    // The whole list is shown before the line is erased and another one is read.
    let before = session.exp_string("prune").unwrap();
    session.send_control('u').unwrap();
    session.send_line(BASH.ready).unwrap();
    let shown = before + &session.exp_string("ready-2").unwrap();
    leave(session);
    Some(shown)
}

#[test]
fn tab_in_bash_offers_commands_and_no_options() {
    let shop = Shop::sample();
    let Some(shown) = shown_in_bash(&shop, "swa-apim \t\t") else { return };
    assert!(shown.contains("status") && shown.contains("unlink"), "{shown}");
    assert!(!shown.contains("--"), "{shown}");
}

#[test]
fn a_script_that_was_installed_completes_in_the_next_bash() {
    const BASH_COMPLETION: &str = "/usr/share/bash-completion/bash_completion";
    if !Path::new(BASH_COMPLETION).exists() {
        crate::skip::skipped("there is no bash-completion");
        return;
    }
    let installed = Shell { setup: "source /usr/share/bash-completion/bash_completion", ..BASH };
    for (line, printed) in LINES {
        let shop = Shop::linked();
        shop.run("completions bash --install").exits(0);
        let Some(found) = installed.completes_in(&shop, line) else { return };
        assert!(found.contains(printed), "bash made of `{line}` what prints:\n{found}");
    }
}
