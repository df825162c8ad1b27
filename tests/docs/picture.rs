//! The pictures of a terminal at the top of the README are drawn from what the program prints.
//! `TRYCMD=overwrite cargo test --test docs` draws them again.

use std::{fs, path::Path, process::Command};

use anstyle::RgbColor;
use anstyle_svg::{Palette, Term};
use regex::{Captures, Regex};
use rexpect::session::spawn_command;

use crate::{is_accepted, root, write};

/// The commands in the picture, in their order.
const COMMANDS: [&str; 2] = ["link --env prod --sample", "status --sample"];

/// The colours of a terminal, each as `0xrrggbb`.
struct Theme {
    name: &'static str,
    background: u32,
    text: u32,
    /// Black, red, green, yellow, blue, magenta, cyan and white. Bright ones are the same.
    palette: [u32; 8],
}

const THEMES: [Theme; 2] = [
    Theme {
        name: "light",
        background: 0xf6_f8_fa,
        text: 0x1f_23_28,
        palette: [
            0x6e_77_81, 0xcf_22_2e, 0x1a_7f_37, 0x9a_67_00, 0x09_69_da, 0x82_50_df, 0x1b_7c_83, 0x24_29_2f,
        ],
    },
    Theme {
        name: "dark",
        background: 0x16_1b_22,
        text: 0xe6_ed_f3,
        palette: [
            0x6e_76_81, 0xff_7b_72, 0x3f_b9_50, 0xd2_99_22, 0x58_a6_ff, 0xbc_8c_ff, 0x39_c5_cf, 0xb1_ba_c4,
        ],
    },
];

impl Theme {
    fn draw(&self, session: &str) -> String {
        let palette = Palette(std::array::from_fn(|at| color(self.palette[at % 8])));
        let (text, background) = (color(self.text).into(), color(self.background).into());
        let terminal = Term::new().palette(palette).fg_color(text).bg_color(background);
        terminal.min_width_px(0).render_svg(session)
    }
}

fn color(value: u32) -> RgbColor {
    let [_, red, green, blue] = value.to_be_bytes();
    RgbColor(red, green, blue)
}

/// What a terminal shows after the commands, with its colours as escape sequences.
fn session(home: &Path) -> String {
    let run = |line: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_swa-apim"));
        command
            .args(line.split(' '))
            .arg("-q")
            .env_clear()
            .env("TERM", "xterm")
            .env("TZ", "UTC")
            .current_dir(home);
        for name in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
            command.env(name, home);
        }
        let shown = spawn_command(command, Some(20_000)).unwrap().exp_eof().unwrap();
        // rexpect takes each byte for a character.
        let bytes = shown.chars().map(|byte| u8::try_from(byte).unwrap()).collect();
        let shown = String::from_utf8(bytes).unwrap().replace("\r\n", "\n");
        format!("\u{1b}[1m$ swa-apim {line}\u{1b}[0m\n{shown}")
    };
    COMMANDS.map(run).join("\n")
}

/// The session with fixed values in place of fingerprints and times, which differ in each run.
fn fixed(session: &str) -> String {
    let fingerprint = Regex::new(r"\b[0-9a-f]{12}\b").unwrap();
    let mut examples = ["7c1f0a94be52", "e3b85d2610fa"].into_iter().cycle();
    let session = fingerprint.replace_all(session, |_: &Captures<'_>| examples.next().unwrap());
    let time = Regex::new(r"\b20\d\d-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?Z)?)?").unwrap();
    let example = |found: &Captures<'_>| match found.get(1) {
        Some(_) => "2026-01-15 09:30",
        None => "2026-01-15",
    };
    time.replace_all(&session, example).into_owned()
}

#[test]
fn the_pictures_of_a_terminal_show_what_the_program_prints() {
    let home = tempfile::tempdir().unwrap();
    let session = fixed(&session(home.path()));
    for theme in THEMES {
        let svg = theme.draw(&session);
        let path = root().join(format!("docs/images/terminal-{}.svg", theme.name));
        if is_accepted() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            write(&path, &svg);
        }
        let drawn = fs::read_to_string(&path).unwrap_or_default();
        assert!(drawn == svg, "{}: `TRYCMD=overwrite cargo test --test docs` draws it again", path.display());
    }
}

#[test]
fn fingerprints_and_times_are_fixed() {
    let session =
        "agreeable-smoke-06273c21e, keys 8f6dd3a4289f bdc070f0d392, since 2026-11-26 06:36, from 2026-11-26";
    let expected =
        "agreeable-smoke-06273c21e, keys 7c1f0a94be52 e3b85d2610fa, since 2026-01-15 09:30, from 2026-01-15";
    assert_eq!(fixed(session), expected);
}
