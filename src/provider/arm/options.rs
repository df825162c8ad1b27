//! What a control plane over HTTP is made of.

use std::{fmt, sync::Arc, time::Duration};

use super::{ArmError, Budget, CredentialOptions, Credentials, Endpoint, Transport, Wait, clients};
use crate::ambient::Ambient;

/// What a control plane over HTTP is made of.
#[derive(Clone)]
pub struct ArmOptions {
    /// Where it is.
    pub endpoint: Endpoint,
    /// The environment, in which credentials are configured.
    pub variables: fn(&str) -> Option<String>,
    /// The time and chance.
    pub ambient: Arc<dyn Ambient>,
    /// How long everything that is asked of it may take together.
    pub limit: Duration,
    /// How much may be read, of all that the command reads.
    pub budget: Budget,
    /// Whether what it has only begun is waited for.
    pub wait: Wait,
    /// The Azure subscription that tokens are to be good for, if one is known: its id or name.
    pub subscription: Option<String>,
    /// What carries requests to Azure Resource Manager and to gateways, if not the network.
    pub transport: Option<Arc<dyn Transport>>,
}

impl fmt::Debug for ArmOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArmOptions").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl ArmOptions {
    pub(super) fn credentials(&self) -> Result<Credentials, ArmError> {
        let (endpoint, variables) = (&self.endpoint, self.variables);
        let http = clients::for_tokens;
        let ambient = Arc::clone(&self.ambient);
        let subscription = self.subscription.clone();
        let options = CredentialOptions { kind: None, endpoint, http, variables, ambient, subscription };
        Ok(Credentials::new(&options)?)
    }
}
