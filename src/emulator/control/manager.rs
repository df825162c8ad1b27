//! What the functions of the control plane work with.

use std::sync::Arc;

use super::operations::Operations;
use crate::{ambient::Ambient, emulator::store::Store};

/// The model, and what is not in it: operations that are not over.
pub(in crate::emulator) struct ResourceManager {
    pub(super) store: Store,
    pub(super) operations: Operations,
    pub(super) ambient: Arc<dyn Ambient>,
}

impl ResourceManager {
    pub(in crate::emulator) fn new(store: Store, ambient: Arc<dyn Ambient>) -> Self {
        Self { store, operations: Operations::default(), ambient }
    }

    /// Ends the operations that are not over.
    pub(in crate::emulator) fn stop(&self) {
        self.operations.stop();
    }
}
