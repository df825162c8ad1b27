//! Computes the verdict on statements by simulating requests: the site's own, and every kind of other request.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    GatewayHosts,
    doubt::Doubt,
    evaluate::Scene,
    facts::Facts,
    flow,
    request::{Expiry, Issuer, Outcome, Request, Signer, Token, own_issuer},
    statement::Statement,
    validate_jwt::Check,
    verdict::{Opening, PolicyVerdict},
    walk::{is_strict, outcome},
};
use crate::model::Hostname;

/// The maximum number of issuers, audiences, key sources, claim values and checks that are judged.
const MOST_NAMED: usize = 64;

/// The maximum cost of the simulation: the number of tokens, multiplied by the statements and list entries for each
/// token.
const MOST_WORK: usize = 100_000;

/// The maximum number of reasons that are returned.
const MOST_REASONS: usize = 64;

/// Judges how statements handle requests of the site at `site`, and all other requests.
pub(super) fn judge(statements: &[Statement], site: &Hostname, gateway: GatewayHosts<'_>) -> PolicyVerdict {
    let checks = flow::checks(statements);
    if names_too_much(&checks) {
        return PolicyVerdict::Undetermined(vec![Doubt::TooMany]);
    }
    let own = own_token(site, gateway.host);
    let audiences = audiences(&checks, &own);
    let mut scene = scene_of(&checks, site, gateway);
    let facts = checks.iter().map(|check| (check.element, Facts::of(check, site, gateway.all, &audiences)));
    scene.facts = facts.collect();
    let forged = forged(&checks, &scene, &audiences)
        .filter(|tokens| tokens.len().saturating_mul(cost(statements, &checks)) <= MOST_WORK);
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
        Outcome::Passes if is_strict(statements, &scene) => match later(statements) {
            doubts if doubts.is_empty() => PolicyVerdict::Healthy,
            doubts => PolicyVerdict::Undetermined(doubts),
        },
        Outcome::Passes => PolicyVerdict::Undetermined(doubts(statements, &scene, forged.is_none(), vec![])),
        Outcome::Unknown(why) => {
            PolicyVerdict::Undetermined(doubts(statements, &scene, forged.is_none(), why))
        }
    }
}

fn names_too_much(checks: &[&Check]) -> bool {
    let mut named: BTreeSet<(u8, &[u8])> = BTreeSet::new();
    for rule in checks.iter().map(|check| &check.rule) {
        named.extend(rule.issuers.iter().map(|it| (0, it.as_bytes())));
        named.extend(rule.audiences.iter().map(|it| (1, it.as_bytes())));
        named.extend(rule.openid_configurations.iter().map(|it| (2, it.as_bytes())));
        named.extend(rule.signing_secrets.iter().map(|it| (3, it.expose())));
        named.extend(rule.required_claims.iter().flat_map(|it| &it.values).map(|it| (4, it.as_bytes())));
    }
    named.len() + checks.len() > MOST_NAMED
}

/// Returns the cost of one token.
fn cost(statements: &[Statement], checks: &[&Check]) -> usize {
    let lists = checks.iter().map(|check| {
        let rule = &check.rule;
        let claims = rule.required_claims.iter().map(|claim| 1 + claim.values.len());
        rule.issuers.len()
            + rule.audiences.len()
            + rule.openid_configurations.len()
            + rule.signing_secrets.len()
            + claims.sum::<usize>()
    });
    flow::count(statements) + lists.sum::<usize>()
}

/// Returns the doubts that apply after a request has passed the checks.
fn later(statements: &[Statement]) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    add_later(statements, &mut doubts);
    distinct(doubts)
}

fn add_later(statements: &[Statement], into: &mut Vec<Doubt>) {
    for statement in statements {
        match statement {
            Statement::Later(doubt) => into.push(doubt.clone()),
            Statement::Choose { branches, .. } => branches.iter().for_each(|it| add_later(it, into)),
            Statement::Check(_)
            | Statement::Answer(_)
            | Statement::Alters { .. }
            | Statement::Removes(_)
            | Statement::Cache(_)
            | Statement::MayRefuse(_)
            | Statement::Unknown(_) => {}
        }
    }
}

/// Whether a check by itself rejects the requests of the site.
pub(super) fn refuses_site(check: &Check, scene: &Scene<'_>, gateway: Option<&str>) -> bool {
    let own = Request::Site(own_token(scene.site, gateway));
    matches!(check.outcome(&own, scene), Outcome::Refused(_))
}

/// Returns the token of the site at `site` for the gateway at `gateway`.
pub(super) fn own_token(site: &Hostname, gateway: Option<&str>) -> Token {
    Token {
        signer: Signer::Site,
        issuer: Issuer::Named(own_issuer(site)),
        audience: gateway.map(|host| format!("https://{}", host.to_ascii_lowercase())),
        expiry: Expiry::Later,
    }
}

/// Returns the scene for some checks, without facts about them.
pub(super) fn scene_of<'a>(checks: &[&'a Check], site: &'a Hostname, gateway: GatewayHosts<'a>) -> Scene<'a> {
    let mut secrets: Vec<&[u8]> = Vec::new();
    for secret in checks.iter().flat_map(|check| &check.rule.signing_secrets) {
        if !secrets.contains(&secret.expose()) {
            secrets.push(secret.expose());
        }
    }
    let reads_site_header = checks.iter().any(|check| check.rule.token.is_of_sites());
    Scene { site, gateways: gateway.all, secrets, reads_site_header, facts: BTreeMap::new() }
}

/// Returns the audience of the site's tokens, and all other audiences that the policy names.
fn audiences(checks: &[&Check], own: &Token) -> BTreeSet<Option<String>> {
    let mut audiences = BTreeSet::from([own.audience.clone()]);
    for rule in checks.iter().map(|check| &check.rule) {
        audiences.extend(rule.audiences.iter().cloned().map(Some));
        let claims = rule.required_claims.iter().filter(|claim| claim.name == "aud");
        audiences.extend(claims.flat_map(|claim| &claim.values).cloned().map(Some));
    }
    audiences
}

/// Returns tokens that are not valid tokens of the site, each with the meaning of its acceptance; `None` if there are
/// too many. Only issuers, audiences, secrets and publishers that the policy names can make a difference.
fn forged(
    checks: &[&Check],
    scene: &Scene<'_>,
    audiences: &BTreeSet<Option<String>>,
) -> Option<Vec<(Token, Opening)>> {
    let own_name = own_issuer(scene.site);
    let foreign: BTreeSet<&str> = scene.facts.values().flat_map(|facts| facts.foreign.clone()).collect();
    let publishers: BTreeSet<&str> = scene.facts.values().flat_map(|facts| facts.others.clone()).collect();
    let mut named = BTreeSet::from([own_name.clone()]);
    for rule in checks.iter().map(|check| &check.rule) {
        named.extend(rule.issuers.iter().cloned());
        let claims = rule.required_claims.iter().filter(|claim| claim.name == "iss");
        named.extend(claims.flat_map(|claim| &claim.values).cloned());
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
    for name in foreign {
        let opening = Opening::OtherIssuer(name.to_owned());
        let issuer = || Issuer::Named(name.to_owned());
        add(Signer::Site, issuer(), Expiry::Later, opening.clone());
        for url in &publishers {
            add(Signer::Publisher((*url).to_owned()), issuer(), Expiry::Later, opening.clone());
        }
    }
    // Keys that another party publishes may be the site's, unless the policy names the site's own keys too.
    if scene.facts.values().any(|facts| facts.trusts_site) {
        for url in publishers {
            let opening = Opening::OtherKeys(url.to_owned());
            let signer = || Signer::Publisher(url.to_owned());
            add(signer(), Issuer::OfPublisher(url.to_owned()), Expiry::Later, opening.clone());
            add(signer(), Issuer::Named(own_name.clone()), Expiry::Later, opening);
        }
    }
    if makers.len().saturating_mul(audiences.len()) > MOST_WORK {
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

/// Returns all doubts, the most general ones first.
fn doubts(statements: &[Statement], scene: &Scene<'_>, too_many: bool, found: Vec<Doubt>) -> Vec<Doubt> {
    let mut all = found;
    if too_many {
        all.push(Doubt::TooMany);
    }
    for check in flow::checks(statements) {
        all.extend(scene.facts.get(&check.element).into_iter().flat_map(|facts| facts.all_doubts(check)));
    }
    let elsewhere = scene.facts.values().flat_map(|facts| &facts.others);
    all.extend(elsewhere.map(|url| Doubt::KeysElsewhere((*url).to_owned())));
    of_statements(statements, &mut all);
    distinct(all)
}

fn of_statements(statements: &[Statement], into: &mut Vec<Doubt>) {
    for statement in statements {
        match statement {
            Statement::Unknown(doubt) | Statement::MayRefuse(doubt) | Statement::Later(doubt) => {
                into.push(doubt.clone());
            }
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
            Statement::Check(_) | Statement::Alters { .. } | Statement::Removes(_) => {}
        }
    }
}

fn distinct<T: PartialEq>(all: Vec<T>) -> Vec<T> {
    let mut kept = Vec::new();
    for one in all {
        if kept.len() < MOST_REASONS && !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}
