//! The tokens that a site's edge signs and a gateway verifies.

mod check;
mod claims;
mod fault;
mod minted;
pub(super) mod signer;
mod verifier;

pub(super) use self::{check::TokenCheck, minted::Minted, signer::Keyring, verifier::Verifier};
