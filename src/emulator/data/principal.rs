//! The signed-in user of a site: a principal for tests, in an unsigned cookie that any client can write.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hyper::{HeaderMap, header::COOKIE};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::model::hex;

/// The cookie in which a static site stores the signed-in user.
pub(in crate::emulator::data) const COOKIE_NAME: &str = "StaticWebAppsAuthCookie";

/// The signed-in user, in the form in which a site passes it to its API.
pub(in crate::emulator::data) struct Principal {
    known: ClientPrincipal,
    encoded: String,
}

/// A principal in its JSON form.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientPrincipal {
    identity_provider: String,
    user_id: String,
    user_details: String,
    #[serde(default)]
    user_roles: Vec<String>,
}

impl Principal {
    /// Creates the user of this name, with the roles that every user has and the given roles.
    pub(in crate::emulator::data) fn new(
        identity_provider: &str,
        user_details: &str,
        roles: &[String],
    ) -> Self {
        let mut user_roles = vec!["anonymous".to_owned(), "authenticated".to_owned()];
        user_roles.extend(
            roles.iter().filter(|role| !["anonymous", "authenticated"].contains(&role.as_str())).cloned(),
        );
        Self::of(ClientPrincipal {
            identity_provider: identity_provider.to_owned(),
            user_id: user_id(identity_provider, user_details),
            user_details: user_details.to_owned(),
            user_roles,
        })
    }

    /// Returns the user in the cookie of a request.
    pub(in crate::emulator::data) fn of_request(headers: &HeaderMap) -> Option<Self> {
        let cookies = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = pairs.find(|(name, _)| *name == COOKIE_NAME)?;
        let json = BASE64_STANDARD.decode(value.trim_matches('"')).ok()?;
        serde_json::from_slice(&json).ok().map(Self::of)
    }

    fn of(known: ClientPrincipal) -> Self {
        let json = serde_json::to_vec(&known).expect("texts are JSON");
        Self { known, encoded: BASE64_STANDARD.encode(json) }
    }

    /// Returns the principal in Base64, as headers, cookies and tokens contain it.
    pub(in crate::emulator::data) fn encoded(&self) -> &str {
        &self.encoded
    }

    /// Whether the user has a role. Every user has the two built-in roles.
    pub(in crate::emulator::data) fn has_role(&self, role: &str) -> bool {
        ["anonymous", "authenticated"].contains(&role) || self.known.user_roles.iter().any(|own| own == role)
    }

    /// Returns the id of the user.
    pub(in crate::emulator::data) fn user_id(&self) -> &str {
        &self.known.user_id
    }

    /// Returns the principal as JSON.
    pub(in crate::emulator::data) fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(&self.known).expect("texts are JSON")
    }
}

/// Returns 32 digits, always the same for the same user.
fn user_id(identity_provider: &str, user_details: &str) -> String {
    let digest = Sha256::digest(format!("{identity_provider}\n{user_details}"));
    hex(&digest[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_signed_in_is_found_again_in_the_cookie() {
        let principal = Principal::new("github", "mona", &["admin".to_owned(), "anonymous".to_owned()]);
        let mut headers = HeaderMap::new();
        let cookies = format!("a=b; {COOKIE_NAME}={}", principal.encoded());
        headers.insert(COOKIE, cookies.parse().unwrap());
        let found = Principal::of_request(&headers).unwrap();
        assert_eq!(found.encoded(), principal.encoded());
        assert_eq!(found.known.user_roles, ["anonymous", "authenticated", "admin"]);
        assert_eq!(found.user_id().len(), 32);
    }

    #[test]
    fn a_malformed_cookie_signs_in_no_user() {
        for cookie in ["StaticWebAppsAuthCookie=@", "StaticWebAppsAuthCookie=e30=", "other=1"] {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, cookie.parse().unwrap());
            assert!(Principal::of_request(&headers).is_none(), "{cookie}");
        }
    }
}
