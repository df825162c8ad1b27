//! The claims of a token.

use serde_json::{Map, Value};

use super::fault::TokenFault;
use crate::model::{ClaimMatch, RequiredClaim};

/// The claims of one token.
pub(super) struct Claims(Map<String, Value>);

impl Claims {
    /// Parses claims; `None` unless they are a JSON object.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().map(Self)
    }

    /// Returns a time, in seconds since 1970; `None` if the claim is not a number of seconds.
    pub(super) fn moment(&self, name: &str) -> Option<i64> {
        let value = self.0.get(name)?;
        #[expect(clippy::cast_possible_truncation, reason = "a fraction of a second is of no account")]
        let from_fraction = || value.as_f64().map(|seconds| seconds as i64);
        value.as_i64().or_else(from_fraction)
    }

    pub(super) fn issuer(&self) -> Option<&str> {
        self.0.get("iss").and_then(Value::as_str)
    }

    /// Whether the token is for one of these audiences.
    pub(super) fn is_for(&self, audiences: &[String]) -> bool {
        let fits = |value: &Value| value.as_str().is_some_and(|it| audiences.iter().any(|known| known == it));
        match self.0.get("aud") {
            Some(Value::Array(several)) => several.iter().any(fits),
            Some(one) => fits(one),
            None => false,
        }
    }

    /// Checks that the token has all required claims.
    pub(super) fn have(&self, required: &[RequiredClaim]) -> Result<(), TokenFault> {
        let missing = required.iter().filter(|claim| !self.0.contains_key(&claim.name));
        let missing: Vec<String> = missing.map(|claim| claim.name.clone()).collect();
        if !missing.is_empty() {
            return Err(TokenFault::ClaimsMissing(missing));
        }
        match required.iter().find(|claim| !self.fits(claim)) {
            None => Ok(()),
            Some(claim) => {
                let (name, value) = (claim.name.clone(), self.values(claim).join(","));
                Err(TokenFault::ClaimNotAllowed { name, value })
            }
        }
    }

    fn fits(&self, claim: &RequiredClaim) -> bool {
        let values = self.values(claim);
        let mut wanted = claim.values.iter();
        match claim.matching {
            ClaimMatch::All => wanted.all(|wanted| values.contains(wanted)),
            ClaimMatch::Any => claim.values.is_empty() || wanted.any(|wanted| values.contains(wanted)),
        }
    }

    fn values(&self, claim: &RequiredClaim) -> Vec<String> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match (self.0.get(&claim.name), &claim.separator) {
            (None, _) => Vec::new(),
            (Some(Value::Array(several)), _) => several.iter().map(text).collect(),
            (Some(Value::String(one)), Some(separator)) => {
                one.split(separator.as_str()).map(|part| part.trim().to_owned()).collect()
            }
            (Some(one), _) => vec![text(one)],
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: &Value) -> Claims {
        Claims::parse(value.to_string().as_bytes()).unwrap()
    }

    fn required(name: &str, matching: ClaimMatch, values: &[&str]) -> RequiredClaim {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        RequiredClaim { name: name.to_owned(), matching, values, separator: None }
    }

    #[test]
    fn all_of_the_values_or_any_of_them() {
        let claims = claims(&json!({"roles": ["a", "b"], "level": 3}));
        let have = |claim| claims.have(&[claim]).is_ok();
        assert!(have(required("roles", ClaimMatch::All, &["b", "a"])));
        assert!(!have(required("roles", ClaimMatch::All, &["a", "c"])));
        assert!(have(required("roles", ClaimMatch::Any, &["c", "a"])));
        assert!(!have(required("roles", ClaimMatch::Any, &["c"])));
        assert!(have(required("level", ClaimMatch::All, &["3"])), "a number is compared as it is written");
        assert!(
            have(required("roles", ClaimMatch::All, &[])) && have(required("roles", ClaimMatch::Any, &[]))
        );
    }

    #[test]
    fn a_claim_that_is_one_text_is_split_where_the_policy_says() {
        let claims = claims(&json!({"scp": "read, write"}));
        let mut scope = required("scp", ClaimMatch::All, &["write"]);
        assert!(claims.have(std::slice::from_ref(&scope)).is_err());
        scope.separator = Some(",".to_owned());
        assert_eq!(claims.have(&[scope]), Ok(()));
    }

    #[test]
    fn missing_and_different_claims_are_reported_in_azures_words() {
        let claims = claims(&json!({"level": "low"}));
        let missing =
            claims.have(&[required("x", ClaimMatch::Any, &[]), required("y", ClaimMatch::Any, &[])]);
        let expected = "JWT is missing the following claims: x, y. Access denied.";
        assert_eq!(missing.unwrap_err().to_string(), expected);
        let differs = claims.have(&[required("level", ClaimMatch::Any, &["high"])]);
        assert_eq!(
            differs.unwrap_err().to_string(),
            "Claim level value of low is not allowed. Access denied."
        );
    }

    #[test]
    fn a_token_can_be_meant_for_several() {
        let wanted = ["x".to_owned()];
        assert!(claims(&json!({"aud": ["y", "x"]})).is_for(&wanted));
        assert!(!claims(&json!({"aud": "y"})).is_for(&wanted));
        assert!(!claims(&json!({})).is_for(&wanted));
    }
}
