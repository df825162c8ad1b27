//! The known results of the earlier attempts of a request that is sent again; pure.

use super::{call::Call, retry::Cause};
use crate::{diagnosis::Diagnose as _, provider::arm::ArmError};

/// The known results of the earlier attempts of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Earlier {
    /// None of them was carried out, or there were none.
    Refused,
    /// One of them may have been carried out: its answer was lost.
    Lost,
}

impl Earlier {
    /// Adds an attempt that failed.
    pub(super) fn and(self, cause: &Cause, error: &ArmError) -> Self {
        let lost = match cause {
            Cause::Broken { sent } => *sent,
            Cause::Later { .. } | Cause::Busy { .. } | Cause::Final => !error.is_answered(),
        };
        if lost { Self::Lost } else { self }
    }

    /// Returns the error of the last attempt. The refusal of a change does not show that an earlier attempt was refused.
    pub(super) fn in_view_of(self, call: &Call, error: ArmError) -> ArmError {
        match self {
            Self::Lost if call.changes() && error.is_answered() => {
                ArmError::AfterLostAnswer { source: Box::new(error) }
            }
            Self::Lost | Self::Refused => error,
        }
    }
}
