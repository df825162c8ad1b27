//! `swa-apim export`

use std::path::PathBuf;

use clap::{Args, ValueHint};
use strum::VariantNames as _;

use crate::{
    cli::{
        args::{ScopeArgs, file_format::file_format, typed::word},
        session::Session,
    },
    diagnosis::ExitCode,
    export::{ExportError, ExportFormat, ExportPart, LinkExport},
    workflow::{self, UsageError},
};

/// Write a link as Bicep, Terraform or ARM code
///
/// Azure derives the ID of a link's product from the default hostname of the site, which is generated.
/// Infrastructure code that adds APIs to the product needs this ID. The exported code contains it, and all
/// declarations of the link, but no keys.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim export --env prod --format bicep\n  swa-apim export --env prod --out link.tf\n  swa-apim export --env prod --format arm --apis-only\n  swa-apim export --all --format apiops --out configuration.extractor.yaml"
)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    /// The format of the code; the default is given by the extension of --out. `apiops` is a filter that
    /// excludes the resources of links from `apiops extract`
    #[arg(long, required_unless_present = "out")]
    #[arg(value_parser = word::<ExportFormat>())]
    format: Option<ExportFormat>,
    /// Export only the APIs of the product, for the resource group of the service
    #[arg(long)]
    apis_only: bool,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: Option<PathBuf>,
}

pub(crate) async fn run(args: ExportArgs, cx: &Session) -> anyhow::Result<ExitCode> {
    let format = format(&args)?;
    if args.scope.all && format != ExportFormat::Apiops {
        let error =
            UsageError::new("only one link can be exported in this format, but `--all` selects several");
        return Err(error.hint("select an env with `--env`, or use `--format apiops`").into());
    }
    if args.apis_only && format == ExportFormat::Apiops {
        let error = UsageError::new("`--apis-only` has no effect on `--format apiops`, which lists no APIs");
        return Err(error.hint("remove `--apis-only`").into());
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
            "note: the service is in another resource group than the site, so its APIs need a separate \
             deployment: run the command again with `--apis-only`",
        );
    }
    Ok(looked.exit)
}

fn format(args: &ExportArgs) -> Result<ExportFormat, UsageError> {
    file_format(args.format, args.out.as_deref(), ExportFormat::of_extension)?.ok_or_else(|| {
        let names = ExportFormat::VARIANTS.join(", ");
        UsageError::new("the file name has no known extension, so the format is not known")
            .hint(format!("specify `--format`: {names}"))
    })
}
