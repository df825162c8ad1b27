//! What can be wrong with a token.
//!
//! Where Azure's pages give the words, these are the words. Where they say only that the text is that of
//! Microsoft's token library, it is the line of that library that fits.

/// Why a token is not let in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::emulator::data) enum TokenFault {
    /// There is none, or none behind the scheme that is asked for.
    #[error("JWT not present.")]
    NotPresent,
    /// It is no token.
    #[error("Invalid JWT.")]
    Malformed,
    /// It bears no signature.
    #[error("IDX10504: Unable to validate signature, token does not have a signature. Access denied.")]
    Unsigned,
    /// Its signature is not that of the key that it names.
    #[error("IDX10511: Signature validation failed. Access denied.")]
    SignatureInvalid,
    /// It names a key, or a way of signing, that is not trusted here.
    #[error("IDX10503: Signature validation failed. The token's key was not found. Access denied.")]
    KeyNotFound,
    /// It is meant for somebody else.
    #[error("IDX10214: Audience validation failed. Access denied.")]
    AudienceNotAllowed,
    /// Somebody else has issued it.
    #[error("IDX10205: Issuer validation failed. Access denied.")]
    IssuerNotAllowed,
    /// It does not say when it expires.
    #[error("IDX10225: Lifetime validation failed. The token is missing an Expiration Time. Access denied.")]
    NoExpiration,
    /// It is not valid yet.
    #[error("IDX10222: Lifetime validation failed. The token is not yet valid. Access denied.")]
    NotYetValid,
    /// It is no longer valid.
    #[error("IDX10223: Lifetime validation failed. The token is expired. Access denied.")]
    Expired,
    /// It lacks claims.
    #[error("JWT is missing the following claims: {}. Access denied.", .0.join(", "))]
    ClaimsMissing(Vec<String>),
    /// A claim of it has another value than it may have.
    #[error("Claim {name} value of {value} is not allowed. Access denied.")]
    ClaimNotAllowed {
        /// The claim.
        name: String,
        /// Its value.
        value: String,
    },
}
