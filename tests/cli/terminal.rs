//! The program at a real terminal: questions in the portal's order, and answers that are heeded.

use std::{
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;
use rexpect::{
    process::WaitStatus,
    session::{PtySession, spawn_command},
};
use rustix::termios::{LocalModes, tcgetattr};
use serde_json::json;

use crate::support::{CONFIG, MODEL, Shop, site};

const ENTER: &str = "\r";
const DOWN: &str = "\u{1b}[B";
const HIDE_CURSOR: &str = "\u{1b}[?25l";
const SHOW_CURSOR: &str = "\u{1b}[?25h";
const SPACE: &str = " ";
/// How long a question may take to be read.
const PATIENCE: Duration = Duration::from_secs(20);

/// A terminal with the program in it.
pub(crate) struct Terminal(PtySession);

impl Terminal {
    pub(crate) fn of(mut command: Command) -> Self {
        command.env("TERM", "xterm").stdin(Stdio::inherit());
        Self(spawn_command(command, Some(20_000)).unwrap())
    }

    fn shows(&mut self, text: &str) -> String {
        self.0.exp_string(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn types(&mut self, text: &str) {
        self.0.send(text).unwrap();
        self.0.flush().unwrap();
    }

    /// Presses Ctrl-C.
    fn interrupts(&mut self) {
        self.0.send_control('c').unwrap();
    }

    /// Waits until a question is read from the terminal, key by key, and not only shown.
    fn reads_a_question(&self) {
        let terminal = self.0.process().get_file_handle().unwrap();
        let since = Instant::now();
        while tcgetattr(&terminal).unwrap().local_modes.contains(LocalModes::ICANON) {
            assert!(since.elapsed() < PATIENCE, "the question is never read");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Presses Ctrl-C at a question.
    fn interrupts_the_question(&mut self) {
        self.reads_a_question();
        self.interrupts();
    }

    /// Everything else that the program shows, and its exit code.
    pub(crate) fn ends(mut self) -> (String, i32) {
        let rest = self.0.exp_eof().unwrap();
        // rexpect takes every byte for a character.
        let rest = String::from_utf8(rest.chars().map(|c| u8::try_from(c).unwrap()).collect()).unwrap();
        match self.0.process().wait().unwrap() {
            WaitStatus::Exited(_, code) => (rest, code),
            other => panic!("{other:?} after {rest}"),
        }
    }
}

/// The sample's model without a configuration file.
fn unconfigured() -> Shop {
    let shop = Shop::sample();
    std::fs::remove_file(shop.path(CONFIG)).unwrap();
    shop
}

#[test]
fn init_asks_in_the_portals_order_and_what_it_writes_can_be_linked() {
    let shop = unconfigured();
    let mut terminal = Terminal::of(shop.swa_apim("init"));
    terminal.shows("Where are the static web app and the API Management service?");
    terminal.shows("in the model control-plane.json");
    terminal.types(ENTER);
    terminal.shows("Static web app");
    terminal.shows("shop-web");
    terminal.types(ENTER);
    terminal.shows("Azure subscription of the API Management service");
    terminal.types(ENTER);
    terminal.shows("API Management service");
    terminal.shows("shop-apim");
    terminal.types(ENTER);
    terminal.shows("APIs that the site may call");
    terminal.shows("orders");
    terminal.types(SPACE);
    terminal.types(ENTER);
    terminal.shows("Name of the env");
    terminal.types("shop\r");
    let (rest, code) = terminal.ends();
    assert_eq!(code, 0, "{rest}");
    assert!(rest.contains("next: swa-apim link --env shop"), "{rest}");
    assert!(shop.read(CONFIG).contains("[env.shop]"), "{}", shop.read(CONFIG));
    assert!(shop.read(CONFIG).contains("\"catalog\""), "{}", shop.read(CONFIG));
    shop.run("link --env shop").exits(0);
}

#[test]
fn init_asks_for_the_environment_only_where_there_are_previews() {
    let shop = unconfigured();
    shop.add([json!({"id": format!("{}/builds/dev", site()), "properties": {"buildId": "dev",
        "hostname": "agreeable-smoke-06273c21e-dev.centralus.5.azurestaticapps.net"}})]);
    let mut terminal = Terminal::of(shop.swa_apim("init --env dev"));
    terminal.shows("Where are");
    terminal.types(ENTER);
    terminal.shows("Static web app");
    terminal.types(ENTER);
    terminal.shows("Environment to link");
    terminal.shows("dev");
    terminal.types(DOWN);
    terminal.types(ENTER);
    terminal.shows("Azure subscription");
    terminal.types(ENTER);
    terminal.shows("shop-apim");
    terminal.types(ENTER);
    terminal.shows("APIs that");
    terminal.types(ENTER);
    let (rest, code) = terminal.ends();
    assert_eq!(code, 0, "{rest}");
    assert!(shop.read(CONFIG).contains("site-environment = \"dev\""), "{}", shop.read(CONFIG));
    shop.run("link --env dev --allow-preview").exits(0);
}

#[test]
fn init_offers_the_sample_where_no_flag_says_what_to_write() {
    let offers = |line: &str| {
        let shop = unconfigured();
        let mut terminal = Terminal::of(shop.swa_apim(line));
        terminal.shows("in the model control-plane.json");
        terminal.interrupts();
        terminal.ends().0.contains("use the built-in sample")
    };
    assert!(offers("init"));
    for flag in
        ["--env dev", "--config other.toml", "--apim shop-apim", "--provisioning engine", "--api orders"]
    {
        assert!(!offers(&format!("init {flag}")), "{flag}");
    }
    let shop = Shop::empty();
    let mut terminal = Terminal::of(shop.swa_apim("init"));
    terminal.shows("use the built-in sample");
    for key in [DOWN, DOWN, ENTER] {
        terminal.types(key);
    }
    let (rest, code) = terminal.ends();
    assert!(code == 0 && rest.contains("have been created"), "{rest}");
}

#[test]
fn what_flags_answer_is_not_asked() {
    let shop = unconfigured();
    let line = "init --env prod --static-web-app shop-web --apim shop-apim --api orders";
    let (rest, code) = Terminal::of(shop.swa_apim(line)).ends();
    assert_eq!(code, 0, "{rest}");
    assert!(!rest.contains('?') && !rest.contains("Name of"), "{rest}");
    shop.run("link --env prod").exits(0);
}

#[test]
fn without_a_terminal_the_flag_that_answers_is_named() {
    let shop = unconfigured();
    for (line, flag) in [
        ("init", "--static-web-app"),
        ("init --static-web-app shop-web", "--apim"),
        ("init --apim shop-apim", "--static-web-app"),
    ] {
        let run = shop.run(line);
        assert!(run.exits(2).stderr.contains(flag), "{line}: {}", run.stderr);
    }
    assert!(!shop.path(CONFIG).exists());
}

#[test]
fn no_input_asks_nothing_even_at_a_terminal() {
    let shop = unconfigured();
    let (rest, code) = Terminal::of(shop.swa_apim("init --no-input")).ends();
    assert_eq!(code, 2, "{rest}");
    assert!(rest.contains("`--no-input` is set"), "{rest}");
}

#[test]
fn ctrl_c_at_any_question_writes_nothing() {
    for answered in 0..6 {
        let shop = unconfigured();
        let before = shop.read(MODEL);
        let mut terminal = Terminal::of(shop.swa_apim("init"));
        let questions =
            ["Where are", "Static web app", "Azure subscription", "shop-apim", "APIs that", "Name of"];
        for question in &questions[..answered] {
            terminal.shows(question);
            terminal.types(ENTER);
        }
        terminal.shows(questions[answered]);
        terminal.interrupts_the_question();
        let (rest, code) = terminal.ends();
        assert_eq!(code, 130, "after {answered} answers: {rest}");
        assert!(rest.contains("interrupted; nothing was changed"), "{rest}");
        assert!(rest.rfind(SHOW_CURSOR) > rest.rfind(HIDE_CURSOR), "the cursor is there again: {rest:?}");
        assert!(!shop.path(CONFIG).exists());
        assert_eq!(shop.read(MODEL), before);
    }
}

#[test]
fn sigterm_at_a_question_ends_the_program() {
    let shop = unconfigured();
    for (line, question) in
        [("init", "Where are"), ("init --static-web-app shop-web --apim shop-apim", "Name of")]
    {
        let mut terminal = Terminal::of(shop.swa_apim(line));
        terminal.shows(question);
        terminal.reads_a_question();
        terminal.0.process_mut().signal(Signal::SIGTERM).unwrap();
        let (rest, code) = terminal.ends();
        assert_eq!(code, 130, "{line}: {rest}");
        // The question says so, or the thread that listens for signals, whichever is first.
        assert!(rest.contains("interrupted;") && rest.contains("nothing was changed"), "{line}: {rest}");
        assert!(!shop.path(CONFIG).exists());
    }
}

#[test]
fn ctrl_c_at_a_text_writes_nothing_either() {
    let shop = unconfigured();
    let line = "init --static-web-app shop-web --apim shop-apim";
    let mut terminal = Terminal::of(shop.swa_apim(line));
    terminal.shows("Name of the env");
    terminal.interrupts_the_question();
    let (rest, code) = terminal.ends();
    assert_eq!(code, 130, "{rest}");
    assert!(!shop.path(CONFIG).exists());
}

#[test]
fn a_purge_continues_only_if_the_name_is_typed() {
    let shop = Shop::linked();
    let before = shop.read(MODEL);
    let mut terminal = Terminal::of(shop.swa_apim("unlink --purge"));
    terminal.shows("Type `shop-web` to continue");
    terminal.types("shop-wbe\r");
    let (rest, code) = terminal.ends();
    assert_eq!(code, 4, "{rest}");
    assert!(rest.contains("not confirmed; nothing was changed"), "{rest}");
    assert_eq!(shop.read(MODEL), before);

    let mut terminal = Terminal::of(shop.swa_apim("unlink --purge"));
    terminal.shows("Type `shop-web` to continue");
    terminal.interrupts_the_question();
    assert_eq!(terminal.ends().1, 130);
    assert_eq!(shop.read(MODEL), before);

    let mut terminal = Terminal::of(shop.swa_apim("unlink --purge"));
    let shown = terminal.shows("Type `shop-web` to continue");
    assert!(shown.contains("3 changes would unlink `shop-web`"), "{shown}");
    terminal.types("shop-web\r");
    let (rest, code) = terminal.ends();
    assert_eq!(code, 0, "{rest}");
    assert_eq!(shop.state(), "unlinked");
}

#[test]
fn ctrl_c_while_waiting_for_the_lock_ends_the_wait() {
    let shop = Shop::sample();
    let before = shop.read(MODEL);
    let lock = std::fs::File::options().write(true).open(shop.path("control-plane.json.lock")).unwrap();
    lock.lock().unwrap();
    let mut terminal = Terminal::of(shop.swa_apim("link"));
    terminal.shows("waiting for the lock");
    terminal.interrupts();
    let (rest, code) = terminal.ends();
    assert_eq!(code, 130, "{rest}");
    assert!(rest.contains("interrupted; run the same command again to apply the remaining steps"), "{rest}");
    assert_eq!(shop.read(MODEL), before);
}

/// What the program shows at a terminal of so many columns.
fn shown(shop: &Shop, columns: u16, line: &str, variables: &[(&str, &str)]) -> String {
    let mut command = shop.command("sh");
    let script = format!("stty cols {columns} && exec \"$0\" {line}");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_swa-apim")]).envs(variables.iter().copied());
    let (text, code) = Terminal::of(command).ends();
    assert_eq!(code, 0, "{text}");
    text
}

#[test]
fn a_terminal_gets_colours_and_no_color_takes_them_away() {
    let shop = Shop::linked();
    let colored = shown(&shop, 120, "status", &[]);
    assert!(colored.contains("\u{1b}[") && colored.contains('✓'), "{colored:?}");
    let plain = shown(&shop, 120, "status", &[("NO_COLOR", "1")]);
    assert!(!plain.contains("\u{1b}[3") && plain.contains('✓'), "{plain:?}");
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
}

#[test]
fn a_narrow_terminal_wraps_its_tables() {
    let shop = Shop::linked();
    let text = shown(&shop, 40, "status", &[("NO_COLOR", "1")]);
    for line in text.lines() {
        // The line that shows progress is erased before a result is printed.
        let line = line.rsplit("\u{1b}[2K").next().unwrap_or(line);
        assert!(line.trim_end().chars().count() <= 40, "{line}\nin\n{text}");
    }
    assert!(shown(&shop, 200, "status", &[("NO_COLOR", "1")]).lines().any(|line| line.chars().count() > 40));
}

#[test]
fn json_at_a_terminal_is_not_decorated() {
    let shop = Shop::linked();
    let text = shown(&shop, 40, "status -o json", &[]);
    serde_json::from_str::<serde_json::Value>(&text).unwrap();
}

#[test]
fn a_watch_redraws_in_place_and_ends_with_ctrl_c() {
    let shop = Shop::linked();
    let mut terminal = Terminal::of(shop.swa_apim("status --watch --interval 100ms"));
    terminal.shows("prod: linked");
    terminal.shows("every 100ms; press Ctrl-C to stop");
    shop.delete(&crate::support::product());
    let shown = terminal.shows("prod: partial");
    assert!(shown.contains("\u{1b}["), "what was there is taken away first: {shown:?}");
    terminal.interrupts();
    let (rest, code) = terminal.ends();
    assert_eq!(code, 130, "{rest}");
}

#[test]
fn a_prune_continues_only_if_the_name_of_the_service_is_typed() {
    let shop = Shop::linked();
    shop.run("unlink").exits(0);
    let before = shop.read(MODEL);
    let mut terminal = Terminal::of(shop.swa_apim("prune"));
    terminal.shows("Type `shop-apim` to continue");
    terminal.types("shop-web\r");
    let (rest, code) = terminal.ends();
    assert_eq!(code, 4, "{rest}");
    assert_eq!(shop.read(MODEL), before);

    let mut terminal = Terminal::of(shop.swa_apim("prune"));
    let shown = terminal.shows("Type `shop-apim` to continue");
    assert!(shown.contains("1 product would be deleted, in 2 changes"), "{shown}");
    terminal.types("shop-apim\r");
    let (rest, code) = terminal.ends();
    assert_eq!(code, 0, "{rest}");
    assert_eq!(shop.state(), "unlinked");
}

#[test]
fn a_repair_that_is_more_than_the_command_asks_for_is_shown_and_confirmed_first() {
    const QUESTION: &str = "This is more than the command asks for. Continue?";
    let drifted = || {
        let shop = Shop::linked();
        shop.change(&format!("{}/policies/policy", crate::support::product()), |it| {
            it["properties"]["value"] = "<policies><inbound><base /></inbound></policies>".into();
        });
        shop
    };
    for command in ["link", "relink"] {
        let shop = drifted();
        let before = shop.read(MODEL);
        let mut terminal = Terminal::of(shop.swa_apim(command));
        let shown = terminal.shows(QUESTION);
        assert!(shown.contains("the policy accepts requests without a token"), "{shown}");
        terminal.types("n");
        let (rest, code) = terminal.ends();
        assert_eq!(code, 4, "{rest}");
        assert!(rest.contains("not confirmed; nothing was changed"), "{rest}");
        assert_eq!(shop.read(MODEL), before);

        let mut terminal = Terminal::of(shop.swa_apim(command));
        terminal.shows(QUESTION);
        terminal.interrupts_the_question();
        assert_eq!(terminal.ends().1, 130);
        assert_eq!(shop.read(MODEL), before);

        let mut terminal = Terminal::of(shop.swa_apim(command));
        terminal.shows(QUESTION);
        terminal.types("y");
        let (rest, code) = terminal.ends();
        assert_eq!(code, 0, "{rest}");
        assert_eq!(shop.state(), "linked");
    }
    let (rest, code) = Terminal::of(drifted().swa_apim("link --yes")).ends();
    assert!(code == 0 && !rest.contains(QUESTION), "{rest}");
    let (rest, code) = Terminal::of(Shop::sample().swa_apim("link")).ends();
    assert!(code == 0 && !rest.contains(QUESTION), "a new link is what was asked for: {rest}");
    drifted().run("link").exits(0);
}
