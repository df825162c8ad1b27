use super::*;

#[test]
fn every_message_is_found_by_its_own_words_in_any_context() {
    for trouble in Trouble::ALL {
        for words in trouble.words {
            for typed in
                [(*words).to_owned(), words.to_uppercase(), format!("error 401: \"{words}\" (again)")]
            {
                assert_eq!(Trouble::find(&typed), Some(trouble), "{typed}");
            }
        }
    }
}

#[test]
fn some_of_the_words_are_enough() {
    let first = |typed| Trouble::find(typed).map(|trouble| trouble.words[0]);
    assert_eq!(first("invalid subscription key"), Some("Access denied due to invalid subscription key"));
    assert_eq!(first("missing key denied"), Some("Access denied due to missing subscription key"));
    assert_eq!(
        first("more than one backend"),
        Some("One Static Web App can not have more than one linked backend")
    );
    assert_eq!((first("rain in spain"), first(""), first("foo")), (None, None, None));
}

#[test]
fn every_text_is_a_paragraph() {
    for Trouble { words, said_by, cause, cure, .. } in Trouble::ALL {
        assert!(cause.ends_with('.') && cure.ends_with('.') && !said_by.ends_with('.'), "{words:?}");
        assert!(!cause.contains("  ") && !cure.contains("  "), "{words:?}");
    }
}
