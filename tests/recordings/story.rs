//! All recordings: every interaction is replayed, or named as one that the program never sends.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::AssertUnwindSafe,
};

use futures_util::{
    FutureExt as _,
    future::{join, join_all},
};

use crate::{
    ask::{Asked, Stage, failure_of, progress_of, said_in_full},
    interaction::Interaction,
    library::interactions,
    table::{Ask, Fate, NEVER_SENT, fate, rows},
};

/// What becomes of the interactions of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Count {
    /// Those that the program asks for.
    asked: usize,
    /// Those that answer its questions after the progress of what it asked for.
    progress: usize,
    /// Those that it never sends.
    never: usize,
}

/// Every file, with how many interactions it holds. What is not replayed has to be missing here, too.
const FILES: [(&str, Count); 15] = [
    ("apim-api-operations.json", Count { asked: 14, progress: 0, never: 5 }),
    ("apim-api-products.json", Count { asked: 8, progress: 0, never: 0 }),
    ("apim-api-version-sets.json", Count { asked: 16, progress: 0, never: 7 }),
    ("apim-apis.json", Count { asked: 63, progress: 6, never: 15 }),
    ("apim-policies.json", Count { asked: 43, progress: 0, never: 10 }),
    ("apim-product-apis.json", Count { asked: 21, progress: 0, never: 2 }),
    ("apim-product-policies.json", Count { asked: 20, progress: 0, never: 4 }),
    ("apim-product-subscriptions.json", Count { asked: 7, progress: 0, never: 3 }),
    ("apim-products.json", Count { asked: 58, progress: 0, never: 7 }),
    ("apim-service.json", Count { asked: 32, progress: 8, never: 8 }),
    ("apim-subscriptions.json", Count { asked: 49, progress: 0, never: 1 }),
    ("arm-errors.json", Count { asked: 20, progress: 0, never: 5 }),
    ("arm-misc.json", Count { asked: 18, progress: 0, never: 3 }),
    ("web-linked-backends.json", Count { asked: 23, progress: 0, never: 0 }),
    ("web-static-sites.json", Count { asked: 26, progress: 5, never: 18 }),
];

/// The fate of each interaction of a story, in order; `None` for those that are the progress of another.
fn fates(story: &[Interaction]) -> Vec<(&Interaction, Option<Fate>)> {
    let mut progress = BTreeSet::new();
    let mut fates = Vec::new();
    for one in story {
        if progress.contains(&one.number) {
            fates.push((one, None));
            continue;
        }
        let known = match fate(&one.operation()) {
            Fate::Asked(_) if one.id().is_none() && has_empty_segment(one) => Fate::Never,
            known => known,
        };
        if let Fate::Asked(_) = known {
            progress.extend(progress_of(one, story).iter().map(|poll| poll.number));
        }
        fates.push((one, Some(known)));
    }
    fates
}

/// A path with `//` in it: the recorded client's own mistake, which no id of ours can repeat.
fn has_empty_segment(one: &Interaction) -> bool {
    one.path().contains("//")
}

fn count(story: &[Interaction]) -> Count {
    let mut count = Count { asked: 0, progress: 0, never: 0 };
    for (_, fate) in fates(story) {
        match fate {
            None => count.progress += 1,
            Some(Fate::Asked(_)) => count.asked += 1,
            Some(Fate::Never) => count.never += 1,
        }
    }
    count
}

/// Replays a file, and names every interaction of it that the program got wrong. Those that the program waits
/// for have a server each, all others one after another the same.
async fn replay(file: &'static str) {
    let Some(story) = interactions(file) else { return };
    let all = fates(&story).into_iter().filter_map(|(one, fate)| match fate? {
        Fate::Asked(ask) => Some((one, ask)),
        Fate::Never => None,
    });
    let (slow, quick): (Vec<_>, Vec<_>) = all.partition(|(one, _)| is_waited_for(one));
    let check = async |(one, ask): (&Interaction, Ask), stage: &Stage| {
        let check = AssertUnwindSafe(async { Asked::new(one, &story, stage).check(ask).await });
        check.catch_unwind().await.err().map(|_| one.name())
    };
    let slow = join_all(slow.into_iter().map(async |it| check(it, &Stage::new()).await));
    let quick = async {
        let stage = Stage::new();
        let mut wrong = Vec::new();
        for it in quick {
            wrong.push(check(it, &stage).await);
        }
        wrong
    };
    let (slow, quick) = join(slow, quick).await;
    let wrong: Vec<String> = slow.into_iter().chain(quick).flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether the program waits before it is done: for an operation's end, or before it asks again.
fn is_waited_for(one: &Interaction) -> bool {
    one.progress().is_some() || [409, 429, 500, 502, 503, 504].contains(&one.recorded.status)
}

#[tokio::test]
async fn services_and_what_takes_long_with_them() {
    replay("apim-service.json").await;
}

#[tokio::test]
async fn products() {
    replay("apim-products.json").await;
}

#[tokio::test]
async fn subscriptions_of_products() {
    replay("apim-product-subscriptions.json").await;
}

#[tokio::test]
async fn apis_of_products() {
    replay("apim-product-apis.json").await;
}

#[tokio::test]
async fn products_of_apis() {
    replay("apim-api-products.json").await;
}

#[tokio::test]
async fn policies_of_products() {
    replay("apim-product-policies.json").await;
}

#[tokio::test]
async fn policies_of_everything_else() {
    replay("apim-policies.json").await;
}

#[tokio::test]
async fn subscriptions_and_their_keys() {
    replay("apim-subscriptions.json").await;
}

#[tokio::test]
async fn apis_their_revisions_and_imports() {
    replay("apim-apis.json").await;
}

#[tokio::test]
async fn operations_of_apis() {
    replay("apim-api-operations.json").await;
}

#[tokio::test]
async fn version_sets_of_apis() {
    replay("apim-api-version-sets.json").await;
}

#[tokio::test]
async fn linked_backends() {
    replay("web-linked-backends.json").await;
}

#[tokio::test]
async fn static_sites_and_what_takes_long_with_them() {
    replay("web-static-sites.json").await;
}

#[tokio::test]
async fn subscriptions_rights_and_the_resource_graph() {
    replay("arm-misc.json").await;
}

#[tokio::test]
async fn failures() {
    replay("arm-errors.json").await;
}

#[test]
fn every_interaction_is_replayed_or_named_as_one_that_the_program_never_sends() {
    let mut never: BTreeMap<String, usize> = BTreeMap::new();
    let mut met = BTreeSet::new();
    let mut total = 0;
    for (file, expected) in FILES {
        let Some(story) = interactions(file) else { return };
        assert_eq!(count(&story), expected, "{file}");
        total += story.len();
        for (one, fate) in fates(&story) {
            met.insert(one.operation());
            if let Some(Fate::Never) = fate {
                *never.entry(one.operation()).or_default() += 1;
            }
        }
    }
    assert_eq!(total, 525);
    let named: BTreeMap<String, usize> =
        NEVER_SENT.iter().map(|(operation, times)| ((*operation).to_owned(), *times)).collect();
    assert_eq!(never, named);
    let unused: Vec<&str> = rows().filter(|row| !met.contains(*row)).collect();
    assert_eq!(unused, Vec::<&str>::new(), "rows of the table that no recording meets");
}

#[test]
fn every_recorded_failure_is_reported_with_its_code_and_text() {
    let mut met = 0;
    for (file, _) in FILES {
        let Some(story) = interactions(file) else { return };
        for one in story.iter().filter(|one| one.recorded.status >= 400) {
            said_in_full(&failure_of(one).to_string(), one);
            met += 1;
        }
    }
    assert_eq!(met, 57);
}
