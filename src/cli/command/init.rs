//! `swa-apim init`

use clap::Args;

use crate::{
    cli::{args, session::Session},
    diagnosis::{ExitCode, quoted},
    output::Ui,
    workflow::{self, Answer, Asker, Choices, Unanswered},
};

/// Create swa-apim.toml, with the prompts of the Azure portal
///
/// Asks where the site and the service are: in Azure, in a model, or in neither, for which it proposes the sample.
/// Then it asks for the subscription, the static web app, its environment, the service and the APIs, and marks
/// resources that `link` would refuse. A flag answers its question and is kept in the file. Without a terminal,
/// flags must answer every question.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim init\n  swa-apim init --sample\n  swa-apim init --env staging --static-web-app shop-web --apim shop-apim --api orders"
)]
pub(crate) struct InitArgs {
    /// An API to add to the link's product; can be repeated
    #[arg(long = "api", value_name = "API", value_parser = args::typed::api_name)]
    apis: Vec<String>,
}

pub(crate) async fn run(args: InitArgs, cx: &Session) -> anyhow::Result<ExitCode> {
    let done = workflow::init(&cx.work, args.apis, &Questions(&cx.ui)).await?;
    for line in &done.lines {
        cx.ui.say(line);
    }
    let config = done.needs_config.map(|file| format!(" --config {}", quoted(&file.display().to_string())));
    let config = config.unwrap_or_default();
    cx.ui.say(&format!("next: swa-apim link --env {}{config}", quoted(&done.env)));
    Ok(ExitCode::Success)
}

/// Asks at the terminal.
struct Questions<'a>(&'a Ui);

impl Asker for Questions<'_> {
    fn refusal(&self) -> Option<&'static str> {
        self.0.why_not_asked()
    }

    fn choose(&self, question: &Choices<'_>) -> Answer<usize> {
        self.0
            .choose(question.text, question.choices, question.proposed, question.flag)
            .map_err(Unanswered::because)
    }

    fn choose_any(&self, question: &Choices<'_>) -> Answer<Vec<usize>> {
        self.0.choose_any(question.text, question.choices, question.flag).map_err(Unanswered::because)
    }

    fn text(&self, question: &str, proposed: &str, flag: &str) -> Answer<String> {
        self.0.ask(question, proposed, flag).map_err(Unanswered::because)
    }

    fn say(&self, line: &str) {
        self.0.say(line);
    }
}
