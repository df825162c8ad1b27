//! A page's `shellsession` blocks are run by one shell, in their order, in an empty directory: each command must print
//! what the page shows below it. `TRYCMD=overwrite cargo test --test docs` puts in what it prints now.
//!
//! `[..]` stands for any text within a line. `? 3` below a command is its exit code, which is 0 if there is no such line. The ports in
//! [`PORTS`] are replaced by free ones.

use std::{
    env,
    fs::{self, File},
    net::TcpListener,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{blurred, is_accepted, links::pages_in, root, skip::skipped, variable, write};

/// The ports that the pages use: Resource Manager, the sites and gateways, and the reader's own API.
const PORTS: [u16; 3] = [8087, 8088, 3000];

/// What the pages run beside the program.
const TOOLS: [&str; 3] = ["bash", "curl", "python3"];

/// A page may run for this long.
const LIMIT: Duration = Duration::from_secs(120);

/// Separates what the commands print.
const MARK: char = '\u{1e}';

/// A command of a page, with the lines that it prints, and with the lines of the page that show them.
#[derive(Debug)]
struct Step {
    command: String,
    /// Lines of the page, counted from 0: those after the command and before the next one or the end of the block.
    shown: std::ops::Range<usize>,
}

/// The commands of a page. A line that begins with `> ` continues the command above it.
fn steps(lines: &[&str]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut is_here = false;
    for (at, line) in lines.iter().enumerate() {
        if line.starts_with("```") {
            is_here = *line == "```shellsession";
        } else if !is_here {
        } else if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { command: command.to_owned(), shown: at + 1..at + 1 });
        } else if let Some(step) = steps.last_mut() {
            match line.strip_prefix("> ") {
                Some(more) if step.shown.is_empty() => {
                    step.command = format!("{}\n{more}", step.command);
                    step.shown = at + 1..at + 1;
                }
                _ => step.shown.end = at + 1,
            }
        }
    }
    steps
}

/// The commands as one script. Each is followed by a mark and its exit code.
fn script(steps: &[Step]) -> String {
    let quit = "trap 'kill $(jobs -p) 2> /dev/null; wait' EXIT\nexec 2>&1\n";
    let step = |Step { command, .. }: &Step| format!("{command}\nprintf '%s%s\\n{MARK}' '{MARK}' $?\n");
    format!("{quit}{}", steps.iter().map(step).collect::<String>())
}

/// What each step prints, in lines, the exit code first unless it is 0.
fn printed(output: &str) -> Vec<Vec<String>> {
    let parts: Vec<&str> = output.split(MARK).collect();
    let steps = parts.chunks(2).filter(|parts| parts.len() == 2);
    steps
        .map(|parts| {
            let code = Some(parts[1].trim()).filter(|code| *code != "0").map(|code| format!("? {code}"));
            let lines = parts[0].lines().map(|line| blurred(line).trim_end().to_owned());
            code.into_iter().chain(lines).collect()
        })
        .collect()
}

/// A directory and a `PATH` in which the program listens on free ports.
struct Room {
    folder: tempfile::TempDir,
    ports: [u16; 3],
}

impl Room {
    fn new() -> Self {
        let listeners = PORTS.map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
        let ports = listeners.map(|listener| listener.local_addr().unwrap().port());
        let room = Self { folder: tempfile::tempdir().unwrap(), ports };
        fs::create_dir_all(room.path("bin")).unwrap();
        fs::create_dir_all(room.path("work")).unwrap();
        room.install();
        room
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a `swa-apim` in the `PATH` that adds the free ports to `emulate`.
    fn install(&self) {
        let program = env!("CARGO_BIN_EXE_swa-apim");
        let [control, data, _] = self.ports;
        let text = format!(
            "#!/bin/sh\nif [ \"$1\" = emulate ]; then\n  exec '{program}' \"$@\" --listen 127.0.0.1:{control} \
             --data-plane 127.0.0.1:{data}\nfi\nexec '{program}' \"$@\"\n"
        );
        let path = self.path("bin/swa-apim");
        write(&path, &text);
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }

    /// Replaces the ports of the pages by the free ones.
    fn outward(&self, script: &str) -> String {
        PORTS.iter().zip(self.ports).fold(script.to_owned(), |text, (from, to)| {
            text.replace(&format!(":{from}"), &format!(":{to}"))
                .replace(&format!("http.server {from}"), &format!("http.server {to}"))
        })
    }

    /// Replaces the free ports by those of the pages, and this directory by `[..]`.
    fn inward(&self, output: &str) -> String {
        let folder = self.path("work").canonicalize().unwrap();
        let output = output.replace(&*folder.to_string_lossy(), "[..]");
        let ports = PORTS.iter().zip(self.ports);
        ports.fold(output, |text, (to, from)| text.replace(&format!(":{from}"), &format!(":{to}")))
    }

    /// Runs a script of a shell to its end, or for as long as a page may run.
    fn run(&self, script: &str) -> String {
        let output = File::create(self.path("output")).unwrap();
        let path = env::join_paths([self.path("bin")].into_iter().chain(env::split_paths(&variable("PATH"))));
        let mut command = Command::new("bash");
        command.arg("-c").arg(self.outward(script)).current_dir(self.path("work")).env_clear();
        for name in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
            command.env(name, self.folder.path());
        }
        command.env("PATH", path.unwrap()).stdin(Stdio::null()).stdout(output).stderr(Stdio::null());
        let mut shell = command.spawn().unwrap();
        let until = Instant::now() + LIMIT;
        while shell.try_wait().unwrap().is_none() && Instant::now() < until {
            thread::sleep(Duration::from_millis(20));
        }
        let _ = shell.kill();
        shell.wait().unwrap();
        self.inward(&fs::read_to_string(self.path("output")).unwrap())
    }
}

/// The page with what its commands print now.
fn rewritten(lines: &[&str], steps: &[Step], printed: &[Vec<String>]) -> String {
    let mut page = Vec::new();
    let mut from = 0;
    for (Step { shown, .. }, printed) in steps.iter().zip(printed) {
        page.extend(lines[from..shown.start].iter().map(|line| (*line).to_owned()));
        if matches_all(&lines[shown.clone()], printed) {
            page.extend(lines[shown.clone()].iter().map(|line| (*line).to_owned()));
        } else {
            page.extend(printed.iter().cloned());
            let is_followed = lines.get(shown.end).is_some_and(|line| line.starts_with("$ "));
            page.extend(is_followed.then(String::new));
        }
        from = shown.end;
    }
    page.extend(lines[from..].iter().map(|line| (*line).to_owned()));
    page.join("\n") + "\n"
}

/// Whether a page shows what was printed. Empty lines at the end do not count.
fn matches_all(shown: &[&str], printed: &[String]) -> bool {
    let end = |empty: &dyn Fn(usize) -> bool, length: usize| {
        (0..length).rev().find(|at| !empty(*at)).map_or(0, |at| at + 1)
    };
    let shown = &shown[..end(&|at| shown[at].is_empty(), shown.len())];
    let printed = &printed[..end(&|at| printed[at].is_empty(), printed.len())];
    shown.len() == printed.len() && shown.iter().zip(printed).all(|(shown, printed)| matches(shown, printed))
}

/// Whether a line of a page, in which `[..]` stands for any text, shows a line that was printed.
fn matches(shown: &str, printed: &str) -> bool {
    let pattern = shown.split("[..]").map(regex::escape).collect::<Vec<_>>().join(".*");
    regex::Regex::new(&format!("^{pattern}$")).unwrap().is_match(printed)
}

fn has(tool: &str) -> bool {
    let version = Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

#[test]
fn the_pages_show_what_a_shell_prints() {
    if let Some(tool) = TOOLS.into_iter().find(|tool| !has(tool)) {
        return skipped(&format!("there is no {tool}"));
    }
    let mut pages = pages_in(&root().join("docs"));
    pages.retain(|page| fs::read_to_string(page).unwrap().contains("```shellsession\n"));
    assert!(pages.len() >= 2, "{pages:?}");
    let is_accepted = is_accepted();
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let steps = steps(&lines);
        let printed = printed(&Room::new().run(&script(&steps)));
        assert_eq!(printed.len(), steps.len(), "{}: the shell ended early: {printed:#?}", page.display());
        let now = rewritten(&lines, &steps, &printed);
        if is_accepted && now != text {
            write(&page, &now);
        }
        assert!(is_accepted || now == text, "{} shows something else than this:\n{now}", page.display());
    }
}

#[test]
fn a_step_that_prints_something_else_is_found() {
    let page = "```shellsession\n$ echo a \\\n> b\na b\n\n$ false\n? 1\n$ echo [..]\n[..]\n```\nend";
    let lines: Vec<&str> = page.lines().collect();
    let steps = steps(&lines);
    let commands: Vec<&str> = steps.iter().map(|step| step.command.as_str()).collect();
    assert_eq!(commands, ["echo a \\\nb", "false", "echo [..]"]);
    let good = printed(&format!("a b\n{MARK}0\n{MARK}{MARK}1\n{MARK}x\n{MARK}0\n{MARK}"));
    assert_eq!(good, [vec!["a b".to_owned()], vec!["? 1".to_owned()], vec!["x".to_owned()]]);
    assert_eq!(rewritten(&lines, &steps, &good), format!("{page}\n"));
    let bad = printed(&format!("c\n{MARK}0\n{MARK}{MARK}0\n{MARK}x\n{MARK}0\n{MARK}"));
    assert!(rewritten(&lines, &steps, &bad).contains("> b\nc\n\n$ false\n\n$ echo"), "{bad:?}");
}
