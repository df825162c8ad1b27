//! A workspace that may be changed.

use std::ops::Deref;

use crate::{
    provider::{ControlPlane, WriteAccess},
    workflow::{plane::Plane, workspace::Workspace},
};

/// A workspace, and the permission to change what it opens.
#[derive(Clone, Copy)]
pub(super) struct Writing<'a> {
    pub(super) work: &'a Workspace,
    pub(super) access: WriteAccess,
}

impl Deref for Writing<'_> {
    type Target = Workspace;

    fn deref(&self) -> &Workspace {
        self.work
    }
}

impl Writing<'_> {
    /// The control plane, for changes.
    pub(super) fn on(self, plane: &Plane) -> &dyn ControlPlane {
        plane.for_changes(self.access)
    }
}
