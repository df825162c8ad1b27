//! Arguments that every command takes.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{ArgAction, ArgMatches, Args, builder::FalseyValueParser, parser::ValueSource};
use clap_complete::ArgValueCandidates;

use super::typed::{level, switch, time_limit, word};
use crate::{
    ambient::{Ambient as _, System},
    cli::complete,
    config::{ConfigUse, Overrides, ProviderKind, Provisioning, Source, Sourced},
    output::{Clock, Color, Detail, Format, Pipeline, Query, Reader, Ui, UiOptions},
};

/// Arguments that every command takes.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a separate flag")]
pub(crate) struct GlobalArgs {
    /// Use this configuration file instead of the nearest swa-apim.toml
    #[arg(long, global = true, env = "SWA_APIM_CONFIG", value_name = "FILE", help_heading = "Target")]
    config: Option<PathBuf>,
    /// Use this env of the configuration file
    #[arg(long, short, global = true, env = "SWA_APIM_ENV", value_name = "NAME", help_heading = "Target")]
    #[arg(add = ArgValueCandidates::new(complete::envs))]
    env: Option<String>,
    /// The static web app, as a name or a full ARM ID; -n and -g are the flags of the Azure CLI
    #[arg(
        long,
        short = 'n',
        global = true,
        env = "SWA_APIM_STATIC_WEB_APP",
        value_name = "NAME|ID",
        help_heading = "Target"
    )]
    #[arg(add = ArgValueCandidates::new(complete::sites))]
    static_web_app: Option<String>,
    /// The API Management service, as a name or a full ARM ID
    #[arg(long, global = true, env = "SWA_APIM_APIM", value_name = "NAME|ID", help_heading = "Target")]
    #[arg(add = ArgValueCandidates::new(complete::services))]
    apim: Option<String>,
    /// The resource group of the resources that are specified by name
    #[arg(
        long,
        short = 'g',
        global = true,
        env = "SWA_APIM_RESOURCE_GROUP",
        value_name = "NAME",
        help_heading = "Target"
    )]
    resource_group: Option<String>,
    /// The Azure subscription of the resources that are specified by name
    #[arg(id = "subscription", long = "subscription", global = true, env = "SWA_APIM_SUBSCRIPTION")]
    #[arg(value_name = "ID", help_heading = "Target")]
    azure_subscription: Option<String>,
    /// The environment of the static web app; the production environment is `default`
    #[arg(
        long,
        global = true,
        env = "SWA_APIM_SITE_ENVIRONMENT",
        value_name = "NAME",
        help_heading = "Target"
    )]
    site_environment: Option<String>,
    /// The control plane: a model in a file (json), or Azure Resource Manager (arm)
    #[arg(long, global = true, env = "SWA_APIM_PROVIDER", help_heading = "Control plane")]
    #[arg(value_parser = word::<ProviderKind>())]
    provider: Option<ProviderKind>,
    /// The file of the model
    #[arg(long, global = true, env = "SWA_APIM_MODEL", value_name = "FILE", help_heading = "Control plane")]
    model: Option<PathBuf>,
    /// The address of Azure Resource Manager
    #[arg(
        long,
        global = true,
        env = "SWA_APIM_ENDPOINT",
        value_name = "URL",
        help_heading = "Control plane"
    )]
    endpoint: Option<String>,
    /// Who creates the product, the subscription and the policy of a link
    #[arg(long, global = true, env = "SWA_APIM_PROVISIONING", help_heading = "Control plane")]
    #[arg(value_parser = word::<Provisioning>())]
    provisioning: Option<Provisioning>,
    /// Use the built-in sample: an env `prod` and a model, which is stored in your data directory
    #[arg(long, global = true, env = "SWA_APIM_SAMPLE", value_parser = switch("SWA_APIM_SAMPLE"), help_heading = "Control plane")]
    #[arg(action = ArgAction::SetTrue)]
    sample: bool,
    /// The format of results
    #[arg(
        long,
        short,
        global = true,
        env = "SWA_APIM_OUTPUT",
        default_value = "table",
        help_heading = "Output"
    )]
    #[arg(value_parser = word::<Format>())]
    output: Format,
    /// Print only the part of the result that this JMESPath expression selects
    #[arg(long, global = true, env = "SWA_APIM_QUERY", value_name = "JMESPATH", help_heading = "Output")]
    query: Option<Query>,
    /// Answer every prompt with yes
    #[arg(long, short, global = true, env = "SWA_APIM_YES", value_parser = switch("SWA_APIM_YES"), help_heading = "Output")]
    pub(crate) yes: bool,
    /// Never prompt
    #[arg(long, global = true, env = "SWA_APIM_NO_INPUT", value_parser = switch("SWA_APIM_NO_INPUT"), help_heading = "Output")]
    no_input: bool,
    /// The time limit: for the lock of a model (default: 30s), for a command over HTTP (default: 10m), and
    /// for --wait-for (default: 5m)
    #[arg(long, global = true, env = "SWA_APIM_TIMEOUT", value_name = "TIME", help_heading = "Output")]
    #[arg(value_parser = time_limit)]
    pub(crate) timeout: Option<Duration>,
    /// Append a line of JSON to this file for each step, result and failure
    #[arg(long, global = true, env = "SWA_APIM_OUTPUT_FILE", value_name = "FILE", help_heading = "Output")]
    output_file: Option<PathBuf>,
    /// Whether GitHub Actions reads workflow commands from the output
    #[arg(long, global = true, hide = true, env = "GITHUB_ACTIONS", value_parser = FalseyValueParser::new())]
    github_actions: bool,
    /// Whether Azure Pipelines reads logging commands from the output
    #[arg(long, global = true, hide = true, env = "TF_BUILD", value_parser = FalseyValueParser::new())]
    azure_pipelines: bool,
    /// The file from which GitHub Actions reads the outputs of a step, written in GitHub Actions only
    #[arg(long, global = true, hide = true, env = "GITHUB_OUTPUT", value_name = "FILE")]
    github_output: Option<PathBuf>,
    /// When to use colours
    #[arg(
        long,
        global = true,
        env = "SWA_APIM_COLOR",
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Output"
    )]
    #[arg(value_parser = word::<Color>())]
    pub(crate) color: Color,
    /// Print only results and errors
    #[arg(long, short, global = true, env = "SWA_APIM_QUIET", value_parser = switch("SWA_APIM_QUIET"), help_heading = "Output")]
    quiet: bool,
    /// Print more log messages; repeat the flag for more detail (-vv, -vvv)
    #[arg(long, short, global = true, env = "SWA_APIM_VERBOSE", value_parser = level, help_heading = "Output")]
    #[arg(action = ArgAction::Count, value_name = "LEVEL")]
    verbose: u8,
}

impl GlobalArgs {
    /// The user interface for these arguments.
    pub(crate) fn ui(&self) -> Ui {
        Ui::new(UiOptions {
            format: self.output,
            query: self.query.clone(),
            quiet: self.quiet,
            no_input: self.no_input,
            pipeline: Pipeline {
                reader: match (self.github_actions, self.azure_pipelines) {
                    (true, _) => Reader::GitHub,
                    (false, true) => Reader::AzurePipelines,
                    (false, false) => Reader::None,
                },
                outputs: self.outputs_file().map(Path::to_owned),
                events: self.output_file.clone(),
                clock: Clock(|| System.now()),
            },
            detail: if self.verbose > 0 { Detail::Full } else { Detail::Short },
        })
    }

    /// The file of events.
    pub(crate) fn events_file(&self) -> Option<&Path> {
        self.output_file.as_deref()
    }

    /// Every file that a pipeline reads in addition to the output.
    pub(crate) fn pipeline_files(&self) -> impl Iterator<Item = &Path> {
        [self.events_file(), self.outputs_file()].into_iter().flatten()
    }

    /// The file of the outputs of a step, which only GitHub Actions reads.
    fn outputs_file(&self) -> Option<&Path> {
        self.github_output.as_deref().filter(|_| self.github_actions)
    }

    /// The log level: -1 for errors only, 0 for errors and warnings, 1 and more for more.
    pub(crate) fn verbosity(&self) -> i8 {
        if self.quiet { -1 } else { i8::try_from(self.verbose).unwrap_or(i8::MAX) }
    }

    /// The values of flags and environment variables about the target, each with its source.
    pub(crate) fn overrides(&self, matches: &ArgMatches) -> Overrides {
        let from = ValueSources(matches);
        let sample = from.named("sample", "--sample", "SWA_APIM_SAMPLE", self.sample.then_some(()));
        let given = Overrides {
            config: from.named("config", "--config", "SWA_APIM_CONFIG", self.config.clone()),
            env: from.named("env", "--env", "SWA_APIM_ENV", self.env.clone()),
            static_web_app: from.named(
                "static_web_app",
                "--static-web-app",
                "SWA_APIM_STATIC_WEB_APP",
                self.static_web_app.clone(),
            ),
            apim: from.named("apim", "--apim", "SWA_APIM_APIM", self.apim.clone()),
            resource_group: from.named(
                "resource_group",
                "--resource-group",
                "SWA_APIM_RESOURCE_GROUP",
                self.resource_group.clone(),
            ),
            azure_subscription: from.named(
                "subscription",
                "--subscription",
                "SWA_APIM_SUBSCRIPTION",
                self.azure_subscription.clone(),
            ),
            site_environment: from.named(
                "site_environment",
                "--site-environment",
                "SWA_APIM_SITE_ENVIRONMENT",
                self.site_environment.clone(),
            ),
            provider: from.named("provider", "--provider", "SWA_APIM_PROVIDER", self.provider),
            model: from.named("model", "--model", "SWA_APIM_MODEL", self.model.clone()),
            endpoint: from.named("endpoint", "--endpoint", "SWA_APIM_ENDPOINT", self.endpoint.clone()),
            provisioning: from.named(
                "provisioning",
                "--provisioning",
                "SWA_APIM_PROVISIONING",
                self.provisioning,
            ),
            sample: false,
            sample_flag: false,
            config_use: ConfigUse::default(),
        };
        given.flags_first(sample.as_ref().map(|it| &it.source))
    }
}

struct ValueSources<'a>(&'a ArgMatches);

impl ValueSources<'_> {
    fn named<T>(
        &self,
        id: &str,
        flag: &'static str,
        variable: &'static str,
        value: Option<T>,
    ) -> Option<Sourced<T>> {
        let source = match self.0.value_source(id) {
            Some(ValueSource::EnvVariable) => Source::Variable(variable),
            _ => Source::Flag(flag),
        };
        value.map(|value| Sourced { value, source })
    }
}

/// The specified flags that have an effect only in Azure.
pub(crate) fn azure_flags(matches: &ArgMatches) -> Vec<&'static str> {
    let mut leaf = matches;
    while let Some((_, below)) = leaf.subcommand() {
        leaf = below;
    }
    let given = |id: &str| {
        leaf.ids().any(|known| known == id) && leaf.value_source(id) == Some(ValueSource::CommandLine)
    };
    let flags = [("grace", "--grace"), ("no_wait", "--no-wait"), ("check_rights", "--check-rights")];
    flags.into_iter().filter(|(id, _)| given(id)).map(|(_, flag)| flag).collect()
}
