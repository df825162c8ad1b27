//! The state that the functions of the control plane share.

use std::sync::Arc;

use super::{activity::ActivityLog, emptied::EmptiedScopes, operations::Operations};
use crate::{ambient::Ambient, emulator::store::Store};

/// The model, and the state that is not part of it.
pub(in crate::emulator) struct ResourceManager {
    pub(super) store: Store,
    pub(super) operations: Operations,
    pub(super) activity: ActivityLog,
    pub(super) emptied: EmptiedScopes,
    pub(super) ambient: Arc<dyn Ambient>,
}

impl ResourceManager {
    pub(in crate::emulator) fn new(store: Store, ambient: Arc<dyn Ambient>) -> Self {
        Self {
            store,
            operations: Operations::default(),
            activity: ActivityLog::default(),
            emptied: EmptiedScopes::default(),
            ambient,
        }
    }

    /// Stops the operations in progress.
    pub(in crate::emulator) fn stop(&self) {
        self.operations.stop();
    }
}
