//! Worlds that have found a fault. They are kept for ever.
//!
//! A seed is no way to keep one: another verb or another kind of fault gives each seed another world, and a program that
//! sends one request more is struck elsewhere. So such a world is kept as what it consists of. What strikes it is told
//! by method and path, and it is lived through in calm weather, and again in the weather of [`WEATHERS`] seeds.

use std::ops::Range;

use crate::{
    azure::{Asked, Ending, Shape},
    faults::{Bend, Fault, LARGEST},
    verb::{How, Verb},
    world::{Drift, Start},
};

/// In how many weathers each is lived through.
pub(crate) const WEATHERS: u64 = 8;

/// A world that is kept.
#[derive(Debug)]
pub(crate) struct Known {
    /// What was wrong in it.
    pub(crate) name: &'static str,
    pub(crate) verb: Verb,
    pub(crate) start: Start,
    pub(crate) how: How,
    pub(crate) engine_provisions: bool,
    pub(crate) shape: Shape,
    /// How the first command's connections end.
    pub(crate) ending: Ending,
    pub(crate) timeout: Option<&'static str>,
    pub(crate) clock: Option<i64>,
    pub(crate) strikes: &'static [Strike],
}

/// A fault of the requests of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Strike {
    method: &'static str,
    /// What the path ends with, in lower case.
    path: &'static str,
    /// Which of them are struck, counted from 0.
    pub(crate) which: Range<usize>,
    pub(crate) fault: fn() -> Fault,
}

impl Strike {
    pub(crate) fn fits(&self, asked: &Asked) -> bool {
        asked.key.is_none() && asked.method == self.method && asked.path.to_lowercase().ends_with(self.path)
    }
}

const LIKE: Known = Known {
    name: "",
    verb: Verb::Relink,
    start: Start::Linked,
    how: How::Directly,
    engine_provisions: false,
    shape: Shape::Final,
    ending: Ending::Succeeds,
    timeout: None,
    clock: None,
    strikes: &[],
};

pub(crate) const FOUND: [Known; 24] = [
    Known {
        name: "a key of a suspended subscription was to be proven before connecting activates it",
        start: Start::Drifted(Drift::Suspended),
        shape: Shape::AsyncOperation,
        ..LIKE
    },
    Known {
        name: "a relink that saw no subscription kept the keys of the one that it then saw",
        start: Start::WithoutSubscription,
        ..LIKE
    },
    Known {
        name: "a page of a proxy was taken for the absence of the link, and its product deleted",
        verb: Verb::Purge,
        strikes: &[Strike {
            method: "GET",
            path: "/linkedbackends",
            which: 0..usize::MAX,
            fault: || Fault::said(404, "<html></html>"),
        }],
        ..LIKE
    },
    Known {
        name: "an empty 404 was taken for the absence of keys, and both were replaced",
        strikes: &[Strike {
            method: "POST",
            path: "/listsecrets",
            which: 0..usize::MAX,
            fault: || Fault::said(404, ""),
        }],
        ..LIKE
    },
    Known {
        name: "an answer without keys was taken for the absence of keys, and both were replaced",
        strikes: &[Strike {
            method: "POST",
            path: "/listsecrets",
            which: 0..usize::MAX,
            fault: || Fault::Bent(Bend::EmptyObject),
        }],
        ..LIKE
    },
    Known {
        name: "null was taken for the absence of keys, and both were replaced",
        strikes: &[Strike {
            method: "POST",
            path: "/listsecrets",
            which: 0..usize::MAX,
            fault: || Fault::Bent(Bend::Null),
        }],
        ..LIKE
    },
    Known {
        name: "the subscription of a partner was rotated",
        start: Start::OnlyPartner,
        verb: Verb::Link,
        ..LIKE
    },
    Known {
        name: "the subscription of a partner was rotated with the link's",
        start: Start::Partnered,
        ..LIKE
    },
    Known {
        name: "a purge deleted the subscription of a partner",
        verb: Verb::Purge,
        start: Start::OnlyPartner,
        ..LIKE
    },
    Known {
        name: "a relink of a backend with a region never ended",
        start: Start::Regional,
        shape: Shape::AsyncOperation,
        ..LIKE
    },
    Known {
        name: "a relink of a backend with a region ended with 4 after applied steps",
        start: Start::Regional,
        shape: Shape::CreatedAsyncOperation,
        how: How::BySavedPlan,
        ..LIKE
    },
    Known {
        name: "a wait that no clock can add to was added to one",
        verb: Verb::Link,
        start: Start::Unlinked,
        strikes: &[Strike { method: "GET", path: "/products", which: 0..1, fault: || Fault::later(LARGEST) }],
        ..LIKE
    },
    Known {
        name: "a timeout that no clock can add to was added to one",
        verb: Verb::Link,
        start: Start::Unlinked,
        timeout: Some("18446744073709551615"),
        ..LIKE
    },
    Known {
        name: "a date before 1970 or before now was taken for a time to wait",
        verb: Verb::Status,
        clock: Some(-1_000_000_000),
        strikes: &[Strike {
            method: "GET",
            path: "/products",
            which: 0..1,
            fault: || Fault::later("Thu, 01 Jan 1970 00:00:00 GMT"),
        }],
        ..LIKE
    },
    Known {
        name: "a list whose values have no ids was taken for a damaged file",
        strikes: &[Strike {
            method: "GET",
            path: "/products",
            which: 0..usize::MAX,
            fault: || Fault::Bent(Bend::WithoutId),
        }],
        ..LIKE
    },
    Known {
        name: "what could not be planned because of an answer was reported as refused",
        verb: Verb::Replace,
        start: Start::Unlinked,
        strikes: &[Strike {
            method: "GET",
            path: "/staticsites/shop",
            which: 0..1,
            fault: || Fault::Bent(Bend::PropertiesNull),
        }],
        ..LIKE
    },
    Known {
        name: "a connection that was accepted, and refused when it was sent again, was reported as failed",
        verb: Verb::Link,
        start: Start::Drifted(Drift::PolicyOfAnotherSite),
        shape: Shape::AcceptedOnly,
        strikes: &[Strike {
            method: "PUT",
            path: "/linkedbackends/gate",
            which: 1..2,
            fault: || Fault::said(403, ""),
        }],
        ..LIKE
    },
    Known {
        name: "a key that the site still sent was retired after a connection that had failed",
        ending: Ending::Fails,
        ..LIKE
    },
    Known {
        name: "a key that the site still sent was retired after a connection that was cancelled",
        start: Start::Drifted(Drift::Suspended),
        engine_provisions: true,
        ending: Ending::Canceled,
        ..LIKE
    },
    Known {
        name: "a redirection to another resource was taken for the retirement of a key",
        strikes: &[Strike { method: "PATCH", path: "", which: 1..2, fault: Fault::elsewhere }],
        ..LIKE
    },
    Known {
        name: "a rehearsal sent a POST to the address of a redirection",
        verb: Verb::Rehearse,
        strikes: &[Strike {
            method: "POST",
            path: "/listsecrets",
            which: 0..usize::MAX,
            fault: Fault::elsewhere,
        }],
        ..LIKE
    },
    Known {
        name: "a plan was saved without the versions of what it deletes, and could never be applied",
        verb: Verb::Prune,
        start: Start::Leftover,
        how: How::BySavedPlan,
        strikes: &[Strike {
            method: "GET",
            path: "/products/agreeable-smoke-06273c21e/subscriptions",
            which: 0..usize::MAX,
            fault: || Fault::said(404, r#"{"error": {"code": "SubscriptionNotFound", "message": "no"}}"#),
        }],
        ..LIKE
    },
    Known {
        name: "a change whose answer was lost, and that was refused when it was sent again, was not reported",
        verb: Verb::Link,
        start: Start::Drifted(Drift::PolicyWithoutCheck),
        engine_provisions: true,
        strikes: &[Strike {
            method: "PUT",
            path: "/policies/policy",
            which: 0..1,
            fault: || Fault::LostAfter,
        }],
        ..LIKE
    },
    Known {
        name: "a change that was carried out, and answered with 503, was reported as failed",
        verb: Verb::Unlink,
        strikes: &[Strike {
            method: "DELETE",
            path: "/linkedbackends/gate",
            which: 0..usize::MAX,
            fault: || Fault::done_and(503),
        }],
        ..LIKE
    },
];
