//! Every screen of the program, as a terminal emulator shows it at 80 and 120 columns, with and without colours.
//!
//! The screens are files in `tests/screens`: `NAME.COLUMNS.txt` without colours, `NAME.COLUMNS.ansi` with colours (`cat`
//! shows it). `SNAPSHOTS=overwrite` accepts the screens of this run. `SCREENS=draw` draws each as
//! `target/screens/NAME.COLUMNS.svg`, to look at it before it is accepted.

use std::{env, fs, num::NonZero, path::PathBuf};

use regex::{Captures, Regex};
use serde_json::json;
use snapbox::{Data, assert_data_eq};

use crate::{
    support::{GROUP, Shop, apim, product, site},
    terminal::Terminal,
};

/// The widths, in columns.
const WIDTHS: [u16; 2] = [80, 120];
/// More lines than a screen has, so that nothing scrolls out of it.
const ROWS: u16 = 300;

/// What the terminal emulator shows after a command: the text, and the text with its colours.
struct Screen {
    text: String,
    colored: String,
}

impl Screen {
    /// Runs a command line in a terminal of this width.
    fn of(shop: &Shop, columns: u16, line: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = shop.command("sh");
        let script = format!("stty cols {columns} rows 50 && exec \"$0\" {line}");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_swa-apim")]).envs(variables.iter().copied());
        let (written, _) = Terminal::of(command).ends();
        let rows = NonZero::new(ROWS).unwrap();
        let mut emulator = vt100::Parser::new(rows, NonZero::new(columns).unwrap(), 0);
        emulator.process(written.as_bytes());
        let screen = emulator.screen();
        // Each row begins with the default colours.
        let reset = |row: String| if row.contains('\u{1b}') { row + "\u{1b}[m" } else { row };
        let colored: Vec<String> = screen.rows_formatted(0, columns).map(reset).collect();
        let text: Vec<String> = screen.rows(0, columns).map(|row| row.trim_end().to_owned()).collect();
        let used = text.iter().rposition(|row| !row.is_empty()).map_or(0, |last| last + 1);
        let joined = |rows: &[String]| rows[..used].join("\n") + "\n";
        Self { text: steady(&joined(&text), shop), colored: steady(&joined(&colored), shop) }
    }
}

/// The text with fixed values of the same length in place of fingerprints, times and the folder of the test.
fn steady(text: &str, shop: &Shop) -> String {
    let folder = shop.path("").display().to_string();
    let folder = folder.trim_end_matches('/');
    let home = format!("/home/me/{}", "x".repeat(folder.len().saturating_sub("/home/me/".len())));
    let text = text.replace(folder, &home);
    let fingerprint = Regex::new(r"\b[0-9a-f]{12}\b").unwrap();
    let mut examples = ["7c1f0a94be52", "e3b85d2610fa"].into_iter().cycle();
    let example = |found: &Captures<'_>| match &found[0] {
        "000000000000" => found[0].to_owned(),
        _ => examples.next().unwrap().to_owned(),
    };
    let text = fingerprint.replace_all(&text, example);
    let time = Regex::new(r"\b20\d\d-\d\d-\d\d( \d\d:\d\d)?\b").unwrap();
    let fixed = |found: &Captures<'_>| if found.get(1).is_some() { "2026-01-15 09:30" } else { "2026-01-15" };
    time.replace_all(&text, fixed).into_owned()
}

/// Compares the screens of a command with the files, at each width. `make` makes the world that the command is run in.
fn shows(name: &str, line: &str, make: impl Fn() -> Shop) {
    for columns in WIDTHS {
        let plain = Screen::of(&make(), columns, line, &[("NO_COLOR", "1")]);
        let colored = Screen::of(&make(), columns, line, &[]);
        assert_eq!(colored.text, plain.text, "{name}: colours change no text");
        assert!(!plain.colored.contains("\u{1b}["), "{name}: {:?}", plain.colored);
        draw(&format!("{name}.{columns}"), &colored.colored);
        let file = |ending: &str| root().join(format!("tests/screens/{name}.{columns}.{ending}"));
        assert_data_eq!(plain.text, Data::read_from(&file("txt"), None).raw());
        assert_data_eq!(colored.colored, Data::read_from(&file("ansi"), None).raw());
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[expect(clippy::disallowed_methods, reason = "a picture to look at, and the environment of the tests")]
fn draw(name: &str, colored: &str) {
    if env::var("SCREENS").is_ok_and(|wish| wish == "draw") {
        let folder = root().join("target/screens");
        fs::create_dir_all(&folder).unwrap();
        let svg = anstyle_svg::Term::new().min_width_px(0).render_svg(colored);
        fs::write(folder.join(format!("{name}.svg")), svg).unwrap();
    }
}

/// A link whose product and policy another client has changed.
fn drifted() -> Shop {
    let shop = Shop::linked();
    shop.change(&product(), |it| {
        it["properties"]["subscriptionRequired"] = false.into();
        it["properties"]["displayName"] = "Shop".into();
    });
    shop.change(&format!("{}/policies/policy", product()), |it| {
        it["properties"]["value"] = "<policies><inbound><base /></inbound></policies>".into();
    });
    shop
}

/// A site that was linked and is not any more.
fn leftover() -> Shop {
    let shop = Shop::linked();
    shop.run("unlink").exits(0);
    shop
}

/// The sample with more envs: so many of them linked, one with a plan that cannot be linked, and one not linked.
fn fleet(linked: usize) -> Shop {
    let shop = Shop::sample();
    let base = shop.model()["resources"][3].clone();
    let add = |name: &str, plan: &str, label: &str| {
        let mut new = base.clone();
        new["id"] = site().replace("shop-web", name).into();
        new["name"] = name.into();
        new["sku"] = json!({"name": plan, "tier": plan});
        new["properties"]["defaultHostname"] = format!("{label}.5.azurestaticapps.net").into();
        shop.add([new]);
        shop.add_env(&format!(
            "[env.{name}]\nstatic-web-app = '{name}'\napim = 'shop-apim'\n\
             apis = ['orders']\n"
        ));
    };
    for at in 0..linked {
        add(&format!("shop-{at:02}"), "Standard", &format!("calm-sea-{at:09}"));
    }
    shop.run("link --all").exits(0);
    add("docs-free", "Free", "wise-hill-0a1b2c3d4");
    add("blog", "Standard", "blue-dune-0a1b2c3d4");
    shop
}

#[test]
fn the_status_of_one_link() {
    shows("status-unlinked", "status", Shop::sample);
    shows("status-linked", "status", Shop::linked);
    shows("status-drifted", "status", drifted);
    shows("status-leftover", "status", leftover);
    shows("status-with-ids", "status -v", Shop::linked);
}

#[test]
fn the_status_of_many_links() {
    shows("status-all-few", "status --all", || fleet(2));
    shows("status-all-many", "status --all", || fleet(28));
}

#[test]
fn a_link_before_and_after() {
    shows("link-plan", "link --dry-run", Shop::sample);
    shows("link", "link", Shop::sample);
    shows("link-again", "link", Shop::linked);
    shows("link-all", "link --all", || fleet(28));
}

#[test]
fn a_repair_and_a_rotation() {
    shows("relink-plan", "relink --dry-run", drifted);
    shows("relink", "relink", Shop::linked);
}

#[test]
fn the_end_of_a_link() {
    shows("unlink", "unlink", Shop::linked);
    shows("unlink-purge", "unlink --purge --yes", Shop::linked);
    shows("audit", "audit --apim shop-apim", leftover);
    shows("prune-plan", "prune --apim shop-apim --dry-run", leftover);
}

#[test]
fn other_reports() {
    shows("doctor", "doctor", drifted);
    shows("api-list", "api list", Shop::linked);
}

#[test]
fn errors() {
    let typo = || {
        let shop = Shop::sample();
        shop.configure("apim", "apmi");
        shop
    };
    shows("error-configuration", "status", typo);
    shows("error-usage", "status --al", Shop::sample);
    let elsewhere = || {
        let shop = Shop::linked();
        shop.change(&format!("{}/builds/default/linkedBackends/shop-apim", site()), |it| {
            it["properties"]["backendResourceId"] =
                format!("{GROUP}/Microsoft.ApiManagement/service/other-apim").into();
        });
        let mut other = shop.model()["resources"].as_array().unwrap().clone();
        other.retain(|it| it["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(&apim())));
        other[0]["id"] = format!("{GROUP}/Microsoft.ApiManagement/service/other-apim").into();
        other[0]["name"] = "other-apim".into();
        shop.add(other);
        shop
    };
    shows("error-refused", "link", elsewhere);
    shows("status-elsewhere", "status", elsewhere);
}
