//! The settings of a control plane over HTTP.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    ArmError, Budget, CredentialOptions, Credentials, Endpoint, Transport, Wait,
    connections::{Connection, Connections},
    http::{
        clients::{self, Clients},
        reach::Surroundings,
    },
};
use crate::ambient::Ambient;

/// The settings of a control plane over HTTP.
#[derive(Clone)]
pub struct ArmOptions {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Reads an environment variable. Credentials are configured there.
    pub variables: fn(&str) -> Option<String>,
    /// The clock and the source of random numbers.
    pub ambient: Arc<dyn Ambient>,
    /// How long all requests may take together.
    pub limit: Duration,
    /// How much may be read; the command's control planes share it.
    pub budget: Budget,
    /// Whether the program waits for long-running operations.
    pub wait: Wait,
    /// The Azure subscription that tokens must be valid for, if one is known: its id or name.
    pub azure_subscription: Option<String>,
    /// Carries requests to Azure Resource Manager and to gateways. The default is the network.
    pub transport: Option<Arc<dyn Transport>>,
    /// The connections and credentials that this control plane shares with other control planes.
    pub connections: Connections,
}

impl fmt::Debug for ArmOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArmOptions").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl ArmOptions {
    /// The clients and the credentials for these options.
    pub(super) fn connection(&self) -> Result<Connection, ArmError> {
        let endpoint = &self.endpoint;
        let texts = [endpoint.base().as_str(), endpoint.scope(), endpoint.authority().as_str()];
        let named = self.azure_subscription.as_ref().map(|named| named.to_ascii_lowercase());
        let place = (texts.map(str::to_owned), named);
        self.connections.of(place, || self.clients(), || self.credentials())
    }

    fn clients(&self) -> Result<Clients, ArmError> {
        match &self.transport {
            Some(given) => Ok(Clients { arm: Arc::clone(given), gateway: Arc::clone(given) }),
            None => Clients::new(&self.endpoint, Surroundings { variables: self.variables }),
        }
    }

    fn credentials(&self) -> Result<Credentials, ArmError> {
        let (endpoint, variables) = (&self.endpoint, self.variables);
        let http = clients::for_tokens;
        let ambient = Arc::clone(&self.ambient);
        let azure_subscription = self.azure_subscription.clone();
        let options =
            CredentialOptions { kind: None, endpoint, http, variables, ambient, azure_subscription };
        Ok(Credentials::new(&options)?)
    }
}
