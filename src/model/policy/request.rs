//! Simulated requests, and the outcome of a check for each: accepted, rejected, or not determined by its text.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    doubt::Doubt,
    validate_jwt::{Check, ClaimMatch, RequiredClaim, TokenPlace},
    verdict::{Closing, MOST_SKEW},
};
use crate::model::{
    Hostname,
    address::{Owner, https_host, is_issuer_of_a_site, site_of_configuration},
};

/// The header in which a site sends its token.
pub(super) const TOKEN_HEADER: &str = "X-MS-AUTH-TOKEN";

/// The signer of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Signer {
    /// The site, with the key that its configuration publishes.
    Site,
    /// No signer: the token has no signature.
    Unsigned,
    /// The holder of a secret, by its index among all secrets of the policy.
    Secret(usize),
    /// The party that publishes its keys at this URL.
    Publisher(String),
}

/// The issuer that a token names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Issuer {
    /// This issuer.
    Named(String),
    /// The issuer in the OpenID configuration at this URL.
    OfPublisher(String),
}

/// The expiry of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expiry {
    /// In the future.
    Later,
    /// The token has no expiry.
    Never,
    /// In the past, by more than the maximum clock difference.
    LongAgo,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) signer: Signer,
    pub(super) issuer: Issuer,
    /// `None` if it is unknown.
    pub(super) audience: Option<String>,
    pub(super) expiry: Expiry,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// Without a token.
    Bare,
    /// A request of the site, with its token in [`TOKEN_HEADER`] only.
    Site(Token),
    /// A request with this token in every place from which a check reads one.
    Forged(Token),
}

/// The outcome for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Passes,
    Refused(Vec<Closing>),
    Unknown(Vec<Doubt>),
}

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

/// The facts about a check, relative to a site. URLs are parsed only once, and not for each request.
pub(super) struct Facts<'a> {
    /// The parts of the check that prove nothing.
    pub(super) doubts: Vec<Doubt>,
    pub(super) trusts_site: bool,
    /// The URLs at which other parties publish keys that the check trusts.
    pub(super) others: Vec<&'a str>,
    /// Issuers that are certainly another party than the site.
    pub(super) foreign: Vec<&'a str>,
    /// A different issuer at the site's host.
    similar: Option<&'a str>,
    /// The outcomes for tokens with these audiences.
    audiences: BTreeMap<Option<String>, Outcome>,
}

impl TokenPlace {
    /// Whether a site sends its token in this place.
    pub(super) fn is_of_sites(&self) -> bool {
        matches!(self, Self::Header(name) if name.eq_ignore_ascii_case(TOKEN_HEADER))
    }

    /// Returns the name of the header or parameter.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Header(name) | Self::QueryParameter(name) => name,
        }
    }
}

/// The party that a URL or a name refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Party {
    /// The site or, for audiences, the gateway.
    Own,
    /// Certainly another party.
    Other,
    Unclear,
}

/// Returns the party that `text` refers to, relative to `host`. If some parser may read the text as that host, it is
/// not another party.
fn party(text: &str, host: &Hostname) -> Party {
    let is_plain = |it: u8| (it.is_ascii_graphic() || it == b' ') && !matches!(it, b'%' | b'\\');
    match Owner::of(text, host) {
        Owner::Site => Party::Own,
        Owner::Other(host) if !host.contains('%') => Party::Other,
        Owner::Unclear
            if text.bytes().all(is_plain) && !text.to_ascii_lowercase().contains(host.as_str()) =>
        {
            Party::Other
        }
        Owner::Other(_) | Owner::Unclear => Party::Unclear,
    }
}

/// Returns the party whose keys are published at a URL. Whether another host also publishes the site's keys is unknown.
fn publisher(url: &str, site: &Hostname) -> Party {
    if site_of_configuration(url).as_ref() == Some(site) {
        return Party::Own;
    }
    match Owner::of(url, site) {
        Owner::Other(host) if !host.contains('%') => Party::Other,
        Owner::Other(_) | Owner::Site | Owner::Unclear => Party::Unclear,
    }
}

impl<'a> Facts<'a> {
    /// Returns the facts about `check`, relative to the site at `site` and to tokens with some `audiences`.
    pub(super) fn of(
        check: &'a Check,
        site: &Hostname,
        gateways: &[String],
        audiences: &BTreeSet<Option<String>>,
    ) -> Self {
        let outcome =
            |audience: &Option<String>| (audience.clone(), check.audience(audience.as_deref(), gateways));
        let mut facts = Self {
            doubts: check.doubts.clone(),
            trusts_site: false,
            others: Vec::new(),
            foreign: Vec::new(),
            similar: None,
            audiences: audiences.iter().map(outcome).collect(),
        };
        for url in &check.rule.openid_configurations {
            match publisher(url, site) {
                Party::Own => facts.trusts_site = true,
                Party::Other => facts.others.push(url),
                Party::Unclear => facts.doubts.push(Doubt::KeysElsewhere(url.clone())),
            }
        }
        for issuer in &check.rule.issuers {
            match party(issuer, site) {
                Party::Own if is_issuer_of_a_site(issuer) => facts.similar = facts.similar.or(Some(issuer)),
                Party::Other => facts.foreign.push(issuer),
                // A different issuer at the site's host is not the issuer of the site's tokens.
                Party::Own | Party::Unclear => facts.doubts.push(Doubt::Issuer(issuer.clone())),
            }
        }
        facts
    }
}

impl Check {
    pub(super) fn trusts_site(&self, site: &Hostname) -> bool {
        self.rule.openid_configurations.iter().any(|url| publisher(url, site) == Party::Own)
    }

    /// Whether it is proven that only requests with a valid token of the site pass.
    pub(super) fn is_strict(&self, site: &Hostname) -> bool {
        let facts = Facts::of(self, site, &[], &BTreeSet::new());
        facts.doubts.is_empty()
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
        if !facts.doubts.is_empty() {
            return Outcome::Unknown(facts.doubts.clone());
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
        ];
        let claims = self.rule.required_claims.iter().map(|claim| required(claim, token, scene.gateways));
        Outcome::all(parts.into_iter().chain(claims))
    }

    fn key(&self, facts: &Facts<'_>, token: &Token, scene: &Scene<'_>) -> Outcome {
        let others = &facts.others;
        let holds = match &token.signer {
            Signer::Unsigned => !self.rule.requires_signature,
            Signer::Secret(at) => self
                .rule
                .signing_secrets
                .iter()
                .any(|secret| Some(&secret.expose()) == scene.secrets.get(*at)),
            Signer::Publisher(url) => others.contains(&url.as_str()),
            Signer::Site if facts.trusts_site => true,
            Signer::Site => {
                if let Some(url) = others.first() {
                    return Outcome::Unknown(vec![Doubt::KeysElsewhere((*url).to_owned())]);
                }
                false
            }
        };
        Outcome::of(holds, || Closing::NoKeys)
    }

    fn issuer(&self, facts: &Facts<'_>, token: &Token, site: &Hostname) -> Outcome {
        let others = &facts.others;
        let name = match &token.issuer {
            Issuer::OfPublisher(url) => {
                return Outcome::of(others.contains(&url.as_str()), || Closing::OtherIssuer(vec![]));
            }
            Issuer::Named(name) => name,
        };
        let rule = &self.rule;
        let unrestricted = rule.issuers.is_empty() && rule.openid_configurations.is_empty();
        let is_own = *name == own_issuer(site);
        if unrestricted || is_own && facts.trusts_site || rule.issuers.contains(name) {
            return Outcome::Passes;
        }
        if let Some(url) = others.first() {
            return Outcome::Unknown(vec![Doubt::KeysElsewhere((*url).to_owned())]);
        }
        match facts.similar.filter(|_| is_own) {
            Some(issuer) => Outcome::Unknown(vec![Doubt::Issuer(issuer.to_owned())]),
            None => Outcome::Refused(vec![Closing::OtherIssuer(rule.issuers.clone())]),
        }
    }

    /// Audiences are compared as texts. An audience at the gateway's host in another spelling proves nothing.
    fn audience(&self, audience: Option<&str>, gateways: &[String]) -> Outcome {
        let accepted = &self.rule.audiences;
        let Some(audience) = audience else {
            return if accepted.is_empty() {
                Outcome::Passes
            } else {
                Outcome::Unknown(vec![Doubt::Gateway])
            };
        };
        if accepted.is_empty() || accepted.iter().any(|it| it == audience) {
            return Outcome::Passes;
        }
        match accepted.iter().find(|it| may_mean(it, audience, gateways)) {
            Some(near) => Outcome::Unknown(vec![Doubt::Audience(near.clone())]),
            None => Outcome::Refused(vec![Closing::OtherAudience(accepted.clone())]),
        }
    }

    fn expiry(&self, token: &Token) -> Outcome {
        let holds = match token.expiry {
            Expiry::Later => true,
            Expiry::Never => !self.rule.requires_expiration,
            Expiry::LongAgo => self.rule.clock_skew > MOST_SKEW,
        };
        Outcome::of(holds, || Closing::Expired)
    }
}

/// Whether an accepted audience may refer to the same gateway as the audience of a token: its host in another spelling,
/// or another host of the gateway.
fn may_mean(accepted: &str, audience: &str, gateways: &[String]) -> bool {
    let Some(own) = https_host(audience) else {
        return true;
    };
    let custom = gateways.iter().filter_map(|host| Hostname::parse(host).ok());
    std::iter::once(own).chain(custom).any(|host| party(accepted, &host) != Party::Other)
}

/// Whether a token has a claim. Of a site's tokens, only the issuer, audience and time claims are known.
pub(super) fn required(claim: &RequiredClaim, token: &Token, gateways: &[String]) -> Outcome {
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
        return Outcome::Unknown(vec![Doubt::Claim(claim.name.clone())]);
    };
    let fits = match claim.matching {
        ClaimMatch::All => claim.values.iter().all(|value| value == known),
        ClaimMatch::Any => claim.values.is_empty() || claim.values.contains(known),
    };
    let is_audience = claim.name == "aud" && token.signer == Signer::Site;
    if !fits && is_audience && claim.values.iter().any(|value| may_mean(value, known, gateways)) {
        return Outcome::Unknown(vec![Doubt::Claim(claim.name.clone())]);
    }
    Outcome::of(fits, || Closing::Claim(claim.name.clone()))
}

impl Outcome {
    fn of(holds: bool, refusal: impl FnOnce() -> Closing) -> Self {
        if holds { Self::Passes } else { Self::Refused(vec![refusal()]) }
    }

    /// Returns the outcome for a request that must pass all parts. One rejection is sufficient.
    pub(super) fn all(parts: impl Iterator<Item = Self>) -> Self {
        let (mut refusals, mut doubts, mut refused) = (Vec::new(), Vec::new(), false);
        for part in parts {
            match part {
                Self::Passes => {}
                Self::Refused(why) => {
                    refused = true;
                    refusals.extend(why);
                }
                Self::Unknown(why) => doubts.extend(why),
            }
        }
        match (refused, doubts.is_empty()) {
            (true, _) => Self::Refused(refusals),
            (false, true) => Self::Passes,
            (false, false) => Self::Unknown(doubts),
        }
    }
}

pub(super) fn own_issuer(site: &Hostname) -> String {
    format!("https://{site}/.auth")
}
