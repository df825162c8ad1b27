//! The emulator that the envs of a configuration are on.

use std::sync::Arc;

pub use crate::provider::emulated::{
    CallAnswer, EmulatedSite, EmulatorControls, EmulatorRoutes, EmulatorView, Exchange, ExchangeState,
    HopOutcome, HopPlace, OwnRouteError, SiteCall, TraceHop, Traffic,
};
use crate::{
    config::{EnvSettings, ProviderKind},
    provider::arm::EmulatorOverHttp,
    workflow::{Result, Workspace},
};

/// The own routes of the emulator at the first endpoint on this machine, if an env has one. An emulator serves them
/// only to this machine, so no other endpoint is asked.
///
/// # Errors
///
/// If an endpoint is not valid, or the certificates of this machine cannot be read.
pub fn emulator_of(work: &Workspace, envs: &[EnvSettings]) -> Result<Option<Arc<dyn EmulatorRoutes>>> {
    for env in envs.iter().filter(|env| env.provider.value == ProviderKind::Arm && env.endpoint.is_some()) {
        let endpoint = work.endpoint(env.cloud.value, env.endpoint.as_ref())?;
        if endpoint.is_loopback() {
            return Ok(Some(Arc::new(EmulatorOverHttp::new(endpoint, work.options().variables)?)));
        }
    }
    Ok(None)
}
