//! Clients and credentials that several control planes use one after the other.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use super::{ArmError, Credentials, http::clients::Clients};

/// The endpoint with the scope and the authority of its tokens, and the Azure subscription that they must be valid for.
pub(super) type Place = ([String; 3], Option<String>);

/// The connections and the credentials of a program, which it keeps as long as it runs.
///
/// Control planes for the same endpoint and Azure subscription share them: a token is fetched once, and again before it
/// expires.
#[derive(Clone, Default)]
pub struct Connections(Arc<Mutex<BTreeMap<Place, Connection>>>);

/// The connections to one endpoint, and the credentials for it.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) clients: Clients,
    pub(super) credentials: Arc<Credentials>,
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").finish_non_exhaustive()
    }
}

impl Connections {
    /// The connection to a place, which is created if it is not known, and kept from now on.
    pub(super) fn of(
        &self,
        place: Place,
        clients: impl FnOnce() -> Result<Clients, ArmError>,
        credentials: impl FnOnce() -> Result<Credentials, ArmError>,
    ) -> Result<Connection, ArmError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.get(&place);
        let clients = known.map_or_else(clients, |known| Ok(known.clients.clone()))?;
        // A token that the user gave is read again, because that reports when it has expired.
        let credentials = match known.filter(|known| !known.credentials.are_given()) {
            Some(known) => Arc::clone(&known.credentials),
            None => Arc::new(credentials()?),
        };
        let connection = Connection { clients, credentials };
        kept.insert(place, connection.clone());
        Ok(connection)
    }
}
