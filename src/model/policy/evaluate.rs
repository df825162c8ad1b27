//! The outcome of a check for a request.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    doubt::Doubt,
    facts::{Facts, may_mean},
    request::{Expiry, Issuer, Outcome, Request, Signer, Token, own_issuer},
    validate_jwt::{Check, ClaimMatch, Part, RequiredClaim, is_plain},
    verdict::{Closing, MOST_SKEW},
};
use crate::model::Hostname;

/// The input of a judgement.
pub(super) struct Scene<'a> {
    pub(super) site: &'a Hostname,
    /// Every host of the gateway: an audience with one of them may be that of the site's tokens.
    pub(super) gateways: &'a [String],
    /// Every secret of the policy.
    pub(super) secrets: Vec<&'a [u8]>,
    /// Whether some check reads the site's header.
    pub(super) reads_site_header: bool,
    /// The facts about the checks, by the numbers of their elements; empty if only a few requests are simulated.
    pub(super) facts: BTreeMap<usize, Facts<'a>>,
}

impl Check {
    /// Whether it is proven that only requests with a valid token of the site pass.
    pub(super) fn is_strict(&self, site: &Hostname) -> bool {
        let facts = Facts::of(self, site, &[], &BTreeSet::new());
        self.doubts.is_empty()
            && facts.doubts.is_empty()
            && facts.trusts_site
            && facts.others.is_empty()
            && self.rule.signing_secrets.is_empty()
            && self.rule.requires_signature
            && self.rule.requires_expiration
            && self.rule.clock_skew <= MOST_SKEW
            && facts.foreign.is_empty()
    }

    /// Returns the outcome for a request.
    pub(super) fn outcome(&self, request: &Request, scene: &Scene<'_>) -> Outcome {
        match scene.facts.get(&self.element) {
            Some(facts) => self.outcome_by(facts, request, scene),
            None => self.outcome_by(
                &Facts::of(self, scene.site, scene.gateways, &BTreeSet::new()),
                request,
                scene,
            ),
        }
    }

    fn outcome_by(&self, facts: &Facts<'_>, request: &Request, scene: &Scene<'_>) -> Outcome {
        let unclear = self.doubts_about(&[Part::Whole]);
        if !unclear.is_empty() {
            return Outcome::Unknown(unclear);
        }
        match request {
            Request::Bare => Outcome::Refused(vec![]),
            Request::Site(_) if !self.rule.token.is_of_sites() => {
                let place = self.rule.token.name().to_owned();
                // Visitors may send their own token in this place, if another check reads the site's token.
                if scene.reads_site_header {
                    Outcome::Unknown(vec![Doubt::OtherToken(place)])
                } else {
                    Outcome::Refused(vec![Closing::OtherPlace(place)])
                }
            }
            Request::Site(token) | Request::Forged(token) => self.token_outcome(facts, token, scene),
        }
    }

    fn token_outcome(&self, facts: &Facts<'_>, token: &Token, scene: &Scene<'_>) -> Outcome {
        let audience = facts.audiences.get(&token.audience).cloned();
        let parts = [
            self.key(facts, token, scene),
            self.issuer(facts, token, scene.site),
            audience.unwrap_or_else(|| self.audience(token.audience.as_deref(), scene.gateways)),
            self.expiry(token),
            self.computed(),
        ];
        let claims = self.rule.required_claims.iter().map(|claim| required(claim, token, scene.gateways));
        Outcome::all(parts.into_iter().chain(claims))
    }

    /// An expression that fails ends the request, so a check that has one is not proven to accept any.
    fn computed(&self) -> Outcome {
        let is_computed = |doubt: &Doubt| matches!(doubt, Doubt::Expression(_));
        let doubts = self.doubts.iter().map(|(_, doubt)| doubt).filter(|doubt| is_computed(doubt));
        Outcome::unless(doubts.cloned().collect(), Outcome::Passes)
    }

    fn key(&self, facts: &Facts<'_>, token: &Token, scene: &Scene<'_>) -> Outcome {
        let others = &facts.others;
        let is_known = match &token.signer {
            Signer::Unsigned => {
                let refusal = Outcome::of(!self.rule.requires_signature, || Closing::NoKeys);
                return Outcome::unless(self.doubts_about(&[Part::Signature]), refusal);
            }
            Signer::Secret(at) => self
                .rule
                .signing_secrets
                .iter()
                .any(|secret| Some(&secret.expose()) == scene.secrets.get(*at)),
            Signer::Publisher(url) => others.contains(&url.as_str()),
            Signer::Site => facts.trusts_site,
        };
        if is_known {
            return Outcome::Passes;
        }
        let mut doubts = facts.doubts_about(self, &[Part::Configurations, Part::Keys]);
        if token.signer == Signer::Site {
            doubts.extend(others.first().map(|url| Doubt::KeysElsewhere((*url).to_owned())));
        }
        Outcome::unless(doubts, Outcome::Refused(vec![Closing::NoKeys]))
    }

    fn issuer(&self, facts: &Facts<'_>, token: &Token, site: &Hostname) -> Outcome {
        let others = &facts.others;
        let mut doubts = facts.doubts_about(self, &[Part::Configurations, Part::Issuers]);
        let name = match &token.issuer {
            Issuer::OfPublisher(url) if others.contains(&url.as_str()) => return Outcome::Passes,
            Issuer::OfPublisher(_) => {
                return Outcome::unless(doubts, Outcome::Refused(vec![Closing::OtherIssuer(vec![])]));
            }
            Issuer::Named(name) => name,
        };
        let rule = &self.rule;
        let unrestricted = rule.issuers.is_empty() && rule.openid_configurations.is_empty();
        let is_own = *name == own_issuer(site);
        if unrestricted || is_own && facts.trusts_site || rule.issuers.contains(name) {
            return Outcome::Passes;
        }
        doubts.extend(others.first().map(|url| Doubt::KeysElsewhere((*url).to_owned())));
        doubts.extend(facts.similar.filter(|_| is_own).map(|issuer| Doubt::Issuer(issuer.to_owned())));
        Outcome::unless(doubts, Outcome::Refused(vec![Closing::OtherIssuer(rule.issuers.clone())]))
    }

    fn expiry(&self, token: &Token) -> Outcome {
        let (holds, part) = match token.expiry {
            Expiry::Later => return Outcome::Passes,
            Expiry::Never => (!self.rule.requires_expiration, Part::Expiration),
            Expiry::LongAgo => (self.rule.clock_skew > MOST_SKEW, Part::ClockSkew),
        };
        Outcome::unless(self.doubts_about(&[part]), Outcome::of(holds, || Closing::Expired))
    }
}

/// Whether a token has a claim. Of a site's tokens, only the issuer, audience and time claims are known.
pub(super) fn required(claim: &RequiredClaim, token: &Token, gateways: &[String]) -> Outcome {
    let unknown = || Outcome::Unknown(vec![Doubt::Claim(claim.name.clone())]);
    if !is_plain(&claim.name) {
        return unknown();
    }
    let is_free = matches!(token.signer, Signer::Unsigned | Signer::Secret(_) | Signer::Publisher(_))
        || matches!(token.expiry, Expiry::Never | Expiry::LongAgo);
    let known = match (claim.name.as_str(), &token.issuer, &token.audience) {
        ("iss", Issuer::Named(name), _) => Some(name),
        ("aud", _, Some(audience)) => Some(audience),
        ("exp", _, _) if token.expiry == Expiry::Never => {
            return Outcome::Refused(vec![Closing::Claim(claim.name.clone())]);
        }
        ("exp" | "nbf" | "iat", _, _) if claim.values.is_empty() => return Outcome::Passes,
        ("iss" | "aud" | "exp" | "nbf" | "iat", _, _) => None,
        (_, Issuer::Named(_) | Issuer::OfPublisher(_), _) if is_free && token.signer != Signer::Site => {
            return Outcome::Passes;
        }
        (_, Issuer::Named(_) | Issuer::OfPublisher(_), _) => None,
    };
    let Some(known) = known.filter(|_| claim.separator.is_none()) else {
        return unknown();
    };
    let is_audience = claim.name == "aud" && token.signer == Signer::Site;
    // A value that is stored elsewhere may be the claim's, like an audience in another spelling.
    let may_fit = |value: &String| {
        !is_plain(value) || is_audience && may_mean(value, known, gateways) || value == known
    };
    let (fits, may_fit) = match claim.matching {
        ClaimMatch::All => {
            (claim.values.iter().all(|value| value == known), claim.values.iter().all(may_fit))
        }
        ClaimMatch::Any => {
            (claim.values.is_empty() || claim.values.contains(known), claim.values.iter().any(may_fit))
        }
    };
    if !fits && may_fit {
        return unknown();
    }
    Outcome::of(fits, || Closing::Claim(claim.name.clone()))
}
