//! Statements → verdict, by trying requests on them: the site's own, and every kind that is not.

use std::collections::BTreeSet;

use super::{
    GatewayHosts,
    doubt::Doubt,
    flow::{self, Statement},
    request::{Expiry, Issuer, Outcome, Publisher, Request, Scene, Signer, Token, own_issuer},
    validate_jwt::Check,
    verdict::{Opening, PolicyVerdict},
    walk::{is_strict, outcome},
};
use crate::model::Hostname;

/// More combinations than this are not tried.
const MOST_TOKENS: usize = 10_000;

/// Judges what some statements do about requests of the site at `site`, and about all others.
pub(super) fn judge(statements: &[Statement], site: &Hostname, gateway: GatewayHosts<'_>) -> PolicyVerdict {
    let checks = flow::checks(statements);
    let scene = scene_of(&checks, site, gateway);
    let own = own_token(site, gateway.host);
    let forged = forged(&checks, &scene, &own);
    let passes = |request: &Request| outcome(statements, request, &scene) == Outcome::Passes;
    let mut openings = BTreeSet::new();
    if passes(&Request::Bare) {
        openings.insert(Opening::NoCheck);
    } else {
        for (token, opening) in forged.iter().flatten() {
            if !openings.contains(opening) && passes(&Request::Forged(token.clone())) {
                openings.insert(opening.clone());
            }
        }
    }
    let of_site = outcome(statements, &Request::Site(own), &scene);
    if !openings.is_empty() {
        let lets_site_in = of_site == Outcome::Passes;
        return PolicyVerdict::Open { why: openings.into_iter().collect(), lets_site_in };
    }
    match of_site {
        Outcome::Refused(why) => PolicyVerdict::Closed(distinct(why)),
        Outcome::Passes if is_strict(statements, site) => PolicyVerdict::Healthy,
        Outcome::Passes => {
            PolicyVerdict::Undetermined(doubts(statements, &checks, site, forged.is_none(), vec![]))
        }
        Outcome::Unknown(why) => {
            PolicyVerdict::Undetermined(doubts(statements, &checks, site, forged.is_none(), why))
        }
    }
}

/// Whether a check by itself refuses the requests of the site.
pub(super) fn refuses_site(
    check: &Check,
    all: &[&Check],
    site: &Hostname,
    gateway: GatewayHosts<'_>,
) -> bool {
    let own = Request::Site(own_token(site, gateway.host));
    matches!(check.outcome(&own, &scene_of(all, site, gateway)), Outcome::Refused(_))
}

/// The token of the site at `site` for the gateway at `gateway`.
pub(super) fn own_token(site: &Hostname, gateway: Option<&str>) -> Token {
    Token {
        signer: Signer::Site,
        issuer: Issuer::Named(own_issuer(site)),
        audience: gateway.map(|host| format!("https://{}", host.to_ascii_lowercase())),
        expiry: Expiry::Later,
    }
}

fn scene_of<'a>(checks: &[&'a Check], site: &'a Hostname, gateway: GatewayHosts<'a>) -> Scene<'a> {
    let mut secrets: Vec<&[u8]> = Vec::new();
    for secret in checks.iter().flat_map(|check| &check.rule.signing_secrets) {
        if !secrets.contains(&secret.expose()) {
            secrets.push(secret.expose());
        }
    }
    let reads_site_header = checks.iter().any(|check| check.rule.token.is_of_sites());
    Scene { site, gateways: gateway.all, secrets, reads_site_header }
}

/// Tokens that are not valid ones of the site, and what it means if they are let in; `None` if there are too
/// many to try. Only issuers, audiences, secrets and publishers that the policy names can matter.
fn forged(checks: &[&Check], scene: &Scene<'_>, own: &Token) -> Option<Vec<(Token, Opening)>> {
    let (site, own_name) = (scene.site, own_issuer(scene.site));
    let mut foreign = BTreeSet::new();
    let mut audiences: BTreeSet<Option<String>> = BTreeSet::from([own.audience.clone()]);
    let mut publishers = BTreeSet::new();
    let mut named = BTreeSet::from([own_name.clone()]);
    for check in checks {
        foreign.extend(check.foreign_issuers(site).into_iter().map(str::to_owned));
        named.extend(check.rule.issuers.iter().cloned());
        publishers.extend(check.urls(site, &Publisher::Other).into_iter().map(str::to_owned));
        audiences.extend(check.rule.audiences.iter().cloned().map(Some));
        for claim in &check.rule.required_claims {
            match claim.name.as_str() {
                "iss" => named.extend(claim.values.iter().cloned()),
                "aud" => audiences.extend(claim.values.iter().cloned().map(Some)),
                _ => {}
            }
        }
    }
    let mut makers: Vec<(Signer, Issuer, Expiry, Opening)> = Vec::new();
    let mut add = |signer, issuer, expiry, opening| makers.push((signer, issuer, expiry, opening));
    let secrets = (0..scene.secrets.len()).map(|at| (Signer::Secret(at), Opening::Secret));
    let free: Vec<_> = secrets.chain([(Signer::Unsigned, Opening::Unsigned)]).collect();
    for (signer, opening) in free {
        for name in &named {
            add(signer.clone(), Issuer::Named(name.clone()), Expiry::Later, opening.clone());
        }
    }
    for (expiry, opening) in [(Expiry::Never, Opening::NeverExpires), (Expiry::LongAgo, Opening::Expired)] {
        add(Signer::Site, Issuer::Named(own_name.clone()), expiry, opening);
    }
    for name in &foreign {
        let opening = Opening::OtherIssuer(name.clone());
        add(Signer::Site, Issuer::Named(name.clone()), Expiry::Later, opening.clone());
        for url in &publishers {
            add(Signer::Publisher(url.clone()), Issuer::Named(name.clone()), Expiry::Later, opening.clone());
        }
    }
    // Keys that are published elsewhere may be the site's, unless the site's own are named as well.
    if checks.iter().any(|check| check.trusts_site(site)) {
        for url in &publishers {
            let opening = Opening::OtherKeys(url.clone());
            let signer = || Signer::Publisher(url.clone());
            add(signer(), Issuer::OfPublisher(url.clone()), Expiry::Later, opening.clone());
            add(signer(), Issuer::Named(own_name.clone()), Expiry::Later, opening);
        }
    }
    if makers.len().saturating_mul(audiences.len()) > MOST_TOKENS {
        return None;
    }
    let tokens = makers.into_iter().flat_map(|(signer, issuer, expiry, opening)| {
        audiences.iter().map(move |audience| {
            let (signer, issuer, audience) = (signer.clone(), issuer.clone(), audience.clone());
            (Token { signer, issuer, audience, expiry }, opening.clone())
        })
    });
    Some(tokens.collect())
}

/// Everything that is not decided, most general first.
fn doubts(
    statements: &[Statement],
    checks: &[&Check],
    site: &Hostname,
    too_many: bool,
    found: Vec<Doubt>,
) -> Vec<Doubt> {
    let mut all = found;
    if too_many {
        all.push(Doubt::TooMany);
    }
    all.extend(checks.iter().flat_map(|check| check.doubts_for(site)));
    let elsewhere = checks.iter().flat_map(|check| check.urls(site, &Publisher::Other));
    all.extend(elsewhere.map(|url| Doubt::KeysElsewhere(url.to_owned())));
    of_statements(statements, &mut all);
    distinct(all)
}

fn of_statements(statements: &[Statement], into: &mut Vec<Doubt>) {
    for statement in statements {
        match statement {
            Statement::Unknown(doubt) | Statement::MayRefuse(doubt) => into.push(doubt.clone()),
            Statement::Answer(element) => into.push(Doubt::MayAnswer(element.clone())),
            Statement::Cache(element) => into.push(Doubt::Cached(element.clone())),
            Statement::Choose { branches, .. } => {
                if !flow::checks(std::slice::from_ref(statement)).is_empty() {
                    into.push(Doubt::Alternatives);
                }
                for branch in branches {
                    of_statements(branch, into);
                }
            }
            Statement::Check(_) | Statement::Alters { .. } => {}
        }
    }
}

fn distinct<T: PartialEq>(all: Vec<T>) -> Vec<T> {
    let mut kept = Vec::new();
    for one in all {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}
