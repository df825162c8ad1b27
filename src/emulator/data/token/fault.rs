//! The reasons for which a token is rejected.
//!
//! Where Azure's documentation gives the message, it is used here. Where it says only that the message is that of
//! Microsoft's token library, the matching message of that library is used.

/// Why a token is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::emulator::data) enum TokenFault {
    /// There is no token, or none after the required scheme.
    #[error("JWT not present.")]
    NotPresent,
    /// The text is not a token.
    #[error("Invalid JWT.")]
    Malformed,
    /// It has no signature.
    #[error("IDX10504: Unable to validate signature, token does not have a signature. Access denied.")]
    Unsigned,
    /// The signature does not match the key that the token names.
    #[error("IDX10511: Signature validation failed. Access denied.")]
    SignatureInvalid,
    /// The key or the algorithm that it names is not trusted here.
    #[error("IDX10503: Signature validation failed. The token's key was not found. Access denied.")]
    KeyNotFound,
    /// Its audience is not an allowed one.
    #[error("IDX10214: Audience validation failed. Access denied.")]
    AudienceNotAllowed,
    /// Its issuer is not an allowed one.
    #[error("IDX10205: Issuer validation failed. Access denied.")]
    IssuerNotAllowed,
    /// It has no expiration time.
    #[error("IDX10225: Lifetime validation failed. The token is missing an Expiration Time. Access denied.")]
    NoExpiration,
    /// It is not valid yet.
    #[error("IDX10222: Lifetime validation failed. The token is not yet valid. Access denied.")]
    NotYetValid,
    /// It is no longer valid.
    #[error("IDX10223: Lifetime validation failed. The token is expired. Access denied.")]
    Expired,
    /// Required claims are missing.
    #[error("JWT is missing the following claims: {}. Access denied.", .0.join(", "))]
    ClaimsMissing(Vec<String>),
    /// A claim has a value that is not allowed.
    #[error("Claim {name} value of {value} is not allowed. Access denied.")]
    ClaimNotAllowed {
        /// The claim.
        name: String,
        /// Its value.
        value: String,
    },
}
