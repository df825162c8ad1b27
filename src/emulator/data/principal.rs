//! Who is signed in at a site: a principal for tests, kept in a cookie that anybody can write.

use std::fmt::Write as _;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hyper::{HeaderMap, header::COOKIE};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The cookie that a static site keeps who is signed in.
pub(in crate::emulator::data) const COOKIE_NAME: &str = "StaticWebAppsAuthCookie";

/// Who is signed in, as a site tells its API.
pub(in crate::emulator::data) struct Principal {
    known: ClientPrincipal,
    encoded: String,
}

/// A principal as JSON has it.
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
    /// Who signs in by this name, with the roles that everybody has and those given.
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

    /// Who the cookie of a request says is signed in.
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

    /// The principal in base64, as it goes into a header, a cookie and a token.
    pub(in crate::emulator::data) fn encoded(&self) -> &str {
        &self.encoded
    }

    /// Whether the user has a role. Every user has the two that are built in.
    pub(in crate::emulator::data) fn has_role(&self, role: &str) -> bool {
        ["anonymous", "authenticated"].contains(&role) || self.known.user_roles.iter().any(|own| own == role)
    }

    /// The id of the user.
    pub(in crate::emulator::data) fn user_id(&self) -> &str {
        &self.known.user_id
    }

    /// The principal as JSON.
    pub(in crate::emulator::data) fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(&self.known).expect("texts are JSON")
    }
}

/// 32 digits, always the same for the same user.
fn user_id(identity_provider: &str, user_details: &str) -> String {
    let digest = Sha256::digest(format!("{identity_provider}\n{user_details}"));
    digest[..16].iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
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
    fn a_cookie_that_makes_no_sense_signs_nobody_in() {
        for cookie in ["StaticWebAppsAuthCookie=@", "StaticWebAppsAuthCookie=e30=", "other=1"] {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, cookie.parse().unwrap());
            assert!(Principal::of_request(&headers).is_none(), "{cookie}");
        }
    }
}
