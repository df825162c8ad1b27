//! Carries out a `validate-jwt` policy.

use std::{borrow::Cow, collections::HashMap};

use hyper::{
    Request,
    header::{AUTHORIZATION, HeaderName},
};

use super::{
    claims::Claims,
    fault::TokenFault,
    verifier::{Seal, Token, Verifier, is_signed_with},
};
use crate::model::{TokenPlace, ValidateJwt, site_of_configuration};

/// The check of a policy, with its trusted issuers resolved.
pub(in crate::emulator::data) struct TokenCheck {
    rule: ValidateJwt,
    place: Position,
    /// Whether it trusts the key pair of this run: whether a site's configuration is among its OpenID configurations.
    trusts_sites: bool,
    issuers: Vec<String>,
}

enum Position {
    Header(HeaderName),
    QueryParameter(String),
}

impl TokenCheck {
    /// Resolves the issuers that a rule trusts; `None` if the rule reads the token from an invalid header name.
    ///
    /// `issuers` maps the host of each site to the issuer of its tokens. A configuration at any other address cannot be
    /// fetched here, so it adds no trusted issuer.
    pub(in crate::emulator::data) fn new(
        rule: ValidateJwt,
        issuers: &HashMap<Box<str>, String>,
    ) -> Option<Self> {
        let place = match &rule.token {
            TokenPlace::Header(name) => Position::Header(HeaderName::try_from(name).ok()?),
            TokenPlace::QueryParameter(name) => Position::QueryParameter(name.clone()),
        };
        let site = |url: &String| issuers.get(site_of_configuration(url)?.as_str());
        let published: Vec<&String> = rule.openid_configurations.iter().filter_map(site).collect();
        let trusts_sites = !published.is_empty();
        let issuers = rule.issuers.iter().chain(published).cloned().collect();
        Some(Self { rule, place, trusts_sites, issuers })
    }

    /// Admits a request, or returns the problem with its token.
    pub(in crate::emulator::data) async fn admit<B>(
        &self,
        request: &Request<B>,
        verifier: &Verifier,
        now: i64,
    ) -> Result<(), TokenFault> {
        let text = self.text(request).ok_or(TokenFault::NotPresent)?;
        let token = verifier.read(&text).await?;
        self.check_seal(&token, &text)?;
        self.check_lifetime(&token.claims, now)?;
        if !self.rule.audiences.is_empty() && !token.claims.is_for(&self.rule.audiences) {
            return Err(TokenFault::AudienceNotAllowed);
        }
        let is_trusted = |issuer: &str| self.issuers.iter().any(|trusted| trusted == issuer);
        let is_restricted = !self.issuers.is_empty() || !self.rule.openid_configurations.is_empty();
        if is_restricted && !token.claims.issuer().is_some_and(is_trusted) {
            return Err(TokenFault::IssuerNotAllowed);
        }
        token.claims.have(&self.rule.required_claims)
    }

    /// Returns the status and the message of a refusal.
    pub(in crate::emulator::data) fn refusal(&self, fault: &TokenFault) -> (u16, String) {
        let message = self.rule.failure_message.clone().unwrap_or_else(|| fault.to_string());
        (self.rule.failure_status.unwrap_or(401), message)
    }

    /// Returns the token of a request, without its scheme.
    fn text<'a, B>(&self, request: &'a Request<B>) -> Option<Cow<'a, str>> {
        let text = match &self.place {
            Position::Header(name) => Cow::Borrowed(request.headers().get(name)?.to_str().ok()?),
            Position::QueryParameter(name) => {
                let mut pairs = form_urlencoded::parse(request.uri().query()?.as_bytes());
                pairs.find(|(key, _)| key == name)?.1.into_owned().into()
            }
        };
        let (start, end) = self.within(&text)?;
        Some(match text {
            Cow::Borrowed(text) => Cow::Borrowed(&text[start..end]),
            Cow::Owned(text) => Cow::Owned(text[start..end].to_owned()),
        })
    }

    /// Returns the required scheme. The service checks it only in the `Authorization` header.
    fn scheme(&self) -> Option<&str> {
        match &self.place {
            Position::Header(name) if *name == AUTHORIZATION => self.rule.scheme.as_deref(),
            Position::Header(_) | Position::QueryParameter(_) => None,
        }
    }

    /// Returns the range of the token in a value: after the required scheme or, if none is required, after an optional
    /// one.
    fn within(&self, text: &str) -> Option<(usize, usize)> {
        let text = text.trim_end();
        let scheme = text.split_once(' ').map(|(scheme, _)| scheme);
        let fits = match (self.scheme(), scheme) {
            (Some(wanted), Some(scheme)) => scheme.eq_ignore_ascii_case(wanted),
            (Some(_), None) => false,
            (None, _) => true,
        };
        let behind = scheme.map_or(0, |scheme| scheme.len() + 1);
        let start = text.len() - text[behind..].trim_start().len();
        (fits && start < text.len()).then_some((start, text.len()))
    }

    fn check_seal(&self, token: &Token, text: &str) -> Result<(), TokenFault> {
        match token.seal {
            Seal::Unknown if self.rule.signing_secrets.iter().any(|it| is_signed_with(text, it.expose())) => {
                Ok(())
            }
            Seal::Site if self.trusts_sites => Ok(()),
            Seal::Missing if !self.rule.requires_signature => Ok(()),
            Seal::Missing => Err(TokenFault::Unsigned),
            Seal::Forged if self.trusts_sites => Err(TokenFault::SignatureInvalid),
            Seal::Site | Seal::Forged | Seal::Unknown => Err(TokenFault::KeyNotFound),
        }
    }

    fn check_lifetime(&self, claims: &Claims, now: i64) -> Result<(), TokenFault> {
        let skew = i64::try_from(self.rule.clock_skew).unwrap_or(i64::MAX);
        match claims.moment("exp") {
            None if self.rule.requires_expiration => return Err(TokenFault::NoExpiration),
            Some(expires) if now >= expires.saturating_add(skew) => return Err(TokenFault::Expired),
            None | Some(_) => {}
        }
        match claims.moment("nbf") {
            Some(begins) if begins > now.saturating_add(skew) => Err(TokenFault::NotYetValid),
            None | Some(_) => Ok(()),
        }
    }
}
