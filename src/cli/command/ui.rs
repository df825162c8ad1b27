//! `swa-apim ui`

use std::net::SocketAddr;

use clap::Args;

use crate::{
    cli::{
        args::{GraceArgs, typed::address},
        open,
        session::Session,
    },
    diagnosis::ExitCode,
    ui::{Page, PageLimits, PageOptions, Permission, Reach},
    workflow::{UsageError, WriteAccess},
};

/// Serve a page on this machine that shows links and changes them
///
/// Prints the address of the page, and serves it until it is interrupted. The address contains a token that
/// opens the page in one browser, once. Each change shows its plan first, as the commands do with --dry-run.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim ui --open\n  swa-apim ui --read-only\n  swa-apim ui --sample --listen 127.0.0.1:8089"
)]
pub(crate) struct UiArgs {
    /// The address to listen on; port 0 selects a free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = address)]
    listen: SocketAddr,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
    /// Show links only; nothing can be changed
    #[arg(long)]
    read_only: bool,
    /// Listen on an address that other machines can reach
    #[arg(long)]
    allow_remote: bool,
    #[command(flatten)]
    grace: GraceArgs,
}

pub(crate) async fn run(args: UiArgs, cx: &'static Session) -> anyhow::Result<ExitCode> {
    if !args.allow_remote && !args.listen.ip().is_loopback() {
        let error = UsageError::new(format!("other machines can reach `{}`", args.listen));
        return Err(error.hint("add `--allow-remote`, or listen on 127.0.0.1").into());
    }
    if cx.work.overrides().select_one() {
        // The page would show the error in place of the link.
        cx.work.settings.env()?;
    }
    let page = Page::start(PageOptions {
        listen: args.listen,
        reach: if args.allow_remote { Reach::Network } else { Reach::ThisMachine },
        permission: if args.read_only {
            Permission::ReadOnly
        } else {
            Permission::Change(WriteAccess::grant())
        },
        grace: args.grace.grace(),
        folder: cx.work.folder.clone(),
        workspace: cx.work.options().clone(),
        limits: PageLimits::default(),
        emulator: None,
    });
    let page = page.await?;
    cx.ui.print_text(&format!("{}\n", page.address()))?;
    if args.open {
        open::address(page.address())?;
    }
    page.run(cx.interrupt.when_asked()).await;
    Ok(ExitCode::Interrupted)
}
