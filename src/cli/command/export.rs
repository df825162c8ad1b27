//! `swa-apim export`

use std::path::{Path, PathBuf};

use clap::{
    Args, ValueHint,
    builder::{PossibleValuesParser, TypedValueParser},
};

use crate::{
    cli::{args::ScopeArgs, session::Session},
    diagnosis::ExitCode,
    export::{ExportError, ExportFormat, ExportPart, LinkExport},
    workflow::{self, UsageError},
};

/// Write a link as Bicep, Terraform or ARM code
///
/// Azure names a link's product after the site's hostname, which is generated. Infrastructure code that adds
/// APIs to the product has to know that name; this writes it, with all that declares the link, and no key.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim export --env prod --format bicep\n  swa-apim export --env prod --out link.tf\n  swa-apim export --env prod --format arm --apis-only\n  swa-apim export --all --format apiops --out configuration.extractor.yaml"
)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    /// The language; unless given, as the name of --out ends. apiops is a filter that keeps what links are made of
    /// out of `apiops extract`
    #[arg(long, required_unless_present = "out")]
    #[arg(value_parser = PossibleValuesParser::new(ExportFormat::NAMES.map(|(name, _)| name)).try_map(|name| name.parse::<ExportFormat>()))]
    format: Option<ExportFormat>,
    /// Write only the APIs in the product, for the service's resource group
    #[arg(long)]
    apis_only: bool,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: Option<PathBuf>,
}

pub(crate) async fn run(args: ExportArgs, cx: &Session) -> anyhow::Result<ExitCode> {
    let format = format(&args)?;
    if args.scope.all && format != ExportFormat::Apiops {
        let error = UsageError::new("each link is exported by itself, and `--all` asks for several");
        return Err(error.hint("choose one with `--env`; `--format apiops` takes all").into());
    }
    if args.apis_only && format == ExportFormat::Apiops {
        let error = UsageError::new("`--apis-only` has no effect on `--format apiops`, which lists no APIs");
        return Err(error.hint("leave `--apis-only` out").into());
    }
    let envs = cx.work.envs(args.scope.all)?;
    let shown = cx.listener();
    let looked = workflow::links(&cx.work, &envs, &shown).await?;
    drop(shown);
    let links = looked.links.iter().zip(&envs).map(|(link, env)| match link {
        Ok(verdict) => LinkExport::of(verdict, &env.apis),
        Err(_) => Err(ExportError::NoHostname { site: env.static_web_app.value.clone() }),
    });
    let links: Vec<LinkExport> = links.collect::<Result<_, _>>()?;
    let part = if args.apis_only { ExportPart::Apis } else { ExportPart::Link };
    let text = match links.as_slice() {
        [only] => only.write(format, part),
        several => LinkExport::ignore_list(several),
    };
    match &args.out {
        None => cx.ui.print_lines(&text)?,
        Some(file) => workflow::write_beside(&cx.work, file, &text).await?,
    }
    let apart = matches!(format, ExportFormat::Bicep | ExportFormat::Arm) && part == ExportPart::Link;
    if apart && links.iter().any(|link| !link.is_in_one_group()) {
        cx.ui.say(
            "note: the service is in another resource group than the site, so the APIs are a deployment of their \
             own: add `--apis-only`",
        );
    }
    Ok(looked.exit)
}

fn format(args: &ExportArgs) -> Result<ExportFormat, UsageError> {
    let extension = args.out.as_deref().and_then(Path::extension).and_then(|extension| extension.to_str());
    args.format.or(extension.and_then(ExportFormat::of_extension)).ok_or_else(|| {
        let names = ExportFormat::NAMES.map(|(name, _)| name).join(", ");
        UsageError::new("the name of the file does not tell the language")
            .hint(format!("give it with `--format`: {names}"))
    })
}
