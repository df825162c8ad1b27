//! All that went over the wire, and what of it is neither defined nor known to be otherwise.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    azure::{FakeAzure, Seen},
    check::{Checker, Fault},
    deviations::{DEVIATIONS, Deviation},
    swagger::Swagger,
};

/// What was seen of a number of exchanges.
#[derive(Default)]
pub(crate) struct Traffic {
    seen: Vec<Seen>,
    /// Addresses that answers gave.
    given: BTreeSet<String>,
}

impl Traffic {
    /// Takes what an Azure has seen since the last time.
    pub(crate) fn take(&mut self, azure: &FakeAzure) {
        for seen in azure.take_seen().into_iter().filter(|seen| !seen.data_plane) {
            let leading = ["location", "azure-asyncoperation"];
            let headers = seen.answer_headers.iter().filter(|(name, _)| leading.contains(&name.as_str()));
            let next = serde_json::from_str::<Value>(&seen.answer).ok();
            let next = next.and_then(|answer| answer["nextLink"].as_str().map(str::to_owned));
            let links = headers.map(|(_, link)| link.clone()).chain(next).filter(|link| !link.is_empty());
            self.given.extend(links.map(|link| link.trim_start_matches(&azure.endpoint()).to_owned()));
            self.seen.push(seen);
        }
    }

    /// Takes what was seen elsewhere.
    pub(crate) fn extend(&mut self, other: Self) {
        self.seen.extend(other.seen);
        self.given.extend(other.given);
    }

    /// The operations that there were requests for.
    pub(crate) fn operations(&self, swagger: &Swagger) -> BTreeSet<String> {
        let of = |seen: &Seen| swagger.operations_at(&seen.method, &seen.path).first().map(|it| it.name());
        self.seen.iter().filter_map(of).collect()
    }

    /// What is not as it is defined, with how often.
    pub(crate) fn faults(&self, checker: &Checker<'_>) -> BTreeMap<Fault, usize> {
        let mut found = BTreeMap::new();
        for seen in &self.seen {
            let faults = if self.given.contains(&format!("{}?{}", seen.path, seen.query)) {
                checker.faults_of_answer(seen)
            } else {
                checker.faults(seen)
            };
            for fault in faults {
                *found.entry(fault).or_default() += 1;
            }
        }
        found
    }
}

/// Which faults no deviation accounts for, and which deviations accounted for none.
pub(crate) fn unaccounted(faults: &BTreeMap<Fault, usize>) -> (Vec<&Fault>, Vec<&'static Deviation>) {
    let unknown = faults.keys().filter(|fault| !DEVIATIONS.iter().any(|known| known.is(fault)));
    let idle = DEVIATIONS.iter().filter(|known| !faults.keys().any(|fault| known.is(fault)));
    (unknown.collect(), idle.collect())
}
