//! What the parts of a check refer to, relative to a site: the site, another party, or either.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    doubt::Doubt,
    request::Outcome,
    validate_jwt::{Check, Part, is_plain},
    verdict::Closing,
};
use crate::model::{
    Hostname,
    address::{Owner, https_host, is_issuer_of_a_site, site_of_configuration},
};

/// The facts about a check, relative to a site. URLs are parsed only once, and not for each request.
pub(super) struct Facts<'a> {
    /// The addresses and issuers that may be those of the site.
    pub(super) doubts: Vec<(Part, Doubt)>,
    pub(super) trusts_site: bool,
    /// The URLs at which other parties publish keys that the check trusts.
    pub(super) others: Vec<&'a str>,
    /// Issuers that are certainly another party than the site.
    pub(super) foreign: Vec<&'a str>,
    /// A different issuer at the site's host.
    pub(super) similar: Option<&'a str>,
    /// The outcomes for tokens with these audiences.
    pub(super) audiences: BTreeMap<Option<String>, Outcome>,
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
            doubts: Vec::new(),
            trusts_site: false,
            others: Vec::new(),
            foreign: Vec::new(),
            similar: None,
            audiences: audiences.iter().map(outcome).collect(),
        };
        for url in check.rule.openid_configurations.iter().filter(|url| is_plain(url)) {
            match publisher(url, site) {
                Party::Own => facts.trusts_site = true,
                Party::Other => facts.others.push(url),
                Party::Unclear => {
                    facts.doubts.push((Part::Configurations, Doubt::KeysElsewhere(url.clone())));
                }
            }
        }
        for issuer in check.rule.issuers.iter().filter(|issuer| is_plain(issuer)) {
            match party(issuer, site) {
                Party::Own if is_issuer_of_a_site(issuer) => facts.similar = facts.similar.or(Some(issuer)),
                Party::Other => facts.foreign.push(issuer),
                // A different issuer at the site's host is not the issuer of the site's tokens.
                Party::Own | Party::Unclear => {
                    facts.doubts.push((Part::Issuers, Doubt::Issuer(issuer.clone())));
                }
            }
        }
        facts
    }

    /// Returns every doubt about the check.
    pub(super) fn all_doubts(&self, check: &Check) -> Vec<Doubt> {
        check.doubts.iter().chain(&self.doubts).map(|(_, doubt)| doubt.clone()).collect()
    }

    /// Returns the doubts about some parts of the check.
    pub(super) fn doubts_about(&self, check: &Check, parts: &[Part]) -> Vec<Doubt> {
        let of_site = self.doubts.iter().filter(|(part, _)| parts.contains(part));
        let mut doubts = check.doubts_about(parts);
        doubts.extend(of_site.map(|(_, doubt)| doubt.clone()));
        doubts
    }
}

impl Check {
    pub(super) fn trusts_site(&self, site: &Hostname) -> bool {
        self.rule.openid_configurations.iter().any(|url| publisher(url, site) == Party::Own)
    }

    /// Audiences are compared as texts. An audience at the gateway's host in another spelling proves nothing.
    pub(super) fn audience(&self, audience: Option<&str>, gateways: &[String]) -> Outcome {
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
        let mut doubts = self.doubts_about(&[Part::Audiences]);
        let near = accepted.iter().find(|it| is_plain(it) && may_mean(it, audience, gateways));
        doubts.extend(near.map(|near| Doubt::Audience(near.clone())));
        Outcome::unless(doubts, Outcome::Refused(vec![Closing::OtherAudience(accepted.clone())]))
    }
}

/// Whether an accepted audience may refer to the same gateway as the audience of a token: its host in another spelling,
/// or another host of the gateway.
pub(super) fn may_mean(accepted: &str, audience: &str, gateways: &[String]) -> bool {
    let Some(own) = https_host(audience) else {
        return true;
    };
    let custom = gateways.iter().filter_map(|host| Hostname::parse(host).ok());
    std::iter::once(own).chain(custom).any(|host| party(accepted, &host) != Party::Other)
}
