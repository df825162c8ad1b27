use super::*;

fn built() -> Command {
    let mut command = crate::cli::command();
    command.build();
    command
}

/// The line that was meant by a line.
fn guess(line: &str) -> Option<String> {
    let command = built();
    let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    let line = Line { command: &command, words };
    let error = line.parse().err()?;
    line.corrected(&error, MISTAKES)?.shown()
}

#[test]
fn a_word_of_another_tool_leads_to_the_command() {
    for (typed, meant) in [
        ("plan --env prod", "swa-apim link --dry-run --env prod"),
        ("delete -e prod", "swa-apim unlink -e prod"),
        ("version", "swa-apim --version"),
        ("validate", "swa-apim doctor"),
        ("config", "swa-apim init"),
        ("api rm orders", "swa-apim api remove orders"),
        ("link --force", "swa-apim link --replace"),
        ("unlink --force", "swa-apim unlink --yes"),
        ("status --json", "swa-apim status --output json"),
        ("status --format=json", "swa-apim status --output json"),
        ("status --name shop -g rg", "swa-apim status --static-web-app shop -g rg"),
        ("plan --json --debug", "swa-apim link --dry-run --output json -vv"),
    ] {
        assert_eq!(guess(typed).as_deref(), Some(meant), "{typed}");
    }
    assert_eq!(guess("link --unheard-of"), None);
    assert_eq!(guess("link --force --unheard-of"), None, "a guess is a line that can be parsed");
}

#[test]
fn every_word_of_the_tables_leads_somewhere() {
    for (typed, _) in COMMANDS {
        let line = if typed == "import" { "import file".to_owned() } else { typed.to_owned() };
        let line = if typed == "add" { "add orders".to_owned() } else { line };
        let line = if typed == "completion" { "completion bash".to_owned() } else { line };
        assert!(guess(&line).is_some(), "{typed}");
    }
    let command = built();
    for (typed, meant) in FLAGS {
        let flag = meant.split(' ').next().unwrap_or_default();
        let line = Line { command: &command, words: vec!["link".to_owned(), flag.to_owned()] };
        let unknown = line.parse().err().is_some_and(|error| error.kind() == ErrorKind::UnknownArgument);
        assert!(!unknown, "{typed} leads to {meant}, which `link` does not have");
    }
}

#[test]
fn a_line_with_a_secret_is_not_shown() {
    assert_eq!(guess("emulate --token very-secret --force"), None);
    assert_eq!(guess("status --endpoint https://u:p@x.example --force"), None);
}
