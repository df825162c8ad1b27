//! The page beside an emulator: `swa-apim emulate --ui`.

use std::{net::SocketAddr, path::Path, sync::Arc};

use clap::Args;

pub(crate) use crate::ui::Page;
use crate::{
    cli::{args::typed::address, session::Session},
    config::{ProviderKind, Provisioning, Source, Sourced},
    engine::Grace,
    provider::emulated::EmulatorRoutes,
    ui::{PageLimits, PageOptions, Permission, Reach},
    workflow::{WorkspaceOptions, WriteAccess},
};

/// The page that is served beside the emulator.
#[derive(Debug, Args)]
pub(crate) struct EmulatePageArgs {
    /// Serve a page too, with the traffic and the switches
    #[arg(long)]
    ui: bool,
    /// The address of the page, on this machine; port 0 selects a free port
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:0",
        value_parser = address,
        requires = "ui",
        hide_short_help = true
    )]
    ui_listen: SocketAddr,
    /// The page changes no link and no switch, and calls no site
    #[arg(long, requires = "ui", hide_short_help = true)]
    ui_read_only: bool,
}

impl EmulatePageArgs {
    /// Whether the page is served.
    pub(crate) fn is_wanted(&self) -> bool {
        self.ui
    }

    /// Starts to listen, if the page is wanted. It is about the envs of the configuration, on the emulator's model.
    pub(crate) async fn start(
        self,
        emulator: Arc<dyn EmulatorRoutes>,
        model: &Path,
        cx: &Session,
    ) -> anyhow::Result<Option<Page>> {
        if !self.ui {
            return Ok(None);
        }
        let page = Page::start(PageOptions {
            listen: self.ui_listen,
            reach: Reach::ThisMachine,
            permission: if self.ui_read_only {
                Permission::ReadOnly
            } else {
                Permission::Change(WriteAccess::grant())
            },
            grace: Grace::default(),
            folder: cx.work.folder.clone(),
            workspace: on_model(cx.work.options().clone(), model),
            limits: PageLimits::default(),
            emulator: Some(emulator),
        });
        Ok(Some(page.await?))
    }
}

/// The same options, for the model that the emulator serves. The configuration may name another control plane.
fn on_model(mut options: WorkspaceOptions, model: &Path) -> WorkspaceOptions {
    let overrides = &mut options.overrides;
    let source = || Source::Flag("--ui");
    overrides.provider = Some(Sourced { value: ProviderKind::Json, source: source() });
    overrides.provisioning = Some(Sourced { value: Provisioning::Engine, source: source() });
    overrides.endpoint = None;
    if !overrides.sample {
        overrides.model = Some(Sourced { value: model.to_owned(), source: source() });
    }
    options
}
