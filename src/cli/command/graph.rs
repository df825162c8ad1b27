//! `swa-apim graph`

use std::path::PathBuf;

use clap::{Args, ValueHint};
use strum::VariantNames as _;

use crate::{
    cli::{
        args::{
            ScopeArgs,
            file_format::{extension, file_format},
            typed::word,
        },
        open,
        session::Session,
    },
    config::{Source, Sourced},
    diagnosis::ExitCode,
    files::keep_temporary,
    graph::GraphFormat,
    workflow::{self, UsageError},
};

/// Draw sites, services and the links between them
///
/// Draws the env, or with --all every env of the configuration file. With only --apim, it draws every site
/// that is linked to that service, even if the configuration file does not contain it.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim graph --env prod\n  swa-apim graph --all --out links.svg\n  swa-apim graph --apim shop-apim --format dot\n  swa-apim graph --all --open"
)]
pub(crate) struct GraphArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    /// The format of the picture; the default is given by the extension of --out, otherwise svg with --open
    /// and mermaid without
    #[arg(long)]
    #[arg(value_parser = word::<GraphFormat>())]
    format: Option<GraphFormat>,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: Option<PathBuf>,
    /// Open the picture with the default program of this machine
    #[arg(long)]
    open: bool,
}

pub(crate) async fn run(args: GraphArgs, cx: &Session) -> anyhow::Result<ExitCode> {
    let format = format(&args)?;
    let envs = match service_alone(cx, args.scope) {
        Some(apim) => workflow::linked_to(&cx.work, apim).await?,
        None => cx.work.envs(args.scope.all)?,
    };
    let shown = cx.listener();
    let pictured = workflow::graph(&cx.work, &envs, &shown).await?;
    drop(shown);
    let text = pictured.graph.draw(format);
    match (&args.out, args.open) {
        (None, false) => cx.ui.print_lines(&text)?,
        (Some(file), _) => workflow::write_beside(&cx.work, file, &text).await?,
        (None, true) => open::show(&keep_temporary("graph", format.extension(), &text)?)?,
    }
    if let (Some(file), true) = (&args.out, args.open) {
        open::show(file)?;
    }
    Ok(pictured.exit)
}

/// The service of `--apim`, if no other argument specifies what to draw.
fn service_alone(cx: &Session, scope: ScopeArgs) -> Option<&Sourced<String>> {
    let given = cx.work.overrides();
    let of_one = given.env.is_some() || given.static_web_app.is_some();
    given.apim.as_ref().filter(|apim| !scope.all && !of_one && matches!(apim.source, Source::Flag(_)))
}

/// The format that `--format` or the extension of the file selects.
fn format(args: &GraphArgs) -> Result<GraphFormat, UsageError> {
    let file = args.out.as_deref();
    let of_neither = if args.open { GraphFormat::Svg } else { GraphFormat::Mermaid };
    match (file_format(args.format, file, GraphFormat::of_extension)?, extension(file)) {
        (None, Some(extension)) => {
            let error = UsageError::new(format!("`graph` has no format with the extension `{extension}`"));
            let names = GraphFormat::VARIANTS.join(", ");
            Err(error.hint(format!("name the file *.svg, *.dot or *.mmd, or specify `--format`: {names}")))
        }
        (format, _) => Ok(format.unwrap_or(of_neither)),
    }
}
