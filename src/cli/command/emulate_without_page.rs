//! The arguments of the page in a build without it: `emulate` refuses them.

use std::{convert::Infallible, path::Path, sync::Arc};

use clap::Args;

use crate::{cli::session::Session, provider::emulated::EmulatorRoutes};

/// The page, which this build does not have.
#[derive(Debug, Args)]
pub(crate) struct EmulatePageArgs {
    /// Serve the page too; this build of swa-apim has no page
    #[arg(long, hide = true)]
    ui: bool,
}

/// A page that never exists.
pub(crate) struct Page(Infallible);

impl Page {
    pub(crate) fn address(&self) -> &str {
        match self.0 {}
    }

    pub(crate) async fn run(self, _: impl Future<Output = ()>) {
        match self.0 {}
    }
}

impl EmulatePageArgs {
    pub(crate) fn is_wanted(&self) -> bool {
        self.ui
    }

    pub(crate) async fn start(
        self,
        _: Arc<dyn EmulatorRoutes>,
        _: &Path,
        _: &Session,
    ) -> anyhow::Result<Option<Page>> {
        Ok(None)
    }
}
