//! `swa-apim emulate`

use std::sync::Arc;

use clap::Args;

use super::emulate_page::EmulatePageArgs;
use crate::{
    cli::{
        args::emulator::{AccessArgs, ServedArgs, SwitchArgs, TlsArgs},
        serving,
        session::Session,
    },
    diagnosis::ExitCode,
    emulator::{Emulator, EmulatorOptions, Recorded},
    report::EmulatorReport,
    workflow::{UsageError, model},
};

/// Serve a model over HTTP as Azure does
///
/// Serves Azure Resource Manager, the edges of the sites and the gateways of the services. When the emulator is
/// ready, it prints one line of JSON with its addresses; port 0 selects a free port. It serves requests until it is
/// interrupted, and then exits with 130. The Azure SDKs, the Azure CLI and swa-apim can use it. Several emulators and
/// commands can use the same model at the same time. The content of a site follows its staticwebapp.config.json.
/// Without --token, every access token is accepted.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim emulate --sample\n  swa-apim emulate --model control-plane.json --content shop-web=./dist\n  swa-apim emulate --listen 127.0.0.1:0 --data-plane 127.0.0.1:0 --log json\n  swa-apim emulate --sample --ui\n\nFaults, throttling, delays and slow operations: swa-apim emulate --help"
)]
pub(crate) struct EmulateArgs {
    #[command(flatten)]
    served: ServedArgs,
    #[command(flatten)]
    page: EmulatePageArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    tls: TlsArgs,
    #[command(flatten)]
    switches: SwitchArgs,
}

pub(crate) async fn run(args: EmulateArgs, cx: &'static Session) -> anyhow::Result<ExitCode> {
    let (EmulateArgs { served, page, access, tls, switches }, ui) = (args, &cx.ui);
    served.check()?;
    switches.check(access.admin())?;
    if page.is_wanted() && cfg!(not(feature = "ui")) {
        let error = UsageError::new("`--ui` is not available: this build of swa-apim has no page");
        return Err(error
            .hint("remove `--ui`, or install the complete program: `cargo install swa-apim`")
            .into());
    }
    serving::keep_out_of_core_files();
    access.warning().into_iter().for_each(|warning| ui.say(warning));
    let model = model::served(&cx.work, |missing| {
        let missing = missing.display();
        ui.say(&format!("the model `{missing}` does not exist; the emulator starts with an empty one"));
    })?;
    let emulator = Emulator::start(EmulatorOptions {
        model: model.clone(),
        lock_wait: cx.work.deadline().lock_wait(),
        control: served.listen,
        data: served.data_plane,
        remote: access.remote(),
        admin: access.admin(),
        connections: access.connections(),
        names: access.allow_host,
        token: access.token,
        traffic: if page.is_wanted() { Recorded::Always } else { Recorded::IfReadable },
        content: served.content,
        tls: tls.options(),
        switches: switches.switches(),
        log: served.log,
        write: Box::new(|line| ui.tell_line(line)),
        ambient: Arc::clone(cx.work.ambient()),
    })
    .await?;
    let page = page.start(emulator.own_routes(), &model, cx).await?;
    let address = page.as_ref().map(|page| page.address().to_owned());
    ui.print_json_line(&EmulatorReport::new(emulator.control_plane(), emulator.data_plane(), address))?;
    let serve = Box::pin(emulator.run(cx.interrupt.when_asked()));
    let serve_page = async {
        if let Some(page) = page {
            page.run(cx.interrupt.when_asked()).await;
        }
    };
    serving::until_interrupted(serve, Box::pin(serve_page), cx).await;
    Ok(ExitCode::Interrupted)
}
