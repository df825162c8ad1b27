//! Each guarantee of `docs/safety.md` names the tests that verify it, and those tests exist.

use std::fs;

use crate::root;

/// A promise, and the tests that it names as `path::test`.
#[derive(Debug)]
struct Promise {
    text: String,
    tests: Vec<String>,
}

/// The guarantees of a page.
fn promises(page: &str) -> Vec<Promise> {
    let section = page.split("\n## Guarantees\n").nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let items = section.split("\n* ").skip(1);
    items
        .map(|item| {
            let quoted = item.split('`').skip(1).step_by(2);
            let tests = quoted.filter(|text| text.contains(".rs::")).map(str::to_owned).collect();
            Promise { text: item.lines().next().unwrap_or_default().to_owned(), tests }
        })
        .collect()
}

/// Why a test that a promise names does not hold it; `None` if it does.
fn missing(test: &str) -> Option<String> {
    let (path, name) = test.rsplit_once("::")?;
    let Ok(text) = fs::read_to_string(root().join(path)) else {
        return Some(format!("{path} does not exist"));
    };
    let Some(at) = text.find(&format!("fn {name}(")) else {
        return Some(format!("{path} has no test `{name}`"));
    };
    let above = text[..at].rsplit("\n\n").next().unwrap_or_default();
    let is_test = above.contains("test]");
    (!is_test || above.contains("[ignore")).then(|| format!("`{name}` of {path} is not run as a test"))
}

#[test]
fn every_guarantee_names_tests_that_exist() {
    let promises = promises(&fs::read_to_string(root().join("docs/safety.md")).unwrap());
    assert!(promises.len() >= 11, "{promises:?}");
    for Promise { text, tests } in promises {
        assert!(!tests.is_empty(), "no test is named by: {text}");
        let wrong: Vec<String> = tests.iter().filter_map(|test| missing(test)).collect();
        assert!(wrong.is_empty(), "{text}: {wrong:?}");
    }
}

#[test]
fn a_promise_without_a_test_and_a_test_that_does_not_exist_are_found() {
    let page = "# a\n\n## Guarantees\n\n* **One.** Text.\n  `tests/docs/promises.rs::absent`\n* **Two.** `x`\n\n## Next\n\n* no\n";
    let found = promises(page);
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].tests.len(), found[1].tests.len()), (1, 0));
    assert!(missing("tests/docs/promises.rs::absent").is_some());
    assert!(missing("tests/docs/absent.rs::absent").is_some());
    assert!(missing("tests/docs/promises.rs::promises").is_some(), "a function that is not a test");
    let own = "tests/docs/promises.rs::every_guarantee_names_tests_that_exist";
    assert_eq!(missing(own), None);
}
