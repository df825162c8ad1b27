//! Failed answers of Azure Resource Manager: decoded, without secrets, with their meaning and hint.

mod cure;
mod decoded;
mod envelope;
mod meaning;
pub(super) mod redact;

pub use self::{
    decoded::ArmFailure,
    meaning::{FailureKind, Unproven},
};
