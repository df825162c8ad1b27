//! The list of steps of a rotation while it runs, as a terminal shows it.

use std::{num::NonZero, process::Stdio};

use nix::sys::signal::Signal;
use rexpect::{
    process::WaitStatus,
    session::{PtySession, spawn_command},
};
use serde_json::Value;

use crate::world::{Emulated, TOKEN};

const ROWS: u16 = 50;

/// A terminal of this width with a rotation that waits two seconds for the edges of the site each time.
fn rotation(emulated: &Emulated, columns: u16) -> PtySession {
    let script = format!(
        "stty cols {columns} rows {ROWS} && exec \"$0\" relink --env e0 --grace 2s --provider arm --endpoint {}",
        emulated.endpoint()
    );
    let mut command = emulated.sandbox.program("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_swa-apim")]).stdin(Stdio::inherit());
    command.env("SWA_APIM_ACCESS_TOKEN", TOKEN).env("TERM", "xterm").env("NO_COLOR", "1");
    spawn_command(command, Some(60_000)).unwrap()
}

/// Every screen that a terminal shows while it receives a text, without repetitions.
fn screens(written: &str, columns: u16) -> Vec<String> {
    let columns = NonZero::new(columns).unwrap();
    let mut terminal = vt100::Parser::new(NonZero::new(ROWS).unwrap(), columns, 0);
    let mut shown: Vec<String> = Vec::new();
    let escape = regex::Regex::new(r"\x1b\[[0-9;?]*[A-Za-z]").unwrap();
    // The lines of a frame are erased one after the other, so a frame is complete where a text ends.
    for part in written.split_inclusive("\u{1b}[2K") {
        let text = part.strip_suffix("\u{1b}[2K").unwrap_or(part);
        terminal.process(text.as_bytes());
        if !escape.replace_all(text, "").trim().is_empty() {
            let rows = terminal.screen().rows(0, columns.get()).map(|row| row.trim_end().to_owned());
            shown.push(rows.collect::<Vec<_>>().join("\n").trim_end().to_owned());
        }
        terminal.process(&part.as_bytes()[text.len()..]);
    }
    shown.dedup();
    shown
}

/// rexpect takes every byte for a character.
fn decoded(text: &str) -> String {
    String::from_utf8(text.chars().map(|c| u8::try_from(c).unwrap()).collect()).unwrap()
}

fn linked(args: &[&str]) -> Emulated {
    let emulated = Emulated::start(args);
    emulated.expect(0, &["link", "--env", "e0"]);
    emulated
}

#[test]
fn a_rotation_shows_each_step_with_a_mark_and_the_current_one_with_its_number_and_time() {
    let waits = regex::Regex::new(r"(?m)^ . (\d+)/(\d+) waiting for the site's edges, \d of 2 s$").unwrap();
    for columns in [80, 120] {
        let emulated = linked(&["--log", "off"]);
        let mut terminal = rotation(&emulated, columns);
        let written = decoded(&terminal.exp_eof().unwrap());
        assert!(matches!(terminal.process().wait().unwrap(), WaitStatus::Exited(_, 0)), "{written}");
        let screens = screens(&written, columns);
        let waiting: Vec<&String> = screens.iter().filter(|screen| waits.is_match(screen)).collect();
        let last = waiting.last().unwrap_or_else(|| panic!("no wait in {screens:#?}"));
        let found = waits.captures(last).unwrap();
        let number = |at: usize| found[at].parse::<usize>().unwrap();
        let (at, total) = (number(1), number(2));
        let lines: Vec<&str> = last.lines().filter(|line| !line.is_empty()).collect();
        let with = |mark: &str| lines.iter().filter(|line| line.starts_with(&format!(" {mark} "))).count();
        assert_eq!(with("✓"), at - 1, "the steps before the current one are done:\n{last}");
        assert_eq!(with("·"), total - at, "those after it are not begun:\n{last}");
        assert!(lines.iter().any(|line| line.starts_with(" ✓ keys: swap, ")), "{last}");
        assert!(lines.iter().all(|line| line.chars().count() <= usize::from(columns)), "{last}");
        let end = screens.last().unwrap();
        assert!(end.contains("relinked `site-0` to `shop-apim`; both keys are new"), "{end}");
        assert!(!end.contains("waiting for") && !end.contains("✓ keys: swap"), "the list is gone:\n{end}");
        assert!(!end.contains('⠋'), "{end}");
    }
}

#[test]
fn an_interrupted_rotation_says_how_far_it_is_and_what_finishes_it() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let emulated = linked(&["--log", "off"]);
        let mut terminal = rotation(&emulated, 80);
        let before = terminal.exp_string("waiting for the site's edges").unwrap();
        terminal.process_mut().signal(signal).unwrap();
        let rest = terminal.exp_eof().unwrap();
        let status = terminal.process().wait().unwrap();
        let written = decoded(&(before + "waiting for the site's edges" + &rest));
        assert!(matches!(status, WaitStatus::Exited(_, 130)), "{status:?} {written}");
        let screens = screens(&written, 80);
        let end = screens.last().unwrap();
        assert!(end.contains("interrupted"), "{end}");
        assert!(end.contains("both keys are valid") || end.contains("swa-apim relink"), "{end}");
        emulated.expect(0, &["relink", "--env", "e0"]);
        let status: Value = emulated.expect(0, &["status", "--env", "e0"]);
        assert_eq!(status["links"][0]["state"], "linked");
    }
}
